//! The link to send.

use invite_key::link::{self, LinkError, LinkOptions, Placement};

use crate::dialect::{LinkForm, Remote};
use crate::error::Error;
use crate::later::Reply;
use crate::operation::LinkOf;

/// The dialect's own link, or what the caller wants instead.
pub(crate) fn of(remote: &Remote, wanted: &LinkOf) -> Reply {
    let form = remote.traits().link;
    if form == LinkForm::None {
        return Err(remote.unsupported("link"));
    }
    let by_resource = form == LinkForm::ResourceQuery;
    let given = &wanted.options;
    let resource = wanted.invited.place().or(remote.resource.as_deref());
    let page = given.page.as_deref();
    let in_query = given.in_query.unwrap_or(by_resource && page.is_none());
    let mut names = LinkOptions::default();
    if let Some(name) = &given.parameter {
        names.parameter = name.clone();
    }
    let own_page = match resource {
        Some(resource) => [&remote.server, "/", resource, "/"].concat(),
        None if by_resource && page.is_none() => return Err(Error::no_resource()),
        None => [&remote.server, "/join"].concat(),
    };
    // Said only where neither the path names it nor the key finds it.
    let beside = resource.filter(|_| by_resource && page.is_some() && !in_query);
    let placement = if in_query {
        Placement::Query
    } else {
        Placement::Fragment
    };
    let page = page.unwrap_or(&own_page);
    match link::write(page, beside, &wanted.invited.key, placement, &names) {
        Ok(link) => Ok(link.into()),
        Err(error) => {
            let field = match error {
                LinkError::Parameter => "param",
                _ => "page",
            };
            Err(Error::misused(field, &error.sentence()))
        }
    }
}
