//! The keys of invites: made once, and again from the row and the secret.

use invite_key::{InviteKey, KeyKind, signed::Claims};

use super::Invites;
use crate::core::{
    Moment, Refusal, Store,
    state::{KeyHash, StoredInvite},
};

impl<S: Store> Invites<S> {
    /// Makes the key of an invite that begins, and notes in the row what it takes to make it again.
    pub(super) fn seal(&self, invite: &mut StoredInvite) -> Result<InviteKey, Refusal> {
        self.secrets.can_make()?;
        let (key, secret_id) = if invite.kind == KeyKind::Signed {
            invite.issuer = self.issuer.as_deref().map(str::to_owned);
            let unsupported = || Refusal::Unsupported {
                field: "signed".into(),
            };
            let claims = claims(invite).ok_or_else(unsupported)?;
            let made = self.secrets.signed_key(&claims, None);
            made.ok_or_else(unsupported)?
        } else {
            self.secrets.new_key(invite.kind, &invite.id)?
        };
        invite.key_hash = KeyHash::of(&key);
        invite.secret_id = secret_id;
        Ok(key)
    }

    /// The key again, as long as its secret is here and still the one it was made with.
    pub(super) fn key_of(&self, invite: &StoredInvite) -> Option<InviteKey> {
        let key = self.made_again(invite);
        // An ended invite's secret may be gone.
        let lives = invite.removed_at.is_none() && !invite.ended;
        if key.is_none() && lives {
            tracing::error!(
                invite = invite.id,
                secret = invite.secret_id,
                "the secret of an invite's key is not here"
            );
        }
        key
    }

    /// The same, where nobody need wonder that it is not.
    pub(super) fn made_again(&self, invite: &StoredInvite) -> Option<InviteKey> {
        let key = if invite.kind == KeyKind::Signed {
            let made = |claims| self.secrets.signed_key(&claims, Some(&invite.secret_id));
            claims(invite).and_then(made).map(|(key, _)| key)
        } else {
            self.secrets.key(invite.kind, &invite.id, &invite.secret_id)
        };
        key.filter(|key| KeyHash::of(key) == invite.key_hash)
    }
}

/// What a signed key says: all of it stands in the row, so that the same key comes out every time.
fn claims(invite: &StoredInvite) -> Option<Claims> {
    let seconds = |moment: Moment| u64::try_from(moment.0.div_euclid(1000)).ok();
    Some(Claims {
        issuer: invite.issuer.clone()?,
        resource: invite.resource.clone(),
        id: invite.id.clone(),
        issued_at: seconds(invite.created_at)?,
        expires_at: seconds(invite.expires_at)?,
        permissions: invite.permissions,
        not_before: None,
        max_uses: invite.max_uses.map(u64::from),
        inviter: None,
    })
}
