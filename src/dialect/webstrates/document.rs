//! A webstrate's document over HTTP: its `data-auth` says who may do what.

use core::cell::Cell;

use invite_key::{Permissions, percent};

use super::Wire;
use crate::error::{Code, Error};
use crate::json::{self, Json};
use crate::later::Reply;
use crate::transport::{Platform, Request, Response};

/// Documents edited by hand hold the quotes in other ways: escaped, or as apostrophes.
fn unescaped(text: &str) -> String {
    let has_quotes = text.bytes().any(|byte| matches!(byte, b'"' | b'&'));
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        let after = |name| rest.as_str().strip_prefix(name);
        let escaped = match letter {
            '&' => after("quot;").map(|after| ('"', after)).or(after("amp;").map(|after| ('&', after))),
            '\'' if !has_quotes => Some(('"', rest.as_str())),
            _ => None,
        };
        if let Some((meant, after)) = escaped {
            plain.push(meant);
            rest = after.chars();
        } else {
            plain.push(letter);
        }
    }
    plain
}

/// What an entry grants. What the original does not know grants nothing.
pub(super) fn letters(text: &str) -> Permissions {
    Permissions::parse(text).unwrap_or(Permissions::NONE)
}

/// What a person may do by these entries: their own, else what everybody has.
pub(super) fn letters_of(members: &Json, account: &Json) -> Option<Permissions> {
    let Json::List(entries) = members else {
        return None;
    };
    if !account.is_object() {
        return None;
    }
    let entry = |username, provider| {
        entries
            .iter()
            .find(|entry| entry.text("username") == username && entry.text("provider") == provider)
    };
    let own = entry(account.text("username"), account.text("provider"));
    let found = own.or_else(|| entry(Some("anonymous"), Some("")));
    let text = found.and_then(|entry| entry.text("permissions"));
    Some(letters(text.unwrap_or_default()))
}

impl<P: Platform> Wire<'_, P> {
    /// The document's `data-auth`: who may do what. `null` where it has none, and everybody may do the usual.
    pub(super) async fn members(&self) -> Reply {
        let query = ["?json", &token_query("&", self.platform.token().await?)].concat();
        let response = self.fetch("GET", &query, None).await?;
        if response.status == 403 {
            let mut error = Error::new(Code::Forbidden, &response.text);
            error.status = Some(403);
            return Err(error);
        }
        // Whole: who has access stands near its beginning, and half of it would say that nobody has.
        let document = response.text.trim_ascii_end();
        if !document.starts_with('[') || !document.ends_with(']') {
            return Err(Error::bad_response());
        }
        let attributes = json::root_attributes(&response.text).unwrap_or(Json::Null);
        let Some(entries) = attributes.text("data-auth") else {
            return Ok(Json::Null);
        };
        json::parse(entries)
            .or_else(|| json::parse(&unescaped(entries)))
            .ok_or_else(Error::bad_response)
    }

    /// What one may do by the document itself; nothing where it cannot be read or says nothing about it.
    pub(super) async fn own_letters(
        &self,
        account: &Json,
    ) -> Result<Option<Permissions>, Error> {
        match self.members().await {
            Ok(members) => Ok(letters_of(&members, account)),
            // A page of another origin may not look, and is not told why.
            Err(error) if error.code == Code::Offline && self.is_own_server() => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Asks for something beneath the webstrate's own address.
    pub(super) async fn fetch(
        &self,
        method: &'static str,
        query: &str,
        form: Option<&str>,
    ) -> Result<Response, Error> {
        let mut request = Request::get([&self.remote.server, "/", self.id, "/", query].concat());
        request.method = method;
        if let Some(form) = form {
            let kind = "application/x-www-form-urlencoded".to_owned();
            request.headers.push(("content-type", kind));
            request.body = Some(form.to_owned());
        }
        self.asked();
        let response = self.platform.fetch(request, &Cell::default()).await;
        self.heard();
        let response = response?;
        let date = self.platform.date(response.header("date").unwrap_or_default());
        if !date.is_nan() {
            self.clock.set(date - self.platform.now());
        }
        Ok(response)
    }
}

pub(super) fn token_query(mark: &str, token: Option<String>) -> String {
    token
        .map(|token| [mark, "token=", &percent::encode(&token)].concat())
        .unwrap_or_default()
}
