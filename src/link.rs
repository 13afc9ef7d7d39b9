//! The link to send.

use invite_key::link::{self, Link, LinkOptions, Placement};

use crate::dialect::Remote;
use crate::error::Error;
use crate::later::Reply;
use crate::operation::Operation;
use crate::options::{self, DialectName};

/// On Webstrates the link that its server accepts by itself, elsewhere one whose key no server sees.
pub(crate) fn of(remote: &Remote, operation: &Operation) -> Reply {
    let given = &operation.options;
    let webstrates = remote.dialect == DialectName::Webstrates;
    let resource = operation.home.as_deref().or(remote.resource.as_deref());
    let page = given.text("page");
    let in_query = match given.text("in") {
        None => webstrates && page.is_none(),
        Some(place) => place == "query",
    };
    let mut names = LinkOptions::default();
    if let Some(name) = given.text("param") {
        name.clone_into(&mut names.parameter);
    }
    let own_page = match resource {
        Some(resource) => [&remote.server, "/", resource, "/"].concat(),
        None if webstrates && page.is_none() => return Err(Error::no_resource()),
        None => [&remote.server, "/join"].concat(),
    };
    // Said only where neither the path names it nor the key finds it.
    let beside = resource.filter(|_| webstrates && page.is_some() && !in_query);
    let placement = if in_query {
        Placement::Query
    } else {
        Placement::Fragment
    };
    let key = options::invite_key(operation.key_text())?;
    match Link::new(page.unwrap_or(&own_page), beside, key, placement, &names) {
        Ok(link) => Ok(link::build(&link, &names).into()),
        Err(error) => Err(Error::misused("page", &error.sentence())),
    }
}
