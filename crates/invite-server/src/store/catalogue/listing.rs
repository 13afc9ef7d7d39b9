//! Reading invites page by page, and counting them.
//!
//! Whoever lists one sort of invites passes over none of the others: each sort has partial indexes of its own, and each
//! statement says in the indexes' words which of them it wants.

use super::{
    Bind, Executor, Row, Sql, Unreadable, Value, all, binds, reading,
    reading::{BESIDE, COLUMNS},
};
use crate::core::{
    Addressed, InviteStatus, Needle, address_key,
    state::{FoundInvites, InviteQuery, ListedInvite, Order, StoredInvite},
};

/// Those that live, and those whose end was not told yet: with uses left, and without.
const UNSPENT: &str = "NOT ended AND removed_at IS NULL AND spent = FALSE";
const SPENT: &str = "NOT ended AND removed_at IS NULL AND spent = TRUE";
/// Those whose end was told.
const ENDED: &str = "ended AND removed_at IS NULL";
/// Those taken back.
const REMOVED: &str = "removed_at IS NOT NULL";

/// So many are looked at for one page of what somebody looks for: a few milliseconds.
const LOOKED_AT: u32 = 1_000;
/// What is looked into.
const SHORT: &str = "number, id, label, email";
static THESE: Sql =
    Sql::new("{columns} FROM invites {beside} WHERE id {these} ORDER BY invites.number DESC");

/// A statement, put together of what is asked for.
#[derive(Debug, Default)]
struct Statement {
    sql: String,
    values: Vec<Value>,
}

impl Statement {
    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn binds(&self) -> Vec<Bind<'_>> {
        self.values.iter().map(Bind::from).collect()
    }
}

/// A page of invites, each with its last uses.
pub(in crate::store) async fn invites<E: Executor>(
    executor: &E,
    query: &InviteQuery,
) -> Result<Vec<ListedInvite>, E::Trouble> {
    let asked = page(query);
    let rows = executor.query(&asked.sql, &asked.binds()).await?;
    listed(executor, rows).await
}

/// Of the newest, those in whose label or address something is. Looked at are no more than [`LOOKED_AT`], of each no more
/// than it takes; those that are found are read whole.
pub(in crate::store) async fn find<E: Executor>(
    executor: &E,
    query: &InviteQuery,
    needle: &Needle,
) -> Result<FoundInvites, E::Trouble> {
    let (asked, _) = these(query, SHORT, LOOKED_AT);
    let (mut seen, mut last, mut ids) = (0, None, Vec::new());
    let see = |mut row: Row| {
        last = Some(row.number()?);
        seen += 1;
        let (id, label, email) = (row.text()?, row.text_or_none()?, row.text_or_none()?);
        if ids.len() < query.limit as usize && needle.is_in(label.as_deref(), email.as_deref()) {
            ids.push(id);
        }
        Ok(())
    };
    executor.each(&asked.sql, &asked.binds(), see).await?;
    let rows = if ids.is_empty() {
        Vec::new()
    } else {
        all(executor, &THESE, binds![ids.as_slice()]).await?
    };
    Ok(FoundInvites {
        invites: listed(executor, rows).await?,
        looked_to: last.filter(|_| seen >= LOOKED_AT),
    })
}

async fn listed<E: Executor>(
    executor: &E,
    rows: Vec<Row>,
) -> Result<Vec<ListedInvite>, E::Trouble> {
    let found = rows
        .into_iter()
        .map(reading::stored)
        .collect::<Result<Vec<_>, Unreadable>>()?;
    let used: Vec<String> = found
        .iter()
        .filter(|(_, invite)| invite.uses > 0)
        .map(|(_, invite)| invite.id.clone())
        .collect();
    let mut accepted = reading::uses_of_all(executor, &used).await?;
    let listed = found.into_iter().map(|(number, invite)| ListedInvite {
        number,
        accepted: accepted.remove(&invite.id).unwrap_or_default(),
        invite,
    });
    Ok(listed.collect())
}

/// What `add` makes of a page of invites, each seen as soon as it is read.
pub(in crate::store) async fn gather<E: Executor, Gathered: Default>(
    executor: &E,
    query: &InviteQuery,
    add: &impl Fn(&mut Gathered, StoredInvite),
) -> Result<Gathered, E::Trouble> {
    let asked = page(query);
    let mut gathered = Gathered::default();
    let see = |row| {
        let (_, invite) = reading::stored(row)?;
        add(&mut gathered, invite);
        Ok(())
    };
    executor.each(&asked.sql, &asked.binds(), see).await?;
    Ok(gathered)
}

