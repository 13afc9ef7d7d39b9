//! What carries statements out.

use super::{Bind, Engine, Row, Sql, Unreadable};

/// One transaction on an engine.
pub(in crate::store) trait Executor {
    /// What can go wrong.
    type Trouble: From<Unreadable>;
    /// Whose words it reads.
    const ENGINE: Engine;

    /// The rows that a statement gives.
    fn query(
        &self,
        sql: &str,
        values: &[Bind<'_>],
    ) -> impl Future<Output = Result<Vec<Row>, Self::Trouble>>;

    /// The same, each row as soon as it is read, so that no list of them is ever held.
    fn each(
        &self,
        sql: &str,
        values: &[Bind<'_>],
        see: impl FnMut(Row) -> Result<(), Unreadable>,
    ) -> impl Future<Output = Result<(), Self::Trouble>>;

    /// How many rows a statement changed.
    fn execute(
        &self,
        sql: &str,
        values: &[Bind<'_>],
    ) -> impl Future<Output = Result<u64, Self::Trouble>>;

    /// The resource is about to be held: for an engine where one waits for others.
    fn enter(&mut self, resource: &str) -> Result<(), Self::Trouble>;
}

/// What is bound to the places of a statement, in their order.
macro_rules! binds {
    ($($value:expr),* $(,)?) => {
        &[$($crate::store::catalogue::Bind::from($value)),*]
    };
}
pub(super) use binds;

/// All rows.
pub(super) async fn all<E: Executor>(
    executor: &E,
    sql: &'static Sql,
    values: &[Bind<'_>],
) -> Result<Vec<Row>, E::Trouble> {
    executor.query(sql.on(E::ENGINE), values).await
}

/// The first row.
pub(super) async fn one<E: Executor>(
    executor: &E,
    sql: &'static Sql,
    values: &[Bind<'_>],
) -> Result<Option<Row>, E::Trouble> {
    Ok(all(executor, sql, values).await?.into_iter().next())
}

/// Whether there is a row.
pub(super) async fn exists<E: Executor>(
    executor: &E,
    sql: &'static Sql,
    values: &[Bind<'_>],
) -> Result<bool, E::Trouble> {
    Ok(!all(executor, sql, values).await?.is_empty())
}

/// How many rows were changed.
pub(super) async fn change<E: Executor>(
    executor: &E,
    sql: &'static Sql,
    values: &[Bind<'_>],
) -> Result<u64, E::Trouble> {
    executor.execute(sql.on(E::ENGINE), values).await
}

/// A change that finds no row was decided over another state than the one that is stored.
pub(super) async fn change_one<E: Executor>(
    executor: &E,
    sql: &'static Sql,
    values: &[Bind<'_>],
) -> Result<(), E::Trouble> {
    match change(executor, sql, values).await? {
        1 => Ok(()),
        rows => Err(Unreadable::Rows(rows).into()),
    }
}
