//! Where our own mode answers otherwise than Webstrates 1.8, and why. Everything else is answered alike.

use serde_json::{Value, json};

/// What we answer instead.
pub enum Ours {
    /// An error that begins so; where it ends in a full stop, exactly so.
    Error(&'static str),
    /// An HTTP status, a body (`<page>`: any HTML), and nothing of what was not in `r` before.
    Http(u16, &'static str),
}

pub struct Difference {
    pub case: &'static str,
    pub ours: Ours,
    pub why: &'static str,
}

const DEAD: &str = "a key that is dead when it is made helps nobody";
const LETTERS: &str = "it would grant the wrong thing";
const READING: &str = "reading an address accepts nothing, so it refuses nothing either: the page takes the invite up";

pub const DIFFERENCES: &[Difference] = &[
    error("create/maxAge 0", "Invalid option maxAge: ", DEAD),
    error("create/maxAge -5", "Invalid option maxAge: ", DEAD),
    error("create/maxAge null", "Invalid option maxAge: ", DEAD),
    error("create/maxAge \"abc\"", "Invalid option maxAge: ", DEAD),
    error("create/maxAge absent", "Invalid option maxAge: ", DEAD),
    error(
        "create/permissions \"\"",
        "Invalid option permissions: ",
        LETTERS,
    ),
    error(
        "create/permissions \"x\"",
        "Invalid option permissions: ",
        LETTERS,
    ),
    error(
        "create/permissions \"rr\"",
        "Invalid option permissions: ",
        LETTERS,
    ),
    error(
        "create/permissions null",
        "Invalid option permissions: ",
        LETTERS,
    ),
    error(
        "create/permissions false",
        "Invalid option permissions: ",
        LETTERS,
    ),
    error(
        "create/no options",
        "Invalid option permissions: ",
        "a sentence instead of a JavaScript fault",
    ),
    error(
        "remove/no options",
        "Unable to delete invite",
        "an answer instead of a JavaScript fault",
    ),
    error(
        "create/webstrate does not exist",
        "Need admin permissions to manage invites. User only has  on ghost.",
        "what does not exist has no admins; there are no default permissions",
    ),
    error(
        "accept/webstrate does not exist",
        "Invalid invitation key",
        "no invite leads there",
    ),
    http("http/no slash", 302, "", "the body would repeat the key"),
    http("http/signed out", 200, "<page>", READING),
    http("http/unknown", 200, "<page>", READING),
    http("http/repeated", 200, "<page>", READING),
    http("http/empty", 200, "<page>", READING),
    http("http/inviter lost a", 200, "<page>", READING),
    http("http/invite without r", 200, "<page>", READING),
    http(
        "http/good, page",
        200,
        "<page>",
        "kept by no cache, because the address holds a key",
    ),
    http("http/good, small form", 403, NOT_READABLE, READING),
    http(
        "http/HEAD accepts",
        200,
        "",
        "kept by no cache; and it accepts nothing",
    ),
    http(
        "http/after HEAD",
        403,
        NOT_READABLE,
        "the HEAD before accepted nothing",
    ),
    http(
        "http/POST",
        422,
        "Parameter missing from request. No 'token' or files found.",
        "plain text says it is plain text",
    ),
];

const NOT_READABLE: &str = "Insufficient permissions. Read is required to access this webstrate.";

const fn error(case: &'static str, text: &'static str, why: &'static str) -> Difference {
    Difference {
        case,
        ours: Ours::Error(text),
        why,
    }
}

const fn http(
    case: &'static str,
    status: u16,
    body: &'static str,
    why: &'static str,
) -> Difference {
    Difference {
        case,
        ours: Ours::Http(status, body),
        why,
    }
}

impl Ours {
    /// The reply a frame must get, if its error is the one that came.
    pub fn reply(&self, came: &Value) -> Value {
        match self {
            Ours::Error(text) => {
                let error = came["error"].as_str().unwrap_or_default();
                let same = if text.ends_with(": ") {
                    error.starts_with(text) && error.len() > text.len()
                } else {
                    error == *text
                };
                assert!(same, "{text} … {came}");
                json!({ "wa": "reply", "token": "<token>", "error": error })
            }
            Ours::Http(..) => panic!("an HTTP difference for a frame"),
        }
    }
}
