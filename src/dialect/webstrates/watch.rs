//! Who used an invite: seen by watching `data-auth`, for nobody tells.
//!
//! The document's version is asked for every few seconds, and the document only where that has changed. Whoever gained
//! what an invite of one's own grants has used it, or an admin gave it to them by hand: that cannot be told apart.

use invite_key::Permissions;

use crate::error::{Code, Error};
use crate::json::Json;
use crate::later::Reply;
use crate::transport::{Platform, sleep, within};

use super::document::{letters, letters_of, token_query};
use super::{Wire, frames, identity};

/// Between two looks.
const PAUSE: f64 = 2_500.0;
/// Between two looks that fail, in the end.
const MOST_PAUSE: f64 = 60_000.0;
/// For one look.
const PATIENCE: f64 = 10_000.0;

/// What was seen last.
#[derive(Default)]
struct Seen {
    version: String,
    /// Who had access; nothing before the first look.
    members: Option<Json>,
    /// The caller may list invites: who may not could tell nobody what they saw.
    may_list: bool,
}

/// Looks for as long as it is polled, or until it turns out that the caller may not.
pub(super) async fn watch<P: Platform>(wire: Wire<'_, P>) -> Reply {
    let cx = &wire;
    let mut seen = Seen::default();
    let mut pause = PAUSE;
    loop {
        if !cx.platform.hidden() {
            let look = Box::pin(async { look(cx, &mut seen).await.map(|()| Json::Null) });
            match within(cx.platform, PATIENCE, look).await {
                Ok(_) => pause = PAUSE,
                Err(error) if matches!(error.code, Code::NotAdmin | Code::Forbidden) => {
                    return Err(error);
                }
                // What fails now may work later.
                Err(_) => pause = (pause * 2.0).min(MOST_PAUSE),
            }
        }
        let _ = sleep(cx.platform, pause).await;
    }
}

async fn look<P: Platform>(cx: &Wire<'_, P>, seen: &mut Seen) -> Result<(), Error> {
    let token = cx.platform.token().await?;
    let query = ["?v", &token_query("&", token)].concat();
    let version = cx.fetch("GET", &query, None).await?;
    match version.status {
        200 if version.text == seen.version => return Ok(()),
        200 => {}
        403 => return Err(Error::new(Code::Forbidden, &version.text)),
        _ => return Err(Error::bad_response()),
    }
    if seen.members.is_some() && !seen.may_list {
        cx.ask(frames::GET_INVITES, false).await?;
        seen.may_list = true;
    }
    let members = cx.members().await?;
    if let Some(before) = &seen.members {
        tell(cx, before, &members).await?;
    }
    seen.version = version.text;
    seen.members = Some(members);
    Ok(())
}

async fn tell<P: Platform>(cx: &Wire<'_, P>, before: &Json, members: &Json) -> Result<(), Error> {
    let mut invites = None;
    for member in members.items() {
        // Where the document had no `data-auth`, nobody was named.
        let had = letters_of(before, member).unwrap_or(Permissions::NONE);
        let has = letters(member.text("permissions").unwrap_or_default());
        let gained = has.gained(had);
        if gained.is_empty() {
            continue;
        }
        if invites.is_none() {
            invites = Some(cx.ask(frames::GET_INVITES, false).await?);
        }
        let grants = |invite: &Json| {
            let granted = letters(invite.text("permissions").unwrap_or_default());
            gained.gained(granted).is_empty()
        };
        if invites
            .as_ref()
            .is_some_and(|invites| invites.items().iter().any(grants))
        {
            let used = Json::object()
                .with("resource", cx.id)
                .with("user", identity::person(member))
                .with("permissions", gained.as_str());
            cx.platform.emit("inviteused", &used);
        }
    }
    Ok(())
}
