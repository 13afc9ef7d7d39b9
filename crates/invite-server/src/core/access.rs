//! Who shall have access from now on, and which links would let somebody in again all the same.

use std::collections::{HashMap, HashSet};

use invite_key::permissions::{Permission, Permissions};

use super::{
    Invite, Member, Moment, User, address_key,
    state::{StoredInvite, Version},
};

/// So many links are shown.
pub(crate) const LINKS_SHOWN: usize = 20;
/// So many links can be ended in one change.
pub(crate) const LINKS_AT_ONCE: usize = 1_000;
/// Where they are only told, nobody counts further: whoever asks may do so over and over.
const LINKS_TOLD: usize = 101;
/// So many members a list may bring, and have, that is put in the place of another.
pub(crate) const MEMBERS_AT_ONCE: usize = 1_000;

/// Who shall have which letters on a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Who, and which; none take somebody's access away.
    pub members: Vec<Member>,
    /// Whether everybody else loses theirs.
    pub everybody: bool,
    /// Whether links that would let somebody in again end with it.
    pub end_links: bool,
    /// Which links would let somebody in again.
    pub links: LinksOf,
    /// When.
    pub now: Moment,
}

/// From where it is known which links would let somebody in again. They are as many as admins can make: whoever changes
/// something, and keeps others from it meanwhile, has looked for them before.
#[derive(Clone, Debug, PartialEq)]
pub enum LinksOf {
    /// From all that are open.
    Stored,
    /// They were these when the resource was last seen.
    Seen(Box<OpenLinks>),
    /// From those of these ids: they are about to end.
    These(Vec<String>),
}

/// What links would let somebody in again who loses letters.
#[derive(Clone, Debug)]
pub struct Links {
    /// How many there are; where they are only told, 101 is more than 100.
    pub total: usize,
    /// Whether they have ended.
    pub ended: bool,
    /// The newest of them, without their keys.
    pub invites: Vec<Invite>,
}

/// A member after a change, or as they would be after it.
#[derive(Clone, Debug)]
pub struct MemberChanged {
    /// Who, and what they may do then.
    pub member: Member,
    /// What would let them in again, where they lose letters and an admin asks.
    pub links: Option<Links>,
}

/// The same links as they are stored: how many, and the newest of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenLinks {
    pub(super) total: usize,
    pub(super) newest: Vec<StoredInvite>,
    /// Those that end with them where they are to end, though they seem over: the clock may be wrong.
    pub(super) over: Vec<StoredInvite>,
}

/// What one read tells of somebody on a resource, and of whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSeen {
    /// What the asker may do there.
    pub permissions: Permissions,
    /// Whether the app that asks, if it is one, acts on it.
    pub is_the_apps: bool,
    /// The person who is asked about, if they have access.
    pub member: Option<Member>,
}

/// A page of those who have access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembersSeen {
    /// Which list it is of: moves whenever a member comes, goes or changes.
    pub version: Version,
    /// Each with their place in the order they came.
    pub members: Vec<(i64, Member)>,
}

type Name<'a> = (&'a str, &'a str);

fn name(user: &User) -> Name<'_> {
    (&user.username, &user.provider)
}

impl Wanted {
    /// These letters for one person.
    pub fn one(user: User, permissions: Permissions, now: Moment) -> Wanted {
        Wanted {
            members: vec![Member { user, permissions }],
            everybody: false,
            end_links: false,
            links: LinksOf::Stored,
            now,
        }
    }

    /// How far links are counted: one more than can be ended at once tells that it is too many.
    pub(crate) fn links_counted(&self) -> usize {
        if self.end_links {
            LINKS_AT_ONCE + 1
        } else {
            LINKS_TOLD
        }
    }

    /// The whole list once it is as wanted, in the order they came, where these are all that there are.
    pub(crate) fn list(&self, members: &[Member]) -> Vec<Member> {
        let wanted: HashMap<Name<'_>, &Member> = self
            .members
            .iter()
            .map(|one| (name(&one.user), one))
            .collect();
        let there: HashSet<Name<'_>> = members.iter().map(|one| name(&one.user)).collect();
        let stay = members.iter().filter_map(|one| {
            let wanted = wanted.get(&name(&one.user))?;
            Some(Member {
                user: one.user.clone(),
                permissions: wanted.permissions,
            })
        });
        let come = self.members.iter();
        let come = come.filter(|one| !there.contains(&name(&one.user)));
        stay.chain(come.cloned()).collect()
    }

    /// How it is once it is as wanted. `members` are all there are, or the person who is meant and two
    /// admins if there are as many.
    pub(crate) fn afterwards<'a>(&'a self, members: &'a [Member]) -> Afterwards<'a> {
        let before: HashMap<Name<'_>, Permissions> = members
            .iter()
            .map(|one| (name(&one.user), one.permissions))
            .collect();
        let mut after = if self.everybody {
            HashMap::new()
        } else {
            before.clone()
        };
        after.extend(
            self.members
                .iter()
                .map(|one| (name(&one.user), one.permissions)),
        );
        let losing = |user: &'a User| {
            let held = letters(&before, user);
            let left = letters(&after, user);
            let lost = held.gained(left);
            // Who is out already can be let in as well.
            (left.is_empty() || !lost.is_empty()).then_some(Losing {
                user,
                lost: (!left.is_empty()).then_some(lost),
                addresses: Vec::new(),
            })
        };
        let asked = if self.everybody {
            members
        } else {
            &self.members
        };
        Afterwards {
            losing: asked.iter().filter_map(|one| losing(&one.user)).collect(),
            after,
            others: HashMap::new(),
        }
    }
}

