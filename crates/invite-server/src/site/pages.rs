//! The pages, as the operator wants them to look.

use std::collections::BTreeMap;

use axum::http::HeaderValue;
use bytes::Bytes;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde_json::json;

use super::assets::{Asset, Assets};
use super::compressed;
use super::look::Look;
use super::policy;
use crate::address::Origins;
use crate::html::escaped;

/// The page of somebody who manages invites.
pub(super) const MANAGER: &str = "index.html";
/// The page of a resource, which also takes up an invite.
pub(super) const ACCEPT: &str = "accept.html";
/// What is shown where there is nothing.
pub(super) const MISSING: &str = "404.html";
/// These are templates, and stand at the top of the folder; further in nothing is filled in.
const TEMPLATES: [&str; 4] = [MANAGER, ACCEPT, "inspect.html", MISSING];
/// What templates are made of.
const PARTS: [&str; 5] = [
    "parts/head.html",
    "parts/header.html",
    "parts/footer.html",
    "sample/welcome.html",
    "sample/more.html",
];
/// The snippet for `<head>`.
const SNIPPET: &str = "head.js";
/// What a demo has besides: it tells of itself, and of how to write programs.
const DEMO: [&str; 4] = ["sample/", "docs/", "examples/", "demo.webp"];

/// A page, and what it may do.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) html: Bytes,
    /// The same compressed, once it cannot change any more: it is the same for everybody, and nothing secret is in it.
    pub(super) gzip: Option<Bytes>,
    pub(super) policy: HeaderValue,
}

/// What is told where a page cannot be shown: its cause is in the log.
#[derive(Debug)]
pub(super) struct Unwritten;

/// What pages are made of.
#[derive(Debug)]
pub(super) struct Pages {
    pub(super) pages: Assets,
    pub(super) package: Assets,
    look: Look,
    origins: Origins,
    /// Those that cannot change any more.
    written: BTreeMap<&'static str, Page>,
}

impl Pages {
    pub(super) fn new(pages: Assets, package: Assets, origins: Origins, look: Look) -> Pages {
        let icon = look.color.and_then(|_| {
            let icon = pages.get("icon.svg")?;
            let ((ours, key), (color, on)) = (Look::OUR_ICON, look.icon());
            let text = icon.text()?.replace(&ours.to_string(), &color.to_string());
            Some(text.replace(&key.to_string(), &on.to_string()))
        });
        let sheet = look.color.map_or(String::new(), |color| color.sheet());
        let mut own = BTreeMap::new();
        let texts = [("color.css", Some(sheet)), ("icon.svg", icon)];
        for (name, text) in texts {
            own.extend(text.map(|text| (name.to_owned(), Asset::new(name, text.into()))));
        }
        let logo = look.logo.clone();
        own.extend(logo.map(|logo| (format!("logo.{}", logo.ending), logo.picture)));
        let mut all = Pages {
            pages: pages.with(own),
            package,
            look,
            origins,
            written: BTreeMap::new(),
        };
        if all.pages.version().is_some() && all.package.version().is_some() {
            let written = TEMPLATES.iter().filter_map(|name| {
                let page = all.write(name)?.ok()?;
                let gzip = compressed::gzip(&page.html);
                Some((*name, Page { gzip, ..page }))
            });
            all.written = written.collect();
        }
        all
    }

    /// A page by its path, if there is one.
    pub(super) fn page(&self, name: &str) -> Option<Result<Page, Unwritten>> {
        if let Some(page) = self.written.get(name) {
            return Some(Ok(page.clone()));
        }
        if !self.is_shown(name) {
            return None;
        }
        self.write(name)
    }

    /// Whether a file is for everybody here.
    pub(super) fn is_shown(&self, path: &str) -> bool {
        let is_demo = DEMO.iter().any(|one| path.starts_with(one));
        !PARTS.contains(&path) && (self.look.demo || !is_demo)
    }

    fn write(&self, name: &str) -> Option<Result<Page, Unwritten>> {
        let file = self.pages.get(name)?;
        let html = file.text()?;
        let modules = self.modules();
        let html = if TEMPLATES.contains(&name) {
            match self.fill(name, html, modules.as_deref()) {
                Ok(html) => html,
                Err(error) => {
                    tracing::error!(name, %error, "a page cannot be written");
                    return Some(Err(Unwritten));
                }
            }
        } else {
            html.to_owned()
        };
        let snippet = self.package.get(SNIPPET);
        let snippet = snippet.as_ref().and_then(Asset::text);
        let (html, policy) = policy::render(&html, snippet, modules.as_deref(), &self.origins);
        Some(Ok(Page {
            html: html.into(),
            gzip: None,
            policy,
        }))
    }

    fn fill(
        &self,
        name: &str,
        html: &str,
        modules: Option<&str>,
    ) -> Result<String, minijinja::Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        for part in PARTS {
            let text = self.pages.get(part);
            if let Some(text) = text.as_ref().and_then(Asset::text) {
                environment.add_template_owned(part, text.to_owned())?;
            }
        }
        environment.add_template_owned(name.to_owned(), html.to_owned())?;
        let look = &self.look;
        let site = versioned("/site", &self.pages);
        let icon = look.logo.as_ref().map_or_else(
            || format!("{site}/icon.svg"),
            |logo| format!("{site}/logo.{}", logo.ending),
        );
        environment.get_template(name)?.render(context! {
            demo => look.demo,
            name => text(&look.name),
            icon => text(&icon),
            colored => look.color.is_some(),
            open => look.open.as_deref().map(text),
            contact => look.contact.as_deref().map(text),
            privacy => look.privacy.as_deref().map(text),
            site => text(&site),
            sdk => text(&versioned("/sdk", &self.package)),
            modules => modules.map(|map| Value::from_safe_string(policy::module_map(map))),
        })
    }

    /// Where modules are found that are named without a version: at addresses that a browser never has to ask about
    /// again. Each folder with its version is itself, or a module there would be looked for in a version of a version.
    fn modules(&self) -> Option<String> {
        let mut all = serde_json::Map::new();
        for (folder, assets) in [("/sdk", &self.package), ("/site", &self.pages)] {
            let there = format!("{}/", versioned(folder, assets));
            if assets.version().is_some() {
                all.insert(format!("{folder}/"), json!(there));
                all.insert(there.clone(), json!(there));
            }
        }
        (!all.is_empty()).then(|| json!({ "imports": all }).to_string())
    }
}

/// A folder's address, with the version of what is there.
fn versioned(folder: &str, assets: &Assets) -> String {
    match assets.version() {
        Some(version) => format!("{folder}/@{version}"),
        None => folder.to_owned(),
    }
}

/// The templates' own way writes each slash of an address as `&#x2f;`.
fn text(text: &str) -> Value {
    Value::from_safe_string(escaped(text))
}
