//! Server-sent events: what happens to a resource's invites, as it happens.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension,
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{ApiError, Shared, asker::Caller, body::Path, streams::Place};
use crate::{
    auth::GroundsWatch,
    core::{self, Actor, Refusal, User},
    hub::{News, Watch},
    limits::Who,
    stop::Running,
};

/// How long to leave the database alone after it did not answer.
const PAUSE: Duration = Duration::from_secs(1);
/// A stream ends after so long; browsers come back by themselves, and prove anew who they are.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The `data` of an event; its `id` is for `Last-Event-ID`, its `event` is the type again.
#[derive(Serialize, ToSchema)]
pub(super) struct EventView {
    #[serde(rename = "type")]
    #[schema(pattern = "^invite\\.(created|used|removed|expired|unmailed)$")]
    kind: &'static str,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    resource: String,
    /// The invite's id.
    invite: String,
    /// Who did it: made it, accepted it, took it back; whose it is, when its time is over or its mail was given up.
    user: User,
    /// How often the invite has been used by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    uses: Option<u32>,
}

/// Tells admins what happens to the invites of a resource, as server-sent events: from now on, or from the one after
/// `Last-Event-ID`. It ends after some minutes; connect again.
#[utoipa::path(get, path = "/api/v1/resources/{resource}/events", tag = "resources", params(
    ("resource" = String, Path),
    ("Last-Event-ID" = Option<String>, Header, description = "browsers send it by themselves"),
), responses(
    (status = 200, body = EventView, content_type = "text/event-stream"),
))]
pub(super) async fn watch(
    caller: Caller,
    State(state): State<Shared>,
    Path(resource): Path<String>,
    who: Option<Extension<Who>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    let after = headers.get("last-event-id").map(|value| {
        let number = value.to_str().ok().and_then(|text| text.parse().ok());
        number.filter(|number| *number >= 0).ok_or_else(|| {
            Refusal::invalid_option(
                "Last-Event-ID",
                "Last-Event-ID is not one this server gave. Begin without it.",
            )
        })
    });
    let after = after.transpose()?;
    let actor = caller.actor().cloned();
    let app = actor.as_ref().and_then(|actor| actor.app.as_deref());
    let watch = state.hub.watch(&resource, app);
    let begun = state.invites.events(actor.as_ref(), &resource, after);
    let glimpse = begun.await?;
    watch.begins_at(&glimpse.progress);
    let watching = actor.as_ref().ok_or(Refusal::NotSignedIn)?;
    let address = who.and_then(|Extension(who)| who.address);
    let held = state.streams.take(watching, &resource, address)?;
    let begins = after.is_none();
    let watcher = Watcher {
        begins,
        running: state.stop.begin(),
        end: Instant::now() + LIFETIME,
        proof: state.authenticator.watch(caller.grounds()),
        _held: held,
        behind: glimpse.place < glimpse.progress.events,
        waiting: glimpse.events.into(),
        place: glimpse.place,
        watch,
        actor,
        resource,
        state,
    };
    Ok(Sse::new(watcher.stream()).keep_alive(KeepAlive::default()))
}

struct Watcher {
    /// Nothing was sent yet, and whoever watches does not know their place.
    begins: bool,
    state: Shared,
    running: Running,
    actor: Option<Actor>,
    resource: String,
    watch: Watch,
    place: i64,
    /// There is more after what waits, which nobody brings: it is read.
    behind: bool,
    waiting: std::collections::VecDeque<core::Event>,
    end: Instant,
    /// What the stream was opened with.
    proof: Option<GroundsWatch>,
    _held: Place,
}

impl Watcher {
    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut watcher| async move {
            let event = watcher.next().await?;
            Some((Ok(event), watcher))
        })
    }

    /// The next event; `None` when the server stops, the time is over, or whoever watches may no longer.
    async fn next(&mut self) -> Option<Event> {
        // Whoever is cut off before anything happens goes on from here; an event without data is shown to nobody.
        if std::mem::take(&mut self.begins) {
            return Some(Event::default().id(self.place.to_string()));
        }
        loop {
            // Asked before each event: while there is more to tell, nothing below waits, and a slow reader may take long.
            if self.is_over() {
                return None;
            }
            if let Some(event) = self.waiting.pop_front() {
                return shown(&self.resource, event);
            }
            if self.behind {
                self.catch_up().await?;
                continue;
            }
            let news = tokio::select! {
                news = self.watch.next() => news,
                () = over(self.end, self.proof.as_ref(), &mut self.running) => return None,
            };
            match news {
                Some(news) => self.hear(&news)?,
                None => self.behind = true,
            }
        }
    }

    /// Whether the time is over, the proof is gone, or the server stops.
    fn is_over(&self) -> bool {
        let proof = self.proof.as_ref();
        proof.is_some_and(GroundsWatch::are_gone)
            || self.running.is_told()
            || Instant::now() >= self.end
    }

    /// `None` when whoever watches may no longer.
    fn hear(&mut self, news: &News) -> Option<()> {
        if let Some(watchers) = &news.watchers
            && !watchers.may_watch(self.actor.as_ref())
        {
            return None;
        }
        if news.put_back {
            self.place = self.place.min(news.to);
        }
        if self.place < news.from {
            self.behind = true;
        } else {
            // Of those that it has read for itself meanwhile none comes again.
            let place = self.place;
            let fresh = news.events.iter().filter(|event| event.number > place);
            self.waiting.extend(fresh.cloned());
            self.place = place.max(news.to);
        }
        Some(())
    }

    /// Reads the next of what it missed; `None` when it is time to end, or whoever watches may no longer.
    async fn catch_up(&mut self) -> Option<()> {
        let invites = &self.state.invites;
        let looked = invites.events(self.actor.as_ref(), &self.resource, Some(self.place));
        let looked = tokio::select! {
            looked = looked => looked,
            () = over(self.end, self.proof.as_ref(), &mut self.running) => return None,
        };
        match looked {
            Ok(glimpse) => {
                self.behind = glimpse.place < glimpse.progress.events;
                self.place = glimpse.place;
                self.waiting.extend(glimpse.events);
                Some(())
            }
            Err(Refusal::TryAgain | Refusal::ServerError) => tokio::select! {
                () = tokio::time::sleep(PAUSE) => Some(()),
                () = over(self.end, self.proof.as_ref(), &mut self.running) => None,
            },
            Err(_) => None,
        }
    }
}

/// Returns when the time is over, the proof is gone, or the server stops.
async fn over(end: Instant, proof: Option<&GroundsWatch>, running: &mut Running) {
    let gone = async {
        match proof {
            Some(proof) => proof.gone().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = tokio::time::sleep_until(end) => {}
        () = gone => {}
        () = running.told() => {}
    }
}

fn shown(resource: &str, event: core::Event) -> Option<Event> {
    let kind = event.kind.as_str();
    let view = EventView {
        kind,
        at: event.at.to_iso(),
        resource: resource.to_owned(),
        invite: event.invite,
        user: event.user,
        uses: event.uses,
    };
    let data = serde_json::to_string(&view).ok()?;
    Some(
        Event::default()
            .id(event.number.to_string())
            .event(kind)
            .data(data),
    )
}
