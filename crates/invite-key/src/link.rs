//! Links that carry an invite: `https://host/notes/?acceptInvite=<key>` and `<page>#acceptInvite=<key>&resource=<id>`.
//!
//! A link is handled as text: what is not ours is never rewritten, reordered or re-encoded.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use crate::key::InviteKey;
use crate::percent;
use crate::resource;
use crate::shape::MAX_LENGTH;
use crate::verdict::{Malformed, Reason};

const RESOURCE: &str = "resource";

/// How links are written and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkOptions {
    /// The name of the parameter that holds the key. It cannot be empty or `resource`.
    pub parameter: String,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self {
            parameter: String::from("acceptInvite"),
        }
    }
}

/// Where in a link the key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Placement {
    /// After `?`: the server sees it, as Webstrates needs it.
    Query,
    /// After `#`: it is never sent to a server, so mail scanners and logs do not see it.
    Fragment,
}

impl Placement {
    /// The placement's stable name: `query` or `fragment`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
        }
    }
}

/// A link with an invite, taken apart. [`parse`] and [`Link::new`] make it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// The link without what is ours, byte for byte.
    pub page: String,
    /// What the invite is for. In a fragment it is what stands beside the key as `resource=`; with the key in the
    /// query it is what the path names (`/<id>` or `/<id>/`), which means something on Webstrates and on our own
    /// server only.
    pub resource: Option<String>,
    /// The key.
    pub key: InviteKey,
    /// Where the key stands; the fragment if it stands in both places.
    pub placement: Placement,
}

impl Link {
    /// A link to be built.
    ///
    /// With the key in the query only the path can name the resource: leave it out, or give the one that the path
    /// names. In a fragment it is written beside the key.
    ///
    /// ```
    /// use invite_key::InviteKey;
    /// use invite_key::link::{self, Link, LinkOptions, Placement};
    ///
    /// let options = LinkOptions::default();
    /// let key = InviteKey::opaque(&[0; 32]);
    /// let link = Link::new("https://example.org/welcome", Some("notes"), key, Placement::Fragment, &options)?;
    /// let url = link::build(&link, &options);
    /// assert_eq!(
    ///     url,
    ///     "https://example.org/welcome#acceptInvite=inv1_0000000000000000000000000000001J49hq&resource=notes",
    /// );
    /// assert_eq!(link::parse(&url, &options)?, Some(link));
    /// # Ok::<(), link::LinkError>(())
    /// ```
    pub fn new(
        page: &str,
        resource: Option<&str>,
        key: InviteKey,
        placement: Placement,
        options: &LinkOptions,
    ) -> Result<Self, LinkError> {
        let parameter = checked_parameter(options)?;
        if resource.is_some_and(|id| !resource::is_valid(id)) {
            return Err(LinkError::Resource);
        }
        let parts = Parts::of(page);
        let in_fragment = placement == Placement::Fragment;
        if has(parts.query, parameter)
            || has(parts.fragment, parameter)
            || (in_fragment && has(parts.fragment, RESOURCE))
        {
            return Err(LinkError::Page);
        }
        let resource = if in_fragment {
            resource.map(String::from)
        } else {
            let named = resource_of_path(parts.base);
            if resource.is_some() && resource != named.as_deref() {
                return Err(LinkError::Resource);
            }
            named
        };
        Ok(Self {
            page: String::from(page),
            resource,
            key,
            placement,
        })
    }
}

