//! What the server answers, in the words of a history.

use invite_server::core::{
    Acceptance, Asked, Call, Event, Invite, InviteStatus, Member, Moment, Refusal, Store as _,
    User,
    state::{InviteQuery, ListedInvite, Order},
};
use serde_json::{Value, json};

use super::{ALL, Server};
use crate::answer::{Answer, Happened, Key, Room, Shown};
use crate::history::{ADDRESSES, PEOPLE, PROVIDER, RESOURCES};

pub(crate) fn user(person: usize) -> User {
    User::new(PEOPLE[person], PROVIDER)
}

/// Somebody who is none of them has no place.
pub(super) fn person(user: &User) -> usize {
    let place = PEOPLE.iter().position(|name| *name == user.username);
    let place = place.filter(|_| user.provider == PROVIDER);
    place.unwrap_or(usize::MAX)
}

pub(super) fn resource(name: &str) -> usize {
    let place = RESOURCES.iter().position(|one| *one == name);
    place.unwrap_or(usize::MAX)
}

pub(crate) fn refused(refusal: &Refusal) -> Answer {
    if let Refusal::LimitReached { sentence } = refusal {
        return Answer::full(too_much(sentence));
    }
    let field = refusal.field().unwrap_or_default();
    Answer::Refused(refusal.code(), field.to_owned())
}

/// Of what, as the sentence says it.
fn too_much(sentence: &str) -> &str {
    let named = [
        (" live invites to ", "invites"),
        (" resources that are still there", "resources"),
        (" mails within the hour", "mails"),
    ];
    let named = named.iter().find(|(words, _)| sentence.contains(words));
    named.map_or(sentence, |(_, what)| what)
}

/// What its inviter calls the invite of that name.
pub(super) fn label(name: u16) -> String {
    format!("invite {name}")
}

pub(super) fn message(name: u16) -> String {
    format!("Come in, {name}")
}

pub(super) fn extras(name: u16) -> Value {
    json!({ "name": name })
}

fn accepted(all: &[Acceptance]) -> Vec<(usize, i64)> {
    all.iter()
        .map(|one| (person(&one.user), one.at.0))
        .collect()
}

fn email(address: Option<&str>) -> Option<usize> {
    let place = |address| ADDRESSES.iter().position(|(one, _)| *one == address);
    address.map(|address| place(address).unwrap_or(usize::MAX))
}

impl Server {
    /// The name in a label is that of whoever made the invite, whatever the answer was to.
    fn named(&self, id: &str, label: Option<&str>) -> u16 {
        let name = label.and_then(|label| label.strip_prefix("invite ")?.parse().ok());
        if let Some(name) = name {
            self.names.learn(name, id, None);
        }
        name.unwrap_or_else(|| self.names.of(id))
    }

    pub(super) fn shown(&self, invite: &Invite) -> Shown {
        let name = self.named(&invite.id, invite.label.as_deref());
        // Whoever sees a key first is believed: all others have to see the same.
        self.names.learn(name, &invite.id, invite.key.as_ref());
        let key = match &invite.key {
            None => Key::Absent,
            Some(key) if key.reveal() == self.names.invite(name).1.reveal() => Key::Same,
            Some(_) => Key::Another,
        };
        Shown {
            invite: name,
            resource: resource(&invite.resource),
            grants: invite.permissions.as_str(),
            by: person(&invite.created_by),
            created_at: invite.created_at.0,
            expires_at: invite.expires_at.0,
            status: invite.status.as_str(),
            uses: invite.uses,
            max_uses: invite.max_uses,
            email: email(invite.email.as_deref()),
            accepted: accepted(&invite.accepted),
            key,
            labelled: invite.label.is_some(),
            whole: invite.message == Some(message(name)) && invite.extras == Some(extras(name)),
        }
    }

    fn stored(&self, listed: &ListedInvite, now: Moment) -> Shown {
        let invite = &listed.invite;
        let name = self.named(&invite.id, invite.label.as_deref());
        Shown {
            invite: name,
            resource: resource(&invite.resource),
            grants: invite.permissions.as_str(),
            by: person(&invite.inviter),
            created_at: invite.created_at.0,
            expires_at: invite.expires_at.0,
            status: invite.status(now).as_str(),
            uses: invite.uses,
            max_uses: invite.max_uses,
            email: email(invite.email.as_deref()),
            accepted: accepted(&listed.accepted),
            key: Key::Absent,
            labelled: invite.label.is_some(),
            whole: invite.message == Some(message(name)) && invite.extras == Some(extras(name)),
        }
    }

    pub(super) fn happened(&self, event: &Event) -> Happened {
        Happened {
            number: event.number,
            kind: event.kind.as_str(),
            invite: self.names.of(&event.invite),
            person: person(&event.user),
            at: event.at.0,
            uses: event.uses,
        }
    }

    /// All that a resource holds, whoever may see it.
    pub(super) async fn room(&self, name: &str) -> Room {
        let Some((found, members)) = self.database.resource(name).await.unwrap() else {
            return Room::default();
        };
        let now = Moment(self.machine.now());
        let mut invites = Vec::new();
        for status in InviteStatus::ALL {
            let query = InviteQuery {
                resource: name.to_owned(),
                inviter: None,
                status: Some(status),
                now,
                limit: ALL,
                addressed: invite_server::core::Addressed::OrNot,
                order: Order::Newest { before: None },
            };
            let asked = Asked::by_operator(Call::ListEveryone, name);
            invites.extend(self.database.invites(asked, query).await.unwrap());
        }
        invites.sort_by_key(|one| std::cmp::Reverse(one.number));
        let invites = invites.iter().map(|one| self.stored(one, now)).collect();
        let events = self.database.events(name, 0, ALL).await.unwrap();
        Room {
            exists: true,
            version: found.version,
            last_event: found.events,
            members: letters_of(&members),
            invites,
            events: events.iter().map(|event| self.happened(event)).collect(),
        }
    }
}

pub(super) fn letters_of(members: &[Member]) -> Vec<(usize, &'static str)> {
    members
        .iter()
        .map(|member| (person(&member.user), member.permissions.as_str()))
        .collect()
}
