//! An HTTP server that does what a test has set.

use std::cell::RefCell;

use invite_key::InviteKey;
use invite_keys::json::Json;
use invite_keys::transport::{Request, Response};

use super::{Client, Server, World, headers};

pub fn key() -> Json {
    InviteKey::webstrates(&[7; 32]).reveal().into()
}

/// An HTTP server that does what the test has set.
#[derive(Default)]
pub struct Http {
    pub answers: RefCell<Vec<(u16, &'static str, Option<&'static str>)>>,
    pub requests: RefCell<Vec<String>>,
    /// The names under which creates went.
    pub names: RefCell<Vec<String>>,
    /// The server's clock.
    pub date: RefCell<Option<String>>,
}

impl Server for Http {
    fn request(&self, request: &Request) -> Option<Response> {
        self.requests
            .borrow_mut()
            .push(format!("{} {}", request.method, request.url));
        let name = request
            .headers
            .iter()
            .find(|header| header.0 == "idempotency-key");
        self.names
            .borrow_mut()
            .extend(name.map(|name| name.1.clone()));
        let (status, text, retry_after) = self.answers.borrow_mut().remove(0);
        let kind = if text.starts_with('{') {
            "application/json"
        } else {
            "text/html"
        };
        let mut headers = headers(kind, retry_after);
        let date = self.date.borrow().clone();
        headers.extend(date.map(|date| ("date".to_owned(), date)));
        (status > 0).then(|| Response {
            status,
            headers,
            text: text.to_owned(),
        })
    }
}

pub fn http(options: &str, answers: &[(u16, &'static str, Option<&'static str>)]) -> Client<Http> {
    let server = Http {
        answers: RefCell::new(answers.to_vec()),
        ..Http::default()
    };
    Client::new(World::new(server), options)
}
