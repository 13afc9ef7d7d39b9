//! The members of an options object, read one by one.

use invite_key::resource;

use crate::error::Error;
use crate::json::Json;

/// What a browser's timer can count to.
const MAX_TIMEOUT: f64 = 2_147_483_647.0;

/// The members of an options object, taken out one by one. The first that is wrong is told in the end, and so is a name
/// that nobody took: what reads them need not stop at each.
pub(super) struct Members {
    left: Vec<(String, Json)>,
    wrong: Option<Error>,
}

impl Members {
    /// `null` is no options.
    pub(super) fn of(options: Json) -> Members {
        let (left, wrong) = match options {
            Json::Null => (Vec::new(), None),
            Json::Object(members) => (members, None),
            _ => {
                let words = "Options must be an object.";
                (Vec::new(), Some(Error::misused("options", words)))
            }
        };
        Members { left, wrong }
    }

    /// The options that were read, unless something was wrong. Names nobody knows are: most are typing errors.
    pub(super) fn finish<T>(self, options: T) -> Result<T, Error> {
        match self.first_wrong() {
            Some(error) => Err(error),
            None => Ok(options),
        }
    }

    fn first_wrong(self) -> Option<Error> {
        // What was taken has no name any more.
        let mut unknown = self.left.iter().filter(|member| !member.0.is_empty());
        self.wrong.or_else(|| {
            let (name, _) = unknown.next()?;
            Some(Error::invalid(name, " is not an option here."))
        })
    }

    pub(super) fn refuse(&mut self, name: &str, rest: &str) {
        if self.wrong.is_none() {
            self.wrong = Some(Error::invalid(name, rest));
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        let member = self.left.iter_mut().find(|member| member.0 == name)?;
        member.0.clear();
        Some(core::mem::replace(&mut member.1, Json::Null))
    }

    /// As [`take`](Members::take), where `null` counts as left out. What a server is asked to write down is never
    /// null: permissions of null grant who knows what.
    pub(super) fn take_unless_null(&mut self, name: &str) -> Option<Json> {
        self.take(name).filter(|value| !value.is_null())
    }

    /// A member's text, which `fits`.
    pub(super) fn text_that(
        &mut self,
        name: &str,
        value: Option<Json>,
        fits: fn(&str) -> bool,
        wrong: &str,
    ) -> Option<String> {
        match value? {
            Json::Text(text) if fits(&text) => Some(text),
            _ => {
                self.refuse(name, wrong);
                None
            }
        }
    }

    /// Permissions, which `fit`.
    pub(super) fn letters(&mut self, fit: fn(&str) -> bool, wrong: &str) -> Option<String> {
        let name = "permissions";
        let value = self.take(name);
        self.text_that(name, value, fit, wrong)
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name);
        self.text_that(name, value, |_| true, " must be a string.")
    }

    /// `username:provider`, of whatever somebody is named by.
    pub(super) fn person(&mut self, name: &str) -> Option<String> {
        let user = self.take(name).unwrap_or(Json::Null);
        let text = match (user.text("username"), user.text("provider")) {
            (Some(username), Some(provider)) => [username, ":", provider].concat().into(),
            _ => user,
        };
        let named = |text: &str| text.bytes().any(|byte| byte == b':');
        let wrong = " must be { username, provider } or 'username:provider'.";
        self.text_that(name, Some(text), named, wrong)
    }

    pub(super) fn resource(&mut self, name: &str) -> Option<String> {
        let value = self.take_unless_null(name);
        self.text_that(name, value, resource::is_valid, WRONG_RESOURCE)
    }

    pub(super) fn one_of(
        &mut self,
        name: &str,
        known: &[&'static str],
        wrong: &str,
    ) -> Option<&'static str> {
        let value = self.take_unless_null(name)?;
        let text = value.as_text();
        let found = known.iter().find(|known| Some(**known) == text);
        if found.is_none() {
            self.refuse(name, wrong);
        }
        found.copied()
    }

    /// `true`; `false` is as if it were left out: what is not asked for needs no server that has it.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Json::Bool(flag) => flag.then_some(true),
            _ => {
                self.refuse(name, " must be true or false.");
                None
            }
        }
    }

    /// Something that stayed in JavaScript.
    pub(super) fn held(&mut self, name: &str) {
        if self
            .take_unless_null(name)
            .is_some_and(|value| !value.is_held())
        {
            self.refuse(name, " is of the wrong kind.");
        }
    }

    /// A whole number from 1 on. A string of digits counts, as it does in Webstrates.
    pub(super) fn whole(&mut self, name: &str, most: f64, wrong: &str) -> Option<f64> {
        let number = match self.take(name)? {
            Json::Number(number) => number,
            // Not by `f64`'s own reader, which is 12 KB of tables.
            Json::Text(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse::<u32>().map_or(f64::NAN, f64::from)
            }
            _ => f64::NAN,
        };
        if number.trunc() == number && (1.0..=most).contains(&number) {
            return Some(number);
        }
        self.refuse(name, wrong);
        None
    }

    pub(super) fn milliseconds(&mut self, name: &str) -> Option<f64> {
        match self.take_unless_null(name)? {
            Json::Number(time) if time > 0.0 && time <= MAX_TIMEOUT => Some(time),
            _ => {
                self.refuse(name, " must be a positive number of milliseconds.");
                None
            }
        }
    }
}

/// What a resource's id is.
pub(super) const WRONG_RESOURCE: &str =
    " must be 1 to 128 letters, digits, dots, hyphens or underscores.";
