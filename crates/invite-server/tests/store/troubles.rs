//! What PostgreSQL answers when something is amiss around it, and what that means for whoever called.

use invite_server::{
    core::{Invites, Refusal, Secrets},
    store::PostgresStore,
};

use crate::{
    cluster::Postgres,
    world::{Time, actor},
};

/// More often than anything is begun.
const ALWAYS: u32 = 1000;

/// Begins a resource where PostgreSQL answers the first so many attempts with this code.
async fn begin(postgres: &Postgres, code: &str, times: u32) -> Result<(), Refusal> {
    let name = format!("trouble{}", code.to_lowercase());
    let store = PostgresStore::open(&postgres.database(&name).await, 2).await;
    let sql = format!(
        "CREATE SEQUENCE troubles;
        CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('troubles') <= {times} THEN RAISE EXCEPTION 'trouble' USING ERRCODE = '{code}'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER trouble BEFORE INSERT ON resources FOR EACH ROW EXECUTE FUNCTION trouble()"
    );
    let client = postgres.connect(&name).await;
    client.batch_execute(&sql).await.unwrap();
    let secrets = Secrets::generate().unwrap();
    let invites = Invites::new(store.unwrap(), secrets, Time::new().clock());
    let alice = actor("alice");
    let begun = invites.create_resource(Some(&alice), "notes", None);
    begun.await.map(|_| ())
}

#[tokio::test]
async fn what_passes_is_waited_for_and_all_else_is_told_as_what_it_is() {
    let postgres = Postgres::start(false);
    for (code, times, answer) in [
        // A pooler lost its database; it is stopping; somebody else was there first.
        ("08006", 2, Ok(())),
        ("08P01", 2, Ok(())),
        ("57P01", 2, Ok(())),
        ("40001", 2, Ok(())),
        ("08003", ALWAYS, Err(Refusal::TryAgain)),
        // A standby, or a disk that is full: nothing was changed, and later it may be otherwise.
        ("25006", ALWAYS, Err(Refusal::TryAgain)),
        ("53100", ALWAYS, Err(Refusal::TryAgain)),
        ("XX001", ALWAYS, Err(Refusal::ServerError)),
    ] {
        assert_eq!(begin(&postgres, code, times).await, answer, "{code}");
    }
}
