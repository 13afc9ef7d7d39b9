//! The calls every dialect makes: scope, rule, store, and what of it the asker may see.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use invite_key::{InviteKey, permissions::Permission};

use super::{
    Acceptance, Accepted, Actor, Authority, Call, Checked, Clock, CreateRequest, Creators, Invite,
    InviteStatus, Moment, On, Quotas, Reader, Refusal, RemoveTarget, Removed, Secrets, Store,
    as_kept, authorise, random, rules,
    state::{
        Count, Counts, InviteName, KeyHash, MailsTo, RepeatKey, Scope, State, StoredInvite,
        StoredMail,
    },
};
use count::counted;
use moved::Moved;
pub use secrets::{Revoked, Rotated, SecretRow};

pub use events::{EVENTS_AT_ONCE, Glimpse, Watchers};

mod apps;
mod clients;
mod count;
mod delete;
mod events;
mod keys;
mod list;
mod mails;
mod members;
mod moved;
mod receipts;
mod resources;
mod secrets;
mod sessions;
mod webhooks;

/// Invites: the rules over a store, with the server's secrets and a clock. Cheap to clone.
///
/// Wherever an asker is `Option<&Actor>`, `None` is somebody who is not signed in.
#[derive(Clone, Debug)]
pub struct Invites<S> {
    store: S,
    secrets: Secrets,
    clock: Clock,
    issuer: Option<Arc<str>>,
    creators: Creators,
    quotas: Quotas,
    ids: fn() -> Result<String, Refusal>,
    moved: Moved,
}

impl<S: Store> Invites<S> {
    /// Brings the three together.
    pub fn new(store: S, secrets: Secrets, clock: Clock) -> Invites<S> {
        Invites {
            store,
            secrets,
            clock,
            issuer: None,
            creators: Creators::default(),
            quotas: Quotas::default(),
            ids: random::resource_id,
            moved: Moved::default(),
        }
    }

    /// Signed keys say that they come from this address: the server's public one, without a slash at its end. Without
    /// it there are none.
    pub fn issuing_as(self, address: &str) -> Invites<S> {
        Invites {
            issuer: Some(address.into()),
            ..self
        }
    }

    /// Who may create resources; without it whoever is signed in.
    pub fn created_by(self, creators: Creators) -> Invites<S> {
        Invites { creators, ..self }
    }

    /// How much of something there may be; without it as much as is usual.
    pub fn within(self, quotas: Quotas) -> Invites<S> {
        Invites { quotas, ..self }
    }

    /// Where ids of resources come from that nobody chose; without it from chance.
    pub fn drawing_ids(self, ids: fn() -> Result<String, Refusal>) -> Invites<S> {
        Invites { ids, ..self }
    }

    /// The public keys that signed keys are verified with, as a JWK set.
    pub fn public_keys(&self) -> String {
        self.secrets.public_keys(self.clock.now())
    }

    /// The secrets, for what else has to be derived from them.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The clock that all times are read from.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether all of the store runs in this process.
    pub fn is_whole(&self) -> bool {
        self.store.is_whole()
    }

    /// Whether the store answers.
    pub async fn ready(&self) -> Result<(), Refusal> {
        self.store.ready().await
    }

    /// Creates an invite; the answer holds its key, which is never shown to anybody else.
    pub async fn create(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        request: CreateRequest,
    ) -> Result<Invite, Refusal> {
        self.create_once(actor, resource, request, None).await
    }

