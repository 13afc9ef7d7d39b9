//! Accepting without losing anything.
//!
//! Three faults of the original stand in the way. It caches permissions for minutes and starts each merge from what it
//! has cached, so a second accept may take away what the first gave. Of several accepts at once it refuses all but one.
//! And now and then one overwrites another.

use invite_key::{Permissions, percent};

use crate::dialect::hide;
use crate::error::{Code, Error};
use crate::flights::SERVERS_TURN;
use crate::json::{self, Json};
use crate::later::Reply;
use crate::transport::{Platform, sleep};

use super::document::{letters, letters_of};
use super::{Wire, frames};

/// How long the original's cache lives.
const CACHED: f64 = 300_000.0;
/// After this, what overwrites an accept has done so.
const SETTLED: f64 = 100.0;
/// So often an accept is refused for others' sake, or found overwritten, before the caller hears of it.
const MOST_COLLISIONS: u32 = 50;

/// An accept that was sent and not answered: until when it may still be done, on which document, and by which key.
pub(super) type Late = (f64, u32, u32);

/// Permissions of one's own that were gained a short while ago.
struct Recent {
    at: f64,
    letters: Permissions,
}

pub(super) async fn accept<P: Platform>(wire: Wire<'_, P>) -> Reply {
    let cx = &wire;
    // What is done late is written over what this one gives.
    let (_, document, key) = late(cx);
    let (until, its_document, its_key) = cx.late.get();
    let left = until - cx.platform.monotonic();
    if left > 0.0 && its_document == document && its_key != key {
        // Its line may be dead.
        cx.socket.retire();
        let mut error = collision(cx);
        error.retry_after = Some(left);
        return Err(error);
    }
    if cx.auth.is_none() && cx.socket.is_refused() && cx.is_own_server() {
        let account = cx.account().await?;
        if has_nothing(cx, &account).await? {
            return accept_over_http(cx, &account).await;
        }
        // Perhaps one can be had by now.
    }
    // Nothing: an admin, whose letters the server does not tell.
    let cached = cached_letters(cx).await?;
    if cached == Some(Permissions::NONE) {
        // Who has nothing can lose nothing, for nothing is never cached.
        let permissions = accept_until_there(cx, None).await?.0;
        return outcome(cx, &permissions, letters(&permissions), Vec::new());
    }
    let account = cx.account().await?;
    let place = place(cx, &account);
    let truth = cx.own_letters(&account).await?;
    let before = truth.or(cached).unwrap_or_else(|| letters("a"));
    let invite = cx.ask("checkInvite", true).await?;
    let granted = letters(invite.text("permissions").unwrap_or_default());
    let name = invite.text("_id").unwrap_or_default();
    let gained = granted.gained(before);
    if gained.is_empty() {
        // Perhaps the server took it just now, when the page was loaded.
        if cached.is_none() && recent(cx, &place, "").is_none() {
            remember(cx, &place, granted, name);
        }
        return outcome(cx, before.as_str(), gained, Vec::new());
    }

    // What this invite gives it gives again: its gain may be remembered of an attempt whose answer was lost. What another
    // gave may still be on its way, and be written over what this one gives.
    let recent = recent(cx, &place, name);
    let lately = recent
        .as_ref()
        .map_or(Permissions::NONE, |recent| recent.letters);
    let at_risk = match (cached, truth) {
        (Some(cached), Some(truth)) => truth.gained(cached).gained(granted),
        (Some(cached), None) => lately.gained(cached),
        (None, Some(truth)) => lately.gained(lately.gained(truth)).gained(granted),
        (None, None) => lately,
    };
    if !at_risk.is_empty() {
        return Err(stale(cx, recent.map(|recent| recent.at)));
    }

    as_before(cx)?;
    remember(cx, &place, gained, name);
    let (permissions, now) = accept_until_there(cx, Some(&account)).await?;
    let mut warnings = Vec::new();
    if is_delayed(cached, gained, cached_letters(cx).await?) {
        warnings.push(warning(cx, "permission_delay", "Your new permissions may take up to 5 minutes to act."));
    }
    // Who lost `r` may not look: then the answer tells.
    if !before
        .gained(now.unwrap_or_else(|| letters(&permissions)))
        .is_empty()
    {
        warnings.push(warning(
            cx,
            "permission_lost",
            "The server dropped permissions of yours: ask an admin to give them back.",
        ));
    }
    outcome(cx, &permissions, gained, warnings)
}

/// Whether the server still goes by what it has cached. It tells no admin: who has become one just now is none to a
/// stale cache, and of who was one before nobody knows.
fn is_delayed(before: Option<Permissions>, gained: Permissions, now: Option<Permissions>) -> bool {
    match now {
        Some(now) => !gained.gained(now).is_empty(),
        None => before.is_none(),
    }
}

