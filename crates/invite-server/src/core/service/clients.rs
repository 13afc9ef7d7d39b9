//! RKVST clients: they come and go on the operator's word, and get a bearer for their secret.

use invite_key::permissions::Permissions;

use super::{Invites, on_resource};
use crate::core::{
    Actor, Client, ClientSecret, Refusal, Store,
    access_token::AccessToken,
    client::validate_client_name,
    random, rules,
    state::{KeyHash, State},
};

impl<S: Store> Invites<S> {
    /// On the operator's word a client begins, as a member of a resource, which begins with it where there is none. Its
    /// secret is shown this once.
    pub async fn add_client(
        &self,
        name: &str,
        resource: &str,
        permissions: Permissions,
    ) -> Result<(Client, ClientSecret), Refusal> {
        validate_client_name(name)?;
        self.no_such_app(name).await?;
        let secret = ClientSecret::generate()?;
        let now = self.clock.now();
        let client = Client {
            id: random::uuid()?.to_string(),
            name: name.to_owned(),
            secret: secret.hash(),
            resource: resource.to_owned(),
            permissions,
            created_at: now,
        };
        let added = client.clone();
        let rule = move |state: &State| rules::add_client(state, &added, now);
        self.store
            .transact(on_resource(resource, None), rule)
            .await?;
        Ok((client, secret))
    }

    /// On the operator's word a client of this name or id is no more: its bearers count no longer, and its invites open
    /// nothing.
    pub async fn remove_client(&self, name: &str) -> Result<Client, Refusal> {
        let mut all = self.clients().await?.into_iter();
        let client = all
            .find(|one| one.name == name || one.id == name)
            .ok_or(Refusal::NotFound)?;
        let (removed, now) = (client.clone(), self.clock.now());
        let rule = move |state: &State| rules::remove_client(state, &removed, now);
        let scope = on_resource(&client.resource, None);
        self.transact(scope, rule).await?;
        Ok(client)
    }

    /// All clients, by name.
    pub async fn clients(&self) -> Result<Vec<Client>, Refusal> {
        self.store.clients().await
    }

    /// A bearer for a client that brings its secret. An unknown id is refused as a wrong secret is, and as fast.
    pub async fn client_token(&self, id: &str, secret: &ClientSecret) -> Result<String, Refusal> {
        self.secrets.can_make()?;
        let found = self.store.client(id).await?;
        // Hashed and compared in either case.
        let stored = found.as_ref().map_or(KeyHash([0; 32]), |one| one.secret);
        let fits = secret.fits(stored);
        let client = found.filter(|_| fits).ok_or(Refusal::BadCredentials)?;
        let issuer = self.issuer.as_deref().ok_or(Refusal::ServerError)?;
        let token = AccessToken::issue(&self.secrets, issuer, &client, self.clock.now());
        token.ok_or(Refusal::ServerError)
    }

    /// The client whose bearer this is, as long as there is such a client, and the account that it acts as.
    pub async fn client_of(&self, bearer: &str) -> Result<(Client, Actor), Refusal> {
        let issuer = self.issuer.as_deref().ok_or(Refusal::BadCredentials)?;
        let token = AccessToken::open(bearer, &self.secrets, issuer, self.clock.now())
            .ok_or(Refusal::BadCredentials)?;
        let client = self.store.client(&token.sub).await?;
        let client = client.ok_or(Refusal::BadCredentials)?;
        let actor = Actor::new(client.user());
        Ok((client, actor))
    }
}
