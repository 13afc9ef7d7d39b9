//! No call reads through a table that grows, and none is planned anew each time: each statement that is run is asked how
//! far it went without an index, and how often it was prepared again.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use invite_key::{KeyKind, permissions::Permissions};
use rusqlite::{
    Connection, StatementStatus,
    trace::{TraceEvent, TraceEventCodes},
};

use super::{
    executor::{On, at_once},
    schema,
};
use crate::{
    core::{
        Addressed, Claimed, Client, EventKind, InviteStatus, MailChange, MailState, Moment, Needle,
        OpenLinks, Recipient, Session, Sessions, Subject, User, Wanted, WebhookChange,
        state::{
            Change, Count, Counts, InviteName, InviteQuery, Issuer, KeyHash, MailsTo, Order,
            RepeatKey, Scope, StoredInvite,
        },
    },
    store::{
        Retention,
        catalogue::{
            apps, changes, clients, clock, ends, events, listing, members, people, queues,
            reading::{self, Hold},
            sweep, webhooks,
        },
    },
};

const COUNT: Count = Count {
    now: Moment(10),
    most: 5,
};
/// Tables with a row for each backend: to read them whole is to read them.
const SMALL: [&str; 2] = ["FROM webhooks", "FROM apps"];

fn alice() -> User {
    User::new("alice", "test")
}

fn invite(number: u8) -> StoredInvite {
    StoredInvite {
        id: format!("invite{number}"),
        key_hash: KeyHash([number; 32]),
        kind: KeyKind::Opaque,
        secret_id: "1".into(),
        resource: "notes".into(),
        permissions: Permissions::READ,
        created_at: Moment(1),
        expires_at: Moment(1_000 + i64::from(number)),
        inviter: alice(),
        uses: 0,
        max_uses: None,
        message: None,
        label: None,
        extras: None,
        removed_at: None,
        email: None,
        issuer: None,
        ended: false,
    }
}

fn recipient(number: u8, is_known: bool) -> Recipient {
    Recipient {
        address: format!("person{number}@example.com"),
        asked_at: vec![Moment(1), Moment(2)],
        is_known,
    }
}

fn claimed(number: u8) -> Claimed {
    Claimed {
        subject: Subject {
            iss: "https://login.example".into(),
            sub: format!("person{number}"),
        },
        user: User::new(format!("person{number}"), "test"),
        email: None,
    }
}

/// Somebody goes; or everybody but alice.
fn wanted(everybody: bool) -> Wanted {
    let (user, permissions) = if everybody {
        (alice(), Permissions::ALL)
    } else {
        (User::new("person7", "test"), Permissions::NONE)
    };
    Wanted {
        everybody,
        end_links: true,
        ..Wanted::one(user, permissions, Moment(5))
    }
}

fn fill(connection: &Connection) {
    let mut all = vec![
        Change::AddResource {
            resource: "notes".into(),
            title: None,
            creator: None,
            at: Moment(1),
        },
        Change::AddApp {
            name: "crm".into(),
            key: KeyHash([255; 32]),
            all_resources: false,
            at: Moment(1),
        },
        Change::GiveResource {
            app: "crm".into(),
            resource: "notes".into(),
            at: Moment(1),
        },
        Change::Webhook(WebhookChange::Set {
            app: "crm".into(),
            id: "x".into(),
            secret_id: "1".into(),
            url: "https://crm.example".into(),
            at: Moment(1),
        }),
    ];
    all.push(Change::SetMember {
        resource: "notes".into(),
        user: alice(),
        permissions: Permissions::ALL,
    });
    for number in 0..200 {
        let person = User::new(format!("person{number}"), "test");
        all.extend([
            Change::AddResource {
                resource: format!("resource{number}"),
                title: None,
                creator: Some(person.clone()),
                at: Moment(1),
            },
            Change::Mail(MailChange::Count(recipient(number, false))),
            Change::SetMember {
                resource: "notes".into(),
                user: person.clone(),
                permissions: Permissions::READ,
            },
            Change::AddInvite(Box::new(invite(number))),
            Change::AddUse {
                invite: format!("invite{number}"),
                user: person,
                at: Moment(2),
            },
            Change::AddClient(Client {
                id: format!("client{number}"),
                name: format!("client {number}"),
                secret: KeyHash([number; 32]),
                resource: "notes".into(),
                permissions: Permissions::READ,
                created_at: Moment(1),
            }),
            Change::Tell {
                kind: EventKind::Used,
                invite: Box::new(invite(number)),
                user: alice(),
                at: Moment(2),
            },
            Change::Mail(MailChange::Ask {
                invite: format!("invite{number}"),
                at: Moment(2),
            }),
            Change::KnowPerson {
                user: claimed(number).user,
                subject: claimed(number).subject,
                email: None,
            },
            Change::AddSession {
                id: format!("session{number}"),
                session: Box::new(Session {
                    user: claimed(number).user,
                    subject: claimed(number).subject,
                    email: None,
                    sid: Some(format!("sid{number}")),
                    created_at: Moment(1),
                    ends_at: Moment(5),
                }),
            },
            Change::Redeem {
                receipt: format!("receipt{number}"),
                until: Moment(5),
            },
            Change::Remember {
                resource: "notes".into(),
                user: alice(),
                repeat: RepeatKey {
                    key: [number; 32],
                    body: [1; 32],
                },
                invite: format!("invite{number}"),
                until: Moment(5),
            },
        ]);
    }
    // Every other mail was sent.
    all.extend((0..200).step_by(2).map(|number: u8| {
        Change::Mail(MailChange::Done {
            invite: format!("invite{number}"),
            until: Moment(2),
            state: MailState::Sent,
        })
    }));
    at_once(changes::write(&On(connection), &all)).unwrap();
}