fn letters(all: &HashMap<Name<'_>, Permissions>, user: &User) -> Permissions {
    all.get(&name(user)).copied().unwrap_or(Permissions::NONE)
}

/// How it is once it is as wanted.
pub(crate) struct Afterwards<'a> {
    after: HashMap<Name<'a>, Permissions>,
    /// Of others, who keep what they have.
    others: HashMap<String, Permissions>,
    losing: Vec<Losing<'a>>,
}

/// Somebody who has fewer letters then.
struct Losing<'a> {
    user: &'a User,
    /// What they lose; everything when `None`.
    lost: Option<Permissions>,
    /// What is the same for all spellings of each of their own addresses, as far as anybody knows one.
    addresses: Vec<String>,
}

impl Afterwards<'_> {
    /// An address of somebody's that their issuer has verified.
    pub(crate) fn know_address(&mut self, user: &User, address: &str) {
        if let Some(one) = self.losing.iter_mut().find(|one| one.user.is(user)) {
            one.addresses.push(address_key(address));
        }
    }

    /// What these have who are not meant.
    pub(crate) fn know_admins(&mut self, admins: Vec<Member>) {
        let known = admins.into_iter();
        let known = known.map(|one| (one.user.user_id(), one.permissions));
        self.others.extend(known);
    }

    /// What the known addresses are known by of those who lose letters.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let known = self.losing.iter().flat_map(|one| &one.addresses);
        known.cloned().collect()
    }

    /// Whether everybody has all that they had before.
    pub(crate) fn nobody_loses(&self) -> bool {
        self.losing.is_empty()
    }

    /// Who loses what; everything when `None`.
    pub(super) fn lost(&self) -> Vec<(String, Option<Permissions>)> {
        let losing = self.losing.iter();
        losing.map(|one| (one.user.user_id(), one.lost)).collect()
    }

    /// Whether somebody is left who can change it again.
    pub(super) fn has_admin(&self) -> bool {
        self.after
            .values()
            .any(|letters| letters.contains(Permission::Admin))
    }

    /// Whether an open link would give somebody back what they lose: whoever made it may still give it, and it is for
    /// everybody or for an address of theirs.
    pub(crate) fn lets_in(&self, link: &StoredInvite) -> bool {
        let known = self.after.get(&name(&link.inviter));
        let known = known.or_else(|| self.others.get(&link.inviter.user_id()));
        let inviter = known.copied().unwrap_or(Permissions::NONE);
        let may_grant = inviter.contains(Permission::Admin) && link.permissions.is_within(inviter);
        let address = link.email.as_deref().map(address_key);
        let comes_in = |one: &Losing<'_>| {
            let is_theirs = |address| one.addresses.contains(address);
            let theirs = address.as_ref().is_none_or(is_theirs);
            let gives_back = |lost| link.permissions.gained(lost) != link.permissions;
            theirs && one.lost.is_none_or(gives_back)
        };
        may_grant && self.losing.iter().any(comes_in)
    }
}

impl OpenLinks {
    /// Whether whoever holds these letters may be told of links that are not theirs.
    pub(crate) fn are_shown_to(asker: Permissions) -> bool {
        asker.contains(Permission::Admin)
    }

    /// One more.
    pub(crate) fn add(&mut self, link: StoredInvite, wanted: &Wanted) {
        let is_over = link.expires_at <= wanted.now;
        let counted = wanted.links_counted();
        let most = match wanted.end_links {
            true => counted,
            false => LINKS_SHOWN,
        };
        let kept = match is_over {
            true if !wanted.end_links => return,
            true => &mut self.over,
            false => {
                self.total = counted.min(self.total + 1);
                &mut self.newest
            }
        };
        if kept.len() < most {
            kept.push(link);
        }
    }

    /// Whether more of them would change nothing: neither what is shown nor what is counted.
    pub(crate) fn are_enough(&self, wanted: &Wanted) -> bool {
        self.total + self.over.len() >= wanted.links_counted()
    }

    /// Whether they are more than can be ended in one change.
    pub(super) fn are_too_many(&self) -> bool {
        self.total + self.over.len() > LINKS_AT_ONCE
    }

    /// The ids of those.
    pub(super) fn ids(&self) -> Vec<String> {
        self.to_end().map(|link| link.id.clone()).collect()
    }

    /// All that end where they are to end.
    pub(super) fn to_end(&self) -> impl Iterator<Item = &StoredInvite> {
        self.newest.iter().chain(&self.over)
    }
}
