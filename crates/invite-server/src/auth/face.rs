//! How the pages around signing in look: like the others of this server.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use crate::html::escaped;

/// What each of them shows of the operator. Plain texts; here they are made fit for a page.
#[derive(Debug, Clone)]
pub struct Face {
    /// What the server is called.
    pub name: String,
    /// Where its picture is.
    pub icon: String,
    /// Where one asks for help.
    pub contact: Option<String>,
    /// Where it says what becomes of what people say here.
    pub privacy: Option<String>,
}

impl Default for Face {
    fn default() -> Face {
        Face {
            name: "Invites".into(),
            icon: "data:,".into(),
            contact: None,
            privacy: None,
        }
    }
}

impl Face {
    /// A page of a few words, which may do what `policy` says; `title` and `body` are HTML.
    pub(super) fn page(&self, policy: &'static str, title: &str, body: &str) -> Response {
        let (name, icon) = (escaped(&self.name), escaped(&self.icon));
        let link = |address: &Option<String>, text: &str| {
            let address = address.as_deref().map(escaped);
            address.map(|address| format!("<a href=\"{address}\" rel=\"noreferrer\">{text}</a>\n"))
        };
        let links = [
            link(&self.contact, "Contact"),
            link(&self.privacy, "Privacy"),
        ];
        let links: String = links.into_iter().flatten().collect();
        let foot = match links.is_empty() {
            true => String::new(),
            false => format!("<footer class=\"small muted row\">\n{links}</footer>\n"),
        };
        let html = format!(
            r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="application-name" content="{name}">
<meta name="color-scheme" content="light dark">
<title>{title} · {name}</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="/site/sign-in.css">
<main>
<a class="brand" href="/"><img src="{icon}" alt="" height="30"><span>{name}</span></a>
<h1>{title}</h1>
{body}{foot}</main>
</html>
"#
        );
        ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
    }
}
