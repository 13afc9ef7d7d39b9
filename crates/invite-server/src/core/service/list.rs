//! Listing, page by page.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Invites, on_resource};
use crate::core::{
    Actor, Asked, Authority, Call, Invite, InviteList, InviteStatus, ListRequest, Moment, On,
    Refusal, Store, address_key, authorise,
    options::validate_page_size,
    state::{InviteName, InviteQuery, ListedInvite, Order, Scope},
};

impl<S: Store> Invites<S> {
    /// Lists one's own invites, newest first, or every admin's. Only one's own show their keys.
    pub async fn list(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        request: &ListRequest,
    ) -> Result<InviteList, Refusal> {
        let Some(asker) = actor else {
            return Err(Refusal::NotSignedIn);
        };
        let call = if request.everyone {
            Call::ListEveryone
        } else {
            Call::List
        };
        let asked = Asked::new(call, asker, resource);
        let order = match validate_page_size(request.page_size).and_then(|()| order(request)) {
            Ok(order) => order,
            // Whoever may not is told that, whatever else is wrong.
            Err(wrong) => {
                let state = self.store.look(asked.scope()).await?;
                asked.let_through(&state)?;
                return Err(wrong);
            }
        };
        let now = self.clock.now();
        // One more than asked for tells whether there is a next page.
        let limit = request.page_size + 1;
        let query = InviteQuery {
            now,
            limit,
            order,
            ..query(asker, resource, request)
        };
        let (mut listed, looked_to) = match &request.q {
            None => (self.store.invites(asked, query).await?, None),
            Some(needle) => {
                let found = self.store.find(asked, query, needle.clone()).await?;
                (found.invites, found.looked_to)
            }
        };
        let more = listed.len() > request.page_size as usize;
        listed.truncate(request.page_size as usize);
        let next_page = match listed.last().filter(|_| more) {
            Some(last) => Some(write_page(last, request.by_address)),
            None => looked_to.map(|number| URL_SAFE_NO_PAD.encode(number.to_be_bytes())),
        };
        let invites = listed.into_iter().map(|one| {
            let key = one
                .invite
                .inviter
                .is(&asker.user)
                .then(|| self.key_of(&one.invite))
                .flatten();
            Invite::of(one.invite, key, one.accepted, now)
        });
        Ok(InviteList {
            invites: invites.collect(),
            next_page,
        })
    }

    /// Goes over one's own invites that can be accepted, newest first and so many at most, and gives what `add` has made
    /// of them. However many they are, no list of them is ever held.
    pub async fn gather<Gathered>(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        most: u32,
        add: impl Fn(&mut Gathered, Invite) + Send + Sync + 'static,
    ) -> Result<Gathered, Refusal>
    where
        Gathered: Default + Send + 'static,
    {
        let asker = actor.ok_or(Refusal::NotSignedIn)?;
        let asked = Asked::new(Call::List, asker, resource);
        let now = self.clock.now();
        let request = ListRequest {
            status: Some(InviteStatus::Pending),
            ..ListRequest::default()
        };
        let query = InviteQuery {
            now,
            limit: most,
            ..query(asker, resource, &request)
        };
        let keys = self.clone();
        let add = move |gathered: &mut Gathered, stored| {
            let key = keys.key_of(&stored);
            add(gathered, Invite::of(stored, key, Vec::new(), now));
        };
        self.store.gather(asked, query, add).await
    }

    /// How many there are of what a listing asks for, on all its pages.
    pub async fn count(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        request: &ListRequest,
    ) -> Result<i64, Refusal> {
        let asker = actor.ok_or(Refusal::NotSignedIn)?;
        let asked = Asked::new(Call::List, asker, resource);
        let now = self.clock.now();
        let counted = InviteQuery {
            now,
            ..query(asker, resource, request)
        };
        self.store.count(asked, counted).await
    }

    /// An invite of one's own that can be accepted and is for somebody with an address, by its id, without its key.
    pub async fn pending(
        &self,
        actor: Option<&Actor>,
        resource: &str,
        id: &str,
    ) -> Result<Invite, Refusal> {
        let asker = actor.ok_or(Refusal::NotSignedIn)?;
        let scope = Scope {
            invite: Some(InviteName::Id(id.to_owned())),
            ..on_resource(resource, actor)
        };
        let state = self.store.look(scope).await?;
        let on = On::stored(resource, &state);
        authorise(Call::List, Some(Authority::Actor(asker)), on)?;
        let now = self.clock.now();
        let found = state.invite.filter(|invite| {
            invite.resource == resource
                && invite.inviter.is(&asker.user)
                && invite.email.is_some()
                && invite.status(now) == InviteStatus::Pending
        });
        let found = found.ok_or(Refusal::NotFound)?;
        Ok(Invite::of(found, None, Vec::new(), now))
    }
}

fn query(asker: &Actor, resource: &str, request: &ListRequest) -> InviteQuery {
    InviteQuery {
        resource: resource.to_owned(),
        inviter: (!request.everyone).then(|| asker.user.clone()),
        status: request.status,
        now: Moment(0),
        limit: 0,
        addressed: request.addressed.clone(),
        order: Order::Newest { before: None },
    }
}

fn order(request: &ListRequest) -> Result<Order, Refusal> {
    let page = request.page.as_deref();
    Ok(if request.by_address {
        Order::Address {
            after: page.map(read_address_page).transpose()?,
        }
    } else {
        Order::Newest {
            before: page.map(read_page).transpose()?,
        }
    })
}

fn write_page(last: &ListedInvite, by_address: bool) -> String {
    let mut bytes = last.number.to_be_bytes().to_vec();
    if let Some(email) = last.invite.email.as_deref().filter(|_| by_address) {
        bytes.extend(address_key(email).into_bytes());
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Where a page ended, by number alone.
pub(super) fn write_place(number: i64) -> String {
    URL_SAFE_NO_PAD.encode(number.to_be_bytes())
}

pub(super) fn read_page(token: &str) -> Result<i64, Refusal> {
    match read_bytes(token)? {
        (number, address) if address.is_empty() => Ok(number),
        _ => Err(not_ours()),
    }
}

fn read_address_page(token: &str) -> Result<(String, i64), Refusal> {
    match read_bytes(token)? {
        (_, address) if address.is_empty() => Err(not_ours()),
        (number, address) => Ok((address, number)),
    }
}

fn read_bytes(token: &str) -> Result<(i64, String), Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| not_ours())?;
    let (number, address) = bytes.split_first_chunk().ok_or_else(not_ours)?;
    let number = i64::from_be_bytes(*number);
    // No database takes a NUL in a text.
    let address = String::from_utf8(address.to_vec()).ok();
    let address = address.filter(|text| number >= 0 && !text.contains('\0'));
    Ok((number, address.ok_or_else(not_ours)?))
}

pub(super) fn not_ours() -> Refusal {
    Refusal::invalid_option(
        "page_token",
        "page_token is not one this server gave. Begin without it.",
    )
}
