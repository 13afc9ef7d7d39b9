//! Resources and who has access to them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use invite_key::{permissions::Permissions, resource};

use super::{Invites, count, list::not_ours, on_resource};
use crate::core::{
    Actor, Asked, Authority, Call, Member, On, Refusal, ResourceList, Store, User, authorise,
    options, rules,
    state::{Counts, Resource, Scope},
};

/// So many ids are drawn before it is given up.
const DRAWS: u32 = 3;

impl<S: Store> Invites<S> {
    /// Creates a resource; answers what its creator may do there.
    pub async fn create_resource(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        title: Option<&str>,
    ) -> Result<Permissions, Refusal> {
        let (now, quotas) = (self.clock.now(), self.quotas);
        let scope = Scope {
            counts: Counts {
                resources: count(quotas.resources, now),
                ..Counts::default()
            },
            user: actor.map(|actor| actor.user.clone()),
            ..on_resource(resource, None)
        };
        let (actor, name, title) = (
            actor.cloned(),
            resource.to_owned(),
            title.map(str::to_owned),
        );
        let creators = self.creators;
        let rule = move |state: &_| {
            rules::create_resource(
                state,
                actor.as_ref(),
                &name,
                title.as_deref(),
                (creators, quotas),
                now,
            )
        };
        self.transact(scope, rule).await
    }

    /// Creates a resource under an id that nobody can guess, of 128 random bits; the id, and what its creator may do there.
    pub async fn create_resource_anywhere(
        &self,
        actor: Option<&Actor>,
        title: Option<&str>,
    ) -> Result<(String, Permissions), Refusal> {
        for _ in 0..DRAWS {
            let id = (self.ids)()?;
            match self.create_resource(actor, &id, title).await {
                Err(Refusal::AlreadyExists { .. }) => {}
                outcome => return outcome.map(|permissions| (id, permissions)),
            }
        }
        // Chance does not do this.
        Err(Refusal::ServerError)
    }

    /// The resources the asker has access to, by their ids as the database sorts them: a page, from where the page before
    /// ended.
    pub async fn resources(
        &self,
        actor: Option<&Actor>,
        page_size: u32,
        page: Option<&str>,
    ) -> Result<ResourceList, Refusal> {
        authorise(Call::Resources, actor.map(Authority::Actor), On::nothing())?;
        let actor = actor.ok_or(Refusal::NotSignedIn)?;
        options::validate_page_size(page_size)?;
        let after = page.map(read_page).transpose()?;
        let app = actor.app.as_deref();
        // One more than asked for tells whether there is a next page.
        let listed = self
            .store
            .resources(&actor.user, app, after.as_deref(), page_size + 1);
        let mut resources = listed.await?;
        let more = resources.len() > page_size as usize;
        resources.truncate(page_size as usize);
        let last = resources.last().filter(|_| more);
        Ok(ResourceList {
            next_page: last.map(|last| URL_SAFE_NO_PAD.encode(&last.resource)),
            resources,
        })
    }

    /// What the asker may do on a resource; nothing where there is no such resource.
    pub async fn permissions(
        &self,
        actor: Option<&Actor>,
        resource: &str,
    ) -> Result<Permissions, Refusal> {
        authorise(
            Call::Permissions,
            actor.map(Authority::Actor),
            On::resource(resource, Permissions::NONE),
        )?;
        let state = self.store.look(on_resource(resource, actor)).await?;
        Ok(if state.is_the_apps {
            state.permissions
        } else {
            Permissions::NONE
        })
    }

    /// A resource with its version and its members, for a reader with `r` (Webstrates' `?v` and `?json`) or any other
    /// member; the caller looks at the letters in the list.
    pub async fn resource(
        &self,
        actor: Option<&Actor>,
        resource: &str,
    ) -> Result<(Resource, Vec<Member>), Refusal> {
        let asker = actor.ok_or(Refusal::NotSignedIn)?;
        let asked = Asked::new(Call::Members, asker, resource);
        let found = self.store.resource_for(asked).await?;
        found.ok_or_else(|| Refusal::NotMember {
            resource: resource.to_owned(),
        })
    }

    /// Who has access to a resource, in the order they came.
    pub async fn members(
        &self,
        actor: Option<&Actor>,
        resource: &str,
    ) -> Result<Vec<Member>, Refusal> {
        Ok(self.resource(actor, resource).await?.1)
    }

    /// On the operator's word somebody may do exactly this from now on; [`Permissions::NONE`] takes their access away, be
    /// they the last admin. The resource need not exist yet.
    pub async fn appoint(
        &self,
        resource: &str,
        user: &User,
        permissions: Permissions,
    ) -> Result<(), Refusal> {
        let now = self.clock.now();
        let scope = on_resource(resource, None);
        let (resource, user) = (resource.to_owned(), user.clone());
        let rule = move |state: &_| rules::appoint(state, &resource, &user, permissions, now);
        self.transact(scope, rule).await
    }
}

fn read_page(token: &str) -> Result<String, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| not_ours())?;
    let name = String::from_utf8(bytes).map_err(|_| not_ours())?;
    Some(name)
        .filter(|name| resource::is_valid(name))
        .ok_or_else(not_ours)
}
