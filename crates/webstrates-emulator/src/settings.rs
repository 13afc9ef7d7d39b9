//! What tests may change while the emulator runs: timing, and faults to provoke.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::options::Options;

/// All of it. Times in milliseconds but for the cache's, which is in seconds as on the command line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) cache: f64,
    pub(super) init_delay: f64,
    pub(super) write: f64,
    pub(super) jitter: f64,
    pub(super) overwrite: f64,
    pub(super) seed: u64,
    /// What becomes of calls on sockets.
    pub(super) answers: Answers,
    /// Whether this is a Webstrates that has invites at all; those before 1.8 answer none of the five operations.
    pub(super) invites: bool,
    /// What becomes of new sockets.
    pub(super) sockets: Sockets,
    /// Cuts the socket that a certain call comes on.
    pub(super) cut_on: Option<CutOn>,
    /// Cuts each socket at a moment of chance.
    pub(super) cut_randomly: Option<CutRandomly>,
}

/// What becomes of calls on sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Answers {
    /// They are answered.
    Given,
    /// They are carried out, and the answer never comes.
    Withheld,
    /// They are not even carried out.
    Ignored,
}

/// What becomes of new sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Sockets {
    /// They open.
    Open,
    /// HTTP 503, as from a proxy that takes no upgrades.
    Refused,
    /// Opened, and closed at once without a code.
    Closed,
    /// Opened, and `init` never comes.
    Silent,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CutOn {
    /// `createInvite` and so on.
    pub(super) wa: String,
    pub(super) when: When,
    /// So many times.
    #[serde(default = "once")]
    pub(super) times: u32,
}

/// Whether the call was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum When {
    Before,
    After,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CutRandomly {
    /// At the earliest so many milliseconds from now, or from when the socket opens.
    pub(super) from: u32,
    /// And at the latest.
    pub(super) to: u32,
    /// So many sockets.
    pub(super) times: u32,
}

fn once() -> u32 {
    1
}

impl Settings {
    /// With the members of `changes` in place of its own.
    pub(super) fn changed(&self, changes: Map<String, Value>) -> Result<Self, String> {
        let Ok(Value::Object(mut all)) = serde_json::to_value(self) else {
            return Err("settings that cannot be written".into());
        };
        all.extend(changes);
        let settings: Self =
            serde_json::from_value(Value::Object(all)).map_err(|error| error.to_string())?;
        let times = [
            settings.cache,
            settings.init_delay,
            settings.write,
            settings.jitter,
        ];
        if times.iter().any(|time| !(0.0..=1e6).contains(time))
            || !(0.0..=1.0).contains(&settings.overwrite)
        {
            return Err("a time below 0 or above a million, or a share that is none".into());
        }
        Ok(settings)
    }

    pub(super) fn cache_time(&self) -> Duration {
        Duration::from_secs_f64(self.cache)
    }

    pub(super) fn init_time(&self) -> Duration {
        milliseconds(self.init_delay)
    }

    pub(super) fn write_time(&self) -> Duration {
        milliseconds(self.write)
    }
}

/// Milliseconds that have been checked.
pub(super) fn milliseconds(number: f64) -> Duration {
    Duration::from_secs_f64(number / 1000.0)
}

impl From<&Options> for Settings {
    fn from(options: &Options) -> Self {
        Self {
            cache: options.cache,
            init_delay: options.init_delay,
            write: options.write,
            jitter: options.jitter,
            overwrite: options.overwrite,
            seed: options.seed,
            answers: Answers::Given,
            invites: true,
            sockets: Sockets::Open,
            cut_on: None,
            cut_randomly: None,
        }
    }
}

#[cfg(test)]
impl Settings {
    pub(super) fn for_tests() -> Self {
        use clap::Parser as _;
        Self::from(&Options::parse_from(["webstrates-emulator"]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_are_merged_and_checked() {
        let settings = Settings::for_tests();
        let change = |changes: Value| settings.changed(changes.as_object().unwrap().clone());
        let changed = change(json!({ "cache": 0.5, "answers": "withheld" })).unwrap();
        assert_eq!((changed.cache, changed.answers), (0.5, Answers::Withheld));
        assert_eq!(changed.write, settings.write);
        for bad in [
            json!({ "cach": 1 }),
            json!({ "cache": -1 }),
            json!({ "overwrite": 2 }),
            json!({ "sockets": "ajar" }),
        ] {
            assert!(change(bad.clone()).is_err(), "{bad}");
        }
    }
}
