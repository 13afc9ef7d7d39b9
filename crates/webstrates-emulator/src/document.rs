//! A webstrate's document: JsonML, its version, who may do what by its `data-auth`, and its assets.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::people::Person;

/// What everybody may do on a webstrate without `data-auth`, or one that does not exist.
pub(super) const DEFAULT_PERMISSIONS: &str = "arw";
const AUTH: &str = "data-auth";
const VOID_ELEMENTS: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// A webstrate that exists.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// `["html", {…}, …]`.
    pub(super) jsonml: Value,
    pub(super) version: u64,
    /// How many accepts have been written: only they collide with each other.
    pub(super) accepts: u64,
    /// The page of a test that would rather write HTML.
    pub(super) html: Option<String>,
    /// Whether the page is the original's: a shell that makes `window.webstrate`, then fetches the document.
    pub(super) live: bool,
    pub(super) assets: BTreeMap<String, Asset>,
}

#[derive(Debug, Clone)]
pub(super) struct Asset {
    pub(super) media_type: String,
    pub(super) text: String,
}

impl Document {
    /// An empty one of its first version.
    pub(super) fn empty(title: &str) -> Self {
        Self {
            jsonml: json!(["html", {}, ["head", {}, ["title", {}, title]], ["body", {}]]),
            version: 1,
            accepts: 0,
            html: None,
            live: false,
            assets: BTreeMap::new(),
        }
    }

    /// An attribute of `<html>`.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.jsonml
            .get(1)?
            .get(name)?
            .as_str()
            .filter(|text| !text.is_empty())
    }

    /// Sets or removes an attribute of `<html>`.
    pub(super) fn set_attribute(&mut self, name: &str, value: Option<String>) {
        let Some(attributes) = self.jsonml.get_mut(1).and_then(Value::as_object_mut) else {
            return;
        };
        match value {
            Some(value) => {
                attributes.insert(name.into(), value.into());
            }
            None => {
                attributes.shift_remove(name);
            }
        }
    }

    /// `data-auth` as it stands.
    pub(super) fn auth_text(&self) -> Option<&str> {
        self.attribute(AUTH)
    }

    /// Writes `data-auth`.
    pub(super) fn set_auth(&mut self, text: Option<String>) {
        self.set_attribute(AUTH, text);
    }

    /// The entries of `data-auth`, which people also write by hand with the wrong quotes. `None` without the attribute.
    pub(super) fn auth(&self) -> Option<Vec<Value>> {
        let text = self
            .auth_text()?
            .replace('\'', "\"")
            .replace("&quot;", "\"")
            .replace("&amp;", "&");
        Some(serde_json::from_str(&text).unwrap_or_default())
    }

    /// What somebody may do, read from the document itself.
    pub(super) fn permissions(&self, person: &Person) -> String {
        let Some(auth) = self.auth() else {
            return DEFAULT_PERMISSIONS.into();
        };
        let of = |username: &str, provider: &str| {
            auth.iter()
                .find(|entry| is(entry, username, provider))
                .map(letters)
        };
        of(&person.username, &person.provider)
            .or_else(|| of("anonymous", ""))
            .unwrap_or_default()
    }

    /// Whether only admins may change `data-auth`.
    pub(super) fn has_admin(&self) -> bool {
        self.auth()
            .is_some_and(|auth| auth.iter().any(|entry| letters(entry).contains('a')))
    }

    /// `data-auth` with one entry set.
    pub(super) fn auth_with(&self, person: &Person, permissions: Option<&str>) -> String {
        let mut auth = self.auth().unwrap_or_default();
        let place = auth
            .iter()
            .position(|entry| is(entry, &person.username, &person.provider));
        let entry = permissions.map(|permissions| {
            json!({ "username": person.username, "provider": person.provider, "permissions": permissions })
        });
        match (place, entry) {
            (Some(place), Some(entry)) => {
                if let Some(old) = auth.get_mut(place) {
                    *old = entry;
                }
            }
            (Some(place), None) => {
                auth.remove(place);
            }
            (None, Some(entry)) => auth.push(entry),
            (None, None) => {}
        }
        Value::Array(auth).to_string()
    }

    /// One component of a ShareDB operation, as far as tests use them: object and list members, and whole values.
    pub(super) fn apply(&mut self, component: &Value) -> Option<()> {
        let component = component.as_object()?;
        let (last, way) = component.get("p")?.as_array()?.split_last()?;
        let mut place = &mut self.jsonml;
        for step in way {
            place = match step {
                Value::String(name) => place.get_mut(name)?,
                step => place.get_mut(index(step)?)?,
            };
        }
        match (last, place) {
            (Value::String(name), Value::Object(members)) => {
                if let Some(value) = component.get("oi") {
                    members.insert(name.clone(), value.clone());
                } else if component.contains_key("od") {
                    members.shift_remove(name);
                }
                Some(())
            }
            (last, Value::Array(items)) => change_list(items, index(last)?, component),
            _ => None,
        }
    }

    /// The page as HTML.
    pub(super) fn to_html(&self) -> String {
        match &self.html {
            Some(html) => html.clone(),
            None => {
                let mut html = String::from("<!doctype html>\n");
                write_html(&self.jsonml, false, &mut html);
                html
            }
        }
    }
}

