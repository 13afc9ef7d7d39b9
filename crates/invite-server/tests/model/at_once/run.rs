//! An episode on the real server.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use invite_server::core::{Moment, Store as _};

use super::{Episode, linear, spent};
use crate::answer::{Answer, Happened};
use crate::check::{Difference, follow};
use crate::history::{Op, RESOURCES, Seen};
use crate::model::Model;
use crate::world::{Ground, Machine, Server, World};

/// A call, and what its caller saw of it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) what: What,
    /// What the clock of whoever answered said.
    pub(super) now: i64,
    /// None where the caller gave up.
    pub(super) answer: Option<Answer>,
    /// When it began and ended; each moment is another one's.
    pub(super) begin: u64,
    pub(super) end: u64,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Op(Op),
    /// This invite was found to be over.
    End(u16),
}

impl Call {
    pub(super) fn has_deleted(&self) -> bool {
        matches!(self.what, What::Op(Op::Delete { .. })) && self.answer == Some(Answer::Done)
    }

    /// At some time while it deletes, the rows are gone.
    fn swept(&self) -> Call {
        Call {
            what: What::Op(Op::Sweep),
            ..self.clone()
        }
    }
}

/// Whether some order explains what everybody saw.
pub(crate) async fn holds(ground: &mut Ground, episode: &Episode) -> Result<(), Difference> {
    let mut model = Model::new(ground.engine());
    let mut world = World::begin(ground).await;
    let first = episode.first();
    let outcome = match follow(&mut world, &mut model, &first).await {
        Ok(()) => at_once(&mut world, &model, episode).await,
        Err(difference) => Err(difference),
    };
    world.end().await;
    outcome
}

async fn at_once(
    world: &mut World<'_>,
    model: &Model,
    episode: &Episode,
) -> Result<(), Difference> {
    let second = world.second(model.time.wall + episode.skew).await;
    let servers = [world.server.clone(), second];
    let before: Vec<usize> = model.rooms().iter().map(|room| room.events.len()).collect();
    let calls = calls(&servers, model.time.truth, episode).await;
    // Somebody who gave up may have left a change behind.
    world.settle().await;
    let rooms = world.server.rooms().await;
    let step = episode.all.len();
    spent::explained(&calls, model).map_err(|what| Difference { step, what })?;
    for (resource, room) in rooms.iter().enumerate() {
        let mut own = of_resource(&calls, model, episode, resource);
        let deleted = own.iter().filter(|call| call.has_deleted());
        let sweeps: Vec<Call> = deleted.map(Call::swept).collect();
        let before = before[resource].min(if sweeps.is_empty() { usize::MAX } else { 0 });
        let told = room.events.get(before..).unwrap_or_default();
        own.extend(ends(&calls, told, model.time.truth));
        if !sweeps.is_empty() {
            own.extend(perhaps_ended(&calls, model, resource));
        }
        own.extend(sweeps);
        own.sort_by_key(|call| call.begin);
        linear::explained(&own, model, resource, room).map_err(|why| {
            let name = RESOURCES[resource];
            let lines: Vec<String> = own.iter().map(|call| format!("  {call:?}\n")).collect();
            let what = format!(
                "{name}: {why}\n{}  and then it was {room:?}\n  before it was {:?}",
                lines.concat(),
                model.room(resource, model.time.wall)
            );
            Difference { step, what }
        })?;
    }
    Ok(())
}

/// All calls that were made.
async fn calls(servers: &[Server; 2], trusted: i64, episode: &Episode) -> Vec<Call> {
    let callers = episode.callers();
    // Whoever is told of an invite that others make at the same time has to have heard of it.
    let made: Vec<u16> = callers
        .iter()
        .flatten()
        .filter_map(|(_, op)| made(op))
        .collect();
    let made = Arc::new(made);
    let moments = Arc::new(AtomicU64::new(1));
    let mut running = tokio::task::JoinSet::new();
    for (number, all) in callers.into_iter().enumerate() {
        let (server, made) = (servers[number % 2].clone(), Arc::clone(&made));
        let moments = Arc::clone(&moments);
        running.spawn(async move {
            let mut calls = Vec::new();
            for (patience, mut op) in all {
                let unheard = |name| made.contains(&name) && !server.names.is_known(name);
                if named(&op).is_some_and(unheard) {
                    continue;
                }
                settle(&server, &mut op).await;
                let moment = || moments.fetch_add(1, Ordering::SeqCst);
                let begin = moment();
                let answer = async {
                    match op {
                        Op::TellEnds => server.tell_ends(Moment(trusted)).await,
                        _ => server.call(&op).await,
                    }
                };
                let answer = match patience {
                    None => Some(answer.await),
                    Some(time) => {
                        let time = Duration::from_micros(time);
                        tokio::time::timeout(time, answer).await.ok()
                    }
                };
                let end = if answer.is_some() { moment() } else { u64::MAX };
                calls.push(Call {
                    what: What::Op(op),
                    now: server.now(),
                    answer,
                    begin,
                    end,
                });
            }
            calls
        });
    }
    running.join_all().await.concat()
}

