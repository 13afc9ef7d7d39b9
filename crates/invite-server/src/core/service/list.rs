//! Listing, page by page.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Invites, on_resource};
use crate::{
    core::{
        Actor, Authority, Call, Invite, InviteList, ListRequest, On, Refusal, authorise,
        options::LIST_PAGE_LIMIT, state::InviteQuery,
    },
    store::Store,
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
        let state = self.store.look(on_resource(resource, actor)).await?;
        let on = On::resource(resource, state.permissions);
        authorise(call, Some(Authority::Actor(asker)), on)?;
        if !(1..=LIST_PAGE_LIMIT).contains(&request.page_size) {
            let sentence = format!("page_size is a whole number from 1 to {LIST_PAGE_LIMIT}.");
            return Err(Refusal::invalid_option("page_size", sentence));
        }
        let before = request.page.as_deref().map(read_page).transpose()?;
        let now = self.clock.now();
        let query = InviteQuery {
            resource: resource.to_owned(),
            inviter: (!request.everyone).then(|| asker.user.clone()),
            status: request.status,
            now,
            // One more than asked for tells whether there is a next page.
            limit: request.page_size + 1,
            before,
        };
        let mut listed = self.store.invites(query).await?;
        let more = listed.len() > request.page_size as usize;
        listed.truncate(request.page_size as usize);
        let next_page = listed
            .last()
            .filter(|_| more)
            .map(|last| write_page(last.number));
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
}

fn write_page(number: i64) -> String {
    URL_SAFE_NO_PAD.encode(number.to_be_bytes())
}

fn read_page(token: &str) -> Result<i64, Refusal> {
    let bytes = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
    bytes
        .map(i64::from_be_bytes)
        .filter(|number| *number >= 0)
        .ok_or_else(|| {
            Refusal::invalid_option(
                "page_token",
                "page_token is not one this server gave. Begin without it.",
            )
        })
}
