//! Who used an invite: seen by watching `data-auth`, for nobody tells.
//!
//! The document's version is asked for every few seconds, and the document only where that has changed. Whoever gained
//! what an invite of one's own grants has used it, or an admin gave it to them by hand: that cannot be told apart.

use crate::dialect::Context;
use crate::error::Error;
use crate::json::Json;
use crate::later::Reply;
use crate::transport::{Platform, sleep};

use super::document::{letters, letters_of, token_query};
use super::{frames, identity};

/// Between two looks.
const PAUSE: f64 = 2_500.0;

/// Looks for as long as it is polled.
pub(super) async fn watch<P: Platform>(cx: &Context<'_, P>) -> Reply {
    let id = cx.resource()?;
    let mut version = String::new();
    let mut before = Json::Null;
    loop {
        // What fails now may work the next time.
        let token = cx.platform.token().await.unwrap_or_default();
        let query = ["?v", &token_query("&", token)].concat();
        if let Ok(found) = cx.fetch("GET", id, &query, None).await
            && found.status == 200
            && found.text != version
            && let Ok(members) = cx.members(id).await
            && let Ok(()) = tell(cx, &before, &members).await
        {
            version = found.text;
            before = members;
        }
        sleep(cx.platform, PAUSE).await;
    }
}

async fn tell<P: Platform>(
    cx: &Context<'_, P>,
    before: &Json,
    members: &Json,
) -> Result<(), Error> {
    let mut invites = None;
    for member in members.items() {
        let had = letters_of(before, member);
        let has = letters(member.text("permissions").unwrap_or_default());
        let Some(gained) = had.map(|had| has.gained(had)) else {
            continue;
        };
        if gained.is_empty() {
            continue;
        }
        if invites.is_none() {
            invites = Some(cx.ask(frames::message(cx, "getInvites")?, false).await?);
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
                .with("resource", cx.resource()?)
                .with("user", identity::person(member))
                .with("permissions", gained.as_str());
            cx.platform.emit("inviteused", &used);
        }
    }
    Ok(())
}
