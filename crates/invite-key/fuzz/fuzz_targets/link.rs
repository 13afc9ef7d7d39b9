//! Links: reading undoes building, and taking the invite out leaves the rest byte for byte.

#![no_main]

use invite_key::link::{self, Link, LinkOptions, Placement};
use invite_key::{InviteKey, resource};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;

// Four lines: the parameter's name (or nothing), the resource (or nothing), something for the key, the address.
fuzz_target!(|text: &str| {
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (parameter, resource, secret, url) = (line(), line(), line().as_bytes(), line());
    let at = |index: usize| secret.get(index).copied().unwrap_or_default();
    let bytes = std::array::from_fn(at);
    let key = match at(0) % 3 {
        0 => InviteKey::opaque(&bytes),
        1 => InviteKey::webstrates(&bytes),
        _ => InviteKey::parse(invite_key::signed::EXAMPLE_KEY).unwrap(),
    };
    let mut options = LinkOptions::default();
    if !parameter.is_empty() {
        options.parameter = parameter.to_owned();
    }
    // A dollar sign stands for the key: chance would not find it.
    read(&url.replace('$', key.reveal()), &options);

    let placement = match at(1) % 2 {
        0 => Placement::Fragment,
        _ => Placement::Query,
    };
    let resource = Some(resource).filter(|resource| !resource.is_empty());
    match Link::new(url, resource, key, placement, &options) {
        Ok(made) => {
            let built = link::build(&made, &options);
            assert_eq!(link::strip(&built, &options), url);
            assert_eq!(link::parse(&built, &options), Ok(Some(made)));
        }
        Err(error) => assert!(!error.sentence().is_empty() && !error.code().is_empty()),
    }
});

fn read(url: &str, options: &LinkOptions) {
    let stripped = link::strip(url, options);
    if is_usable(&options.parameter) {
        assert_eq!(stripped, without_ours(url, &options.parameter));
        assert_eq!(link::parse(&stripped, options), Ok(None));
    } else {
        assert_eq!(stripped, url);
        assert!(link::parse(url, options).is_err());
    }
    assert_eq!(link::strip(&stripped, options), stripped);
    if let Ok(Some(found)) = link::parse(url, options) {
        assert_eq!(found.page, stripped);
        assert!(found.resource.as_deref().is_none_or(resource::is_valid));
        let again = link::build(&found, options);
        assert_eq!(link::parse(&again, options), Ok(Some(found)));
    }
}

fn is_usable(parameter: &str) -> bool {
    !parameter.is_empty() && parameter != "resource"
}

/// The same with other means: what stays are the other parameters as they were, in their order.
fn without_ours(url: &str, parameter: &str) -> String {
    let (rest, fragment) = match url.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (url, None),
    };
    let (base, query) = match rest.split_once('?') {
        Some((base, query)) => (base, Some(query)),
        None => (rest, None),
    };
    let is = |piece: &str, name: &str| {
        let encoded = piece.split('=').next().unwrap().replace('+', " ");
        percent_decode_str(&encoded).eq(name.bytes())
    };
    let mut page = base.to_owned();
    let mut keep = |sign: &str, part: Option<&str>, is_ours: &dyn Fn(&str) -> bool| {
        let Some(part) = part else { return };
        let kept: Vec<_> = part.split('&').filter(|piece| !is_ours(piece)).collect();
        if !kept.is_empty() {
            page += sign;
            page += &kept.join("&");
        }
    };
    keep("?", query, &|piece| is(piece, parameter));
    let ours = fragment.is_some_and(|part| part.split('&').any(|piece| is(piece, parameter)));
    keep("#", fragment, &|piece| {
        ours && (is(piece, parameter) || is(piece, "resource"))
    });
    page
}
