//! `erase`: what names a person goes.

use super::OperateError;
use crate::{
    config::Erase,
    store::{Database, Person},
};

impl Erase {
    pub(super) async fn run(&self, database: &Database) -> Result<String, OperateError> {
        let people = [
            self.user.clone().map(Person::User),
            self.email.clone().map(Person::Email),
        ];
        let mut lines = Vec::new();
        for person in people.into_iter().flatten() {
            let erased = database.erase(&person).await?;
            lines.push(format!("Erased: {erased}."));
        }
        database.close().await;
        lines.push("Backups and logs made before still name them until they are gone.".into());
        Ok(lines.join("\n"))
    }
}
