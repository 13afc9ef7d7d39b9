//! The life of a secret.

use super::*;
use crate::core::options::MAX_AGE_LIMIT;

const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;
const BEGAN: Moment = Moment(1_795_238_468_803);

fn secrets() -> Secrets {
    Secrets::of(Ring::generate(BEGAN).unwrap())
}

fn after(seconds: u32) -> Moment {
    BEGAN.plus_seconds(seconds)
}

fn ids(secrets: &Secrets, stage: Stage) -> Vec<String> {
    let all = secrets.standings().into_iter();
    let of_it = all.filter(|one| one.stage == stage);
    of_it.map(|one| one.id).collect()
}

/// Whether what this secret makes for a purpose counts, if it lives so long at most.
fn counts(secrets: &Secrets, of: &Secrets, seconds: u32, now: Moment) -> bool {
    let made = of.derive_for("test");
    let counting = secrets.derive_counting("test", seconds, now);
    let signed = of.signing();
    let verified = secrets.public_key(signed.kid(), seconds, now).is_some();
    let counts = counting.iter().any(|(_, derived)| *derived == made);
    let by_id = secrets.counts(&of.active_id(), seconds, now);
    assert_eq!(by_id, counts, "by its id");
    assert_eq!(verified, counts, "what is signed and what is sealed");
    counts
}

fn published(secrets: &Secrets, now: Moment) -> usize {
    secrets.public_keys(now).matches("\"kid\"").count()
}

#[test]
fn what_lives_short_counts_under_the_active_secret_and_for_its_life_under_the_one_before() {
    let secrets = secrets();
    let first = secrets.without(&[]).unwrap();
    assert!(counts(&secrets, &first, HOUR, BEGAN));
    secrets.rotate(after(10), false).unwrap();
    // And the hour in which another copy may make something with it still.
    for (seconds, last) in [(HOUR, 10 + 2 * HOUR - 1), (DAY, 10 + DAY + HOUR - 1)] {
        assert!(counts(&secrets, &first, seconds, after(last)));
        assert!(!counts(&secrets, &first, seconds, after(last + 1)));
    }
    secrets.rotate(after(10 + HOUR), false).unwrap();
    assert!(!counts(&secrets, &first, DAY, after(10 + HOUR)), "two ago");
    assert!(counts(&secrets, &secrets, DAY, after(10 + HOUR)));
}

/// One copy of the server has read the file of after a rotation, the other has not yet.
#[test]
fn old_and_new_files_side_by_side_refuse_nothing_of_each_other() {
    let (old, new) = (secrets(), secrets());
    new.take_up(&old);
    new.rotate(after(10), false).unwrap();
    for (here, there) in [(&old, &new), (&new, &old)] {
        assert!(counts(here, there, HOUR, after(20)));
        let (key, id) = here.new_key(KeyKind::Opaque, "invite_1").unwrap();
        assert_eq!(there.key(KeyKind::Opaque, "invite_1", &id), Some(key));
        assert!(there.webhook_secret("hook", Some(&id)).is_some());
        let kid = here.signing().kid().to_owned();
        assert!(there.public_keys(after(20)).contains(&kid));
    }
    assert_eq!(published(&old, after(20)), 2);
    assert_eq!(published(&new, after(20)), 3);
}

#[test]
fn a_secret_is_known_for_an_hour_before_it_is_active() {
    let secrets = secrets();
    let next = ids(&secrets, Stage::Next);
    // The first two come together.
    secrets.rotate(after(1), false).unwrap();
    assert_eq!([secrets.active_id()], *next);
    let refused = secrets.rotate(after(HOUR), false).unwrap_err();
    let refused = refused.to_string();
    assert!(
        refused.contains("--at-once") && refused.contains(&after(HOUR + 1).to_iso()),
        "{refused}"
    );
    assert_eq!([secrets.active_id()], *next, "nothing has changed");
    secrets.rotate(after(HOUR), true).unwrap();
    secrets.rotate(after(2 * HOUR), false).unwrap();
    assert_eq!(ids(&secrets, Stage::Retired).len(), 3);
}