/// Says which version of the members it goes by.
async fn settle(server: &Server, op: &mut Op) {
    if let Op::Put { resource, seen, .. } = op {
        let found = server
            .database
            .resource(RESOURCES[*resource])
            .await
            .unwrap();
        let version = found.map_or(0, |(found, _)| found.version);
        *seen = Seen::Version(match seen {
            Seen::Stale => version - 1,
            _ => version,
        });
    }
}

fn made(op: &Op) -> Option<u16> {
    match op {
        Op::Create { name, .. } => Some(*name),
        _ => None,
    }
}

/// The invite that a call names.
fn named(op: &Op) -> Option<u16> {
    match op {
        Op::Check { invite, .. }
        | Op::Accept { invite, .. }
        | Op::Remove { invite, .. }
        | Op::Resend { invite, .. } => Some(*invite),
        _ => None,
    }
}

/// The calls that are about a resource.
fn of_resource(calls: &[Call], model: &Model, episode: &Episode, resource: usize) -> Vec<Call> {
    let mut of_invites: HashMap<u16, usize> = HashMap::new();
    of_invites.extend(model.invites.iter().map(|one| (one.name, one.resource)));
    for (_, op) in &episode.all {
        if let Op::Create { name, resource, .. } = op {
            of_invites.entry(*name).or_insert(*resource);
        }
    }
    let is_about = |op: &Op| match op {
        Op::NewResource { resource, .. }
        | Op::Delete { resource, .. }
        | Op::Create { resource, .. }
        | Op::List { resource, .. }
        | Op::Members { resource, .. }
        | Op::Member { resource, .. }
        | Op::SetMember { resource, .. }
        | Op::Put { resource, .. }
        | Op::Letters { resource, .. }
        | Op::Remove {
            resource: Some(resource),
            ..
        } => Some(*resource),
        Op::TellEnds => None,
        op => named(op).map(|name| of_invites.get(&name).copied().unwrap_or(0)),
    };
    let own = calls.iter().filter(|call| match &call.what {
        What::Op(op) => is_about(op) == Some(resource),
        What::End(_) => false,
    });
    own.cloned().collect()
}

/// Each end that was told, as something that happened while somebody told of ends.
fn ends(calls: &[Call], told: &[Happened], trusted: i64) -> Vec<Call> {
    let telling = calls
        .iter()
        .filter(|call| matches!(call.what, What::Op(Op::TellEnds)));
    let spans: Vec<(u64, u64)> = telling.map(|call| (call.begin, call.end)).collect();
    let begin = spans.iter().map(|span| span.0).min();
    let end = spans.iter().map(|span| span.1).max();
    let ended = told.iter().filter(|event| event.kind == "invite.expired");
    ended
        .map(|event| Call {
            what: What::End(event.invite),
            now: trusted,
            answer: Some(Answer::Done),
            begin: begin.unwrap_or(0),
            end: end.unwrap_or(0),
        })
        .collect()
}

/// Ends that may have been told before it was deleted, of which nothing is left.
fn perhaps_ended(calls: &[Call], model: &Model, resource: usize) -> Vec<Call> {
    let telling = |call: &&Call| matches!(call.what, What::Op(Op::TellEnds));
    let begin = calls.iter().filter(telling).map(|call| call.begin).min();
    let now = model.time.truth;
    let over = model.invites.iter().filter(|invite| {
        invite.resource == resource
            && invite.removed_at.is_none()
            && !invite.told
            && invite.expires_at <= now
    });
    let there = over.map(|invite| invite.name);
    // Those that were made meanwhile, too, by a clock that was behind.
    let new = calls.iter().filter_map(|call| match &call.what {
        What::Op(op @ Op::Create { resource: at, .. }) if *at == resource => made(op),
        _ => None,
    });
    let ends = there.chain(new).filter_map(|name| {
        Some(Call {
            what: What::End(name),
            now,
            answer: None,
            begin: begin?,
            end: u64::MAX,
        })
    });
    ends.collect()
}

impl World<'_> {
    /// Another copy of the server, whose clock says this. Beside a file it is the same store.
    async fn second(&mut self, wall: i64) -> Server {
        let truth = self.server.machine.truth();
        self.copy(Machine::at(wall, truth)).await
    }
}