/// Accepts, waits until whatever ran beside it is over, and looks: at the document, or, for who had nothing that could
/// be cached, at what the server looks up for them. Who may not look accepts once more, which writes nothing unless it
/// has to. The letters are those found then.
async fn accept_until_there<P: Platform>(
    cx: &Wire<'_, P>,
    look: Option<&Json>,
) -> Result<(String, Option<Permissions>), Error> {
    for round in 0..MOST_COLLISIONS {
        let permissions = ask_to_accept(cx).await?;
        let _ = sleep(cx.platform, SETTLED).await;
        let now = match look {
            Some(account) => cx.own_letters(account).await?,
            None => match cached_letters(cx).await? {
                Some(now) => Some(now),
                None => return Ok((permissions, None)),
            },
        };
        let is_there = match now {
            Some(now) => letters(&permissions).gained(now).is_empty(),
            None => round > 0,
        };
        if is_there {
            return Ok((permissions, now));
        }
    }
    Err(collision(cx))
}

async fn ask_to_accept<P: Platform>(cx: &Wire<'_, P>) -> Result<String, Error> {
    let mut collisions = 0;
    loop {
        as_before(cx)?;
        let before = cx.late.replace(late(cx));
        let reply = cx.ask("acceptInvite", true).await;
        if !reply.as_ref().is_err_and(Error::is_lost) {
            cx.late.set(before);
        }
        match reply {
            Ok(Json::Text(permissions)) => return Ok(permissions),
            Ok(_) => return Err(Error::bad_response()),
            Err(error) if error.code == Code::TryAgain && collisions < MOST_COLLISIONS => {
                collisions += 1;
                let _ = sleep(cx.platform, error.retry_after.unwrap_or_default()).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Somebody else may have signed in meanwhile: all that was found out is another's then, and found out anew.
fn as_before<P: Platform>(cx: &Wire<'_, P>) -> Result<(), Error> {
    if cx.platform.visible_since() == cx.since {
        Ok(())
    } else {
        Err(Error::offline())
    }
}

/// This call's accept, if it is sent now.
fn late<P: Platform>(cx: &Wire<'_, P>) -> Late {
    // Two of one sum wait for one another no more than before.
    let sum = |text: &str| {
        let add = |sum: u32, byte| sum.wrapping_mul(33) ^ u32::from(byte);
        text.bytes().fold(0, add)
    };
    let until = cx.platform.monotonic() + SERVERS_TURN;
    (until, sum(cx.id), sum(cx.key_text()))
}

/// What the server would merge with: its refusal to list invites says so.
async fn cached_letters<P: Platform>(cx: &Wire<'_, P>) -> Result<Option<Permissions>, Error> {
    match cx.ask(frames::GET_INVITES, true).await {
        Ok(_) => Ok(None),
        Err(error) if error.code == Code::NotAdmin => {
            // Bytes: the search for a text in a text is 2 KB of code.
            let told = error.message.strip_prefix(frames::NEED_ADMIN);
            let told = told.unwrap_or_default();
            let end = told.bytes().position(|byte| byte == b' ');
            Ok(Some(letters(
                told.get(..end.unwrap_or(0)).unwrap_or_default(),
            )))
        }
        Err(error) => Err(error),
    }
}

/// Only who has nothing yet can lose nothing. Where the document does not say who has access everybody has something,
/// and it would not tell what came of it either.
async fn has_nothing<P: Platform>(
    cx: &Wire<'_, P>,
    account: &Json,
) -> Result<bool, Error> {
    let recent = recent(cx, &place(cx, account), "");
    let has_nothing = recent.is_none_or(|recent| recent.letters.is_empty());
    Ok(has_nothing
        && match cx.members().await {
            Ok(Json::Null) => false,
            Ok(members) => letters_of(&members, account).is_none_or(|truth| truth.is_empty()),
            Err(error) if error.code != Code::Forbidden => return Err(error),
            // Who may not read.
            Err(_) => true,
        })
}

/// For where no socket can be had, by who has nothing: here the server does not say what it would merge with, and what
/// came of it is known only to who may read.
async fn accept_over_http<P: Platform>(cx: &Wire<'_, P>, account: &Json) -> Reply {
    as_before(cx)?;
    let key = percent::encode(cx.key_text());
    cx.progress.sent().set(true);
    let before = cx.late.replace(late(cx));
    let answer = cx
        .fetch("GET", &["?acceptInvite=", &key, "&v"].concat(), None)
        .await;
    // What was thrown may quote the address.
    let response = answer.map_err(|_| Error::offline())?;
    cx.late.set(before);
    match response.status {
        200 | 403 => {}
        409 => {
            let words = response.text.strip_prefix("Error: ").unwrap_or_default();
            let mut error = frames::refusal(cx, words);
            error.status = Some(409);
            return Err(error);
        }
        _ => return Err(Error::bad_response()),
    }
    let _ = sleep(cx.platform, SETTLED).await;
    let now = cx.own_letters(account).await?;
    // Who may not read had letters all the same, perhaps, and the server has those cached.
    let gained = now.unwrap_or_else(|| letters("arw"));
    remember(cx, &place(cx, account), gained, "");
    match now {
        Some(now) if now.is_empty() => Err(collision(cx)),
        Some(now) => outcome(cx, now.as_str(), now, Vec::new()),
        None => Err(Error::new(
            Code::UnknownOutcome,
            "The invite was handed in, and you may not read what came of it.",
        )),
    }
}

fn outcome<P: Platform>(
    cx: &Wire<'_, P>,
    permissions: &str,
    gained: Permissions,
    warnings: Vec<Json>,
) -> Reply {
    let mut permissions = permissions.into();
    hide(&mut permissions, cx.key_text());
    Ok(Json::object()
        .with("resource", cx.id)
        .with("permissions", permissions)
        .with("gained", gained.as_str())
        .with("already", gained.is_empty())
        .with("warnings", warnings))
}

/// Tells the page, and who gets the outcome.
pub(super) fn warning<P: Platform>(cx: &Wire<'_, P>, code: &str, message: &str) -> Json {
    let warning = Json::object().with("code", code).with("message", message);
    let mut detail = warning.clone();
    detail.set("resource", cx.id.into());
    cx.platform.emit("invitewarning", &detail);
    warning
}

fn stale<P: Platform>(cx: &Wire<'_, P>, since: Option<f64>) -> Error {
    let mut error = Error::new(
        Code::TryAgain,
        "Accepting now would take permissions from you that the server has yet to learn of: try again in some minutes.",
    );
    let passed = since.map_or(0.0, |since| cx.platform.monotonic() - since);
    error.retry_after = Some((CACHED - passed).clamp(1.0, CACHED));
    error
}

/// Others write at the same moment.
fn collision<P: Platform>(cx: &Wire<'_, P>) -> Error {
    frames::refusal(cx, "Op already submitted")
}

/// What was gained on this webstrate so lately that the server's cache may not have it, by any invite but one. For an admin
/// nothing else says.
fn recent<P: Platform>(cx: &Wire<'_, P>, place: &str, but: &str) -> Option<Recent> {
    let mut found: Option<Recent> = None;
    for gain in lately(cx) {
        let is_this = !but.is_empty() && gain.text("invite") == Some(but);
        if !is_this && gain.text("place").is_some_and(|other| is_same(other, place)) {
            let at = gain.number("at").unwrap_or_default();
            let new = letters(gain.text("letters").unwrap_or_default());
            let before = found.map_or(Permissions::NONE, |recent| recent.letters);
            found = Some(Recent {
                at,
                letters: before.merge(new),
            });
        }
    }
    found
}

/// Before it is sent, for the answer may be lost.
fn remember<P: Platform>(cx: &Wire<'_, P>, place: &str, letters: Permissions, invite: &str) {
    let mut gains = lately(cx);
    gains.push(
        Json::object()
            .with("place", place)
            .with("at", cx.platform.monotonic())
            .with("letters", letters.as_str())
            .with("invite", invite),
    );
    cx.platform.memory(Some(&json::write(&Json::List(gains))));
}

fn lately<P: Platform>(cx: &Wire<'_, P>) -> Vec<Json> {
    let now = cx.platform.monotonic();
    let kept = cx.platform.memory(None).and_then(|text| json::parse(&text));
    let Some(Json::List(mut gains)) = kept else {
        return Vec::new();
    };
    let mut is_ahead = false;
    gains.retain_mut(|gain| {
        let Some(at) = gain.number("at") else {
            return false;
        };
        // The clock was set back between two pages: how long ago it was nobody knows, so it was just now.
        if at > now {
            gain.set("at", now.into());
            is_ahead = true;
        }
        now - at < CACHED
    });
    if is_ahead {
        // Else it would be just now for as long as the clock was ahead.
        cx.platform.memory(Some(&json::write(&Json::List(gains.clone()))));
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
fn place<P: Platform>(cx: &Wire<'_, P>, account: &Json) -> String {
    let name = |name| account.text(name).unwrap_or_default();
    let parts = [&cx.remote.server, "/", cx.id, " ", name("username")];
    [&parts.concat(), ":", name("provider")].concat()
}