#[test]
fn a_retired_key_is_published_until_the_last_that_it_signed_has_ended() {
    let secrets = secrets();
    let first = secrets.signing().kid().to_owned();
    secrets.rotate(after(10), false).unwrap();
    let last = 10 + MAX_AGE_LIMIT + HOUR;
    assert!(secrets.public_keys(after(last - 1)).contains(&first));
    assert!(secrets.over(after(last - 1)).is_empty());
    assert!(!secrets.public_keys(after(last)).contains(&first));
    assert_eq!(secrets.over(after(last)), ids(&secrets, Stage::Retired));
}

#[test]
fn a_revoked_secret_counts_for_nothing_and_another_takes_its_place() {
    let secrets = secrets();
    secrets.rotate(after(10), false).unwrap();
    let before = secrets.without(&[]).unwrap();
    let [active, next, retired] = [Stage::Active, Stage::Next, Stage::Retired]
        .map(|stage| ids(&before, stage).first().unwrap().clone());
    let file_of_before = before.without(std::slice::from_ref(&active)).unwrap();
    assert!(secrets.revoke(&active, after(20)).unwrap());
    assert_eq!(secrets.active_id(), next);
    assert!(!counts(&secrets, &before, HOUR, after(20)));
    assert!(
        !secrets
            .public_keys(after(20))
            .contains(before.signing().kid())
    );
    let (_, id) = before.new_key(KeyKind::Opaque, "invite_1").unwrap();
    assert_eq!(secrets.key(KeyKind::Opaque, "invite_1", &id), None);
    // The one before is still the one before.
    assert!(ids(&secrets, Stage::Retired).contains(&retired));
    // A copy that has the file of before and is told by the database makes all with the same.
    assert_eq!(file_of_before.active_id(), next);

    let fresh = ids(&secrets, Stage::Next);
    assert!(secrets.revoke(&fresh[0], after(30)).unwrap());
    assert_ne!(ids(&secrets, Stage::Next), fresh);
    assert!(secrets.revoke(&retired, after(30)).unwrap());
    assert!(!secrets.revoke(&retired, after(30)).unwrap());
    let all: Vec<_> = secrets.standings().into_iter().map(|one| one.id).collect();
    assert!(secrets.without(&all).is_none());
}

#[test]
fn where_there_is_no_next_one_it_is_published_first() {
    let secrets = secrets();
    let first = secrets.active_id();
    let alone = secrets.without(&ids(&secrets, Stage::Next)).unwrap();
    let at_once = alone.without(&[]).unwrap();
    alone.rotate(after(10), false).unwrap();
    assert_eq!(
        (alone.active_id(), published(&alone, after(10))),
        (first.clone(), 2)
    );
    assert!(alone.rotate(after(20), false).is_err());
    at_once.rotate(after(10), true).unwrap();
    assert_ne!(at_once.active_id(), first);
    assert_eq!(published(&at_once, after(10)), 3);
}

/// The file of after two rotations, before the second of which the clock was set back.
#[test]
fn the_one_before_is_the_last_that_was_retired_whatever_the_clock_said() {
    let secrets = secrets();
    let first = secrets.without(&[]).unwrap();
    secrets.rotate(after(10 * HOUR), true).unwrap();
    let second = secrets.without(&[]).unwrap();
    secrets.rotate(after(HOUR), true).unwrap();
    let file = text::write(&secrets.ring());
    let read = Secrets::of(text::parse(&file, Path::new("secret")).unwrap());
    for secrets in [&secrets, &read] {
        assert!(!counts(secrets, &first, DAY, after(2 * HOUR)), "two ago");
        assert!(counts(secrets, &second, DAY, after(2 * HOUR)));
    }
}

#[test]
fn a_retired_secret_that_counted_no_more_does_not_again_when_the_clock_is_set_back() {
    let secrets = secrets();
    let first = secrets.without(&[]).unwrap();
    let key = first.signing().kid().to_owned();
    secrets.rotate(after(10), false).unwrap();
    assert!(counts(&secrets, &first, HOUR, after(20)));
    assert!(!counts(&secrets, &first, HOUR, after(3 * HOUR)));
    assert!(!counts(&secrets, &first, HOUR, after(20)));
    // Nor is it published again.
    assert!(!secrets.public_keys(after(40 * DAY)).contains(&key));
    assert!(!secrets.public_keys(after(20)).contains(&key));
    // What others write in its place changes nothing of that.
    secrets.take_up(&secrets.without(&[]).unwrap());
    assert!(!counts(&secrets, &first, HOUR, after(20)));
}
