//! The secret file.

use std::fs;

use invite_key::KeyKind;
use invite_server::core::{SecretFileUnusable, Secrets};

/// What HMAC-SHA-256 makes of `secret-id/1/` with each: printf secret-id/1/ | openssl dgst -sha256 -mac HMAC -macopt hexkey:…
const FIRST_ID: &str = "e114c47beb652fed";
const SECOND_ID: &str = "b73fc428812bf864";
const SINCE: &str = "2026-11-21T05:21:08.803Z";
const FIRST: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const SECOND: &str = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn load(text: &str) -> Result<Secrets, SecretFileUnusable> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    write_private(&path, text);
    Secrets::load_or_create(&path)
}

fn active(id: &str, digits: &str) -> String {
    format!("{id} {digits} active {SINCE}\n")
}

fn write_private(path: &std::path::Path, text: &str) {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn the_file_is_made_once_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let made = Secrets::load_or_create(&path).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing is left beside it"
    );
    let read = Secrets::load_or_create(&path).unwrap();
    let (key, id) = made.new_key(KeyKind::Opaque, "invite_1").unwrap();
    assert_eq!(read.key(KeyKind::Opaque, "invite_1", &id), Some(key));

    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let refused = Secrets::load_or_create(&path).unwrap_err().to_string();
    assert!(refused.contains("chmod 600"), "{refused}");
}

#[test]
fn copies_that_start_at_once_agree() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let keys: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Secrets::load_or_create(&path).unwrap()))
            .collect();
        running
            .into_iter()
            .map(|one| one.join().unwrap().derive_for("test").to_vec())
            .collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[test]
fn old_secrets_still_give_their_keys_and_the_active_one_makes_new_ones() {
    let old = load(&active(FIRST_ID, FIRST)).unwrap();
    let (key, secret_id) = old.new_key(KeyKind::Opaque, "invite_1").unwrap();
    assert_eq!(secret_id, FIRST_ID);
    let retired = format!("{FIRST_ID} {FIRST} retired {SINCE}\n");
    let rotated = load(&format!(
        "# comment\n\n{retired}{}",
        active(SECOND_ID, SECOND)
    ))
    .unwrap();
    assert_eq!(
        rotated.key(KeyKind::Opaque, "invite_1", FIRST_ID),
        Some(key.clone())
    );
    let (new_key, secret_id) = rotated.new_key(KeyKind::Opaque, "invite_1").unwrap();
    assert_eq!(secret_id, SECOND_ID);
    assert!(new_key != key);
    assert_eq!(rotated.key(KeyKind::Opaque, "invite_1", "gone"), None);
}

/// Whoever changes how keys are derived breaks every invite that is out.
#[test]
fn keys_are_derived_as_ever() {
    let secrets = load(&active(FIRST_ID, FIRST)).unwrap();
    let key = |kind| {
        secrets
            .key(kind, "invite_AAAAAAAAAAAAAAAAAAAAAA", FIRST_ID)
            .unwrap()
            .reveal()
            .to_owned()
    };
    // printf 'invite-key/1/webstratesinvite_AAAAAAAAAAAAAAAAAAAAAA' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0001…1f
    assert_eq!(
        key(KeyKind::Webstrates),
        "1f34f9273a68a588875a11642aa22b134c8424874a54b5ccf144df2e8b996bc6"
    );
    assert_eq!(
        key(KeyKind::Opaque),
        "inv1_7Vt2mPmGSKq7IN62zgl9bqvQaE1XBD0vl5US"
    );
}

#[test]
fn broken_files_are_refused_without_being_shown() {
    for broken in [
        "",
        "# nothing\n",
        &format!("{FIRST_ID}\n"),
        &format!("{FIRST_ID} abc active {SINCE}\n"),
        &format!("{FIRST_ID} {FIRST}00 active {SINCE}\n"),
        &format!("{FIRST_ID} {FIRST}\n"),
        &format!("{FIRST_ID} {FIRST} active\n"),
        &format!("{FIRST_ID} {FIRST} active yesterday\n"),
        &format!("{FIRST_ID} {FIRST} asleep {SINCE}\n"),
        &format!("{FIRST_ID} {FIRST} active {SINCE} more\n"),
        // None that is active, two of them, two that are next, one twice.
        &format!("{FIRST_ID} {FIRST} next {SINCE}\n"),
        &format!("{}{}", active(FIRST_ID, FIRST), active(SECOND_ID, SECOND)),
        &format!(
            "{}{FIRST_ID} {FIRST} retired {SINCE}\n",
            active(FIRST_ID, FIRST)
        ),
        // Another secret than its id says: a digit was mistyped, or somebody gave it a name.
        &active(FIRST_ID, SECOND),
        &active("1", FIRST),
        &format!(" {FIRST} active {SINCE}\n"),
    ] {
        let refused = load(broken).unwrap_err();
        assert!(
            matches!(
                refused,
                SecretFileUnusable::Malformed { .. }
                    | SecretFileUnusable::Together { .. }
                    | SecretFileUnusable::Empty { .. }
            ),
            "{broken:?}"
        );
        assert!(!refused.to_string().contains("line 0"), "{refused}");
        assert!(!refused.to_string().contains(FIRST));
    }
}

#[test]
fn nothing_prints_a_secret() {
    let secrets = load(&active(FIRST_ID, FIRST)).unwrap();
    assert_eq!(format!("{secrets:?}"), "Secrets(1)");
    assert_ne!(
        secrets.derive_for("one").as_slice(),
        secrets.derive_for("other").as_slice()
    );
}
