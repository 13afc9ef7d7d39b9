//! All together.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::backend::Backend;
use crate::copies::Copies;
use crate::crowd;
use crate::front::Front;
use crate::kills::KILLS;
use crate::ledger::Ledger;
use crate::patroni::Cluster;
use crate::stories::Stories;
use crate::table;
use crate::watched::Watched;

const TELLERS: usize = 5;
const PEOPLE: usize = 3;
const WATCHED: usize = 3;
/// So many changes are acknowledged before the next kill.
const CHANGES: usize = 300;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes, Patroni and etcd: cargo xtask test --full failover"]
async fn a_database_that_fails_over_under_load() {
    let cluster = Cluster::start().await;
    let copies = Copies::start(&cluster.address(), cluster.folder()).await;
    let secret = copies.secret.to_str().unwrap();
    let backend = Backend::join(&cluster.address(), secret).await;
    let ledger = Arc::new(Ledger::default());
    ledger.begin(KILLS[0].name);
    let front = Arc::new(Front::new(copies.urls.clone(), Arc::clone(&ledger)));
    let admin = front.sign_in("ada").await;
    let guests = crowd::gather(&front).await;

    let mut load = Vec::new();
    let mut watched = Vec::new();
    for number in 0..WATCHED {
        let begun = Watched::begin(&front, format!("live{number}"), &admin).await;
        let begun = Arc::new(begun);
        load.push(tokio::spawn(Arc::clone(&begun).live()));
        watched.push(begun);
    }
    let stories = Arc::new(Stories::default());
    for number in 0..TELLERS {
        let mut people = Vec::new();
        for person in 0..PEOPLE {
            people.push(front.sign_in(&format!("person{number}-{person}")).await);
        }
        let telling = Arc::clone(&stories).tell(
            Arc::clone(&front),
            format!("story{number}"),
            admin.clone(),
            people,
        );
        load.push(tokio::spawn(telling));
    }

    for (number, kill) in KILLS.iter().enumerate() {
        if number > 0 {
            ledger.begin(kill.name);
        }
        let crowd = crowd::begin(&front, format!("crowd{number}"), &admin, &guests).await;
        let began = Instant::now();
        kill.strike(&cluster, &copies).await;
        // Only what was seen after it is back counts.
        cluster.is_whole(SystemTime::now() + kill.away()).await;
        copies.are_ready().await;
        ledger.whole(began.elapsed());
        println!(
            "{}: whole after {:.1} s",
            kill.name,
            began.elapsed().as_secs_f64()
        );
        crowd.await.unwrap();
        ledger.goes_on(CHANGES).await;
    }
    ledger.end();
    for one in load {
        one.await.unwrap();
    }
    let promises = stories.hold(&front, &admin).await;
    let (mut events, mut begun) = (0, 0);
    for one in &watched {
        let (all, times) = one.hold().await;
        (events, begun) = (events + all, begun + times);
    }
    let (promised, refused) = ledger.happenings();
    let (calls, messages) = backend.knows(&promised, &refused).await;
    println!(
        "{promises} promises to callers; {messages} webhooks of {} promised, in {calls} calls; {events} events, each \
         told by 2 streams that were begun {begun} times",
        promised.len()
    );
    println!(
        "before Patroni was started beside a primary that ran, a standby's name was taken back {} times",
        cluster.taken_back()
    );
    let restarted = copies.starts() - copies.urls.len();
    let killed = KILLS.iter().filter(|kill| kill.cuts_connections()).count();
    if restarted != killed {
        panic!("a copy ended by itself\n{}", copies.said());
    }
    table::judge(&ledger.phases());
}
