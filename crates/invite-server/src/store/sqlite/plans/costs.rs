//! What a call costs hangs on what it answers, and not on what else there is.

use std::sync::{Arc, Mutex};

use invite_key::permissions::Permissions;
use rusqlite::{
    Connection, StatementStatus,
    trace::{TraceEvent, TraceEventCodes},
};

use super::filled::{alice, wanted};
use crate::{
    core::{
        Addressed, InviteStatus, Moment, Needle, User,
        state::{Change, InviteQuery, Order, Scope},
    },
    store::{
        catalogue::{
            changes, listing, members,
            reading::{self, Hold},
        },
        sqlite::{
            executor::{On, at_once},
            schema,
        },
    },
};

/// Invites of alice's on `notes`, so many of each: pending, used up, over, taken back.
fn fill_sorts(connection: &Connection, counts: [u32; 4]) {
    let resource = Change::AddResource {
        resource: "notes".into(),
        title: None,
        creator: None,
        at: Moment(1),
    };
    at_once(changes::write(&On(connection), &[resource])).unwrap();
    let sorts = [
        ("NULL", 0, "NULL"),
        ("1", 0, "NULL"),
        ("NULL", 1, "NULL"),
        ("NULL", 0, "7"),
    ];
    for ((most, ended, removed), count) in sorts.into_iter().zip(counts) {
        let sql = format!(
            "WITH RECURSIVE some (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM some WHERE n < {count})
             INSERT INTO invites (id, key_hash, kind, secret_id, resource, created_at, expires_at,
                 inviter_username, inviter_provider, uses, max_uses, ended, removed_at)
             SELECT hex(randomblob(8)), randomblob(32), 'opaque', '1', 'notes', 1, CASE WHEN {ended} THEN 2 ELSE 1000 END,
                 'alice', 'test', {most} IS NOT NULL, {most}, {ended}, {removed}
             FROM some;
             INSERT OR IGNORE INTO grants SELECT id, resource, 'r' FROM invites"
        );
        connection.execute_batch(&sql).unwrap();
    }
}

/// How many steps SQLite takes for a page and a count of one sort.
fn steps(counts: [u32; 4], status: Option<InviteStatus>, inviter: Option<User>) -> i32 {
    let folder = tempfile::tempdir().unwrap();
    let connection = schema::open_writer(&folder.path().join("invites.db")).unwrap();
    fill_sorts(&connection, counts);
    let query = InviteQuery {
        resource: "notes".into(),
        inviter,
        status,
        now: Moment(10),
        limit: 101,
        addressed: Addressed::OrNot,
        order: Order::Newest { before: None },
    };
    steps_of(connection, |connection| {
        let listed = at_once(listing::invites(&On(connection), &query)).unwrap();
        assert!(!listed.is_empty());
        assert_eq!(
            at_once(listing::count(&On(connection), &query)).unwrap(),
            listed.len() as i64
        );
    })
}

#[test]
fn a_list_visits_the_rows_that_it_answers_however_many_others_there_are() {
    const FEW: u32 = 20;
    const MANY: u32 = 4_000;
    let live = [FEW, FEW, MANY, MANY];
    for (status, heap) in [
        (None, live),
        (Some(InviteStatus::Pending), [FEW, MANY, MANY, MANY]),
        (Some(InviteStatus::Accepted), [MANY, FEW, MANY, MANY]),
        (Some(InviteStatus::Expired), [FEW, FEW, FEW, MANY]),
        (Some(InviteStatus::Removed), [MANY, MANY, MANY, FEW]),
    ] {
        for inviter in [None, Some(alice())] {
            let alone = steps([FEW; 4], status, inviter.clone());
            let beside = steps(heap, status, inviter.clone());
            assert!(
                beside < alone * 3 / 2,
                "{status:?} of {inviter:?}: {alone} steps become {beside}"
            );
        }
    }
}

