//! Telling people apart, and the names of those who vouch for them.

use super::{Decision, Moment, Ruling};
use crate::core::{
    Claimed, LogoutToken, Refusal, Sessions, User,
    state::{Change, Issuer, State},
};

/// Who somebody is here. A person is known by issuer and subject: once they have a name it stays theirs, whatever the
/// issuer calls them later, and nobody else of the issuer gets it.
pub fn recognise(state: &State, claimed: &Claimed) -> Ruling<User> {
    let shown = claimed.user.display_name.as_ref();
    let know = |user: &User, email: Option<&String>| {
        vec![Change::KnowPerson {
            user: user.clone(),
            subject: claimed.subject.clone(),
            email: email.cloned(),
        }]
    };
    if let Some(known) = &state.known {
        let user = User {
            display_name: shown.or(known.user.display_name.as_ref()).cloned(),
            ..known.user.clone()
        };
        // What is not said is not taken back: not every token names an address.
        let email = claimed.email.as_ref().or(known.email.as_ref());
        let same = user == known.user && email == known.email.as_ref();
        let changes = if same { Vec::new() } else { know(&user, email) };
        return Ok(Decision {
            answer: user,
            changes,
        });
    }
    if state.name_is_taken {
        return Err(Refusal::Forbidden {
            sentence: "Somebody else has this name here. Ask whoever runs the server.".into(),
        });
    }
    Ok(Decision {
        answer: claimed.user.clone(),
        changes: know(&claimed.user, claimed.email.as_ref()),
    })
}

/// People of this issuer stand under this name. It cannot be changed under them: permissions are kept by it. As long as
/// nobody stands under it, it can.
pub fn name_issuer(state: &State, issuer: &Issuer) -> Ruling<()> {
    let refused = |sentence: String| Err(Refusal::invalid_option("provider", sentence));
    let Issuer { provider, iss } = issuer;
    if let Some(other) = &state.issuer_named
        && other != iss
        && state.issuer_has_people
    {
        return refused(format!(
            "The people of {other} stand under the name {provider} in this database, and those of {iss} would be taken \
             for them. Give these another name."
        ));
    }
    if let Some(other) = &state.issuer_provider
        && other != provider
        && state.issuer_is_used
    {
        return refused(format!(
            "The people of {iss} stand under the name {other} in this database. Keep it: under {provider} all of them \
             would be strangers."
        ));
    }
    let changes = if state.issuer_named.as_ref() == Some(iss) {
        Vec::new()
    } else {
        vec![Change::NameIssuer(issuer.clone())]
    };
    Ok(Decision {
        answer: (),
        changes,
    })
}

/// Every session of somebody ends; how many were open. Whoever is not known is a name that was written wrong.
pub fn sign_out(state: &State, user: &User, at: Moment) -> Ruling<i64> {
    let open = state.open_sessions.ok_or_else(|| {
        Refusal::invalid_option(
            "user",
            format!(
                "Nobody is known as {} here, so nobody was signed out. Write USERNAME:PROVIDER as the lists of members \
                 have it; capitals count.",
                user.user_id()
            ),
        )
    })?;
    Ok(Decision {
        answer: open,
        changes: vec![Change::EndSessions {
            which: Sessions::Of(user.clone()),
            at,
        }],
    })
}

/// Sessions end on the word of their issuer, once. Whether it was not told before.
pub fn end_as_told(state: &State, told: &LogoutToken, at: Moment) -> Ruling<bool> {
    let ends = || {
        vec![
            Change::Redeem {
                receipt: told.name(),
                until: told.until,
            },
            Change::EndSessions {
                which: told.ends.clone(),
                at,
            },
        ]
    };
    Ok(Decision {
        answer: !state.redeemed,
        changes: if state.redeemed { Vec::new() } else { ends() },
    })
}
