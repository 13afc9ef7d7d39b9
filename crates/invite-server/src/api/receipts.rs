//! Receipts, for backends.

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{ApiError, Shared, asker::AppCaller, body::Object, documented::ReceiptToRedeem};
use crate::core::{
    Moment, Refusal, User,
    options::{text_option, unknown_member},
};

/// Who accepted what.
#[derive(Serialize, ToSchema)]
pub(super) struct Redeemed {
    /// Who accepted.
    user: User,
    /// Which invite, by id.
    invite: String,
    /// What it opened.
    resource: String,
    /// All letters they hold since.
    permissions: String,
    /// Those that accepting added.
    gained: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The inviter's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    extras: Option<Value>,
}

/// Redeems a receipt, once and within five minutes. For app keys, which name nobody here: the receipt does.
#[utoipa::path(post, path = "/api/v1/receipts/redeem", tag = "apps", request_body = ReceiptToRedeem, responses(
    (status = 200, body = Redeemed),
))]
pub(super) async fn redeem(
    AppCaller(app): AppCaller,
    State(state): State<Shared>,
    Object(members): Object,
) -> Result<Json<Redeemed>, ApiError> {
    let mut text = None;
    for (name, value) in &members {
        match name.as_str() {
            "receipt" => text = Some(text_option("receipt", value)?),
            _ => return Err(unknown_member(name).into()),
        }
    }
    let text =
        text.ok_or_else(|| Refusal::invalid_option("receipt", "The body holds no receipt."))?;
    let (receipt, extras) = state.invites.redeem(&app, &text).await?;
    Ok(Json(Redeemed {
        at: Moment(receipt.iat.saturating_mul(1000)).to_iso(),
        user: receipt.user,
        invite: receipt.invite,
        resource: receipt.resource,
        permissions: receipt.permissions,
        gained: receipt.gained,
        extras,
    }))
}
