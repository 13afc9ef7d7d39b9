//! Links that carry an invite: `https://host/notes/?acceptInvite=<key>` and `<page>#acceptInvite=<key>&resource=<id>`.
//!
//! A link is handled as text: what is not ours is never rewritten, reordered or re-encoded.

mod error;
mod text;

use alloc::string::String;

use crate::key::InviteKey;
use crate::resource;
use crate::shape::MAX_LENGTH;

pub use error::LinkError;
pub(crate) use text::split;
use text::{
    Parts, append_kept, append_parameter, append_part, has, is_name, resource_beside,
    resource_of_path, value_of,
};

const RESOURCE: &str = "resource";

/// The longest link, in bytes, that is read.
pub const MAX_LINK: usize = 1 << 20;

/// The longest page that a link is made to: what stands behind it has its room.
const MAX_PAGE: usize = MAX_LINK - 2 * MAX_LENGTH;

/// The longest name of a parameter, in bytes.
const MAX_PARAMETER: usize = 128;

/// How links are written and read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkOptions {
    /// The name of the parameter that holds the key. It cannot be empty, `resource`, or longer than 128 bytes.
    pub parameter: String,
}

impl LinkOptions {
    /// Links that carry the key under this name.
    ///
    /// ```
    /// use invite_key::link::{LinkError, LinkOptions};
    ///
    /// assert!(LinkOptions::named("invite").is_ok());
    /// assert_eq!(LinkOptions::named("resource"), Err(LinkError::Parameter));
    /// ```
    pub fn named(parameter: impl Into<String>) -> Result<Self, LinkError> {
        let options = Self {
            parameter: parameter.into(),
        };
        checked_parameter(&options)?;
        Ok(options)
    }
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
        let parts = checked_parts(page, resource, placement, options)?;
        let resource = if placement == Placement::Fragment {
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
    if url.len() > MAX_LINK {
        return Err(LinkError::TooLong);
    }
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
    let key = InviteKey::parse(&value)?;
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
    let resource = link.resource.as_deref();
    let parts = Parts::of(&link.page);
    written(&parts, resource, &link.key, link.placement, options)
}

/// Writes a link of a page, checked as [`Link::new`] does; in a query nothing can stand beside the key.
///
/// ```
/// use invite_key::InviteKey;
/// use invite_key::link::{self, LinkOptions, Placement};
///
/// let key = InviteKey::opaque(&[0; 32]);
/// let options = LinkOptions::default();
/// let url = link::write("https://example.org/notes/", None, &key, Placement::Query, &options)?;
/// assert_eq!(url, format!("https://example.org/notes/?acceptInvite={}", key.reveal()));
/// # Ok::<(), link::LinkError>(())
/// ```
pub fn write(
    page: &str,
    beside: Option<&str>,
    key: &InviteKey,
    placement: Placement,
    options: &LinkOptions,
) -> Result<String, LinkError> {
    let parts = checked_parts(page, beside, placement, options)?;
    if placement == Placement::Query && beside.is_some() {
        return Err(LinkError::Resource);
    }
    Ok(written(&parts, beside, key, placement, options))
}

fn checked_parts<'page>(
    page: &'page str,
    resource: Option<&str>,
    placement: Placement,
    options: &LinkOptions,
) -> Result<Parts<'page>, LinkError> {
    let parameter = checked_parameter(options)?;
    if page.len() > MAX_PAGE {
        return Err(LinkError::TooLong);
    }
    if resource.is_some_and(|id| !resource::is_valid(id)) {
        return Err(LinkError::Resource);
    }
    let parts = Parts::of(page);
    if has(parts.query, parameter)
        || has(parts.fragment, parameter)
        || (placement == Placement::Fragment && has(parts.fragment, RESOURCE))
    {
        return Err(LinkError::Page);
    }
    Ok(parts)
}

fn written(
    parts: &Parts<'_>,
    resource: Option<&str>,
    key: &InviteKey,
    placement: Placement,
    options: &LinkOptions,
) -> String {
    let in_fragment = placement == Placement::Fragment;
    let beside = resource.filter(|_| in_fragment);
    let Parts {
        base,
        query,
        fragment,
    } = *parts;
    let page = [
        base,
        query.unwrap_or_default(),
        fragment.unwrap_or_default(),
    ];
    let ours = [beside.unwrap_or_default(), key.reveal()];
    // Room for all of it, with the parameter encoded and what stands between: growing would leave parts of the key
    // behind.
    let texts = page.iter().chain(&ours).map(|text| text.len());
    let mut url = String::with_capacity(texts.sum::<usize>() + 3 * options.parameter.len() + 18);
    url.push_str(base);
    append_part(&mut url, '?', query);
    if !in_fragment {
        let separator = if query.is_some() { '&' } else { '?' };
        append_parameter(&mut url, separator, &options.parameter, key.reveal());
    }
    append_part(&mut url, '#', fragment);
    if in_fragment {
        let separator = if fragment.is_some() { '&' } else { '#' };
        append_parameter(&mut url, separator, &options.parameter, key.reveal());
        if let Some(resource) = beside {
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

fn checked_parameter(options: &LinkOptions) -> Result<&str, LinkError> {
    match options.parameter.as_str() {
        "" | RESOURCE => Err(LinkError::Parameter),
        name if name.len() > MAX_PARAMETER => Err(LinkError::Parameter),
        name => Ok(name),
    }
}
