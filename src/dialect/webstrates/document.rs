//! A webstrate's document over HTTP: its `data-auth` says who may do what.

use crate::dialect::Context;
use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::later::{Reply, Task};
use crate::transport::{Platform, Request, Response, percent_encoded};

/// Documents edited by hand hold the quotes in other ways: escaped, or as apostrophes.
fn unescaped(text: &str) -> String {
    let quotes = if text.contains('"') || text.contains('&') {
        '\''
    } else {
        '"'
    };
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        let escapes = [("quot;", '"'), ("amp;", '&')];
        let escape = escapes
            .iter()
            .find(|escape| letter == '&' && rest.as_str().starts_with(escape.0));
        plain.push(match escape {
            Some((name, letter)) => {
                rest.nth(name.len() - 1);
                *letter
            }
            None if letter == '\'' => quotes,
            None => letter,
        });
    }
    plain
}

impl<P: Platform> Context<'_, P> {
    /// The document's `data-auth`: who may do what.
    pub(super) async fn members(&self, id: &str) -> Reply {
        let query = ["?json", &token_query("&", self.platform.token().await?)].concat();
        let response = self.fetch("GET", id, &query, None).await?;
        if response.status == 403 {
            let mut error = Error::new(Code::Forbidden, &response.text);
            error.status = Some(403);
            return Err(error);
        }
        if !response.text.starts_with('[') {
            return Err(Error::bad_response());
        }
        let attributes = json::root_attributes(&response.text).unwrap_or(Json::Null);
        let entries = attributes.text("data-auth").unwrap_or("[]");
        json::parse(entries)
            .or_else(|| json::parse(&unescaped(entries)))
            .ok_or_else(Error::bad_response)
    }

    pub(super) fn fetch(
        &self,
        method: &'static str,
        id: &str,
        query: &str,
        form: Option<&str>,
    ) -> Task<'_, Result<Response, Error>> {
        self.platform.fetch(Request {
            method,
            url: [&self.remote.server, "/", id, "/", query].concat(),
            body: form.map(|form| ("application/x-www-form-urlencoded", form.to_owned())),
            authorized: false,
            idempotency_key: None,
        })
    }
}

pub(super) fn token_query(mark: &str, token: Option<String>) -> String {
    token
        .map(|token| [mark, "token=", &percent_encoded(&token)].concat())
        .unwrap_or_default()
}