/// So many members of `notes`, of whom the last is the only admin.
fn crowd(connection: &Connection, count: u32) {
    let member = |number: u32| Change::SetMember {
        resource: "notes".into(),
        user: User::new(format!("person{number}"), "test"),
        permissions: if number == count - 1 {
            Permissions::ALL
        } else {
            Permissions::READ
        },
    };
    let mut all = vec![Change::AddResource {
        resource: "notes".into(),
        title: None,
        creator: None,
        at: Moment(1),
    }];
    all.extend((0..count).map(member));
    at_once(changes::write(&On(connection), &all)).unwrap();
}

/// How many statements it takes among so many members, and how many steps.
fn cost(count: u32, look: impl Fn(&On<'_>)) -> (usize, i32) {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = schema::open_writer(&folder.path().join("invites.db")).unwrap();
    crowd(&connection, count);
    let taken: Arc<Mutex<Vec<i32>>> = Arc::default();
    let all = Arc::clone(&taken);
    let add = move |event: TraceEvent<'_>| {
        if let TraceEvent::Profile(statement, _) = event {
            let steps = statement.get_status(StatementStatus::VmStep);
            all.lock().unwrap().push(steps);
        }
    };
    connection
        .trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(add))
        .unwrap();
    look(&On(&connection));
    let taken = taken.lock().unwrap();
    (taken.len(), taken.iter().sum())
}

#[test]
fn one_member_and_a_page_of_them_are_a_statement_each_whatever_their_number() {
    const FEW: u32 = 60;
    const MANY: u32 = 6_000;
    let seven = User::new("person7", "test");
    let one = |on: &On<'_>| {
        let seen = at_once(members::one(on, "notes", &alice(), &seven, None)).unwrap();
        assert!(seen.member.is_some());
    };
    let page = |on: &On<'_>| {
        let page = at_once(members::page(on, "notes", 3, 51)).unwrap().unwrap();
        assert_eq!(page.members.len(), 51);
    };
    // Taking one out looks for who else is admin, and passes over everybody else.
    let leaving = |on: &On<'_>| {
        let scope = Scope {
            resource: Some("notes".into()),
            user: Some(seven.clone()),
            wanted: Some(wanted(false)),
            ..Scope::default()
        };
        let state = at_once(reading::state(&mut On(on.0), &scope, Hold::Yes)).unwrap();
        assert_eq!(state.members.len(), 2);
    };
    for (look, statements) in [(&one as &dyn Fn(&On<'_>), 1), (&page, 1), (&leaving, 4)] {
        let (alone, beside) = (cost(FEW, look), cost(MANY, look));
        assert_eq!((alone.0, beside.0), (statements, statements));
        assert!(
            beside.1 < alone.1 * 3 / 2,
            "{} steps become {}",
            alone.1,
            beside.1
        );
    }
}

/// However many invites there are among which somebody looks for what is not there.
#[test]
fn looking_for_something_costs_so_much_and_no_more() {
    let cost = |live: u32| {
        let folder = tempfile::tempdir().unwrap();
        let connection = schema::open_writer(&folder.path().join("invites.db")).unwrap();
        fill_sorts(&connection, [live, 0, 0, 0]);
        let query = InviteQuery {
            resource: "notes".into(),
            inviter: Some(alice()),
            status: None,
            now: Moment(10),
            limit: 101,
            addressed: Addressed::OrNot,
            order: Order::Newest { before: None },
        };
        let needle = Needle::parse("not there").unwrap().unwrap();
        steps_of(connection, |connection| {
            let found = at_once(listing::find(&On(connection), &query, &needle)).unwrap();
            assert!(found.invites.is_empty() && found.looked_to.is_some());
        })
    };
    let (few, many) = (cost(1_100), cost(5_500));
    assert!(many < few * 11 / 10, "{few} steps become {many}");
}

fn steps_of(mut connection: Connection, work: impl FnOnce(&Connection)) -> i32 {
    let taken: Arc<Mutex<i32>> = Arc::default();
    let sum = Arc::clone(&taken);
    let add = move |event: TraceEvent<'_>| {
        if let TraceEvent::Profile(statement, _) = event {
            *sum.lock().unwrap() += statement.get_status(StatementStatus::VmStep);
        }
    };
    connection
        .trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(add))
        .unwrap();
    work(&connection);
    *taken.lock().unwrap()
}
