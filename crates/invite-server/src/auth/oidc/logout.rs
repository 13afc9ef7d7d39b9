//! Where people of the issuer go on to when they have signed out here (OpenID Connect RP-Initiated Logout 1.0).

use std::time::Duration;

use url::Url;

use super::{Issuer, SignOut};

/// Nobody waits longer for an issuer that they want to leave.
const PATIENCE: Duration = Duration::from_secs(3);

impl Issuer {
    /// Where the issuer asks its people whether to sign out there too; `None` if there is no such place. It is given no ID token, so that it asks, and no way back but our own start.
    pub(in crate::auth) async fn sign_out_address(&self, origin: &str) -> Option<Url> {
        let client = self.inner.client.as_ref()?;
        if self.inner.sign_out == SignOut::Here {
            return None;
        }
        let metadata = tokio::time::timeout(PATIENCE, self.metadata()).await;
        let mut address = metadata.ok()?.ok()?.end_session_endpoint.clone()?;
        let back = (self.inner.sign_out == SignOut::IssuerAndBack)
            .then(|| ("post_logout_redirect_uri", format!("{origin}/")));
        address
            .query_pairs_mut()
            .append_pair("client_id", &client.id)
            .extend_pairs(back);
        Some(address)
    }
}
