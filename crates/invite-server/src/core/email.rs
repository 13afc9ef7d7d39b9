//! When two e-mail addresses are one.
//!
//! After the `@` a host may be written either way (IDNA, UTS 46): `exämple.org` is `xn--exmple-cua.org`. Before it
//! - the case of ASCII letters does not count, as with nearly every mail server; that of other letters does, for some
//!   become a different letter when it is changed, and whoever has the one address need not have the other;
//! - what Unicode calls canonically equivalent is the same (NFC, as RFC 6532 asks of mail): `é` is one character or two;
//!   what is merely alike, as full-width letters are, is not (NFKC would make it so). Where a character would become an
//!   ASCII one, as the Kelvin sign becomes K, the text stays as it is;
//! - dots and what follows a plus sign count: only the host knows what they mean there.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed as Normalizer;

/// Whether two e-mail addresses are one.
pub fn same_address(one: &str, other: &str) -> bool {
    let have_hosts = one.contains('@') && other.contains('@');
    have_hosts && address_key(one) == address_key(other)
}

/// What is the same for all spellings of one address, and for those alone.
pub fn address_key(address: &str) -> String {
    let Some((name, host)) = address.rsplit_once('@') else {
        return address.to_owned();
    };
    let name = composed(name).to_ascii_lowercase();
    format!("{name}@{}", ascii_host(host))
}

/// The same address with a host that every mail server reads.
pub fn with_ascii_host(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((name, host)) if !host.is_ascii() => format!("{name}@{}", ascii_host(host)),
        _ => address.to_owned(),
    }
}

/// The same address as it is kept and shown: composed, and without the dot of the root.
pub fn as_kept(address: &str) -> String {
    let Some((name, host)) = address.rsplit_once('@') else {
        return address.to_owned();
    };
    let normalizer = Normalizer::new_nfc();
    let host = normalizer.normalize(host);
    format!(
        "{}@{}",
        composed(name),
        host.strip_suffix('.').unwrap_or(&host)
    )
}

/// Whether there can be such a host (STD 3, RFC 1035: how long it and its labels are, and what stands in them).
pub fn is_host(host: &str) -> bool {
    idna::domain_to_ascii_strict(host.strip_suffix('.').unwrap_or(host)).is_ok()
}

/// The dot of the root names the same host.
fn ascii_host(host: &str) -> String {
    let ascii = idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_lowercase());
    ascii.strip_suffix('.').unwrap_or(&ascii).to_owned()
}

fn composed(name: &str) -> Cow<'_, str> {
    let normalizer = Normalizer::new_nfc();
    let mut buffer = [0; 4];
    let becomes_ascii = |character: char| {
        !character.is_ascii()
            && normalizer
                .normalize(character.encode_utf8(&mut buffer))
                .is_ascii()
    };
    if name.is_ascii() || name.chars().any(becomes_ascii) {
        return Cow::Borrowed(name);
    }
    normalizer.normalize(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_may_be_written_in_several_ways() {
        for (one, other) in [
            ("bob@example.com", "Bob@EXAMPLE.com"),
            ("bob@bücher.example", "bob@xn--bcher-kva.example"),
            ("bob@BÜCHER.example", "bob@bücher.example"),
            ("bob@bu\u{308}cher.example", "bob@XN--BCHER-KVA.example"),
            ("bøb@example.com", "bøb@example.com"),
            ("josé@exämple.org", "jose\u{301}@xn--exmple-cua.org"),
            ("JOSé@exämple.org", "josé@xn--exmple-cua.org"),
            ("\u{212b}se@example.com", "\u{c5}se@example.com"),
            ("bob@exämple.org.", "bob@xn--exmple-cua.org"),
            ("bob@exämple.org\u{3002}", "bob@exämple.org"),
            ("한@example.com", "\u{1112}\u{1161}\u{11ab}@example.com"),
        ] {
            assert!(
                same_address(one, other) && same_address(other, one),
                "{one}"
            );
        }
    }

    #[test]
    fn letters_that_fold_into_others_belong_to_other_people() {
        for (one, other) in [
            ("kate@example.com", "\u{212a}ate@example.com"),
            ("e\u{301}k@example.com", "e\u{301}\u{212a}@example.com"),
            ("BØB@example.com", "bøb@example.com"),
            ("i@example.com", "\u{130}@example.com"),
            ("bob@example.com", "ｂob@example.com"),
            ("ﬁ@example.com", "fi@example.com"),
            ("jose@example.com", "josé@example.com"),
            ("bob@example.com", "bob@example.org"),
            ("bob@example.com", "bob+1@example.com"),
            ("bob@example.com", "b.ob@example.com"),
            ("bob", "bob"),
            ("a@b@example.com", "b@example.com"),
        ] {
            assert!(
                !same_address(one, other) && !same_address(other, one),
                "{one}"
            );
        }
    }

    #[test]
    fn an_address_is_kept_composed() {
        for (written, kept) in [
            ("jose\u{301}@exa\u{308}mple.org.", "josé@exämple.org"),
            ("Bob@Example.com", "Bob@Example.com"),
            ("\u{212a}ate@example.com", "\u{212a}ate@example.com"),
        ] {
            assert_eq!(as_kept(written), kept);
            assert!(same_address(written, kept));
        }
    }

    #[test]
    fn a_host_can_be_or_not() {
        let long = format!("{}.org", "ä".repeat(70));
        for (host, can_be) in [
            ("example.com", true),
            ("exämple.org.", true),
            ("xn--exmple-cua.org", true),
            ("localhost", true),
            ("", false),
            (".", false),
            ("-x.org", false),
            ("x..org", false),
            ("x.org..", false),
            ("x_y.org", false),
            ("xn--a.org", false),
            (long.as_str(), false),
        ] {
            assert_eq!(is_host(host), can_be, "{host}");
        }
    }

    #[test]
    fn a_host_is_written_so_that_every_mail_server_reads_it() {
        assert_eq!(
            with_ascii_host("josé@exämple.org"),
            "josé@xn--exmple-cua.org"
        );
        assert_eq!(with_ascii_host("Bob@Example.com"), "Bob@Example.com");
    }
}