/// Finds the invite in a link; nothing if there is none.
///
/// No parameter is read but ours and, beside it in a fragment, `resource`. Repeated with one value they count once;
/// with different values it is an error, not a guess.
///
/// ```
/// use invite_key::link::{self, LinkOptions, Placement};
///
/// let url = format!("https://host/notes/?lang=da&acceptInvite={}#top", "ab".repeat(32));
/// let link = link::parse(&url, &LinkOptions::default())?.expect("there is one");
/// assert_eq!(link.page, "https://host/notes/?lang=da#top");
/// assert_eq!(link.resource.as_deref(), Some("notes"));
/// assert_eq!(link.placement, Placement::Query);
/// # Ok::<(), link::LinkError>(())
/// ```
pub fn parse(url: &str, options: &LinkOptions) -> Result<Option<Link>, LinkError> {
    let parameter = checked_parameter(options)?;
    let parts = Parts::of(url);
    let in_query = value_of(parts.query, parameter)?;
    let in_fragment = value_of(parts.fragment, parameter)?;
    let placement = if in_fragment.is_some() {
        Placement::Fragment
    } else {
        Placement::Query
    };
    let value = match (in_query, in_fragment) {
        (None, None) => return Ok(None),
        (Some(query), Some(fragment)) if query != fragment => return Err(LinkError::Repeated),
        (Some(value), _) | (None, Some(value)) => value,
    };
    let key = match core::str::from_utf8(&value) {
        Ok(text) => InviteKey::parse(text)?,
        Err(error) => {
            return Err(LinkError::Key(Malformed::new(
                Reason::BadCharacter,
                Some(error.valid_up_to()),
                None,
            )));
        }
    };
    let resource = match placement {
        Placement::Query => resource_of_path(parts.base),
        Placement::Fragment => resource_beside(parts.fragment)?,
    };
    Ok(Some(Link {
        page: strip(url, options),
        resource,
        key,
        placement,
    }))
}

/// Writes the link: the exact inverse of [`parse`].
pub fn build(link: &Link, options: &LinkOptions) -> String {
    let parts = Parts::of(&link.page);
    let mut url = String::from(parts.base);
    append_part(&mut url, '?', parts.query);
    if link.placement == Placement::Query {
        append_parameter(
            &mut url,
            if parts.query.is_some() { '&' } else { '?' },
            &options.parameter,
            link.key.reveal(),
        );
    }
    append_part(&mut url, '#', parts.fragment);
    if link.placement == Placement::Fragment {
        let separator = if parts.fragment.is_some() { '&' } else { '#' };
        append_parameter(&mut url, separator, &options.parameter, link.key.reveal());
        if let Some(resource) = &link.resource {
            append_parameter(&mut url, '&', RESOURCE, resource);
        }
    }
    url
}

/// Removes our parameter, and the `resource` beside it in a fragment, whatever their values. The rest stays byte for
/// byte.
///
/// ```
/// use invite_key::link::{self, LinkOptions};
///
/// let options = LinkOptions::default();
/// assert_eq!(link::strip("/notes/?b=2&acceptInvite=x&a=%31#top", &options), "/notes/?b=2&a=%31#top");
/// assert_eq!(link::strip("/join#acceptInvite=x&resource=notes", &options), "/join");
/// ```
pub fn strip(url: &str, options: &LinkOptions) -> String {
    let Ok(parameter) = checked_parameter(options) else {
        return String::from(url);
    };
    let parts = Parts::of(url);
    let mut page = String::with_capacity(url.len());
    page.push_str(parts.base);
    append_kept(&mut page, '?', parts.query, |name| is_name(name, parameter));
    let ours = has(parts.fragment, parameter);
    append_kept(&mut page, '#', parts.fragment, |name| {
        ours && (is_name(name, parameter) || is_name(name, RESOURCE))
    });
    page
}

/// Why a link cannot be read or made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// There is an invite in the link, but its key is malformed.
    Key(Malformed),
    /// The key or the resource stands twice, with different values.
    Repeated,
    /// The resource is none, or it is not the one that the path names where only the path can name it.
    Resource,
    /// The page to link to carries an invite already.
    Page,
    /// The parameter's name is empty or `resource`.
    Parameter,
}

impl LinkError {
    /// The error's stable name, such as `repeated`; for a malformed key `malformed`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Key(_) => "malformed",
            Self::Repeated => "repeated",
            Self::Resource => "resource",
            Self::Page => "page",
            Self::Parameter => "parameter",
        }
    }

    /// What is wrong, as an English sentence for people. It never holds the key.
    pub fn sentence(&self) -> String {
        String::from(match self {
            Self::Key(malformed) => return malformed.sentence(),
            Self::Repeated => "The link holds two different invites.",
            Self::Resource => "The link does not name its resource properly.",
            Self::Page => "The page to link to carries an invite already.",
            Self::Parameter => "The parameter for the key must have a name other than resource.",
        })
    }
}

