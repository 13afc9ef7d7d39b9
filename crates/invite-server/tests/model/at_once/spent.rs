//! What is counted over all resources: those that somebody has created, and mails to somebody. Of each for itself there
//! has to be an order in which nothing is overspent, and nothing refused while there was some left.

use std::collections::HashSet;

use super::run::{Call, What};
use crate::answer::Answer;
use crate::history::{ADDRESSES, Op, PEOPLE};
use crate::model::{Model, asked_again};

/// What has to have been when a call was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saw {
    /// Some was left, and was taken.
    Took,
    /// Some was left.
    Left,
    Full,
    /// Nobody knows whether some was taken.
    Perhaps,
}

struct Step<'a> {
    saw: Saw,
    call: &'a Call,
}

/// Whether nobody overspent, and nobody was refused in vain.
pub(super) fn explained(calls: &[Call], model: &Model) -> Result<(), String> {
    let quotas = model.quotas;
    // Of one that is made and deleted meanwhile nobody can tell whose it was.
    let is_freed = calls.iter().any(Call::has_deleted);
    for (person, name) in PEOPLE.iter().enumerate() {
        let all = calls.iter();
        let steps: Vec<_> = all.filter_map(|call| created(call, person)).collect();
        let begun = model.created_by(person);
        let take = |count: &usize, _: i64| {
            let is_left = quotas.resources == 0 || *count < quotas.resources as usize;
            is_left.then_some(count + 1)
        };
        if !is_freed && !in_some_order(&steps, 0, &begun, &take, &mut HashSet::new()) {
            return Err(told(
                &steps,
                &format!("resources of {name}, {begun} before"),
            ));
        }
        let all = calls.iter();
        let steps: Vec<_> = all
            .filter_map(|call| mailed(call, (calls, model), person))
            .collect();
        let asked = model.recipients.get(&person).cloned().unwrap_or_default();
        let take = |asked: &Vec<i64>, now: i64| match quotas.mails {
            0 => Some(asked.clone()),
            quota => asked_again(asked, quota, now).ok(),
        };
        if !in_some_order(&steps, 0, &asked, &take, &mut HashSet::new()) {
            return Err(told(&steps, &format!("mails to {name}, {asked:?} before")));
        }
    }
    Ok(())
}

fn told(steps: &[Step<'_>], of: &str) -> String {
    let lines = steps.iter().map(|step| format!("  {:?}\n", step.call));
    let lines: String = lines.collect();
    format!("{of}: no order explains what was answered\n{lines}")
}

/// What a call says of the resources that somebody has created.
fn created(call: &Call, person: usize) -> Option<Step<'_>> {
    let What::Op(Op::NewResource { by, .. }) = &call.what else {
        return None;
    };
    let saw = match &call.answer {
        Some(Answer::Letters(_)) => Saw::Took,
        Some(Answer::Refused("already_exists", _)) => Saw::Left,
        Some(answer) if *answer == Answer::full("resources") => Saw::Full,
        None | Some(Answer::Refused("unknown_outcome", _)) => Saw::Perhaps,
        Some(_) => return None,
    };
    (by.person() == Some(person)).then_some(Step { saw, call })
}

/// What a call says of mails to somebody.
fn mailed<'a>(
    call: &'a Call,
    (calls, model): (&[Call], &Model),
    person: usize,
) -> Option<Step<'a>> {
    let What::Op(op) = &call.what else {
        return None;
    };
    let (email, made) = match op {
        Op::Create {
            email, send, name, ..
        } => (email.filter(|_| *send), Some(*name)),
        Op::Resend { invite, .. } => {
            let before = model.invite(*invite).filter(|invite| invite.mailed);
            let before = before.and_then(|invite| invite.email);
            (before.or_else(|| mailed_meanwhile(calls, *invite)), None)
        }
        _ => return None,
    };
    let saw = match &call.answer {
        // What was made before and is answered again is not mailed again.
        Some(Answer::Shown(shown)) if made.is_none_or(|made| made == shown.invite) => Saw::Took,
        Some(answer) if *answer == Answer::full("mails") => Saw::Full,
        None | Some(Answer::Refused("unknown_outcome", _)) => Saw::Perhaps,
        Some(_) => return None,
    };
    (ADDRESSES[email?].1 == person).then_some(Step { saw, call })
}

/// To whom an invite was mailed that was made by one of these calls.
fn mailed_meanwhile(calls: &[Call], invite: u16) -> Option<usize> {
    calls.iter().find_map(|call| match &call.what {
        What::Op(Op::Create {
            name,
            email,
            send: true,
            ..
        }) if *name == invite => *email,
        _ => None,
    })
}

fn in_some_order<State: Clone + Eq + std::hash::Hash>(
    steps: &[Step<'_>],
    done: u64,
    state: &State,
    take: &impl Fn(&State, i64) -> Option<State>,
    tried: &mut HashSet<(u64, State)>,
) -> bool {
    let open = || (0..steps.len()).filter(|place| done & (1 << place) == 0);
    // What began after another had ended cannot have happened before it.
    let known = open().filter(|place| steps[*place].saw != Saw::Perhaps);
    let Some(bound) = known.map(|place| steps[place].call.end).min() else {
        return true;
    };
    if !tried.insert((done, state.clone())) {
        return false;
    }
    open().any(|place| {
        let Step { saw, call } = &steps[place];
        let taken = take(state, call.now);
        let after = match (saw, taken) {
            (Saw::Took | Saw::Perhaps, Some(taken)) => taken,
            (Saw::Left, Some(_)) | (Saw::Full, None) => state.clone(),
            _ => return false,
        };
        let done = done | (1 << place);
        call.begin <= bound && in_some_order(steps, done, &after, take, tried)
    })
}
