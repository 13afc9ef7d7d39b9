//! No call reads through a table that grows, and none is planned anew each time: each statement that is run is asked how
//! far it went without an index, and how often it was prepared again.

mod costs;
mod filled;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use invite_key::permissions::Permissions;
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
        Account, Addressed, EventKind, InviteStatus, MailChange, Moment, Needle, OpenLinks,
        Sessions, Subject, User,
        state::{
            Change, Counts, InviteName, InviteQuery, Issuer, KeyHash, MailsTo, Order, Scope,
            SessionsOf,
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
use filled::{COUNT, alice, claimed, fill, invite, recipient, wanted};

/// Tables with a row for each backend: to read them whole is to read them.
const SMALL: [&str; 2] = ["FROM webhooks", "FROM apps"];

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
            sessions: Some(SessionsOf {
                user: claimed(7).user,
                now: Moment(5),
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
    let (apps, resources) = (["crm".to_owned()], ["notes".to_owned()]);
    assert_eq!(at_once(apps::acting(on, &apps, &resources))?.len(), 1);
    at_once(clients::of_id(on, "client7"))?;
    at_once(people::session(on, "session7"))?;
    let ids: Vec<String> = (0..9).map(|number| format!("session{number}")).collect();
    assert_eq!(at_once(people::live(on, &ids, Moment(4)))?.len(), 9);
    let accounts =
        [7, 8].map(|number| Account::of(&claimed(number).subject, &claimed(number).user));
    assert_eq!(at_once(people::accounts(on, &accounts))?.len(), 2);
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
            iss: iss.clone(),
            sid: "sid4".into(),
            sub: None,
        }),
        ended(Sessions::OfSid {
            iss,
            sid: "sid5".into(),
            sub: Some(claimed(5).subject.sub),
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
        Change::Revive {
            resource: "notes".into(),
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
        Change::Mail(MailChange::GiveUp {
            invite: seventh(),
            until: Moment(3),
            trouble: "no such mailbox".into(),
        }),
        Change::Mail(MailChange::Count(recipient(7, true))),
    ];
    at_once(changes::write(on, &written))?;
    assert_eq!(at_once(people::live(on, &ids, Moment(4)))?.len(), 4);
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