    /// The same; the same [`RepeatKey`] within 24 hours answers with the invite it made, and makes no other.
    pub async fn create_once(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        request: CreateRequest,
        repeat: Option<RepeatKey>,
    ) -> Result<Invite, Refusal> {
        let Some(asker) = actor else {
            return Err(Refusal::NotSignedIn);
        };
        request.validate()?;
        let now = self.clock.now();
        let mut fresh = StoredInvite {
            id: new_invite_id()?,
            key_hash: KeyHash([0; 32]),
            kind: request.kind,
            secret_id: String::new(),
            resource: resource.to_owned(),
            permissions: request.permissions,
            created_at: now,
            expires_at: now.plus_seconds(request.max_age),
            inviter: asker.user.clone(),
            uses: 0,
            max_uses: request.max_uses,
            message: request.message.clone(),
            label: request.label.clone(),
            extras: request.extras.clone(),
            removed_at: None,
            email: request.email.as_deref().map(as_kept),
            issuer: None,
            ended: false,
            mail: request.send.then(|| StoredMail::waiting(now)),
            inviter_email: None,
        };
        let key = self.seal(&mut fresh)?;
        let quotas = self.quotas;
        let recipient = request.email.clone().filter(|_| request.send);
        let scope = Scope {
            repeat: repeat.map(|repeat| repeat.key),
            uses: repeat.is_some(),
            counts: Counts {
                invites: count(quotas.invites, now),
                mails: recipient.map(MailsTo::Address).filter(|_| quotas.mails > 0),
                ..Counts::default()
            },
            ..on_resource(resource, actor)
        };
        let (asker, name, id) = (asker.clone(), resource.to_owned(), fresh.id.clone());
        let rule = move |state: &State| {
            let decision = rules::create(
                state,
                Some(&asker),
                &name,
                &request,
                &fresh,
                repeat.as_ref(),
                quotas,
            )?;
            Ok(decision.map(|stored| (stored, state.accepted.clone())))
        };
        let (stored, accepted) = counted("create", self.transact(scope, rule).await)?;
        if stored.id == id {
            return Ok(Invite::of(stored, Some(key), Vec::new(), now));
        }
        Ok(self.shown_to_inviter(stored, accepted))
    }

    /// Gives an invite of one's own a new end: the same key works for so many seconds from now on, as long as it can be
    /// made again.
    pub async fn resend(
        &self,
        actor: Option<&Actor>,
        id: &str,
        max_age: u32,
    ) -> Result<Invite, Refusal> {
        let Some(asker) = actor else {
            return Err(Refusal::NotSignedIn);
        };
        let (now, quotas) = (self.clock.now(), self.quotas);
        let scope = Scope {
            invite: Some(InviteName::Id(id.to_owned())),
            user: Some(asker.user.clone()),
            app: asker.app.clone(),
            uses: true,
            counts: Counts {
                invites: count(quotas.invites, now),
                mails: (quotas.mails > 0).then_some(MailsTo::Invited),
                ..Counts::default()
            },
            ..Scope::default()
        };
        let (asker, keys) = (asker.clone(), self.clone());
        let rule = move |state: &State| {
            let is_made_again = |invite: &StoredInvite| keys.made_again(invite).is_some();
            let decision = rules::resend(state, &asker, max_age, quotas, now, is_made_again)?;
            Ok(decision.map(|stored| (stored, state.accepted.clone())))
        };
        let (stored, accepted) = counted("resend", self.transact(scope, rule).await)?;
        Ok(self.shown_to_inviter(stored, accepted))
    }

    fn shown_to_inviter(&self, stored: StoredInvite, accepted: Vec<Acceptance>) -> Invite {
        let key = self.key_of(&stored);
        Invite::of(stored, key, accepted, self.clock.now())
    }

