//! Some of all that there is, and how a test names it.

use invite_key::{KeyKind, permissions::Permissions};
use rusqlite::Connection;

use crate::{
    core::{
        Claimed, Client, EventKind, MailChange, MailState, Moment, Recipient, Session, Subject,
        User, Wanted, WebhookChange,
        state::{Change, Count, KeyHash, RepeatKey, StoredInvite},
    },
    store::{
        catalogue::changes,
        sqlite::executor::{On, at_once},
    },
};

pub(super) const COUNT: Count = Count {
    now: Moment(10),
    most: 5,
};

pub(super) fn alice() -> User {
    User::new("alice", "test")
}

pub(super) fn invite(number: u8) -> StoredInvite {
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
        mail: None,
        inviter_email: None,
    }
}

pub(super) fn recipient(number: u8, is_known: bool) -> Recipient {
    Recipient {
        address: format!("person{number}@example.com"),
        asked_at: vec![Moment(1), Moment(2)],
        is_known,
    }
}

pub(super) fn claimed(number: u8) -> Claimed {
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
pub(super) fn wanted(everybody: bool) -> Wanted {
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

pub(super) fn fill(connection: &Connection) {
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
