//! The real rules over a real store, with clocks to move.

mod answers;
mod calls;
mod ground;
mod names;
mod people;
mod resources;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use invite_server::{
    core::{
        Clock, Invites, Moment, Quotas, Secrets, Stage, Store as _, Uptime,
        state::{Decision, Scope, State},
    },
    store::{Database, Person, Retention},
    timekeeping::{self, Timekeeper},
};

use crate::answer::{Answer, Room};
use crate::history::{ADDRESSES, BEGIN, DRAWN, Op, RESOURCES, Which};
pub(crate) use answers::{refused, user};
pub(crate) use ground::{Ground, Host};
pub(crate) use names::Names;

/// The address that signed keys and receipts name.
const ISSUER: &str = "https://invites.example";
/// More than a history makes.
const ALL: u32 = 100_000;

/// The clocks of a machine, in milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    wall: Arc<AtomicI64>,
    truth: Arc<AtomicI64>,
}

impl Machine {
    pub(crate) fn at(wall: i64, truth: i64) -> Machine {
        Machine {
            wall: Arc::new(AtomicI64::new(wall)),
            truth: Arc::new(AtomicI64::new(truth)),
        }
    }

    fn clock(&self) -> Clock {
        let wall = Arc::clone(&self.wall);
        Clock::from_fn(move || Moment(wall.load(Ordering::Relaxed)))
    }

    fn uptime(&self) -> Uptime {
        let truth = Arc::clone(&self.truth);
        Uptime::from_fn(move || truth.load(Ordering::Relaxed) - BEGIN)
    }

    fn now(&self) -> i64 {
        self.wall.load(Ordering::Relaxed)
    }

    pub(crate) fn truth(&self) -> i64 {
        self.truth.load(Ordering::Relaxed)
    }
}

/// A copy of the server: what calls are made to. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) invites: Invites<Database>,
    pub(crate) database: Database,
    pub(crate) names: Arc<Names>,
    pub(crate) machine: Machine,
}

impl Server {
    pub(crate) async fn start(
        ground: &Ground,
        database: Database,
        names: Arc<Names>,
        machine: Machine,
        quotas: Quotas,
    ) -> Server {
        let opened = Invites::open(database.clone(), &ground.secrets(), machine.clock()).await;
        let invites = opened.unwrap_or_else(|cause| panic!("the server does not start: {cause}"));
        Server {
            invites: invites
                .issuing_as(ISSUER)
                .within(quotas)
                .drawing_ids(|| Ok(RESOURCES[DRAWN].into())),
            database,
            names,
            machine,
        }
    }

    /// What its clock says.
    pub(crate) fn now(&self) -> i64 {
        self.machine.now()
    }

    /// All that each resource holds, whoever may see it.
    pub(crate) async fn rooms(&self) -> Vec<Room> {
        let mut rooms = Vec::new();
        for resource in RESOURCES {
            rooms.push(self.room(resource).await);
        }
        rooms
    }

    /// How far each resource is; of one that is not there nothing comes after it.
    async fn last_events(&self) -> Vec<i64> {
        let names = RESOURCES.iter().map(|name| (*name).to_owned()).collect();
        let all = self.database.progress(names).await.unwrap();
        let of = |name: &str| all.iter().find(|one| one.resource == name);
        RESOURCES
            .iter()
            .map(|name| of(name).map_or(i64::MAX, |one| one.events))
            .collect()
    }

    /// Which invites ended since then, in the order in which it was told.
    async fn ended_since(&self, last: &[i64], kind: &str) -> Answer {
        let (newest, mut ended) = (self.last_events().await, Vec::new());
        for ((resource, last), newest) in RESOURCES.iter().zip(last).zip(newest) {
            if newest == *last {
                continue;
            }
            let events = self.database.events(resource, *last, ALL).await.unwrap();
            let of_kind = events.iter().filter(|event| event.kind.as_str() == kind);
            ended.extend(of_kind.map(|event| self.names.of(&event.invite)));
        }
        Answer::Ended(ended)
    }

    /// What is over by then is told.
    pub(crate) async fn tell_ends(&self, now: Moment) -> Answer {
        let last = self.last_events().await;
        if let Err(refusal) = self.invites.end_expired(now, ALL).await {
            return refused(&refusal);
        }
        self.ended_since(&last, "invite.expired").await
    }
}

/// A server that runs alone, on a ground of its own.
pub(crate) struct World<'a> {
    pub(crate) server: Server,
    ground: &'a mut Ground,
    keeper: Timekeeper,
    quotas: Quotas,
}

