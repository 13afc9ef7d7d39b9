//! As much as there may be, and no more.

use super::*;
use crate::core::Recipient;

const TWO: Quotas = Quotas {
    invites: 2,
    resources: 2,
    mails: 2,
};

fn with(invites: u32, mails: usize) -> State {
    State {
        invites,
        recipient: Some(Recipient {
            address: "carol@example.com".into(),
            asked_at: vec![Moment(0); mails],
            is_known: mails > 0,
        }),
        ..state("arw", None)
    }
}

fn made(state: &State, send: bool, repeat: Option<&RepeatKey>) -> Ruling<StoredInvite> {
    let mut request = CreateRequest::new(letters("r"), 60, KeyKind::Opaque);
    (request.email, request.send) = (Some("carol@example.com".into()), send);
    let fresh = invite("r");
    create(state, Some(&bob()), "notes", &request, &fresh, repeat, TWO)
}

fn code<Answer>(ruling: &Ruling<Answer>) -> &'static str {
    ruling.as_ref().map_or_else(Refusal::code, |_| "yes")
}

#[test]
fn nobody_has_more_live_invites_than_there_may_be() {
    for (invites, expected) in [
        (0, "yes"),
        (1, "yes"),
        (2, "limit_reached"),
        (3, "limit_reached"),
    ] {
        assert_eq!(
            code(&made(&with(invites, 0), false, None)),
            expected,
            "{invites}"
        );
    }
    let refused = made(&with(2, 0), false, None).unwrap_err().sentence();
    assert!(
        refused.contains("notes") && refused.contains("Remove some"),
        "{refused}"
    );
}

#[test]
fn nobody_is_mailed_more_often_than_may_be_whoever_asks() {
    for (mails, send, expected) in [
        (1, true, "yes"),
        (2, true, "limit_reached"),
        // Nothing is mailed.
        (2, false, "yes"),
    ] {
        let ruling = made(&with(0, mails), send, None);
        assert_eq!(code(&ruling), expected, "{mails} {send}");
    }
    let counted = made(&with(0, 1), true, None).unwrap().changes;
    assert!(
        counted.iter().any(
            |change| matches!(change, Change::Mail(MailChange::Count(recipient))
            if recipient.asked_at == [Moment(0), Moment(0)])
        ),
        "{counted:?}"
    );
}

#[test]
fn what_is_sent_again_costs_no_quota() {
    let repeat = RepeatKey::of(b"key", b"body");
    let state = State {
        repeated: Some(crate::core::state::Repeated {
            invite: invite("r"),
            body: repeat.body,
            until: Moment(1),
        }),
        ..with(2, 2)
    };
    let decision = made(&state, true, Some(&repeat)).unwrap();
    assert_eq!((decision.answer, decision.changes), (invite("r"), vec![]));
    // Another key makes another invite.
    let other = made(&with(2, 0), false, Some(&repeat));
    assert_eq!(code(&other), "limit_reached");
}

#[test]
fn one_that_was_over_lives_again_only_where_there_is_room() {
    let alice = Actor::new(alice());
    let mut over = invite("r");
    over.expires_at = NOW;
    for (invites, mails, stored, expected) in [
        (1, 0, over.clone(), "yes"),
        (2, 0, over, "limit_reached"),
        // One that lives counts already.
        (2, 0, invite("r"), "yes"),
        (0, 2, invite("r"), "limit_reached"),
    ] {
        let mut state = with(invites, 0);
        state.invite = Some(stored);
        if mails > 0 {
            state.recipient = state.recipient.map(|recipient| Recipient {
                asked_at: vec![NOW; mails],
                ..recipient
            });
        }
        let ruling = resend(&state, &alice, 60, TWO, NOW, |_| true);
        assert_eq!(code(&ruling), expected, "{invites} {mails}");
        // What is in vain for good is said first: nobody ends another invite, or waits for an hour, for it.
        let ruling = resend(&state, &alice, 60, TWO, NOW, |_| false);
        assert_eq!(code(&ruling), "invalid_option", "{invites} {mails}");
    }
}
