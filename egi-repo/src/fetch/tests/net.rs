use std::net::IpAddr;

use super::super::net::is_public;
use super::*;

#[test]
fn only_addresses_of_the_public_internet_are_public() {
    for text in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::8", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
        assert!(is_public(text.parse::<IpAddr>().unwrap()), "{text}");
    }
    for text in [
        "127.0.0.1",
        "127.9.9.9",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "0.1.2.3",
        "100.64.0.1",
        "192.0.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.1",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "fec0::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:db8::1",
        "2001::1",
    ] {
        assert!(!is_public(text.parse::<IpAddr>().unwrap()), "{text}");
    }
}

#[test]
fn allowed_hosts_are_names_or_all_names_below_a_domain() {
    let policy = FetchPolicy {
        allowed_hosts: vec!["repo.example.org".to_owned(), "*.Provider.eu".to_owned()],
        ..FetchPolicy::default()
    };
    for host in ["repo.example.org", "REPO.example.org.", "a.provider.eu", "a.b.provider.eu"] {
        assert!(policy.allows_host(host), "{host}");
    }
    for host in ["example.org", "x.repo.example.org", "provider.eu", "evilprovider.eu", ".provider.eu", ""] {
        assert!(!policy.allows_host(host), "{host}");
    }
    assert!(FetchPolicy::default().allows_host("any.where"));
    assert!(!FetchPolicy::default().lists_host("any.where"));
}
