//! Erasing a person: what names them goes.

use super::{BATCH, Choice, Step, Sweep, Swept, Value, whole_invites};
use crate::{
    core::{CLIENT_PROVIDER, Refusal, User, address_key},
    store::Database,
};

/// Whom to erase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// Somebody who has signed in: what they may do, the invites they made, where they used one, what they did.
    User(User),
    /// Somebody with an address: the invites that only this address may accept, however it is spelled.
    Email(String),
}

impl Database {
    /// Deletes what names a person, first what they may do, so that nothing new begins meanwhile. Doing it again after
    /// an error finishes it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn erase(&self, person: &Person) -> Result<Swept, Refusal> {
        if let Database::Sqlite(store) = self {
            store.overwrite_deleted().await?;
        }
        let mut swept = Swept::default();
        let together = |steps| Sweep {
            invites: Choice::None,
            steps,
        };
        match person {
            Person::Email(email) => {
                let sql = "SELECT id FROM invites WHERE address = $1";
                let named = vec![Value::Text(address_key(email))];
                self.erase_invites(sql, named.clone(), &mut swept).await?;
                let asked = "DELETE FROM recipients WHERE address = $1";
                let asked = Step::counted("recipients", asked).with(&named);
                self.sweep_all(&together(vec![asked]), &mut swept).await?;
            }
            Person::User(user) => {
                let named = vec![
                    Value::Text(user.username.clone()),
                    Value::Text(user.provider.clone()),
                ];
                self.sweep_all(&together(memberships(&named)), &mut swept)
                    .await?;
                let sql =
                    "SELECT id FROM invites WHERE inviter_username = $1 AND inviter_provider = $2";
                self.erase_invites(sql, named.clone(), &mut swept).await?;
                let mut last = traces(&named);
                last.extend([created(&named), deliveries(user)]);
                last.extend(client(&named));
                self.sweep_all(&together(last), &mut swept).await?;
            }
        }
        Ok(swept)
    }

    async fn erase_invites(
        &self,
        sql: &'static str,
        named: Vec<Value>,
        swept: &mut Swept,
    ) -> Result<(), Refusal> {
        let all = self.texts(sql, named).await?;
        for some in all.chunks(BATCH) {
            let sweep = Sweep {
                invites: Choice::Given(some.to_vec()),
                steps: whole_invites(),
            };
            self.sweep_all(&sweep, swept).await?;
        }
        Ok(())
    }
}

fn memberships(named: &[Value]) -> Vec<Step> {
    let moved = "UPDATE resources SET version = version + 1
        WHERE name IN (SELECT resource FROM members WHERE username = $1 AND provider = $2)";
    let moved = Step {
        counted: None,
        ..Step::counted("", moved)
    };
    vec![moved.with(named), of_person("members", named)]
}

fn traces(named: &[Value]) -> Vec<Step> {
    ["uses", "events", "repeats", "sessions", "people"]
        .map(|table| of_person(table, named))
        .to_vec()
}

/// What they created stays with its members, as nobody's.
fn created(named: &[Value]) -> Step {
    let sql = "UPDATE resources SET creator_username = NULL, creator_provider = NULL
        WHERE creator_username = $1 AND creator_provider = $2";
    let created = Step {
        counted: None,
        ..Step::counted("", sql)
    };
    created.with(named)
}

/// What backends have yet to be told of them.
fn deliveries(user: &User) -> Step {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let named = format!(
        r#""username":{},"provider":{}"#,
        text(&user.username),
        text(&user.provider)
    );
    let sql = "DELETE FROM deliveries WHERE {place}(body, $1) > 0";
    Step::counted("deliveries", sql).with(&[Value::Text(named)])
}

/// An account that is an RKVST client's goes with it.
fn client(named: &[Value]) -> [Step; 2] {
    let account = format!("id = $1 AND $2 = '{CLIENT_PROVIDER}' AND dialect = 'rkvst'");
    let given =
        format!("DELETE FROM app_resources WHERE app IN (SELECT name FROM apps WHERE {account})");
    let given = Step {
        counted: None,
        ..Step::counted("", given)
    };
    let app = Step::counted("apps", format!("DELETE FROM apps WHERE {account}"));
    [given.with(named), app.with(named)]
}

fn of_person(table: &'static str, named: &[Value]) -> Step {
    let sql = format!("DELETE FROM {table} WHERE username = $1 AND provider = $2");
    Step::counted(table, sql).with(named)
}