/// How many invites a query is about, wherever it begins.
pub(in crate::store) async fn count<E: Executor>(
    executor: &E,
    query: &InviteQuery,
) -> Result<i64, E::Trouble> {
    let asked = counting(query);
    let rows = executor.query(&asked.sql, &asked.binds()).await?;
    let first = rows.into_iter().next();
    Ok(first.map_or(Ok(0), |mut row| row.number())?)
}

/// A page of invites. Which they are is read first, and only then what stands beside them: where a planner takes a
/// resource for a small one, it would sort all of its invites with all that belongs to them.
fn page(query: &InviteQuery) -> Statement {
    let (mut statement, order) = these(query, "*", query.limit);
    let these = std::mem::take(&mut statement.sql);
    let order = order.replace("number", "invites.number");
    statement.sql = format!("{COLUMNS} FROM ({these}) AS invites {BESIDE} ORDER BY {order}");
    statement
}

/// These columns of so many invites, and in which order they come.
fn these(query: &InviteQuery, columns: &str, most: u32) -> (Statement, &'static str) {
    let mut statement = Statement::default();
    let whose = whose(query, &mut statement);
    let sorts = sorts(query, &mut statement);
    let (place, order) = match &query.order {
        Order::Newest { before } => {
            let before = statement.bind(Value::Number(before.unwrap_or(i64::MAX)));
            (format!("number < {before}"), "number DESC")
        }
        Order::Address { after } => {
            let (address, number) = after.clone().unwrap_or_default();
            let address = statement.bind(Value::Text(address));
            let number = statement.bind(Value::Number(number));
            let place =
                format!("address IS NOT NULL AND (address, number) > ({address}, {number})");
            (place, "address, number")
        }
    };
    let limit = statement.bind(Value::Number(most.into()));
    let parts: Vec<_> = sorts
        .iter()
        .map(|sort| {
            format!(
                "SELECT {columns} FROM invites WHERE {whose} AND {sort} AND {place} ORDER BY {order} LIMIT {limit}"
            )
        })
        .collect();
    let these = match parts.as_slice() {
        [one] => one.clone(),
        all => {
            let all: Vec<_> = all
                .iter()
                .map(|part| format!("SELECT * FROM ({part}) AS sort"))
                .collect();
            let all = all.join(" UNION ALL ");
            format!("{all} ORDER BY {order} LIMIT {limit}")
        }
    };
    statement.sql = these;
    (statement, order)
}

fn counting(query: &InviteQuery) -> Statement {
    let mut statement = Statement::default();
    let whose = whose(query, &mut statement);
    let parts = sorts(query, &mut statement)
        .into_iter()
        .map(|sort| format!("(SELECT count(*) FROM invites WHERE {whose} AND {sort})"));
    let parts: Vec<_> = parts.collect();
    statement.sql = format!("SELECT {}", parts.join(" + "));
    statement
}

fn whose(query: &InviteQuery, statement: &mut Statement) -> String {
    let resource = statement.bind(Value::Text(query.resource.clone()));
    let mut sql = format!("resource = {resource}");
    if let Some(inviter) = &query.inviter {
        let username = statement.bind(Value::Text(inviter.username.clone()));
        let provider = statement.bind(Value::Text(inviter.provider.clone()));
        sql.push_str(&format!(
            " AND inviter_username = {username} AND inviter_provider = {provider}"
        ));
    }
    match &query.addressed {
        Addressed::OrNot => {}
        Addressed::ToSomebody => sql.push_str(" AND address IS NOT NULL"),
        Addressed::To(email) => {
            // By the index of addresses; of its spellings, this one.
            let address = statement.bind(Value::Text(address_key(email)));
            let written = statement.bind(Value::Text(email.clone()));
            sql.push_str(&format!(" AND address = {address} AND email = {written}"));
        }
    }
    sql
}

/// What a status means; where it is two sorts of rows, each is read by an index of its own.
fn sorts(query: &InviteQuery, statement: &mut Statement) -> Vec<String> {
    if query.status == Some(InviteStatus::Removed) {
        return vec![REMOVED.to_owned()];
    }
    let now = statement.bind(Value::Number(query.now.0));
    let live = |sort: &str| format!("{sort} AND expires_at > {now}");
    let over = |sort: &str| format!("{sort} AND expires_at <= {now}");
    match query.status {
        Some(InviteStatus::Expired) => vec![over(UNSPENT), over(SPENT), ENDED.to_owned()],
        Some(InviteStatus::Pending) => vec![live(UNSPENT)],
        Some(InviteStatus::Accepted) => vec![live(SPENT)],
        _ => vec![live(UNSPENT), live(SPENT)],
    }
}
