//! What is killed, and how long it is away.

use std::time::Duration;

use crate::copies::Copies;
use crate::patroni::{Cluster, TTL};
use crate::supervised::RESTART;

#[derive(Clone, Copy)]
enum Target {
    Nothing,
    /// All of the primary's machine.
    Primary,
    /// PostgreSQL alone, which its Patroni starts again.
    Postgresql,
    Patroni,
    /// Patroni, and as soon as a standby is named again the machine, with what no standby has heard.
    PatroniThenPrimary,
    Etcd,
    Copy,
    /// All of the synchronous standby's machine.
    Standby,
}

pub struct Kill {
    pub name: &'static str,
    target: Target,
    away: Duration,
}

const fn kill(name: &'static str, target: Target, away: Duration) -> Kill {
    Kill { name, target, away }
}

/// Longer than anybody waits for a machine: another is chosen.
const LONG: Duration = Duration::from_secs(2 * TTL.as_secs());

/// For as long whoever waits for no standby acknowledges what none has.
const SILENT: Duration = Duration::from_secs(1);

pub const KILLS: [Kill; 10] = [
    kill("nothing", Target::Nothing, RESTART),
    kill("the primary", Target::Primary, RESTART),
    kill("its Patroni", Target::Patroni, RESTART),
    kill(
        "its Patroni, then its machine",
        Target::PatroniThenPrimary,
        RESTART,
    ),
    kill("etcd", Target::Etcd, RESTART),
    kill("a copy of the server", Target::Copy, RESTART),
    kill("the synchronous standby", Target::Standby, RESTART),
    kill(
        "PostgreSQL of the primary alone",
        Target::Postgresql,
        RESTART,
    ),
    kill("the primary, for 40 s", Target::Primary, LONG),
    kill("etcd, for 40 s", Target::Etcd, LONG),
];

impl Kill {
    pub async fn strike(&self, cluster: &Cluster, copies: &Copies) {
        let (primary, standby) = cluster.roles().await.expect("it was whole");
        match self.target {
            Target::Nothing => {}
            Target::Primary => primary.cut(self.away),
            Target::Postgresql => primary.kill_postgresql(),
            Target::Patroni => primary.patroni.kill(self.away),
            Target::PatroniThenPrimary => {
                // Who is named is ahead, so a Patroni that looks no further finds nothing to do.
                let other = cluster.other(primary, standby);
                other.signal("walreceiver", "-STOP");
                let starts = primary.patroni.starts() + 1;
                primary.patroni.kill(RESTART);
                cluster.names_standby(primary, starts).await;
                // Another one, where Patroni was too slow.
                let primary = cluster.primary().await.expect("it has a standby");
                primary.signal("walsender", "-STOP");
                tokio::time::sleep(SILENT).await;
                primary.cut(self.away);
                other.signal("walreceiver", "-CONT");
            }
            Target::Etcd => cluster.etcd.kill(self.away),
            Target::Copy => copies.kill(0, self.away),
            Target::Standby => standby.cut(self.away),
        }
    }

    /// A connection to a copy that is killed ends without an answer; no other does.
    pub fn cuts_connections(&self) -> bool {
        matches!(self.target, Target::Copy)
    }

    /// How long nothing was acknowledged before anything was killed.
    pub fn silent(&self) -> Duration {
        match self.target {
            Target::PatroniThenPrimary => SILENT,
            _ => Duration::ZERO,
        }
    }

    /// When what was killed is started again.
    pub fn away(&self) -> Duration {
        match self.target {
            Target::Nothing => Duration::ZERO,
            _ => self.away,
        }
    }
}
