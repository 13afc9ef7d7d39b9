use super::*;

#[test]
fn an_end_is_told_once_and_only_of_what_is_over() {
    let over = |change: fn(&mut StoredInvite)| {
        let mut invite = invite("r");
        change(&mut invite);
        !end(&invite, Moment(NOW.0 + 1)).is_empty()
    };
    assert!(over(|_| {}));
    assert!(over(|invite| (invite.uses, invite.max_uses) = (1, Some(1))));
    assert!(!over(|invite| invite.ended = true));
    assert!(!over(|invite| invite.removed_at = Some(NOW)));
    assert!(!over(|invite| invite.expires_at = Moment(NOW.0 + 2)));
}

/// A clock that goes back gives nobody an invite that everybody was told is over.
#[test]
fn what_was_told_to_be_over_stays_so() {
    let mut ended = invite("r");
    ended.ended = true;
    let before = Moment(ended.expires_at.0 - 1);
    assert_eq!(ended.status(before), InviteStatus::Expired);
}
