//! Which methods the reference serves, so that none is forgotten here.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::method::Kind;
    use crate::methods::METHODS;

    #[test]
    fn every_method_of_the_reference_is_served() {
        let routes = include_str!("../reference-routes.txt").lines();
        let expected: BTreeSet<(&str, &str)> = routes
            .filter_map(|route| route.split_once(" /xrpc/"))
            .filter(|(_, name)| *name != "_health")
            .collect();
        assert_eq!(expected.len(), 100, "as many as the reference has");
        let verb = |kind: Kind| match kind {
            Kind::Query(_) => "GET",
            Kind::Procedure => "POST",
        };
        let served: BTreeSet<(&str, &str)> =
            METHODS.iter().map(|method| (verb(method.kind), method.nsid)).collect();
        let missing: Vec<_> = expected.difference(&served).collect();
        assert!(missing.is_empty(), "not served: {missing:#?}");
    }
}
