use super::*;

#[test]
fn an_end_is_told_once_and_only_of_what_is_over() {
    let over = |change: fn(&mut StoredInvite)| {
        let mut invite = invite("r");
        change(&mut invite);
        let decision = end(&state("", Some(invite)), Moment(NOW.0 + 1)).unwrap();
        assert_eq!(decision.answer, !decision.changes.is_empty());
        decision.answer
    };
    assert!(over(|_| {}));
    assert!(over(|invite| (invite.uses, invite.max_uses) = (1, Some(1))));
    assert!(!over(|invite| invite.ended = true));
    assert!(!over(|invite| invite.removed_at = Some(NOW)));
    assert!(!over(|invite| invite.expires_at = Moment(NOW.0 + 2)));
    assert!(!end(&state("", None), NOW).unwrap().answer);
}
