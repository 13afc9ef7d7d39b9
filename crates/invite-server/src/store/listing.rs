//! Reading invites page by page, and counting them: the same SQL on either database.
//!
//! Whoever lists one sort of invites passes over none of the others: each sort has partial indexes of its own, and each
//! statement says in the indexes' words which of them it wants.

use super::sweep::Value;
use crate::core::{
    Addressed, InviteStatus,
    state::{InviteQuery, Order},
};

/// An invite's columns, in the order in which rows are read.
pub(super) const INVITE: &str = "SELECT invites.number, id, key_hash, kind, secret_id, resource, permissions, created_at,
        expires_at, inviter_username, inviter_provider, display_name, uses, max_uses, message, title, extras, removed_at,
        email, issuer, ended
    FROM invites LEFT JOIN people ON username = inviter_username AND provider = inviter_provider";

/// Those that live, and those whose end was not told yet.
const LIVE: &str = "NOT ended AND removed_at IS NULL";
/// Those whose end was told.
const ENDED: &str = "ended AND removed_at IS NULL";
/// Those taken back.
const REMOVED: &str = "removed_at IS NOT NULL";

/// A statement. Its places are named `$1`, `$2` … in the order in which they first come, as SQLite counts them.
#[derive(Debug, Default)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Statement {
    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}

/// A page of invites.
pub(super) fn page(query: &InviteQuery) -> Statement {
    let mut statement = Statement::default();
    let whose = whose(query, &mut statement);
    let sorts = sorts(query, &mut statement);
    let (place, order) = match &query.order {
        Order::Newest { before } => {
            let before = statement.bind(Value::Number(before.unwrap_or(i64::MAX)));
            let place = format!("invites.number < {before} ORDER BY invites.number DESC");
            (place, "1 DESC")
        }
        Order::Address { after } => {
            let (address, number) = after.clone().unwrap_or_default();
            let address = statement.bind(Value::Text(address));
            let number = statement.bind(Value::Number(number));
            let place = format!(
                "email IS NOT NULL AND (email, invites.number) > ({address}, {number}) ORDER BY email, invites.number"
            );
            (place, "19, 1")
        }
    };
    let limit = statement.bind(Value::Number(query.limit.into()));
    let parts = sorts
        .iter()
        .map(|sort| format!("{INVITE} WHERE {whose} AND {sort} AND {place} LIMIT {limit}"));
    statement.sql = if sorts.len() == 1 {
        parts.collect()
    } else {
        let parts: Vec<_> = parts
            .map(|part| format!("SELECT * FROM ({part}) AS sort"))
            .collect();
        let all = parts.join(" UNION ALL ");
        format!("{all} ORDER BY {order} LIMIT {limit}")
    };
    statement
}

/// How many invites a query is about, wherever it begins.
pub(super) fn count(query: &InviteQuery) -> Statement {
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
        Addressed::ToSomebody => sql.push_str(" AND email IS NOT NULL"),
        Addressed::To(email) => {
            let email = statement.bind(Value::Text(email.clone()));
            sql.push_str(&format!(" AND email = {email}"));
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
    match query.status {
        Some(InviteStatus::Expired) => {
            vec![format!("{LIVE} AND expires_at <= {now}"), ENDED.to_owned()]
        }
        Some(InviteStatus::Pending) => vec![format!(
            "{LIVE} AND expires_at > {now} AND (max_uses IS NULL OR uses < max_uses)"
        )],
        Some(InviteStatus::Accepted) => {
            vec![format!(
                "{LIVE} AND expires_at > {now} AND uses >= max_uses"
            )]
        }
        _ => vec![format!("{LIVE} AND expires_at > {now}")],
    }
}
