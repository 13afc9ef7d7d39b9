//! Who has access: one by one, page by page, and how that changes.

use std::{collections::HashMap, sync::Arc};

use invite_key::permissions::Permissions;

use super::{
    Invites,
    list::{read_page, write_place},
    on_resource,
};
use crate::core::{
    Actor, Asked, Authority, Call, Links, LinksOf, Member, MemberChanged, MemberList,
    MembersRequest, MembersSeen, On, Refusal, Store, User, Wanted, authorise,
    options::{validate_page_size, validate_q},
    rules,
    state::{Change, Decision, Resource, Scope, State, Version},
};

/// So many members a page is looked for among, where only some are wanted: what it costs does not hang on how many
/// there are.
const LOOKED_THROUGH: u32 = 1_000;
/// So often it is looked at what would let somebody in again, should others change something meanwhile.
const LOOKS: u32 = 3;

impl<S: Store> Invites<S> {
    /// What one person may do on a resource, in one read: backends ask it on every request. `None` where they have no
    /// access. About oneself whoever is signed in may ask, and hears the same where there is no such resource.
    pub async fn member(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        user: &User,
    ) -> Result<Option<Member>, Refusal> {
        let asker = actor.ok_or(Refusal::NotSignedIn)?;
        let seen = self
            .store
            .member(resource, &asker.user, user, asker.app.as_deref())
            .await?;
        let call = if asker.user.is(user) {
            Call::Permissions
        } else {
            Call::Members
        };
        let on = On {
            is_the_apps: seen.is_the_apps,
            ..On::resource(resource, seen.permissions)
        };
        authorise(call, Some(Authority::Actor(asker)), on)?;
        Ok(seen.member)
    }

    /// The same beside which links would let them in again, were they taken out; for admins.
    pub async fn links_beside(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        user: &User,
    ) -> Result<(Option<Member>, Option<Links>), Refusal> {
        let wanted = Wanted::one(user.clone(), Permissions::NONE, self.clock.now());
        let scope = Scope {
            wanted: Some(wanted.clone()),
            ..on_resource(resource, actor)
        };
        let state = self.store.look(scope).await?;
        let links = rules::links_beside(&state, actor, resource, &wanted)?;
        let mut members = state.members.into_iter();
        Ok((members.find(|member| member.user.is(user)), links))
    }

    /// A page of those who have access, in the order they came, for anybody who has. Where only some are wanted it may
    /// hold fewer than there is place for, though more follow.
    pub async fn list_members(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        request: &MembersRequest,
    ) -> Result<MemberList, Refusal> {
        validate_page_size(request.page_size)?;
        let wanted = request.q.as_deref().unwrap_or_default();
        validate_q(wanted)?;
        let after = request.page.as_deref().map(read_page).transpose()?;
        let asker = actor.ok_or(Refusal::NotSignedIn)?;
        let asked = Asked::new(Call::Members, asker, resource);
        let size = request.page_size as usize;
        // One more than is looked at tells whether there is a next page.
        let limit = if wanted.is_empty() {
            request.page_size
        } else {
            LOOKED_THROUGH
        };
        let found = self
            .store
            .members_page(asked, after.unwrap_or(0), limit + 1)
            .await?;
        let MembersSeen { version, members } = found.ok_or_else(|| Refusal::NotMember {
            resource: resource.to_owned(),
        })?;
        let wanted = wanted.to_lowercase();
        let (read, mut looked, mut last) = (members.len(), 0, 0);
        let mut page = Vec::new();
        for (number, member) in members.into_iter().take(limit as usize) {
            (looked, last) = (looked + 1, number);
            if is_called(&member.user, &wanted) {
                page.push(member);
            }
            if page.len() == size {
                break;
            }
        }
        Ok(MemberList {
            version,
            members: page,
            next_page: (looked < read).then(|| write_place(last)),
        })
    }

    /// Lets somebody do exactly this from now on, on the word of an admin or their own;
    /// [`Permissions::NONE`] takes their access away. With `end_links`, what would let them in again ends with it.
    pub async fn change_member(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        user: &User,
        permissions: Permissions,
        end_links: bool,
    ) -> Result<MemberChanged, Refusal> {
        let wanted = Wanted {
            end_links,
            ..Wanted::one(user.clone(), permissions, self.clock.now())
        };
        let user = user.clone();
        let answer = move |state: &State, _, links| {
            let known = state.members.iter().find(|member| member.user.is(&user));
            let user = known.map_or(&user, |member| &member.user).clone();
            MemberChanged {
                member: Member { user, permissions },
                links,
            }
        };
        self.change_members(actor, resource, None, wanted, answer)
            .await
    }

    /// Puts this list in the place of the one of that version, which the caller has seen; `None` for whichever. With
    /// `end_links`, what would let those in again who are left out ends with it.
    pub async fn replace_members(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        version: Option<Version>,
        members: Vec<Member>,
        end_links: bool,
    ) -> Result<(Resource, Vec<Member>, Option<Links>), Refusal> {
        let wanted = Wanted {
            members,
            everybody: true,
            end_links,
            links: LinksOf::Stored,
            now: self.clock.now(),
        };
        let list = wanted.clone();
        let answer = move |state: &State, moved, links| {
            let resource = state.resource.clone().map(|found| Resource {
                version: found.version + moved,
                ..found
            });
            (resource, list.list(&state.members), links)
        };
        let (found, mut members, links) = self
            .change_members(actor, resource, version, wanted, answer)
            .await?;
        let found = found.ok_or(Refusal::ServerError)?;
        // The list is the one that was put; only the names to show of those who are new in it are read afterwards.
        if members.iter().all(|one| one.user.display_name.is_some()) {
            return Ok((found, members, links));
        }
        let named = self.store.resource(resource).await?;
        let named = named.map_or_else(Vec::new, |(_, members)| members);
        let named: HashMap<String, Option<String>> = named
            .into_iter()
            .map(|one| (one.user.user_id(), one.user.display_name))
            .collect();
        for member in &mut members {
            if let Some(Some(name)) = named.get(&member.user.user_id()) {
                member.user.display_name = Some(name.clone());
            }
        }
        Ok((found, members, links))
    }

