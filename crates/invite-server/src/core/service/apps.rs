//! Backends that take part.

use super::{Invites, on_resource};
use crate::core::{
    App, AppDialect, AppKey, Refusal, Store,
    app::validate_app_name,
    rules,
    state::{Change, State},
};

impl<S: Store> Invites<S> {
    /// On the operator's word an app of our own API begins. Its key is shown this once. It acts on what it creates or is
    /// given, or on all that there is.
    pub async fn add_app(&self, name: &str, all_resources: bool) -> Result<AppKey, Refusal> {
        validate_app_name(name)?;
        self.no_such_app(name).await?;
        let key = AppKey::generate()?;
        self.change(Change::AddApp {
            name: name.to_owned(),
            key: key.hash(),
            all_resources,
            at: self.clock.now(),
        })
        .await?;
        Ok(key)
    }

    /// On the operator's word an app acts on a resource, and is told of it.
    pub async fn grant_app(&self, name: &str, resource: &str) -> Result<(), Refusal> {
        let app = self.our_app(name).await?;
        let (name, at) = (resource.to_owned(), self.clock.now());
        let rule = move |state: &State| rules::grant_app(state, &app, &name, at);
        self.transact(on_resource(resource, None), rule).await
    }

    /// On the operator's word an app acts on a resource no longer, be it that the app created it.
    pub async fn revoke_app(&self, name: &str, resource: &str) -> Result<(), Refusal> {
        let app = self.our_app(name).await?;
        if !app.resources.iter().any(|(one, _)| one == resource) {
            return Err(Refusal::NotFound);
        }
        self.change(Change::TakeResource {
            app: app.name,
            resource: resource.to_owned(),
        })
        .await?;
        Ok(())
    }

    /// On the operator's word an app of this name or id takes part no longer: its key or bearers open nothing. What it
    /// created stays.
    pub async fn remove_app(&self, name: &str) -> Result<App, Refusal> {
        let mut apps = self.apps().await?.into_iter();
        let app = apps
            .find(|app| app.name == name || app.id.as_deref() == Some(name))
            .ok_or(Refusal::NotFound)?;
        match app.dialect {
            AppDialect::Rkvst => {
                self.remove_client(&app.name).await?;
            }
            AppDialect::Http => {
                let name = app.name.clone();
                self.change(Change::RemoveApp { name }).await?;
                for (resource, _) in &app.resources {
                    self.moved.tell(resource);
                }
            }
        }
        Ok(app)
    }

    /// All apps, by name.
    pub async fn apps(&self) -> Result<Vec<App>, Refusal> {
        self.store.apps().await
    }

    /// The name of the app whose key this is.
    pub async fn app(&self, key: &AppKey) -> Result<Option<String>, Refusal> {
        self.store.app(key.hash()).await
    }

    pub(super) async fn no_such_app(&self, name: &str) -> Result<(), Refusal> {
        if self.apps().await?.iter().any(|app| app.name == name) {
            return Err(Refusal::invalid_option(
                "name",
                format!("There is an app {name} already. Remove it first, or take another name."),
            ));
        }
        Ok(())
    }

    async fn our_app(&self, name: &str) -> Result<App, Refusal> {
        let mut apps = self.apps().await?.into_iter();
        let app = apps.find(|app| app.name == name).ok_or(Refusal::NotFound)?;
        if app.dialect == AppDialect::Rkvst {
            let sentence =
                "An RKVST app has one resource, its tenancy: add another app for another resource.";
            return Err(Refusal::invalid_option("name", sentence));
        }
        Ok(app)
    }
}
