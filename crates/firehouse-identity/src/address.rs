//! [`AddressPolicy`]: which addresses, ports and schemes may be fetched when a stranger names them.
//!
//! The check is a list of what is public, not of what is private: a range nobody thought of is refused.
//! Source: IANA special-purpose address registries for IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a guarded request may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressPolicy {
    /// Public addresses, HTTPS, ports 443 and those above 1023.
    Public,
    /// Loopback and private networks too, plain HTTP, any port. Never link-local, where clouds answer with credentials.
    Private,
}

impl AddressPolicy {
    /// Whether a connection to `address` may be opened.
    pub fn allows(self, address: IpAddr) -> bool {
        let address = unwrapped(address);
        match self {
            Self::Public => is_public(address),
            Self::Private => is_public(address) || is_private(address),
        }
    }

    /// Whether a request may use this scheme.
    pub fn allows_scheme(self, scheme: &str) -> bool {
        scheme == "https" || (scheme == "http" && self == Self::Private)
    }

    /// Whether a request may go to this port. The low ones belong to mail, shells and file shares.
    pub fn allows_port(self, port: u16) -> bool {
        self == Self::Private || matches!(port, 443 | 1024..)
    }
}

/// The IPv4 address that an IPv6 one stands for: v4-mapped, v4-compatible, NAT64 and 6to4 all end at it.
fn unwrapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => embedded(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => embedded(high, low),
        _ => address,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127 | 224..=255, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        [169, 254, ..] | [192, 168, ..] | [198, 18 | 19, ..] => true,
        [172, second, ..] => (16..32).contains(&second),
        // Protocol assignments, documentation, the 6to4 relay anycast; 192.0.0.192 is a cloud's metadata.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // A cloud's host services live on this public address.
        [168, 63, 129, 16] => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Protocol assignments (Teredo, ORCHID, benchmarking) and documentation.
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        // Of all others only the space of global unicast is handed out.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => match v4.octets() {
            // Carrier-grade NAT is a private network, but for a cloud's metadata in it.
            [100, 100, 100, 200] => false,
            [100, second, ..] => (64..128).contains(&second),
            _ => v4.is_loopback() || v4.is_private(),
        },
        // Unique local, but for a cloud's metadata in it.
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || (v6.is_unique_local()
                    && v6 != Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: AddressPolicy, expected: bool, addresses: &[&str]) {
        for text in addresses {
            let Ok(address) = text.parse() else { panic!("{text} is not an address") };
            assert_eq!(policy.allows(address), expected, "{text} under {policy:?}");
        }
    }

    const PUBLIC: &[&str] = &[
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ];
    const PRIVATE: &[&str] = &[
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "::1",
        "fc00::1",
        "fd12:3456::1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "::127.0.0.1",
    ];
    const NEVER: &[&str] = &[
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "198.51.100.7",
        "203.0.113.9",
        "198.18.0.1",
        "192.88.99.1",
        "224.0.0.251",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "fd00:ec2::254",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "100::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:a9fe:a9fe::1",
        "5f00::1",
    ];

    #[test]
    fn a_stranger_reaches_public_addresses_only() {
        check(AddressPolicy::Public, true, PUBLIC);
        check(AddressPolicy::Public, false, PRIVATE);
        check(AddressPolicy::Public, false, NEVER);
    }

    #[test]
    fn private_networks_open_up_when_configured_but_metadata_services_never() {
        check(AddressPolicy::Private, true, PUBLIC);
        check(AddressPolicy::Private, true, PRIVATE);
        check(AddressPolicy::Private, false, NEVER);
    }

    #[test]
    fn plain_http_and_low_ports_are_for_private_networks() {
        let (public, private) = (AddressPolicy::Public, AddressPolicy::Private);
        assert!(public.allows_scheme("https") && !public.allows_scheme("http"));
        assert!(private.allows_scheme("http") && !private.allows_scheme("file"));
        assert!([443, 1024, 8443, 65535].into_iter().all(|port| public.allows_port(port)));
        assert!([0, 22, 25, 80, 445, 1023].into_iter().all(|port| !public.allows_port(port)));
        assert!(private.allows_port(80));
    }
}
