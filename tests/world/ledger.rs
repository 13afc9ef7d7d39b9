//! What was asked, what was said to it, what callers were told, and what of that should not have been.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value;

use crate::accepts::Accept;
use crate::executor::Time;
use crate::page::Signal;
use crate::properties::Property;
use crate::requests::HttpResponse;
use crate::server_webstrates;
use crate::town::Person;
use crate::world::{Auth, World};

#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// The age that was asked for: each call asks for another.
    Create(u32),
    List(String),
    Check(String),
    Accept(String),
    /// A key or an id.
    Remove(String),
    Members(String),
    /// What the asker may do.
    Letters(String),
    Me,
    Pending,
    Discovery,
    Other,
}

pub struct Said {
    pub at: Time,
    /// None: to whatever was asked.
    pub question: Option<Question>,
    pub answer: Result<Value, String>,
}

/// What a page asks the SDK for.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Create {
        letters: &'static str,
        max_age: u32,
        message: bool,
        email: bool,
    },
    Get,
    Check(String),
    Accept(String),
    Remove(String),
    RemoveId(String),
    ListPage {
        status: Option<&'static str>,
        token: String,
    },
    Preview(String),
    Members,
    Link(String),
    Supports(&'static str),
    Identify,
    AcceptInvite(String, Policy),
    Watch,
    Park(String),
    Parked,
    Unpark(String),
}

impl What {
    pub fn accepts(&self) -> bool {
        matches!(self, What::Accept(_) | What::AcceptInvite(..))
    }
}

/// How whoever is asked before an accept behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    /// Nobody is asked by the caller's function; the page's dialog says yes after a while.
    Default,
    SignedIn,
    Confirm,
    Off,
    Says(bool, Time),
    Fails,
    Never,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub what: What,
    pub resource: Option<&'static str>,
    /// Milliseconds, where the caller says so.
    pub timeout: Option<u64>,
    pub idempotency: Option<String>,
    /// Milliseconds since the caller made it: the core was not there yet.
    pub waited: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Answer(Value),
    Failed {
        code: String,
        /// One of the closed set.
        is_known: bool,
        message: String,
    },
}

pub struct Record {
    pub call: Call,
    pub run: usize,
    pub started: Time,
    pub timeout: Time,
    pub signal: Signal,
    pub aborted: bool,
    /// Its connection was closed while it ran.
    pub closed: bool,
    pub outcome: Option<Outcome>,
    /// Somebody is asked and has not answered.
    pub is_thinking: bool,
    pub thought_until: Option<Time>,
    pub requests: u32,
    /// Where the pages began that it asked for.
    pub pages: Vec<String>,
    /// The create has left the page.
    pub left: bool,
    /// Who made an invite because of it, once for each.
    pub created: Vec<Person>,
}

#[derive(Default)]
pub struct Ledger {
    pub said: RefCell<Vec<Said>>,
    pub calls: RefCell<Vec<Record>>,
    pub broken: RefCell<Vec<(Property, String)>>,
    /// Who was told to have used an invite.
    pub used: RefCell<Vec<Person>>,
    /// Accepts that have left.
    pub accepts: RefCell<Vec<Rc<Accept>>>,
    /// Whether each run was told how its server speaks.
    pub says_dialect: RefCell<Vec<bool>>,
    /// What each run was given as `auth`.
    pub auths: RefCell<Vec<Auth>>,
}

impl Ledger {
    pub fn say(&self, world: &World, question: Question, answer: Result<Value, String>) {
        self.said.borrow_mut().push(Said {
            at: world.executor.now(),
            question: Some(question),
            answer,
        });
    }

    pub fn refused_by_all(&self, code: &str) {
        self.said.borrow_mut().push(Said {
            at: Time::MAX,
            question: None,
            answer: Err(code.to_owned()),
        });
    }

    /// What a response says to a question.
    pub fn heard(&self, world: &World, question: Question, response: &HttpResponse) {
        let value: Value = serde_json::from_str(&response.text).unwrap_or(Value::Null);
        let answer = match (response.status, value["code"].as_str()) {
            (200..300, _) => Ok(value),
            (_, Some(code)) => Err(code.to_owned()),
            (401, None) => Err("not_signed_in".to_owned()),
            (403, None) => Err("forbidden".to_owned()),
            (409, None) => {
                let words = response.text.trim_start_matches("Error: ");
                Err(server_webstrates::code_of(words).to_owned())
            }
            _ => Err(String::new()),
        };
        self.say(world, question, answer);
    }
}
