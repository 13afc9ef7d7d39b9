//! What pages of this browser remember together of accepts: what was gained a short while ago, of which the server's cache
//! may not know, and which accepts are under way.

use invite_key::Permissions;

use crate::json::{self, Json};
use crate::transport::Platform;

use super::Wire;
use super::document::letters;

/// How long the original's cache lives.
pub(super) const CACHED: f64 = 300_000.0;

/// Permissions of one's own that were gained a short while ago.
pub(super) struct Recent {
    /// NaN: never.
    pub(super) at: f64,
    pub(super) letters: Permissions,
}

/// What was gained on this webstrate so lately that the server's cache may not have it, by any invite but one. For an admin
/// nothing else says.
pub(super) fn recent<P: Platform>(cx: &Wire<'_, P>, place: &str, but: &str) -> Recent {
    let mut found = Recent {
        at: f64::NAN,
        letters: Permissions::NONE,
    };
    for gain in lately(cx, 0.0) {
        let is_this = !but.is_empty() && gain.text("invite") == Some(but);
        if !is_this && gain.text("place").is_some_and(|other| is_same(other, place)) {
            found.at = gain.number("at").unwrap_or_default();
            let new = letters(gain.text("letters").unwrap_or_default());
            found.letters = found.letters.merge(new);
        }
    }
    found
}

/// Before it is sent, for the answer may be lost; when that was.
pub(super) fn remember<P: Platform>(
    cx: &Wire<'_, P>,
    place: &str,
    letters: Permissions,
    invite: &str,
) -> f64 {
    let mut gains = lately(cx, 0.0);
    let now = cx.platform.monotonic();
    gains.push(
        Json::object()
            .with("place", place)
            .with("at", now)
            .with("letters", letters.as_str())
            .with("invite", invite),
    );
    write(cx, gains);
    now
}

/// Forgets an accept that was sent at a time, and is answered.
pub(super) fn answered<P: Platform>(cx: &Wire<'_, P>, sent: f64) {
    lately(cx, sent);
}

fn write<P: Platform>(cx: &Wire<'_, P>, gains: Vec<Json>) {
    cx.platform.memory(Some(&json::write(&Json::List(gains))));
}

/// All that is remembered, but for an accept that was sent at a time and is answered now.
fn lately<P: Platform>(cx: &Wire<'_, P>, answered: f64) -> Vec<Json> {
    let now = cx.platform.monotonic();
    let kept = cx.platform.memory(None).and_then(|text| json::parse(&text));
    let Some(Json::List(mut gains)) = kept else {
        return Vec::new();
    };
    let mut is_changed = answered > 0.0;
    gains.retain_mut(|gain| {
        let Some(at) = gain.number("at") else {
            return false;
        };
        // The clock was set back between two pages: how long ago it was nobody knows, so it was just now.
        if at > now {
            gain.set("at", now.into());
            is_changed = true;
        }
        now - at < CACHED && (at != answered || gain.text("place") != Some(cx.id))
    });
    if is_changed {
        // Else it would be just now for as long as the clock was ahead.
        write(cx, gains.clone());
    }
    gains
}

/// Whether two places are one; where nobody could say who somebody was, they may be anybody.
fn is_same(a: &str, b: &str) -> bool {
    let nobody = |place: &str| place.strip_suffix(" :").map(str::len);
    match (nobody(a), nobody(b)) {
        (None, None) => a == b,
        (Some(end), _) | (_, Some(end)) => a.get(..=end) == b.get(..=end),
    }
}

/// Whose gains where: another person of this browser has a cache of their own.
pub(super) fn place<P: Platform>(cx: &Wire<'_, P>, account: &Json) -> String {
    let name = |name| account.text(name).unwrap_or_default();
    let parts = [&cx.remote.server, "/", cx.id, " ", name("username")];
    [&parts.concat(), ":", name("provider")].concat()
}
