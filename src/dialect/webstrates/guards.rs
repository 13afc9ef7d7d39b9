//! Accepting without losing anything.
//!
//! Three faults of the original stand in the way. It caches permissions for minutes and starts each merge from what it
//! has cached, so a second accept may take away what the first gave. Of several accepts at once it refuses all but one.
//! And now and then one overwrites another.

use invite_key::{Permissions, percent};

use crate::dialect::hide;
use crate::error::{Code, Error};
use crate::flights::SERVERS_TURN;
use crate::json::Json;
use crate::later::Reply;
use crate::transport::{Platform, sleep};

use super::document::{letters, letters_of};
use super::gains::{CACHED, answered, place, recent, remember};
use super::{Wire, frames};

/// After this, what overwrites an accept has done so.
const SETTLED: f64 = 100.0;
/// So often an accept is refused for others' sake, or found overwritten, before the caller hears of it.
const MOST_COLLISIONS: u32 = 50;

pub(super) async fn accept<P: Platform>(wire: Wire<'_, P>) -> Reply {
    let cx = &wire;
    others_are_done(cx).await?;
    let began = cx.platform.monotonic();
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
        if cached.is_none() && recent(cx, &place, "").at.is_nan() {
            remember(cx, &place, granted, name);
        }
        return outcome(cx, before.as_str(), gained, Vec::new());
    }

    // What this invite gives it gives again: its gain may be remembered of an attempt whose answer was lost. What another
    // gave may still be on its way, and be written over what this one gives.
    let is_late = others_are_done(cx).await?;
    let recent = recent(cx, &place, name);
    if is_late || recent.at >= began {
        // All that was found out is of before.
        return Err(collision(cx));
    }
    let lately = recent.letters;
    let at_risk = match (cached, truth) {
        (Some(cached), Some(truth)) => truth.gained(cached).gained(granted),
        (Some(cached), None) => lately.gained(cached),
        (None, Some(truth)) => lately.gained(lately.gained(truth)).gained(granted),
        (None, None) => lately,
    };
    if !at_risk.is_empty() {
        return Err(stale(cx, recent.at));
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
        let sent = under_way(cx).await?;
        let reply = cx.ask("acceptInvite", true).await;
        if !reply.as_ref().is_err_and(Error::is_lost) {
            answered(cx, sent);
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

/// Remembers, where it is nobody's place and without letters, that this call's accept is sent now: without an answer it
/// may still be done.
async fn under_way<P: Platform>(cx: &Wire<'_, P>) -> Result<f64, Error> {
    if others_are_done(cx).await? {
        return Err(collision(cx));
    }
    as_before(cx)?;
    Ok(remember(cx, cx.id, Permissions::NONE, tail(cx)))
}

/// Waits for accepts of other invites on this document, of whichever page: what they write is written over what this one
/// gives. Whether there was one.
async fn others_are_done<P: Platform>(cx: &Wire<'_, P>) -> Result<bool, Error> {
    let mut is_late = false;
    loop {
        let now = cx.platform.monotonic();
        let left = recent(cx, cx.id, tail(cx)).at + SERVERS_TURN - now;
        if left.is_nan() || left <= 0.0 {
            return Ok(is_late);
        }
        if now + SETTLED > cx.progress.deadline.get() {
            let mut error = collision(cx);
            error.retry_after = Some(left);
            return Err(error);
        }
        is_late = true;
        // Its line may be dead.
        cx.socket.retire();
        let _ = sleep(cx.platform, SETTLED).await;
    }
}

/// The end of the key, as far as a key may be shown: two of one end wait for one another no more than they would without.
fn tail<'a, P: Platform>(cx: &'a Wire<'_, P>) -> &'a str {
    let key = cx.key_text();
    key.get(key.len().saturating_sub(4)..).unwrap_or_default()
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
    Ok(recent.letters.is_empty()
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
    let sent = under_way(cx).await?;
    let key = percent::encode(cx.key_text());
    cx.progress.sent().set(true);
    let answer = cx
        .fetch("GET", &["?acceptInvite=", &key, "&v"].concat(), None)
        .await;
    // What was thrown may quote the address.
    let response = answer.map_err(|_| Error::offline())?;
    answered(cx, sent);
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

fn stale<P: Platform>(cx: &Wire<'_, P>, since: f64) -> Error {
    let mut error = Error::new(
        Code::TryAgain,
        "Accepting now would take permissions from you that the server has yet to learn of: try again in some minutes.",
    );
    // All of it, where nobody remembers: of NaN and a number `min` takes the number.
    let left = CACHED.min(since + CACHED - cx.platform.monotonic());
    error.retry_after = Some(left.max(1.0));
    error
}

/// Others write at the same moment.
fn collision<P: Platform>(cx: &Wire<'_, P>) -> Error {
    frames::refusal(cx, "Op already submitted")
}
