//! Calls, as a dialect makes them.

use invite_key::{KeyKind, permissions::Permissions};
use invite_server::core::{
    Actor, CreateRequest, ListRequest, Member, Refusal, RemoveTarget, Store as _,
    state::{RepeatKey, Version},
};

use super::{
    Server,
    answers::{extras, label, letters_of, message, person, refused, resource, user},
};
use crate::answer::Answer;
use crate::history::{ADDRESSES, Asker, DRAWN, For, Kind, Named, Op, RESOURCES, Seen, VERIFIED};

/// A list never has more pages.
const PAGES: usize = 1000;

fn letters(text: &str) -> Permissions {
    Permissions::parse(text).unwrap_or(Permissions::NONE)
}

impl Server {
    /// What a call is answered with. Nothing that moves time or secrets is one.
    pub(crate) async fn call(&self, op: &Op) -> Answer {
        match self.answer(op).await {
            Ok(answer) => answer,
            Err(refusal) => refused(&refusal),
        }
    }

    /// Who asks; an app has to show its key first.
    pub(super) async fn actor(&self, by: Asker) -> Result<Option<Actor>, Refusal> {
        let Some(person) = by.person() else {
            return Ok(None);
        };
        let actor = Actor {
            email: VERIFIED[person].map(str::to_owned),
            ..Actor::new(user(person))
        };
        let Some(app) = by.app() else {
            return Ok(Some(actor));
        };
        let name = self.app(app).await?;
        // Whom an app names, it vouches for, without an address.
        Ok(Some(Actor::new(actor.user).by_app(name)))
    }

    async fn app(&self, app: usize) -> Result<String, Refusal> {
        let key = self.names.app(app).ok_or(Refusal::BadCredentials)?;
        let name = self.invites.app(&key).await?;
        name.ok_or(Refusal::BadCredentials)
    }

