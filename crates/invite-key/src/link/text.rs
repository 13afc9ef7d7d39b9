//! A link as text: its three parts, their parameters, and what its path names.

use alloc::string::String;

use zeroize::Zeroizing;

use super::{LinkError, RESOURCE};
use crate::percent;
use crate::resource;
use crate::shape::MAX_LENGTH;
use crate::verdict::{Malformed, Reason};

/// A link in three: `base?query#fragment`. A part that is there but empty is not one that is missing.
pub(super) struct Parts<'url> {
    pub(super) base: &'url str,
    pub(super) query: Option<&'url str>,
    pub(super) fragment: Option<&'url str>,
}

impl<'url> Parts<'url> {
    pub(super) fn of(url: &'url str) -> Self {
        let (rest, fragment) = split(url, b'#');
        let (base, query) = split(rest, b'?');
        Self {
            base,
            query,
            fragment,
        }
    }
}

/// At the first such byte. By bytes: the standard library's search for characters is twice the size of this module.
pub(crate) fn split(text: &str, at: u8) -> (&str, Option<&str>) {
    let place = text.bytes().position(|byte| byte == at);
    let before = place.and_then(|place| text.get(..place)).unwrap_or(text);
    (before, place.and_then(|place| text.get(place + 1..)))
}

/// The parameters of a query or fragment as (the whole, its encoded name, its encoded value).
fn parameters(mut part: Option<&str>) -> impl Iterator<Item = (&str, &str, &str)> {
    core::iter::from_fn(move || {
        let (whole, rest) = split(part?, b'&');
        part = rest;
        let (name, value) = split(whole, b'=');
        Some((whole, name, value.unwrap_or_default()))
    })
}

pub(super) fn is_name(encoded: &str, name: &str) -> bool {
    percent::decode_query(encoded).eq(name.bytes())
}

pub(super) fn has(part: Option<&str>, name: &str) -> bool {
    parameters(part).any(|(_, encoded, _)| is_name(encoded, name))
}

/// The one decoded value of a parameter. The cap comes before any decoding.
pub(super) fn value_of(
    part: Option<&str>,
    name: &str,
) -> Result<Option<Zeroizing<String>>, LinkError> {
    let mut found: Option<Zeroizing<String>> = None;
    for (_, encoded, raw) in parameters(part) {
        if !is_name(encoded, name) {
            continue;
        }
        if raw.len() > MAX_LENGTH {
            return Err(LinkError::Key(Malformed::new(
                Reason::TooLong,
                Some(MAX_LENGTH),
                None,
            )));
        }
        let value = Zeroizing::new(decoded(raw));
        if found.as_ref().is_some_and(|earlier| *earlier != value) {
            return Err(LinkError::Repeated);
        }
        found = Some(value);
    }
    Ok(found)
}

pub(super) fn resource_beside(fragment: Option<&str>) -> Result<Option<String>, LinkError> {
    let Some(value) = value_of(fragment, RESOURCE).map_err(|error| match error {
        LinkError::Key(_) => LinkError::Resource,
        other => other,
    })?
    else {
        return Ok(None);
    };
    if resource::is_valid(&value) {
        Ok(Some(String::from(value.as_str())))
    } else {
        Err(LinkError::Resource)
    }
}

/// The decoded text. What is not ASCII can stand in no key and no resource, so one control character stands for all
/// of it; the capacity then suffices, and a key is never moved to leave a copy behind.
fn decoded(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for byte in percent::decode_query(raw) {
        text.push(if byte.is_ascii() {
            char::from(byte)
        } else {
            '\x1A'
        });
    }
    text
}

/// What `https://host/<id>`, `https://host/<id>/` or `/<id>/` names, unless a server keeps the name for itself.
pub(super) fn resource_of_path(base: &str) -> Option<String> {
    let path = match base.strip_prefix('/') {
        Some(path) if !path.starts_with('/') => path,
        Some(_) => split(base.strip_prefix("//")?, b'/').1?,
        None => split(split(base, b':').1?.strip_prefix("//")?, b'/').1?,
    };
    let segment = path.strip_suffix('/').unwrap_or(path);
    if segment.len() > MAX_LENGTH {
        return None;
    }
    let id = decoded(segment);
    (resource::is_valid(&id) && !resource::is_reserved(&id)).then_some(id)
}

pub(super) fn append_part(url: &mut String, sign: char, part: Option<&str>) {
    if let Some(part) = part {
        url.push(sign);
        url.push_str(part);
    }
}

pub(super) fn append_parameter(url: &mut String, separator: char, name: &str, value: &str) {
    url.push(separator);
    percent::push(url, name);
    url.push('=');
    // Keys and resource ids hold nothing that a query or fragment has to encode.
    url.push_str(value);
}

/// Appends the parameters that are not dropped. If all are, the sign goes too, so that building can be undone.
pub(super) fn append_kept(
    page: &mut String,
    sign: char,
    part: Option<&str>,
    drop: impl Fn(&str) -> bool,
) {
    let mut separator = sign;
    for (whole, name, _) in parameters(part) {
        if !drop(name) {
            page.push(separator);
            page.push_str(whole);
            separator = '&';
        }
    }
}
