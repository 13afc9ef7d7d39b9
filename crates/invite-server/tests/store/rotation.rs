//! Secrets over a store: they move on, go when nothing needs them, and stay back once they were taken back.

use std::{
    fs,
    path::{Path, PathBuf},
};

use invite_key::{KeyKind, Permissions};
use invite_server::{
    core::{
        CreateRequest, Invite, Invites, ListRequest, Revoked, SecretFileUnusable, SecretRow,
        Secrets, Stage,
    },
    store::SqliteStore,
};
use tempfile::TempDir;

use crate::world::{Time, actor, user};

/// A store, its secret file, and a clock to move.
struct Kept {
    folder: TempDir,
    store: SqliteStore,
    time: Time,
}

impl Kept {
    fn new() -> Kept {
        let folder = tempfile::tempdir().unwrap();
        Kept {
            store: SqliteStore::open(&folder.path().join("invites.db")).unwrap(),
            folder,
            time: Time::new(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("secret")
    }

    /// As a copy of the server opens it, with this file.
    async fn open(&self, file: &Path) -> Result<Invites<SqliteStore>, SecretFileUnusable> {
        Invites::open(self.store.clone(), file, self.time.clock()).await
    }

    async fn revoke(&self, id: &str) -> Result<Revoked, SecretFileUnusable> {
        Invites::revoke_secret(self.store.clone(), &self.file(), self.time.clock(), id).await
    }

    async fn rows(&self) -> Vec<SecretRow> {
        let rows = Invites::secret_rows(self.store.clone(), &self.file()).await;
        rows.unwrap()
    }
}

async fn made(invites: &Invites<SqliteStore>, kind: KeyKind, seconds: u32) -> Invite {
    let request = CreateRequest::new(Permissions::READ, seconds, kind);
    let made = invites
        .create(Some(&actor("alice")), "notes", request)
        .await;
    made.unwrap()
}

async fn opens(invites: &Invites<SqliteStore>, invite: &Invite) -> bool {
    let key = invite.key.as_ref().unwrap();
    let accepted = invites.accept(Some(&actor("bob")), key, None).await;
    accepted.is_ok()
}

async fn admin(invites: &Invites<SqliteStore>) {
    let all = Permissions::parse("arw").unwrap();
    let begun = invites.appoint("notes", &user("alice"), all).await;
    begun.unwrap();
}

async fn live(invites: &Invites<SqliteStore>) -> Vec<(String, bool)> {
    let (alice, all) = (actor("alice"), ListRequest::default());
    let list = invites.list(Some(&alice), "notes", &all).await;
    let all = list.unwrap().invites.into_iter();
    all.map(|one| (one.id, one.key.is_some())).collect()
}

#[tokio::test]
async fn rotating_moves_each_secret_on_and_keeps_the_file_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let kept = Kept::new();
    let invites = kept.open(&kept.file()).await.unwrap();
    admin(&invites).await;
    let first = invites.secrets().active_id();
    let old = made(&invites, KeyKind::Opaque, 3600).await;
    let rotated = invites.rotate_secrets(&kept.file(), true).await.unwrap();
    assert!(rotated.gone.is_empty() && rotated.active != first);
    // What runs goes on with the secrets of before until it takes the new ones up.
    assert_eq!(invites.secrets().active_id(), first);
    assert!(invites.take_up_secrets(&kept.file()).await.unwrap());
    assert!(!invites.take_up_secrets(&kept.file()).await.unwrap());
    assert_eq!(invites.secrets().active_id(), rotated.active);
    assert_eq!(live(&invites).await, [(old.id.clone(), true)]);
    let mode = fs::metadata(kept.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let beside: Vec<_> = fs::read_dir(kept.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("invites.db"))
        .collect();
    assert_eq!(beside, ["secret"]);

    // It goes once nothing needs it any more: when it was told that the last invite is over.
    kept.time.pass_seconds(31 * 86_400);
    let told = invites.end_expired(kept.time.now(), 10).await;
    assert_eq!(told, Ok(1));
    let rotated = invites.rotate_secrets(&kept.file(), true).await.unwrap();
    assert_eq!(rotated.gone, std::slice::from_ref(&first));
    assert!(kept.rows().await.iter().all(|row| row.id != first));
    assert!(kept.open(&kept.file()).await.is_ok());
}

#[tokio::test]
async fn a_secret_stays_as_long_as_an_invite_or_a_webhook_needs_it() {
    let kept = Kept::new();
    let invites = kept.open(&kept.file()).await.unwrap();
    admin(&invites).await;
    let first = invites.secrets().active_id();
    let old = made(&invites, KeyKind::Opaque, 3600).await;
    let _key = invites.add_app("crm", true).await.unwrap();
    let url = "https://crm.example/hook";
    invites.set_webhook("crm", url).await.unwrap();
    invites.rotate_secrets(&kept.file(), true).await.unwrap();
    invites.take_up_secrets(&kept.file()).await.unwrap();
    // The same link, prolonged again and again.
    kept.time.pass_seconds(3000);
    let resend = async |seconds| {
        let again = invites
            .resend(Some(&actor("alice")), &old.id, seconds)
            .await;
        assert!(again.unwrap().key == old.key);
    };
    resend(30 * 86_400).await;
    kept.time.pass_seconds(29 * 86_400);
    resend(30 * 86_400).await;
    kept.time.pass_seconds(29 * 86_400);
    assert!(
        invites
            .rotate_secrets(&kept.file(), true)
            .await
            .unwrap()
            .gone
            .is_empty()
    );
    let row = kept.rows().await.into_iter().find(|row| row.id == first);
    let row = row.unwrap();
    assert_eq!(
        (row.made.unwrap().live, row.webhooks),
        (1, vec!["crm".to_owned()])
    );
    kept.time.pass_seconds(2 * 86_400);
    assert!(
        invites
            .rotate_secrets(&kept.file(), true)
            .await
            .unwrap()
            .gone
            .is_empty()
    );
    invites.take_up_secrets(&kept.file()).await.unwrap();
    invites.set_webhook("crm", url).await.unwrap();
    let told = invites.end_expired(kept.time.now(), 10).await;
    assert_eq!(told, Ok(1));
    let rotated = invites.rotate_secrets(&kept.file(), true).await.unwrap();
    assert!(rotated.gone.contains(&first), "{rotated:?}");
}

#[tokio::test]
async fn a_revoked_secret_ends_all_that_was_made_with_it_and_no_file_brings_it_back() {
    let kept = Kept::new();
    let invites = kept.open(&kept.file()).await.unwrap();
    admin(&invites).await;
    let first = invites.secrets().active_id();
    let opaque = made(&invites, KeyKind::Opaque, 3600).await;
    let hex = made(&invites, KeyKind::Webstrates, 3600).await;
    let over = made(&invites, KeyKind::Opaque, 1).await;
    kept.time.pass_seconds(2);
    let stale = kept.folder.path().join("stale");
    Secrets::copy(&kept.file(), &stale, false).unwrap();
    let elsewhere = kept.open(&stale).await.unwrap();
    invites.rotate_secrets(&kept.file(), true).await.unwrap();
    invites.take_up_secrets(&kept.file()).await.unwrap();
    let fresh = made(&invites, KeyKind::Opaque, 3600).await;

    let unknown = kept
        .revoke("0123456789abcdef")
        .await
        .unwrap_err()
        .to_string();
    assert!(unknown.contains("keys list"), "{unknown}");
    let revoked = kept.revoke(&first).await.unwrap();
    assert_eq!((revoked.ended, revoked.stage), (3, Some(Stage::Retired)));
    assert_eq!(kept.revoke(&first).await.unwrap().ended, 0, "again");
    for one in [&opaque, &hex, &over] {
        assert!(!opens(&invites, one).await);
    }
    assert_eq!(live(&invites).await, [(fresh.id.clone(), true)]);
    // A copy that has not read the file of after: what it still makes with the secret ends when it learns of it.
    let late = made(&elsewhere, KeyKind::Opaque, 3600).await;
    assert!(elsewhere.take_up_secrets(&stale).await.unwrap());
    assert_ne!(elsewhere.secrets().active_id(), first);
    assert!(!opens(&elsewhere, &late).await);
    // Neither does one that starts with it.
    let again = kept.open(&stale).await.unwrap();
    assert_ne!(again.secrets().active_id(), first);
    assert!(opens(&again, &fresh).await);
}

#[tokio::test]
async fn what_was_made_with_a_lost_secret_is_ended_by_its_id() {
    let kept = Kept::new();
    let invites = kept.open(&kept.file()).await.unwrap();
    admin(&invites).await;
    let first = invites.secrets().active_id();
    made(&invites, KeyKind::Opaque, 3600).await;
    fs::remove_file(kept.file()).unwrap();
    let refused = kept.open(&kept.file()).await.unwrap_err().to_string();
    assert!(refused.contains(&first), "{refused}");
    assert!(kept.rows().await[0].standing.is_none());
    let revoked = kept.revoke(&first).await.unwrap();
    assert_eq!((revoked.ended, revoked.active), (1, None));
    let again = kept.open(&kept.file()).await.unwrap();
    assert_ne!(again.secrets().active_id(), first);
    assert!(live(&again).await.is_empty());
}

/// A copy of the server with a file of its own, which the operator has not brought up to date.
#[tokio::test]
async fn a_revocation_counts_where_the_file_lacks_what_came_since() {
    let kept = Kept::new();
    let invites = kept.open(&kept.file()).await.unwrap();
    admin(&invites).await;
    let first = invites.secrets().active_id();
    let stale = kept.folder.path().join("stale");
    Secrets::copy(&kept.file(), &stale, false).unwrap();
    let elsewhere = kept.open(&stale).await.unwrap();
    invites.rotate_secrets(&kept.file(), true).await.unwrap();
    invites.take_up_secrets(&kept.file()).await.unwrap();
    let leaked = invites.secrets().active_id();
    let old = made(&elsewhere, KeyKind::Opaque, 3600).await;
    let knows = |id: &str| {
        elsewhere
            .secrets()
            .standings()
            .iter()
            .any(|one| one.id == id)
    };
    assert!(knows(&leaked) && knows(&first));

    kept.revoke(&leaked).await.unwrap();
    let wrong = elsewhere.take_up_secrets(&stale).await.unwrap_err();
    let wrong = wrong.to_string();
    assert!(!knows(&leaked), "{wrong}");
    assert!(knows(&first), "what was not taken back goes on");
    assert!(opens(&elsewhere, &old).await);
    made(&elsewhere, KeyKind::Opaque, 3600).await;

    // Nothing is left that anything could be made with; what others made still opens.
    invites.take_up_secrets(&kept.file()).await.unwrap();
    let fresh = made(&invites, KeyKind::Opaque, 3600).await;
    kept.revoke(&first).await.unwrap();
    elsewhere.take_up_secrets(&stale).await.unwrap_err();
    assert!(!knows(&first) && !knows(&leaked));
    let request = CreateRequest::new(Permissions::READ, 60, KeyKind::Opaque);
    let refused = elsewhere
        .create(Some(&actor("alice")), "notes", request)
        .await;
    assert_eq!(refused.unwrap_err().code(), "try_again");
    assert!(opens(&elsewhere, &fresh).await);
    assert_eq!(live(&invites).await, [(fresh.id.clone(), true)]);

    // Once it is brought there all goes on.
    Secrets::copy(&kept.file(), &stale, true).unwrap();
    assert!(elsewhere.take_up_secrets(&stale).await.unwrap());
    let again = made(&elsewhere, KeyKind::Opaque, 3600).await;
    invites.take_up_secrets(&kept.file()).await.unwrap();
    let listed = live(&invites).await;
    assert_eq!(listed, [(again.id, true), (fresh.id, true)]);
}

/// `keys rotate` says: bring the file to the other copies within the hour.
#[tokio::test]
async fn a_receipt_of_a_copy_with_the_file_of_before_counts_for_that_hour() {
    const HERE: &str = "https://invites.example";
    let kept = Kept::new();
    let invites = kept.open(&kept.file()).await.unwrap().issuing_as(HERE);
    admin(&invites).await;
    let _key = invites.add_app("crm", true).await.unwrap();
    let stale = kept.folder.path().join("stale");
    Secrets::copy(&kept.file(), &stale, false).unwrap();
    let elsewhere = kept.open(&stale).await.unwrap().issuing_as(HERE);
    let invite = made(&invites, KeyKind::Opaque, 86_400).await;
    invites.rotate_secrets(&kept.file(), true).await.unwrap();
    invites.take_up_secrets(&kept.file()).await.unwrap();
    let redeemed = async |name: &str, after: i64| {
        let who = actor(name);
        let key = invite.key.as_ref().unwrap();
        let accepted = elsewhere.accept(Some(&who), key, None).await.unwrap();
        let receipt = elsewhere.receipt(&who, &accepted).unwrap();
        kept.time.pass_seconds(after);
        invites.redeem("crm", &receipt).await.is_ok()
    };
    kept.time.pass_seconds(308);
    assert!(redeemed("bob", 0).await, "after 308 seconds");
    assert!(!redeemed("carol", 300).await, "its own five minutes");
    kept.time.pass_seconds(3600 - 608 - 1);
    assert!(redeemed("dora", 299).await, "made within the hour");
    kept.time.pass_seconds(2);
    assert!(!redeemed("erin", 0).await, "nobody brought the file");
}
