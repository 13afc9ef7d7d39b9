//! What a backend gets to know of an acceptance, once.

use super::Invites;
use crate::core::{
    Accepted, Actor, Moment, Receipt, Refusal, Store,
    app::not_its_own,
    state::{Change, Decision, InviteName, Scope, State, StoredInvite},
};

impl<S: Store> Invites<S> {
    /// A receipt of what somebody has just accepted, to be handed to a backend; `None` where the server has no address
    /// to sign with.
    pub fn receipt(&self, actor: &Actor, accepted: &Accepted) -> Option<String> {
        let receipt = Receipt::of(
            self.issuer.as_deref()?,
            &actor.user,
            &accepted.invite,
            &accepted.resource,
            (accepted.permissions, accepted.gained),
            self.clock.now(),
        );
        receipt?.sign(&self.secrets)
    }

    /// What a receipt says, once; with the inviter's data. Who may ask is for the caller to know: apps.
    pub async fn redeem(
        &self,
        app: &str,
        text: &str,
    ) -> Result<(Receipt, Option<serde_json::Value>), Refusal> {
        let now = self.clock.now();
        let receipt = self
            .issuer
            .as_deref()
            .and_then(|issuer| Receipt::open(text, &self.secrets, issuer, now))
            .ok_or_else(|| {
                Refusal::invalid_option(
                    "receipt",
                    "This receipt is not one of this server, or its five minutes are over.",
                )
            })?;
        let scope = Scope {
            invite: Some(InviteName::Id(receipt.invite.clone())),
            receipt: Some(receipt.jti.clone()),
            resource: Some(receipt.resource.clone()),
            app: Some(app.to_owned()),
            ..Scope::default()
        };
        let receipt_of = receipt.clone();
        let (id, until) = (
            receipt.jti.clone(),
            Moment(receipt.exp.saturating_mul(1000)),
        );
        let rule = move |state: &State| {
            if !state.is_the_apps {
                return Err(not_its_own());
            }
            if !is_of(&receipt_of, state) {
                return Err(Refusal::invalid_option(
                    "receipt",
                    "What this receipt is about is there no longer.",
                ));
            }
            if state.redeemed {
                return Err(Refusal::AlreadyRedeemed);
            }
            Ok(Decision {
                answer: state
                    .invite
                    .as_ref()
                    .and_then(|invite| invite.extras.clone()),
                changes: vec![Change::Redeem {
                    receipt: id.clone(),
                    until,
                }],
            })
        };
        let extras = self.transact(scope, rule).await?;
        Ok((receipt, extras))
    }
}

/// Whether a receipt is of the resource that is there, and not of an earlier one of its name. Of an invite that was erased
/// meanwhile the time decides, as far as seconds tell.
fn is_of(receipt: &Receipt, state: &State) -> bool {
    let Some(resource) = &state.resource else {
        return false;
    };
    let is_there = |invite: &StoredInvite| invite.resource == receipt.resource;
    state.invite.as_ref().is_some_and(is_there)
        || receipt.iat > resource.created_at.0.div_euclid(1000)
}