/// Whether an operation changes who may do what.
pub(super) fn changes_auth(components: &[Value]) -> bool {
    components.iter().any(|component| {
        let way = component.get("p").and_then(Value::as_array);
        way.is_some_and(|way| {
            way.first() == Some(&json!(1)) && way.get(1) == Some(&Value::from(AUTH))
        })
    })
}

fn index(step: &Value) -> Option<usize> {
    usize::try_from(step.as_u64()?).ok()
}

fn change_list(items: &mut Vec<Value>, at: usize, component: &Map<String, Value>) -> Option<()> {
    if component.contains_key("ld") {
        (at < items.len()).then(|| items.remove(at))?;
    }
    if let Some(value) = component.get("li") {
        (at <= items.len()).then(|| items.insert(at, value.clone()))?;
    }
    Some(())
}

fn is(entry: &Value, username: &str, provider: &str) -> bool {
    entry.get("username").and_then(Value::as_str) == Some(username)
        && entry.get("provider").and_then(Value::as_str) == Some(provider)
}

fn letters(entry: &Value) -> String {
    entry
        .get("permissions")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn write_html(node: &Value, raw: bool, html: &mut String) {
    let items = match node {
        Value::String(text) if raw => return html.push_str(text),
        Value::String(text) => return escape(text, html),
        Value::Array(items) => items.as_slice(),
        _ => return,
    };
    let Some((Value::String(name), rest)) = items.split_first() else {
        return;
    };
    html.push('<');
    html.push_str(name);
    let children = match rest.split_first() {
        Some((Value::Object(attributes), children)) => {
            for (attribute, value) in attributes {
                html.push(' ');
                html.push_str(attribute);
                html.push_str("=\"");
                escape(value.as_str().unwrap_or_default(), html);
                html.push('"');
            }
            children
        }
        _ => rest,
    };
    html.push('>');
    if VOID_ELEMENTS.contains(&name.as_str()) {
        return;
    }
    for child in children {
        write_html(child, matches!(name.as_str(), "script" | "style"), html);
    }
    html.push_str("</");
    html.push_str(name);
    html.push('>');
}

fn escape(text: &str, html: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '"' => html.push_str("&quot;"),
            letter => html.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(username: &str) -> Person {
        Person::of_test(username)
    }

    #[test]
    fn permissions_come_from_the_entry_then_from_anonymous_then_from_nowhere() {
        let mut document = Document::empty("doc");
        assert_eq!(document.permissions(&person("bob")), "arw");
        document.set_auth(Some(
            "[{'username':'bob','provider':'test','permissions':'w'}]".into(),
        ));
        assert_eq!(document.permissions(&person("bob")), "w");
        assert_eq!(document.permissions(&person("carol")), "");
        document.set_auth(Some(document.auth_with(&Person::anonymous(), Some("r"))));
        assert_eq!(document.permissions(&person("carol")), "r");
        document.set_auth(Some(document.auth_with(&person("bob"), None)));
        assert_eq!(document.permissions(&person("bob")), "r");
        assert!(!document.has_admin());
    }

    #[test]
    fn operations_reach_attributes_and_lists_and_nothing_else() {
        let mut document = Document::empty("doc");
        let auth = json!([{ "p": [1, "data-auth"], "oi": "[]" }]);
        assert!(changes_auth(auth.as_array().unwrap()));
        assert!(document.apply(&auth[0]).is_some());
        assert_eq!(document.auth_text(), Some("[]"));
        assert!(
            document
                .apply(&json!({ "p": [3, 2], "li": ["p", {}, "hello"] }))
                .is_some()
        );
        assert!(
            document
                .apply(&json!({ "p": [1, "data-auth"], "od": "[]" }))
                .is_some()
        );
        assert_eq!(
            document.jsonml,
            json!([
                "html",
                {},
                ["head", {}, ["title", {}, "doc"]],
                ["body", {}, ["p", {}, "hello"]]
            ])
        );
        for nonsense in [
            json!(7),
            json!({}),
            json!({ "p": [] }),
            json!({ "p": [9, 9], "li": 1 }),
            json!({ "p": [3, 99], "li": 1 }),
        ] {
            assert!(document.apply(&nonsense).is_none(), "{nonsense}");
        }
    }

    #[test]
    fn jsonml_becomes_html() {
        let mut document = Document::empty("a & b");
        document.set_attribute("lang", Some("\"en\"".into()));
        document
            .apply(&json!({ "p": [3, 2], "li": ["script", {}, "1 < 2"] }))
            .unwrap();
        document
            .apply(&json!({ "p": [3, 2], "li": ["br"] }))
            .unwrap();
        assert_eq!(
            document.to_html(),
            "<!doctype html>\n<html lang=\"&quot;en&quot;\"><head><title>a &amp; b</title></head>\
             <body><br><script>1 < 2</script></body></html>"
        );
    }
}