    async fn answer(&self, op: &Op) -> Result<Answer, Refusal> {
        let invites = &self.invites;
        let name = |resource: &usize| RESOURCES[*resource];
        Ok(match op {
            Op::NewResource { by, resource } => {
                let actor = self.actor(*by).await?;
                let begun = invites.create_resource(actor.as_ref(), name(resource), None);
                Answer::Letters(begun.await?.as_str())
            }
            Op::NewAnywhere { by } => {
                let actor = self.actor(*by).await?;
                let begun = invites.create_resource_anywhere(actor.as_ref(), None);
                let (id, letters) = begun.await?;
                assert_eq!(id, RESOURCES[DRAWN]);
                Answer::Letters(letters.as_str())
            }
            Op::Delete {
                by,
                resource,
                swept,
            } => {
                let actor = self.actor(*by).await?;
                self.delete(actor, name(resource), *swept).await?;
                Answer::Done
            }
            Op::Create { .. } => self.create(op).await?,
            Op::Check {
                by,
                invite,
                resource,
            } => {
                let actor = self.actor(*by).await?;
                let (_, key) = self.names.invite(*invite);
                let place = resource.as_ref().map(name);
                let checked = invites.check(actor.as_ref(), &key, place).await?;
                let reader = checked.reader.as_ref();
                Answer::Checked {
                    reader: reader.map(|reader| (reader.gained.as_str(), reader.current.as_str())),
                    invite: self.shown(&checked.invite),
                }
            }
            Op::Accept {
                by,
                invite,
                resource: place,
                receipt,
            } => {
                let actor = self.actor(*by).await?;
                let (_, key) = self.names.invite(*invite);
                let place = place.as_ref().map(name);
                let accepted = invites.accept(actor.as_ref(), &key, place).await?;
                let proof = actor.and_then(|actor| invites.receipt(&actor, &accepted));
                if let Some(proof) = proof {
                    self.names.keep_receipt(*receipt, proof);
                }
                let name = self.names.of(&accepted.invite);
                Answer::Accepted {
                    invite: name,
                    resource: resource(&accepted.resource),
                    letters: accepted.permissions.as_str(),
                    gained: accepted.gained.as_str(),
                    already: accepted.already,
                    whole: accepted.extras == Some(extras(name)),
                }
            }
            Op::Redeem { app, receipt } => {
                let app = self.app(*app).await?;
                let text = self.names.receipt(*receipt);
                let (said, data) = invites.redeem(&app, &text).await?;
                let name = self.names.of(&said.invite);
                Answer::Redeemed {
                    invite: name,
                    person: person(&said.user),
                    letters: said.permissions,
                    whole: data == Some(extras(name)),
                }
            }
            Op::List { .. } => self.list(op).await?,
            Op::Remove {
                by,
                invite,
                named,
                resource: place,
            } => {
                let actor = self.actor(*by).await?;
                let (id, key) = self.names.invite(*invite);
                let target = match named {
                    Named::ByKey => RemoveTarget::Key(key),
                    Named::ById => RemoveTarget::Id(id),
                    Named::WhilePending => RemoveTarget::PendingId(id),
                };
                let place = place.as_ref().map(name);
                let removed = invites.remove(actor.as_ref(), place, &target).await?;
                Answer::Removed {
                    invite: self.names.of(&removed.id),
                    resource: resource(&removed.resource),
                }
            }
            Op::Resend {
                by,
                invite,
                max_age,
            } => {
                let actor = self.actor(*by).await?;
                let (id, _) = self.names.invite(*invite);
                let sent = invites.resend(actor.as_ref(), &id, *max_age).await?;
                Answer::Shown(self.shown(&sent))
            }
            Op::Members { by, resource } => {
                let actor = self.actor(*by).await?;
                let (found, members) = invites.resource(actor.as_ref(), name(resource)).await?;
                Answer::Members {
                    version: found.version,
                    members: letters_of(&members),
                }
            }
            Op::Member {
                by,
                resource,
                person,
            } => {
                let (actor, user) = (self.actor(*by).await?, user(*person));
                let asked = invites.member(actor.as_ref(), name(resource), &user);
                let found = asked.await?;
                Answer::Member(found.map(|member| member.permissions.as_str()))
            }
            Op::SetMember {
                by,
                resource,
                person,
                letters: text,
                end_links,
            } => {
                let (actor, user) = (self.actor(*by).await?, user(*person));
                let (place, letters) = (name(resource), letters(text));
                let set = invites.change_member(actor.as_ref(), place, &user, letters, *end_links);
                let changed = set.await?;
                let links = changed.links.map(|links| {
                    let shown = links.invites.iter();
                    let shown = shown.map(|invite| self.shown(invite).invite);
                    (shown.collect(), links.total, links.ended)
                });
                Answer::MemberSet {
                    letters: changed.member.permissions.as_str(),
                    links,
                }
            }
            Op::Put { .. } => self.put(op).await?,
            Op::Letters { by, resource } => {
                let actor = self.actor(*by).await?;
                let held = invites.permissions(actor.as_ref(), name(resource)).await?;
                Answer::Letters(held.as_str())
            }
            Op::Appoint {
                resource,
                person,
                letters: text,
            } => {
                let user = user(*person);
                let set = invites.appoint(name(resource), &user, letters(text));
                set.await?;
                Answer::Done
            }
            Op::Resources { by, page_size } => {
                let actor = self.actor(*by).await?;
                let (mut pages, mut page): (Vec<Vec<_>>, Option<String>) = Default::default();
                loop {
                    let own = invites.resources(actor.as_ref(), *page_size, page.as_deref());
                    let own = own.await?;
                    let all = own.resources.iter();
                    let all = all.map(|one| (resource(&one.resource), one.permissions.as_str()));
                    pages.push(all.collect());
                    page = own.next_page;
                    if page.is_none() || pages.len() > PAGES {
                        break Answer::Resources(pages);
                    }
                }
            }
            Op::Events {
                by,
                resource,
                after,
            } => {
                let actor = self.actor(*by).await?;
                let events = invites.events(actor.as_ref(), name(resource), *after);
                let glimpse = events.await?;
                Answer::Events {
                    place: glimpse.place,
                    events: glimpse
                        .events
                        .iter()
                        .map(|one| self.happened(one))
                        .collect(),
                }
            }
            op => self.of_apps_and_people(op).await?,
        })
    }