    async fn change_members<Answer>(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        version: Option<Version>,
        wanted: Wanted,
        answer: impl Fn(&State, i64, Option<Links>) -> Answer + Send + Sync + 'static,
    ) -> Result<Answer, Refusal>
    where
        Answer: Send + 'static,
    {
        let asker = actor.cloned().ok_or(Refusal::NotSignedIn)?;
        let scope = |wanted: &Wanted| Scope {
            wanted: Some(wanted.clone()),
            ..on_resource(resource, actor)
        };
        let answer = Arc::new(answer);
        for left in (0..LOOKS).rev() {
            // What would let somebody in again may be a long list: it is read while nobody is kept from anything, and
            // only where there is something to do is anything held.
            let seen = self.store.look(scope(&wanted)).await?;
            let decision = rules::change_members(&seen, &asker, resource, version, &wanted)?;
            if decision.changes.is_empty() {
                return Ok(answer(&seen, 0, decision.answer));
            }
            let links = match wanted.end_links {
                true => LinksOf::These(seen.links.ids()),
                false => LinksOf::Seen(Box::new(seen.links.clone())),
            };
            let wanted = Wanted {
                links,
                ..wanted.clone()
            };
            let (scope, place) = (scope(&wanted), Place::of(&seen, &wanted));
            let (asker, name, answer) = (asker.clone(), resource.to_owned(), Arc::clone(&answer));
            let rule = move |state: &State| {
                // Where others come in between each time, it is as if they had come afterwards.
                if !place.stands(&Place::of(state, &wanted), left == 0) {
                    return Ok(Decision {
                        answer: None,
                        changes: Vec::new(),
                    });
                }
                let decision = rules::change_members(state, &asker, &name, version, &wanted)?;
                let sets = decision.changes.iter();
                let sets = sets.filter(|change| matches!(change, Change::SetMember { .. }));
                // Each moves the version by one.
                let moved = i64::try_from(sets.count()).unwrap_or(i64::MAX);
                Ok(decision.map(|links| Some(answer(state, moved, links))))
            };
            if let Some(answer) = self.transact(scope, rule).await? {
                return Ok(answer);
            }
        }
        // Those who are meant gained or lost something each time.
        Err(Refusal::TryAgain)
    }
}

/// Where a resource stood when it was looked for what would let somebody in again.
#[derive(PartialEq)]
struct Place {
    /// Moves with each member, and is another one's where it was deleted and made anew.
    version: Option<Version>,
    /// Move with each event, and with each invite that lives again.
    moved: Option<(i64, i64)>,
    /// Who loses what: what would give it back goes by that.
    lost: Vec<(String, Option<Permissions>)>,
}

impl Place {
    fn of(state: &State, wanted: &Wanted) -> Place {
        let resource = state.resource.as_ref();
        Place {
            version: resource.map(Resource::seen),
            moved: resource.map(|resource| (resource.events, resource.revivals)),
            lost: wanted.afterwards(&state.members).lost(),
        }
    }

    /// Whether what was found there counts still: nothing has come in between, or nothing that it hangs on.
    fn stands(&self, now: &Place, whatever_others_did: bool) -> bool {
        let number = |place: &Place| place.version.as_ref().map(|version| version.resource);
        self == now || whatever_others_did && number(self) == number(now) && self.lost == now.lost
    }
}

/// Whether somebody's name has this in it; `wanted` is in lower case.
fn is_called(user: &User, wanted: &str) -> bool {
    let has = |name: &str| name.to_lowercase().contains(wanted);
    wanted.is_empty() || has(user.shown_name()) || has(&user.user_id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Moment;

    fn state(number: i64, version: i64, (events, revivals): (i64, i64), held: &str) -> State {
        State {
            resource: Some(Resource {
                number,
                name: "doc".into(),
                title: None,
                version,
                events,
                revivals,
                created_at: Moment(0),
            }),
            members: vec![Member {
                user: User::new("bob", "test"),
                permissions: Permissions::parse(held).unwrap(),
            }],
            ..State::default()
        }
    }

    #[test]
    fn links_count_for_what_is_lost_when_they_were_looked_for() {
        let (bob, rw) = (User::new("bob", "test"), Permissions::parse("rw").unwrap());
        let wanted = Wanted::one(bob, rw, Moment(0));
        let place = |state: &State| Place::of(state, &wanted);
        let seen = place(&state(1, 5, (9, 0), "r"));
        assert!(seen.stands(&place(&state(1, 5, (9, 0), "r")), false));
        // A link lives again that had ended.
        assert!(!seen.stands(&place(&state(1, 5, (9, 1), "r")), false));
        // Others came in between: it is looked at once more, and at last that does not count.
        let others = place(&state(1, 6, (10, 0), "r"));
        assert!(!seen.stands(&others, false) && seen.stands(&others, true));
        // But Bob has become an admin: what would make him one again was not looked for.
        assert!(!seen.stands(&place(&state(1, 6, (10, 0), "ra")), true));
        // Nor what there is of one that was made anew.
        assert!(!seen.stands(&place(&state(2, 5, (9, 0), "r")), true));
    }
}