impl From<Malformed> for LinkError {
    fn from(malformed: Malformed) -> Self {
        Self::Key(malformed)
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence())
    }
}

impl core::error::Error for LinkError {}

/// A link in three: `base?query#fragment`. A part that is there but empty is not one that is missing.
struct Parts<'url> {
    base: &'url str,
    query: Option<&'url str>,
    fragment: Option<&'url str>,
}

impl<'url> Parts<'url> {
    fn of(url: &'url str) -> Self {
        let (rest, fragment) = split(url, '#');
        let (base, query) = split(rest, '?');
        Self {
            base,
            query,
            fragment,
        }
    }
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

fn checked_parameter(options: &LinkOptions) -> Result<&str, LinkError> {
    match options.parameter.as_str() {
        "" | RESOURCE => Err(LinkError::Parameter),
        parameter => Ok(parameter),
    }
}

/// The parameters of a query or fragment as (the whole, its encoded name, its encoded value).
fn parameters(part: Option<&str>) -> impl Iterator<Item = (&str, &str, &str)> {
    part.into_iter()
        .flat_map(|part| part.split('&'))
        .map(|whole| {
            let (name, value) = whole.split_once('=').unwrap_or((whole, ""));
            (whole, name, value)
        })
}

fn is_name(encoded: &str, name: &str) -> bool {
    percent::decode(encoded).eq(name.bytes())
}

fn has(part: Option<&str>, name: &str) -> bool {
    parameters(part).any(|(_, encoded, _)| is_name(encoded, name))
}

/// The one decoded value of a parameter. The cap comes before any decoding.
fn value_of(part: Option<&str>, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, LinkError> {
    let mut found: Option<Zeroizing<Vec<u8>>> = None;
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
        // The capacity suffices, so the key is never moved to leave a copy behind.
        let mut value = Zeroizing::new(Vec::with_capacity(raw.len()));
        value.extend(percent::decode(raw));
        if found.as_ref().is_some_and(|earlier| *earlier != value) {
            return Err(LinkError::Repeated);
        }
        found = Some(value);
    }
    Ok(found)
}

fn resource_beside(fragment: Option<&str>) -> Result<Option<String>, LinkError> {
    let Some(value) = value_of(fragment, RESOURCE).map_err(|error| match error {
        LinkError::Key(_) => LinkError::Resource,
        other => other,
    })?
    else {
        return Ok(None);
    };
    match core::str::from_utf8(&value) {
        Ok(id) if resource::is_valid(id) => Ok(Some(id.to_string())),
        _ => Err(LinkError::Resource),
    }
}

/// What `https://host/<id>`, `https://host/<id>/` or `/<id>/` names, unless a server keeps the name for itself.
fn resource_of_path(base: &str) -> Option<String> {
    let path = match base.split_once("//") {
        Some((_, after)) => split(after, '/').1?,
        None => base.strip_prefix('/')?,
    };
    let segment = path.strip_suffix('/').unwrap_or(path);
    if segment.len() > MAX_LENGTH {
        return None;
    }
    let mut id = Vec::with_capacity(segment.len());
    id.extend(percent::decode(segment));
    let id = String::from_utf8(id).ok()?;
    (resource::is_valid(&id) && !resource::is_reserved(&id)).then_some(id)
}

fn append_part(url: &mut String, sign: char, part: Option<&str>) {
    if let Some(part) = part {
        url.push(sign);
        url.push_str(part);
    }
}

fn append_parameter(url: &mut String, separator: char, name: &str, value: &str) {
    url.push(separator);
    percent::encode_into(url, name);
    url.push('=');
    // Keys and resource ids hold nothing that a query or fragment has to encode.
    url.push_str(value);
}

/// Appends the parameters that are not dropped. If all are, the sign goes too, so that building can be undone.
fn append_kept(page: &mut String, sign: char, part: Option<&str>, drop: impl Fn(&str) -> bool) {
    let mut separator = sign;
    for (whole, name, _) in parameters(part) {
        if !drop(name) {
            page.push(separator);
            page.push_str(whole);
            separator = '&';
        }
    }
}
