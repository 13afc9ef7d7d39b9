//! Sweeps, as jobs of the writer.

use super::{
    SqliteStore,
    executor::{On, at_once},
};
use crate::{
    core::Refusal,
    store::{
        catalogue::{
            Value,
            sweep::{Round, Sweep, carry_out, clear, going, texts},
        },
        shares::Crowd,
    },
};

impl SqliteStore {
    pub(in crate::store) async fn sweep(&self, sweep: Sweep) -> Result<Round, Refusal> {
        self.writer
            .run(move |connection| at_once(carry_out(&On(connection), &sweep)))
            .await
    }

    pub(super) async fn clear_some(&self, resource: &str) -> Result<bool, Refusal> {
        let name = resource.to_owned();
        self.writer
            .run(move |connection| at_once(clear(&On(connection), &name)))
            .await
    }

    pub(super) async fn some_going(&self, limit: u32) -> Result<Vec<String>, Refusal> {
        let look = move |connection: &_| at_once(going(&On(connection), limit));
        self.readers.list(Crowd::Server, look).await
    }

    pub(in crate::store) async fn texts(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<String>, Refusal> {
        self.readers
            .list(Crowd::Server, move |connection| {
                at_once(texts(&On(connection), sql, &values))
            })
            .await
    }

    /// From now on what is deleted is overwritten with zeros: else it would stay in the file until something else
    /// takes its place.
    pub(in crate::store) async fn overwrite_deleted(&self) -> Result<(), Refusal> {
        self.writer
            .run(|connection| connection.pragma_update(None, "secure_delete", true))
            .await
    }
}