fn by_address(after: Option<(String, i64)>) -> Order {
    Order::Address { after }
}

fn hot(connection: &Connection) -> rusqlite::Result<()> {
    for (name, everybody) in [
        (InviteName::Key(KeyHash([7; 32])), false),
        (InviteName::Id("invite7".into()), true),
    ] {
        let scope = Scope {
            resource: Some("notes".into()),
            invite: Some(name),
            user: Some(alice()),
            repeat: Some([7; 32]),
            wanted: Some(wanted(everybody)),
            tenancy: true,
            receipt: Some("receipt7".into()),
            // Later than any end: it is looked up.
            uses: true,
            used: Some(Moment(i64::MAX)),
            app: Some("crm".into()),
            claimed: Some(claimed(7)),
            issuer: Some(Issuer {
                provider: "test".into(),
                iss: "https://login.example".into(),
            }),
            counts: Counts {
                invites: Some(COUNT),
                resources: Some(COUNT),
                mails: Some(MailsTo::Address("PERSON7@example.com".into())),
            },
        };
        let invited = Scope {
            counts: Counts {
                mails: Some(MailsTo::Invited),
                ..Counts::default()
            },
            ..scope.clone()
        };
        let known = at_once(reading::state(&mut On(connection), &scope, Hold::Yes))?;
        assert_ne!(known.links, OpenLinks::default());
        assert_eq!(known.invites, COUNT.most);
        assert_eq!(known.recipient, Some(recipient(7, true)));
        at_once(reading::state(&mut On(connection), &invited, Hold::Yes))?;
        let person = Scope {
            user: Some(claimed(7).user),
            ..scope
        };
        let known = at_once(reading::state(&mut On(connection), &person, Hold::Yes))?;
        assert_eq!((known.invites, known.resources), (0, 1));
    }
    let statuses = [
        None,
        Some(InviteStatus::Pending),
        Some(InviteStatus::Accepted),
        Some(InviteStatus::Expired),
        Some(InviteStatus::Removed),
    ];
    for status in statuses {
        for inviter in [None, Some(alice())] {
            for (addressed, order) in [
                (Addressed::OrNot, Order::Newest { before: Some(150) }),
                (Addressed::ToSomebody, Order::Newest { before: Some(150) }),
                (Addressed::ToSomebody, by_address(None)),
                (Addressed::ToSomebody, by_address(Some(("x".into(), 3)))),
                (Addressed::To("x".into()), Order::Newest { before: None }),
                (Addressed::To("x".into()), by_address(None)),
            ] {
                // Only its inviter asks for addresses.
                if inviter.is_none() && addressed != Addressed::OrNot {
                    continue;
                }
                let query = InviteQuery {
                    resource: "notes".into(),
                    inviter: inviter.clone(),
                    status,
                    now: Moment(10),
                    limit: 11,
                    addressed,
                    order,
                };
                at_once(listing::invites(&On(connection), &query))?;
                at_once(listing::count(&On(connection), &query))?;
                if query.addressed == Addressed::OrNot {
                    let x = Needle::parse("x").unwrap().unwrap();
                    at_once(listing::find(&On(connection), &query, &x))?;
                }
            }
        }
    }
    let on = &On(connection);
    at_once(reading::uses(on, "invite7"))?;
    let seven = User::new("person7", "test");
    let seen = at_once(members::one(on, "notes", &alice(), &seven, Some("crm")))?;
    assert!(seen.member.is_some() && seen.is_the_apps);
    let page = at_once(members::page(on, "notes", 7, 11))?;
    assert_eq!(page.unwrap().members.len(), 11);
    at_once(reading::resource(on, "notes"))?;
    at_once(reading::resources(
        on,
        &User::new("person7", "test"),
        None,
        None,
        9,
    ))?;
    let person = User::new("person7", "test");
    assert_eq!(
        at_once(reading::resources(on, &person, Some("crm"), Some("a"), 9))?.len(),
        1
    );
    at_once(events::after(on, "notes", 3, 10))?;
    at_once(events::progress(on, &["notes".into(), "ghost".into()]))?;
    at_once(clock::see(on, Moment(3), false))?;
    at_once(clock::highest(on))?;
    at_once(apps::of_key(on, KeyHash([255; 32])))?;
    at_once(clients::of_id(on, "client7"))?;
    at_once(people::session(on, "session7"))?;
    let ids: Vec<String> = (0..9).map(|number| format!("session{number}")).collect();
    assert_eq!(at_once(people::live(on, &ids))?.len(), 9);
    at_once(ends::end(on, Moment(1_005), 10, &|_| Vec::new()))?;
    let waiting = at_once(queues::waiting(on))?;
    assert_eq!(
        (waiting.webhooks.waiting, waiting.mails.waiting),
        (200, 100)
    );
    at_once(webhooks::claim(on, "crm", Moment(9), Moment(10), 10))?;
    let told = |kind| Change::Tell {
        kind,
        invite: Box::new(invite(7)),
        user: alice(),
        at: Moment(3),
    };
    let seventh = || "invite7".to_owned();
    let ended = |which| Change::EndSessions {
        which,
        at: Moment(3),
    };
    let Subject { iss, .. } = claimed(7).subject;
    let written = [
        ended(Sessions::One("session1".into())),
        ended(Sessions::Of(claimed(2).user)),
        ended(Sessions::OfSubject(claimed(3).subject)),
        ended(Sessions::OfSid {
            iss,
            sid: "sid4".into(),
        }),
        Change::KnowPerson {
            user: claimed(7).user,
            subject: claimed(7).subject,
            email: Some("person7@example.com".into()),
        },
        Change::AddInvite(Box::new(invite(250))),
        told(EventKind::Created),
        Change::AddUse {
            invite: seventh(),
            user: alice(),
            at: Moment(3),
        },
        Change::MoveEnd {
            invite: seventh(),
            expires_at: Moment(2_000),
        },
        Change::EndInvite { invite: seventh() },
        Change::RemoveInvite {
            invite: seventh(),
            at: Moment(3),
        },
        Change::SetMember {
            resource: "notes".into(),
            user: User::new("person9", "test"),
            permissions: Permissions::NONE,
        },
        Change::Mail(MailChange::AskAgain {
            invite: seventh(),
            at: Moment(3),
        }),
        Change::Mail(MailChange::Count(recipient(7, true))),
    ];
    at_once(changes::write(on, &written))?;
    assert_eq!(at_once(people::live(on, &ids))?.len(), 5);
    for one in Retention::of(Moment(1_100), 0).sweeps() {
        at_once(sweep::carry_out(on, &one))?;
    }
    let deleted = Change::DeleteResource {
        resource: "notes".into(),
        at: Moment(1_100),
    };
    at_once(changes::write(on, &[deleted]))?;
    assert_eq!(at_once(sweep::going(on, 10))?, ["notes"]);
    while at_once(sweep::clear(on, "notes"))? {}
    assert!(at_once(sweep::going(on, 10))?.is_empty());
    Ok(())
}

#[test]
fn no_call_reads_through_a_table_that_grows_nor_is_planned_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = schema::open_writer(&folder.path().join("invites.db")).unwrap();
    fill(&connection);
    let ran: Arc<Mutex<Vec<(String, i32, i32)>>> = Arc::default();
    let seen = Arc::clone(&ran);
    let note = move |event: TraceEvent<'_>| {
        if let TraceEvent::Profile(statement, Duration { .. }) = event {
            let steps = statement.get_status(StatementStatus::FullscanStep);
            let again = statement.get_status(StatementStatus::RePrepare);
            let ran = (statement.sql().into_owned(), steps, again);
            seen.lock().unwrap().push(ran);
        }
    };
    connection
        .trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(note))
        .unwrap();
    hot(&connection).unwrap();
    let ran = ran.lock().unwrap();
    assert!(ran.len() > 50, "{}", ran.len());
    for (sql, steps, again) in ran.iter() {
        let small = SMALL.iter().any(|table| sql.contains(table));
        assert!(small || *steps == 0, "{steps} rows were read by {sql}");
        assert_eq!(*again, 0, "{sql} was planned again");
    }
}

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
