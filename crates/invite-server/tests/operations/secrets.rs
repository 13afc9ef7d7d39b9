//! The secret file where it cannot be used, or the disk has no room for another.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::disk::Disk;
use crate::support::command;

fn said(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn run(database: &Path, secret: &Path, arguments: &[&str]) -> (bool, String) {
    let place = [
        "--database",
        database.to_str().unwrap(),
        "--secret-file",
        secret.to_str().unwrap(),
    ];
    said(&mut command(&[&place[..], arguments].concat()))
}

#[test]
fn a_rotation_without_room_leaves_nothing_behind() {
    let Some(disk) = Disk::of(1) else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let (database, secret) = (elsewhere.path().join("invites.db"), disk.0.join("secret"));
    // Makes both.
    let (done, listed) = run(&database, &secret, &["apps", "list"]);
    assert!(done, "{listed}");
    let before = fs::read(&secret).unwrap();
    disk.fill();
    let (done, refused) = run(&database, &secret, &["keys", "rotate", "--at-once"]);
    assert!(!done && refused.contains("No space left"), "{refused}");
    assert_eq!(fs::read(&secret).unwrap(), before);
    let left: Vec<_> = fs::read_dir(&disk.0)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
    disk.make_room();
    let (done, rotated) = run(&database, &secret, &["keys", "rotate", "--at-once"]);
    assert!(done, "{rotated}");
}

#[test]
fn an_empty_secret_file_says_what_to_do() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let database = folder.path().join("invites.db");
    let (done, refused) = run(&database, &secret, &["keys", "list"]);
    assert!(!done && refused.contains("is empty"), "{refused}");
    assert!(
        refused.contains(secret.to_str().unwrap()) && refused.contains("a backup holds one"),
        "{refused}"
    );
}