    /// Looks an invite up by its key. A signed-in holder learns why it would be refused; anybody else only that it is.
    pub async fn check(
        &self,
        actor: Option<&Actor>,
        key: &InviteKey,
        resource: Option<&str>,
    ) -> Result<Checked, Refusal> {
        let now = self.clock.now();
        let scope = Scope {
            invite: Some(InviteName::Key(KeyHash::of(key))),
            user: actor.map(|actor| actor.user.clone()),
            app: actor.and_then(|actor| actor.app.clone()),
            used: Some(now),
            uses: true,
            ..Scope::default()
        };
        let state = self.store.look(scope).await?;
        authorise(Call::Check, actor.map(Authority::Actor), On::nothing())?;
        // To an app, what is not its own is not there.
        if !state.is_the_apps {
            return Err(Refusal::InvalidKey);
        }
        let outcome = counted("check", rules::acceptance(&state, actor, resource, now));
        let (invite, gained) = match (outcome, actor) {
            (Ok(answer), _) => answer,
            (Err(refusal), Some(_)) => return Err(refusal),
            (Err(_), None) => return Err(Refusal::InvalidKey),
        };
        let title = state.resource.and_then(|resource| resource.title);
        let mut invite = invite;
        // Whoever merely holds the key does not see what its inviter calls it.
        let admin = state.permissions.contains(Permission::Admin);
        if !admin && !actor.is_some_and(|actor| invite.inviter.is(&actor.user)) {
            invite.label = None;
            invite.mail = None;
        }
        let reader = actor.map(|actor| Reader {
            account: actor.user.clone(),
            gained,
            current: state.permissions,
        });
        Ok(Checked {
            title,
            reader,
            invite: Invite::of(invite, None, state.accepted, now),
        })
    }

    /// Accepts an invite. Accepting again gives the same letters and uses nothing up.
    pub async fn accept(
        &self,
        actor: Option<&Actor>,
        key: &InviteKey,
        resource: Option<&str>,
    ) -> Result<Accepted, Refusal> {
        let Some(asker) = actor else {
            return Err(Refusal::NotSignedIn);
        };
        let now = self.clock.now();
        let scope = Scope {
            invite: Some(InviteName::Key(KeyHash::of(key))),
            user: Some(asker.user.clone()),
            app: asker.app.clone(),
            used: Some(now),
            ..Scope::default()
        };
        let (asker, resource) = (asker.clone(), resource.map(str::to_owned));
        let rule = move |state: &_| rules::accept(state, Some(&asker), resource.as_deref(), now);
        let accepted = counted("accept", self.transact(scope, rule).await)?;
        Ok(accepted)
    }

    /// Takes an invite of one's own back.
    pub async fn remove(
        &self,
        actor: Option<&Actor>,
        resource: Option<&str>,
        target: &RemoveTarget,
    ) -> Result<Removed, Refusal> {
        let Some(asker) = actor else {
            return Err(Refusal::NotSignedIn);
        };
        let now = self.clock.now();
        let invite = match target {
            RemoveTarget::Key(key) => InviteName::Key(KeyHash::of(key)),
            RemoveTarget::Id(id) | RemoveTarget::PendingId(id) => InviteName::Id(id.clone()),
        };
        let pending = matches!(target, RemoveTarget::PendingId(_));
        let resource = resource.map(str::to_owned);
        let scope = Scope {
            resource: resource.clone(),
            invite: Some(invite),
            user: Some(asker.user.clone()),
            app: asker.app.clone(),
            ..Scope::default()
        };
        let asker = asker.clone();
        let rule = move |state: &State| {
            let decision = rules::remove(state, Some(&asker), resource.as_deref(), now)?;
            let status = state.invite.as_ref().map(|invite| invite.status(now));
            if pending && status != Some(InviteStatus::Pending) {
                return Err(Refusal::CannotRemove);
            }
            Ok(decision)
        };
        let removed = counted("remove", self.transact(scope, rule).await)?;
        Ok(removed)
    }
}

fn on_resource(resource: &str, actor: Option<&Actor>) -> Scope {
    Scope {
        resource: Some(resource.to_owned()),
        user: actor.map(|actor| actor.user.clone()),
        app: actor.and_then(|actor| actor.app.clone()),
        ..Scope::default()
    }
}

/// Counts no further than to where one more is refused.
fn count(most: u32, now: Moment) -> Option<Count> {
    (most > 0).then_some(Count { now, most })
}

// The bytes of a random UUID: RKVST's dialect writes them as one.
fn new_invite_id() -> Result<String, Refusal> {
    let bytes = random::uuid()?.into_bytes();
    Ok(format!("invite_{}", URL_SAFE_NO_PAD.encode(bytes)))
}
