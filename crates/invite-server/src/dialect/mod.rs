//! A dialect as what stands around it sees it: one value each. Whoever counts, recognises or refuses requests walks over
//! the list and knows none of them by name.

mod apps;
mod cors;
mod cost;
mod request;
mod words;

use std::fmt;
use std::sync::Arc;

use axum::http::Method;
use axum::response::Response;
use axum::{Extension, Router};

pub use apps::{Apps, Brought};
pub use cors::{Cors, Readers};
pub use cost::Cost;
pub use request::{Peer, RequestId, Twice, WrongKey, once};
pub use words::{Hindrance, plainly};

/// One wire, or a part of the server with addresses of its own.
pub struct Dialect {
    /// What it is called.
    pub name: &'static str,
    /// What clients call it, where it is a wire that they choose and no part of the server with addresses of its own.
    pub wire: Option<&'static str>,
    /// What it answers.
    pub routes: Router,
    /// Its addresses: what ends in a slash begins them, anything else is one. Of two that fit the longer counts.
    pub prefix: &'static [&'static str],
    /// Whose credentials count there.
    pub identify: Identify,
    /// How apps are known there, where some call.
    pub apps: Option<Arc<dyn Apps>>,
    /// What a request counts as, by its method and the route as the code writes it.
    pub cost: fn(&Method, &str) -> Cost,
    /// What it says of a request that does not get to it, or back from it.
    pub refuse: fn(Hindrance<'_>, &RequestId) -> Response,
    /// Which pages of other origins read it.
    pub cors: Cors,
}

/// Whose credentials count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identify {
    /// People's: their cookie, a bearer, the word of a trusted proxy.
    People,
    /// Its own, which it looks at by itself: nobody else is asked about them.
    Own,
}

impl fmt::Debug for Dialect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// All that the server speaks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Dialects(Arc<[Dialect]>);

impl Dialects {
    /// Joins their routes, behind which each finds this list among a request's extensions. One of them is at home
    /// everywhere (`/`).
    pub fn join(mut all: Vec<Dialect>) -> (Router, Dialects) {
        let routes = all
            .iter_mut()
            .map(|dialect| std::mem::take(&mut dialect.routes));
        let router = routes.fold(Router::new(), Router::merge);
        let all = Dialects(all.into());
        (router.layer(Extension(all.clone())), all)
    }

    /// Who answers at a path.
    pub fn at(&self, path: &str) -> Option<&Dialect> {
        let longest = |dialect: &Dialect| {
            let fitting = dialect.prefix.iter().filter(|prefix| fits(prefix, path));
            fitting.map(|prefix| prefix.len()).max()
        };
        let fitting = self
            .0
            .iter()
            .filter_map(|dialect| Some((longest(dialect)?, dialect)));
        let (_, dialect) = fitting.max_by_key(|(length, _)| *length)?;
        Some(dialect)
    }

    /// The wires that clients choose from, in the order of their names.
    pub fn wires(&self) -> Vec<&'static str> {
        let mut all: Vec<_> = self.iter().filter_map(|dialect| dialect.wire).collect();
        all.sort_unstable();
        all
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Dialect> {
        self.0.iter()
    }
}

fn fits(prefix: &str, path: &str) -> bool {
    path == prefix || (prefix.ends_with('/') && path.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(name: &'static str, prefix: &'static [&'static str]) -> Dialect {
        Dialect {
            name,
            wire: None,
            routes: Router::new(),
            prefix,
            identify: Identify::People,
            apps: None,
            cost: |_, _| Cost::default(),
            refuse: plainly,
            cors: Cors::listed(),
        }
    }

    #[test]
    fn the_longest_address_that_fits_counts() {
        let (_, all) = Dialects::join(vec![
            dialect("everything", &["/"]),
            dialect("api", &["/api", "/api/", "/healthz"]),
            dialect("own", &["/api/own/"]),
        ]);
        for (path, name) in [
            ("/", "everything"),
            ("/notes/", "everything"),
            ("/apis/", "everything"),
            ("/healthzz", "everything"),
            ("/healthz/", "everything"),
            ("/api", "api"),
            ("/api/v1/me", "api"),
            ("/healthz", "api"),
            ("/api/own/x", "own"),
            ("/api/own", "api"),
        ] {
            assert_eq!(all.at(path).unwrap().name, name, "{path}");
        }
    }
}