impl World<'_> {
    pub(crate) async fn begin(ground: &mut Ground) -> World<'_> {
        ground.clear().await;
        let database = ground.open().await;
        let machine = Machine::at(BEGIN, BEGIN);
        let quotas = Quotas::USUAL;
        let server = Server::start(ground, database, Arc::default(), machine, quotas).await;
        let mut world = World {
            keeper: keeper(&server),
            server,
            ground,
            quotas,
        };
        world.keeper.look().await;
        world
    }

    /// Whatever was begun is finished, and the ground is free.
    pub(crate) async fn end(self) {
        self.settle().await;
        self.ground.keep(self.server.database);
    }

    /// Whatever was begun is over, whoever waits for it.
    pub(crate) async fn settle(&self) {
        let nothing = |_: &State| {
            Ok(Decision {
                answer: (),
                changes: Vec::new(),
            })
        };
        // Beside a file one change is made after the other.
        let database = &self.server.database;
        database.transact(Scope::default(), nothing).await.unwrap();
        self.ground.settle().await;
    }

    /// Another copy of the server, with clocks of its own. Beside a file it is the same store.
    pub(crate) async fn copy(&mut self, machine: Machine) -> Server {
        let database = match &self.server.database {
            Database::Sqlite(store) => store.clone().into(),
            Database::Postgres(_) => self.ground.second().await,
        };
        let names = Arc::clone(&self.server.names);
        Server::start(self.ground, database, names, machine, self.quotas).await
    }

    /// What happens, and what is answered.
    pub(crate) async fn carry_out(&mut self, op: &Op) -> Answer {
        match op {
            Op::Allow {
                invites,
                resources,
                mails,
            } => self.allow(Quotas {
                invites: *invites,
                resources: *resources,
                mails: *mails,
            }),
            Op::Pass { time } => self.pass(*time).await,
            Op::Jump { time } => self.jump(*time).await,
            Op::ClockIsRight => self.clock_is_right().await,
            Op::Restart { away } => self.restart(*away).await,
            Op::TellEnds => match self.keeper.time().now() {
                Some(now) => {
                    self.settle().await;
                    self.server.tell_ends(now).await
                }
                None => Answer::Paused,
            },
            Op::Purge { days } => self.purge(*days).await,
            Op::EraseUser { person } => self.erase(Person::User(user(*person))).await,
            Op::EraseAddress { address } => {
                let address = ADDRESSES[*address].0.to_owned();
                self.erase(Person::Email(address)).await
            }
            Op::Rotate { at_once } => self.rotate(*at_once).await,
            Op::RevokeSecret { which } => self.revoke_secret(*which).await,
            Op::Sweep => self.server.sweep().await,
            op => self.server.call(op).await,
        }
    }

    fn allow(&mut self, quotas: Quotas) -> Answer {
        self.quotas = quotas;
        self.server.invites = self.server.invites.clone().within(quotas);
        Answer::Done
    }

    async fn pass(&mut self, time: i64) -> Answer {
        let machine = &self.server.machine;
        let truth = machine.truth.fetch_add(time, Ordering::Relaxed) + time;
        self.ground.set_time(truth).await;
        self.jump(time).await
    }

    async fn jump(&mut self, time: i64) -> Answer {
        self.server.machine.wall.fetch_add(time, Ordering::Relaxed);
        self.keeper.look().await;
        Answer::Done
    }

    async fn clock_is_right(&mut self) -> Answer {
        if self.keeper.time().now().is_none() {
            let (database, clock) = (&self.server.database, self.server.machine.clock());
            let said = timekeeping::now(database, &clock, true).await;
            said.unwrap().unwrap();
            self.keeper.look().await;
        }
        Answer::Done
    }

    async fn purge(&mut self, days: u32) -> Answer {
        let Some(now) = self.keeper.time().now() else {
            return Answer::Paused;
        };
        self.settle().await;
        let retention =
            Retention::of(now, u64::from(days) * 86_400).and_by(Moment(self.server.now()));
        match self.server.database.purge(retention).await {
            Ok(_) => Answer::Done,
            Err(refusal) => refused(&refusal),
        }
    }

    async fn erase(&mut self, person: Person) -> Answer {
        match self.server.database.erase(&person).await {
            Ok(_) => Answer::Done,
            Err(refusal) => refused(&refusal),
        }
    }

    async fn rotate(&mut self, at_once: bool) -> Answer {
        let file = self.ground.secrets();
        let invites = &self.server.invites;
        match invites.rotate_secrets(&file, at_once).await {
            Ok(_) => {
                invites.take_up_secrets(&file).await.unwrap();
                Answer::Done
            }
            Err(cause) if cause.to_string().contains("--at-once") => Answer::refused("too_soon"),
            Err(cause) => panic!("{cause}"),
        }
    }

    async fn revoke_secret(&mut self, which: Which) -> Answer {
        let file = self.ground.secrets();
        let stage = match which {
            Which::Active => Stage::Active,
            Which::Next => Stage::Next,
            Which::Retired => Stage::Retired,
        };
        let all = Secrets::load(&file).unwrap().standings();
        let Some(secret) = all.into_iter().find(|one| one.stage == stage) else {
            return Answer::refused("not_found");
        };
        let last = self.server.last_events().await;
        let (store, clock) = (self.server.database.clone(), self.server.machine.clock());
        let revoked = Invites::revoke_secret(store, &file, clock, &secret.id).await;
        let ended = self.server.ended_since(&last, "invite.removed").await;
        if let Answer::Ended(names) = &ended {
            assert_eq!(revoked.unwrap().ended, names.len() as u64);
        }
        self.server.invites.take_up_secrets(&file).await.unwrap();
        ended
    }

    async fn restart(&mut self, away: i64) -> Answer {
        let machine = self.server.machine.clone();
        machine.wall.fetch_add(away, Ordering::Relaxed);
        let truth = machine.truth.fetch_add(away, Ordering::Relaxed) + away;
        self.ground.set_time(truth).await;
        let stopped = self.server.database.clone();
        let database = self.ground.restart(stopped, away).await;
        let names = Arc::clone(&self.server.names);
        self.server = Server::start(self.ground, database, names, machine, self.quotas).await;
        self.keeper = keeper(&self.server);
        self.keeper.look().await;
        Answer::Done
    }
}

fn keeper(server: &Server) -> Timekeeper {
    let (clock, uptime) = (server.machine.clock(), server.machine.uptime());
    Timekeeper::new(server.database.clone(), clock, uptime)
}
