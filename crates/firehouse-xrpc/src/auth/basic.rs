//! Basic auth: the administrator, by password.

use data_encoding::BASE64;

use crate::config::Secret;

/// What an `Authorization` header says about the administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admin {
    /// The user `admin` with the right password.
    Valid,
    /// Another user, another password, or nobody can be admin here.
    Invalid,
    /// No Basic auth, or none that can be read: the caller is anonymous.
    Missing,
}

/// Reads the value of an `Authorization` header.
pub(crate) fn admin(authorization: &str, password: Option<&Secret>) -> Admin {
    let Some(pair) = authorization.strip_prefix("Basic ").and_then(decode) else {
        return Admin::Missing;
    };
    match pair.split_once(':') {
        None | Some(("", _) | (_, "")) => Admin::Missing,
        Some((user, guess)) => {
            let is_right = password.is_some_and(|password| password.is(guess));
            if user == "admin" && is_right { Admin::Valid } else { Admin::Invalid }
        }
    }
}

fn decode(base64: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(base64.trim().as_bytes()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pair: &str, password: Option<&str>, expected: Admin) {
        let header = format!("Basic {}", BASE64.encode(pair.as_bytes()));
        assert_eq!(admin(&header, password.map(Secret::new).as_ref()), expected, "{pair}");
    }

    #[test]
    fn only_the_administrator_with_the_password_passes() {
        check("admin:secret", Some("secret"), Admin::Valid);
        check("admin:se:cret", Some("se:cret"), Admin::Valid);
        check("admin:wrong", Some("secret"), Admin::Invalid);
        check("root:secret", Some("secret"), Admin::Invalid);
        check("admin:secret", None, Admin::Invalid);
    }

    #[test]
    fn what_cannot_be_read_is_no_attempt() {
        check("admin", Some("secret"), Admin::Missing);
        check("admin:", Some("secret"), Admin::Missing);
        check(":secret", Some("secret"), Admin::Missing);
        for header in ["", "Basic", "Basic ", "Basic !!!", "Bearer YWRtaW46c2VjcmV0"] {
            assert_eq!(admin(header, Some(&Secret::new("secret"))), Admin::Missing, "{header}");
        }
    }
}
