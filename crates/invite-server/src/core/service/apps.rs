//! Backends that take part.

use super::Invites;
use crate::core::{App, AppKey, Refusal, Store, app::validate_app_name, state::Change};

impl<S: Store> Invites<S> {
    /// On the operator's word an app begins. Its key is shown this once.
    pub async fn add_app(&self, name: &str) -> Result<AppKey, Refusal> {
        validate_app_name(name)?;
        let clients = self.clients().await?;
        if clients.iter().any(|one| one.name == name)
            || self.apps().await?.iter().any(|app| app.name == name)
        {
            return Err(Refusal::invalid_option(
                "name",
                format!("There is an app {name} already. Remove it first, or take another name."),
            ));
        }
        let key = AppKey::generate()?;
        self.change(Change::AddApp {
            name: name.to_owned(),
            key: key.hash(),
            at: self.clock.now(),
        })
        .await?;
        Ok(key)
    }

    /// On the operator's word an app's key opens nothing any more.
    pub async fn remove_app(&self, name: &str) -> Result<(), Refusal> {
        if !self.apps().await?.iter().any(|app| app.name == name) {
            return Err(Refusal::NotFound);
        }
        let name = name.to_owned();
        self.change(Change::RemoveApp { name }).await
    }

    /// All apps, by name.
    pub async fn apps(&self) -> Result<Vec<App>, Refusal> {
        self.store.apps().await
    }

    /// The name of the app whose key this is.
    pub async fn app(&self, key: &AppKey) -> Result<Option<String>, Refusal> {
        self.store.app(key.hash()).await
    }
}
