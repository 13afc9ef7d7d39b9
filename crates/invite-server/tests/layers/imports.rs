//! What a file of Rust names at the root of its crate.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Literal, TokenStream, TokenTree};

/// The names that follow `crate::`, `invite_server::` or enough of `super::`, wherever they stand: in imports, types and
/// macros. `module` is the path of the file's own.
pub(crate) fn imported(text: &str, module: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(text.parse().unwrap(), module.len(), &mut found);
    found
}

/// The literals that are paths on a server.
pub(crate) fn paths_written(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    literals(text.parse().unwrap(), &mut found);
    found
}

/// What the literals of a file say, without documentation and tests.
pub(crate) fn texts_written(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    texts(text.parse().unwrap(), &mut found);
    found
}

fn texts(tokens: TokenStream, found: &mut Vec<String>) {
    let mut skip = false;
    for token in tokens {
        match token {
            TokenTree::Punct(mark) => skip |= mark.as_char() == '#',
            // An attribute, or what tests of a file say.
            TokenTree::Group(_) if skip => skip = false,
            TokenTree::Group(group) => texts(group.stream(), found),
            TokenTree::Literal(literal) => found.extend(said(&literal)),
            TokenTree::Ident(name) => skip |= name == "tests",
        }
    }
}

fn said(literal: &Literal) -> Option<String> {
    let text = literal.to_string();
    if let Some(raw) = text.strip_prefix('r') {
        return Some(raw.trim_matches('#').trim_matches('"').to_owned());
    }
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    // A line that goes on, and what is escaped.
    let mut lines = inside.split("\\\n");
    let first = lines.next()?.to_owned();
    Some(
        lines
            .fold(first, |all, line| all + line.trim_start())
            .replace("\\\"", "\""),
    )
}

fn walk(tokens: TokenStream, depth: usize, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let begins = !at
            .checked_sub(1)
            .is_some_and(|before| is_colon(tokens.get(before)));
        match token {
            TokenTree::Ident(name) if *name == "crate" || *name == "invite_server" => {
                rooms(tokens.get(at + 1..).unwrap_or_default(), found);
            }
            TokenTree::Ident(name) if *name == "super" && begins => {
                let mut up = 1;
                let mut rest = at + 1;
                while is_path(&tokens, rest) && is_ident(tokens.get(rest + 2), "super") {
                    up += 1;
                    rest += 3;
                }
                if up >= depth {
                    rooms(tokens.get(rest..).unwrap_or_default(), found);
                }
            }
            TokenTree::Group(group) => {
                let named = at
                    .checked_sub(2)
                    .is_some_and(|two| is_ident(tokens.get(two), "mod"));
                let inside = usize::from(named && group.delimiter() == Delimiter::Brace);
                walk(group.stream(), depth + inside, found);
            }
            _ => {}
        }
        at += 1;
    }
}

/// `::name`, or `::{name, name}`.
fn rooms(rest: &[TokenTree], found: &mut BTreeSet<String>) {
    if !is_path(rest, 0) {
        return;
    }
    match rest.get(2) {
        Some(TokenTree::Ident(name)) => {
            found.insert(name.to_string());
        }
        Some(TokenTree::Group(group)) => {
            let mut first = true;
            for token in group.stream() {
                match token {
                    TokenTree::Ident(name) if first => {
                        found.insert(name.to_string());
                        first = false;
                    }
                    TokenTree::Punct(mark) if mark.as_char() == ',' => first = true,
                    _ => first = false,
                }
            }
        }
        _ => {}
    }
}

fn literals(tokens: TokenStream, found: &mut Vec<String>) {
    let mut attribute = false;
    for token in tokens {
        match token {
            TokenTree::Punct(mark) => attribute = mark.as_char() == '#',
            // Documentation and what tests of a file say.
            TokenTree::Group(_) if attribute => attribute = false,
            TokenTree::Group(group) => literals(group.stream(), found),
            TokenTree::Literal(literal) => found.extend(path(&literal)),
            TokenTree::Ident(name) if name == "tests" => return,
            TokenTree::Ident(_) => {}
        }
    }
}

fn path(literal: &Literal) -> Option<String> {
    let text = literal.to_string();
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    let rest = inside.strip_prefix('/')?;
    rest.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '.')
        .then(|| inside.to_owned())
}

fn is_path(tokens: &[TokenTree], at: usize) -> bool {
    is_colon(tokens.get(at)) && is_colon(tokens.get(at + 1))
}

fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == ':')
}

fn is_ident(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if *ident == name)
}

#[test]
fn every_way_to_name_a_room_is_found() {
    let module = ["app".to_owned(), "router".to_owned()];
    for (text, names) in [
        ("use crate::api::Problem;", &["api"][..]),
        ("use crate::{api::{self, a}, core::b};", &["api", "core"]),
        ("fn a(b: &crate::store::Database) {}", &["store"]),
        ("json!({ a: crate::limits::b() })", &["limits"]),
        ("use super::super::auth::Auth;", &["auth"]),
        ("use super::trace;", &[]),
        ("mod tests { use super::super::super::auth; }", &["auth"]),
        ("mod tests { use super::*; use super::super::x; }", &[]),
        (
            "pub(crate) fn a() {} pub(in crate::app) fn b() {}",
            &["app"],
        ),
        (
            "/// [`a`](crate::api)\n// crate::api\nconst A: &str = \"crate::api\";",
            &[],
        ),
        ("use invite_server::app::Server;", &["app"]),
    ] {
        let names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(imported(text, &module), names, "{text}");
    }
    let text = "/// `\"/api/\"`\nconst A: &str = \"/api/v1\"; b(\"/ c\", [\"/x\"]); mod tests { a(\"/y\") }";
    assert_eq!(paths_written(text), ["/api/v1", "/x"]);
}
