//! The OpenAPI document, and that every answer in these tests is one it promises.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Answer, Server};

pub(crate) struct Description(Value);

impl Description {
    pub(crate) async fn fetch(client: &reqwest::Client, url: &str) -> Description {
        let response = client
            .get(format!("{url}/api/v1/openapi.json"))
            .send()
            .await
            .unwrap();
        Description(response.json().await.unwrap())
    }

    pub(crate) fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let problem = answer.status >= 400;
        let content_type = answer.headers["content-type"].to_str().unwrap();
        assert_eq!(
            content_type,
            if problem {
                "application/problem+json"
            } else {
                "application/json"
            }
        );
        if problem {
            check_problem(answer);
        }
        let Some((template, operation)) = self.operation(method, path) else {
            assert!(
                matches!(answer.status, 404 | 405) || path == "/api/v1/openapi.json",
                "{method} {path} is not described"
            );
            return;
        };
        let responses = &operation["responses"];
        // What has no word of its own is refused in the common one.
        let response = match &responses[answer.status.to_string()] {
            Value::Null => &responses[format!("{}XX", answer.status / 100)],
            own => own,
        };
        assert!(
            response.is_object(),
            "{method} {template} answered {} {}",
            answer.status,
            answer.body
        );
        let schema = &response["content"][content_type]["schema"];
        self.conforms(schema, &answer.body)
            .unwrap_or_else(|why| panic!("{method} {template}: {why}\n{}", answer.body));
    }

    pub(crate) fn check_webhook(&self, message: &Value) {
        let operation = &self.0["webhooks"]["invite"]["post"];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{operation}");
        self.conforms(schema, message)
            .unwrap_or_else(|why| panic!("{why}\n{message}"));
        let shown = self.0["components"]["schemas"]["WebhookData"]["properties"].as_object();
        let shown = shown.unwrap();
        for name in message["data"].as_object().unwrap().keys() {
            assert!(shown.contains_key(name), "{name} is not described");
        }
    }

    fn operation(&self, method: &Method, path: &str) -> Option<(&str, &Value)> {
        let paths = self.0["paths"].as_object().unwrap();
        let matching = paths.iter().filter(|(template, _)| matches(template, path));
        let mut operations = matching.filter_map(|(template, item)| {
            let operation = item.get(method.as_str().to_lowercase())?;
            Some((template.as_str(), operation))
        });
        operations.next()
    }

    /// As much of JSON Schema as the document uses; a key it does not know is a fault of the test.
    fn conforms(&self, schema: &Value, value: &Value) -> Result<(), String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self.conforms(&self.0["components"]["schemas"][name], value);
        }
        if let Some(all) = schema["allOf"].as_array() {
            return all.iter().try_for_each(|one| self.conforms(one, value));
        }
        if let Some(some) = schema["oneOf"].as_array() {
            let fits = some
                .iter()
                .filter(|one| self.conforms(one, value).is_ok())
                .count();
            return if fits == 1 {
                Ok(())
            } else {
                Err(format!("{fits} of the alternatives fit {value}"))
            };
        }
        let kinds = match &schema["type"] {
            Value::String(kind) => vec![kind.as_str()],
            Value::Array(kinds) => kinds.iter().map(|kind| kind.as_str().unwrap()).collect(),
            _ => return Ok(()),
        };
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if !kinds.contains(&kind) {
            return Err(format!("{value} is no {kinds:?}"));
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            if value.get(name).is_none() {
                return Err(format!("{name} is missing"));
            }
        }
        if let (Some(properties), Some(members)) =
            (schema["properties"].as_object(), value.as_object())
        {
            for (name, member) in members {
                if let Some(schema) = properties.get(name) {
                    self.conforms(schema, member)?;
                }
            }
        }
        value
            .as_array()
            .into_iter()
            .flatten()
            .try_for_each(|item| self.conforms(&schema["items"], item))
    }
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template
            .zip(path)
            .all(|(part, given)| part.starts_with('{') || part == given)
}

fn check_problem(answer: &Answer) {
    let body = &answer.body;
    let code = body["code"].as_str().unwrap();
    assert_eq!(body["type"], format!("urn:invite-keys:error:{code}"));
    assert_eq!(body["status"], answer.status);
    assert!(body["detail"].as_str().unwrap().ends_with('.'), "{body}");
    assert_eq!(
        body["requestId"],
        answer.headers["x-request-id"].to_str().unwrap()
    );
    assert!(!body["title"].as_str().unwrap().is_empty());
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn the_document_describes_all_calls() {
    let server = Server::start().await;
    let answer = server.get(None, "/api/v1/openapi.json").await;
    assert!(answer.body["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut calls = Vec::new();
    for (path, item) in answer.body["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            calls.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    calls.sort();
    assert_eq!(
        calls,
        [
            "DELETE /api/v1/pending",
            "DELETE /api/v1/resources/{resource}",
            "DELETE /api/v1/resources/{resource}/invites/{id}",
            "DELETE /api/v1/resources/{resource}/members/{member}",
            "GET /.well-known/invite-keys",
            "GET /.well-known/jwks.json",
            "GET /api/v1/me",
            "GET /api/v1/pending",
            "GET /api/v1/resources",
            "GET /api/v1/resources/{resource}/events",
            "GET /api/v1/resources/{resource}/invites",
            "GET /api/v1/resources/{resource}/members",
            "GET /api/v1/resources/{resource}/members/{member}",
            "GET /healthz",
            "GET /readyz",
            "POST /api/v1/invites/accept",
            "POST /api/v1/invites/check",
            "POST /api/v1/invites/remove",
            "POST /api/v1/invites/{id}/resend",
            "POST /api/v1/me/sign-out-everywhere",
            "POST /api/v1/pending",
            "POST /api/v1/receipts/redeem",
            "POST /api/v1/resources",
            "POST /api/v1/resources/{resource}/invites",
            "PUT /api/v1/resources/{resource}",
            "PUT /api/v1/resources/{resource}/members",
            "PUT /api/v1/resources/{resource}/members/{member}",
        ]
    );
}

/// Bodies are read by hand; this holds the reading against what the document says.
#[tokio::test]
async fn documented_options_are_the_ones_that_are_read() {
    let server = Server::with_notes().await;
    let schemas = server.description.0["components"]["schemas"].clone();
    for (schema, path) in [
        ("NewInvite", "/api/v1/resources/notes/invites"),
        ("KeyAndResource", "/api/v1/invites/check"),
        ("KeyAndResource", "/api/v1/invites/accept"),
        ("KeyAndResource", "/api/v1/invites/remove"),
        ("Resend", "/api/v1/invites/unknown/resend"),
    ] {
        let properties = schemas[schema]["properties"].as_object().unwrap();
        for name in properties.keys() {
            // Nothing documented takes an empty list, except extras, which takes anything.
            let answer = server.post(Some("alice"), path, &json!({ name: [] })).await;
            let known = answer.body["field"] == name.as_str()
                && !answer.body["detail"]
                    .as_str()
                    .unwrap()
                    .starts_with("There is no option");
            assert!(
                known || (name == "extras" && answer.status == 201),
                "{path} {name}: {}",
                answer.body
            );
        }
        let answer = server
            .post(Some("alice"), path, &json!({"nonsense": 1}))
            .await;
        assert_eq!(
            answer.body["detail"], "There is no option nonsense.",
            "{path}"
        );
    }
    for (schema, property) in [("NewResource", "title"), ("NewLetters", "permissions")] {
        assert!(schemas[schema]["properties"][property].is_object());
    }
}