    async fn create(&self, op: &Op) -> Result<Answer, Refusal> {
        let Op::Create {
            name,
            by,
            resource,
            grants,
            max_age,
            max_uses,
            email,
            kind,
            once,
            send,
        } = op
        else {
            unreachable!()
        };
        let actor = self.actor(*by).await?;
        let kind = match kind {
            Kind::Opaque => KeyKind::Opaque,
            Kind::Webstrates => KeyKind::Webstrates,
            Kind::Signed => KeyKind::Signed,
        };
        let request = CreateRequest {
            max_uses: *max_uses,
            message: Some(message(*name)),
            label: Some(label(*name)),
            extras: Some(extras(*name)),
            email: email.map(|email| ADDRESSES[email].0.to_owned()),
            send: *send,
            ..CreateRequest::new(letters(grants), *max_age, kind)
        };
        let once = once.map(|(key, body)| RepeatKey::of(&[key], &[body]));
        let resource = RESOURCES[*resource];
        let made = self
            .invites
            .create_once(actor.as_ref(), resource, request, once);
        let made = made.await?;
        Ok(Answer::Shown(self.shown(&made)))
    }

    async fn list(&self, op: &Op) -> Result<Answer, Refusal> {
        use invite_server::core::Addressed;
        let Op::List {
            by,
            resource,
            everyone,
            status,
            addressed,
            by_address,
            page_size,
        } = op
        else {
            unreachable!()
        };
        let actor = self.actor(*by).await?;
        let mut request = ListRequest {
            everyone: *everyone,
            status: *status,
            page_size: *page_size,
            page: None,
            addressed: match addressed {
                For::Whoever => Addressed::OrNot,
                For::Somebody => Addressed::ToSomebody,
                For::Address(address) => Addressed::To(ADDRESSES[*address].0.to_owned()),
            },
            by_address: *by_address,
            q: None,
        };
        let mut pages = Vec::new();
        loop {
            let list = self
                .invites
                .list(actor.as_ref(), RESOURCES[*resource], &request);
            let page = list.await?;
            pages.push(page.invites.iter().map(|one| self.shown(one)).collect());
            request.page = page.next_page;
            if request.page.is_none() || pages.len() > PAGES {
                return Ok(Answer::Pages(pages));
            }
        }
    }

    async fn put(&self, op: &Op) -> Result<Answer, Refusal> {
        let Op::Put {
            by,
            resource,
            person,
            letters: text,
            seen,
        } = op
        else {
            unreachable!()
        };
        let actor = self.actor(*by).await?;
        let resource = RESOURCES[*resource];
        let found = self.database.resource(resource).await?;
        let (version, mut members) = found
            .map(|(found, members)| (found.seen(), members))
            .unwrap_or_default();
        let member = Member {
            user: user(*person),
            permissions: letters(text),
        };
        let place = members.iter().position(|one| one.user.is(&member.user));
        match place {
            Some(place) if member.permissions.is_empty() => {
                members.remove(place);
            }
            Some(place) => members[place] = member,
            None if member.permissions.is_empty() => {}
            None => members.push(member),
        }
        let of = |members| Some(Version { members, ..version });
        let version = match seen {
            Seen::Latest => Some(version),
            Seen::Stale => of(version.members - 1),
            Seen::Unsaid => None,
            Seen::Version(members) => of(*members),
        };
        let put = self
            .invites
            .replace_members(actor.as_ref(), resource, version, members, false);
        let (found, members, _) = put.await?;
        Ok(Answer::Members {
            version: found.version,
            members: letters_of(&members),
        })
    }
}
