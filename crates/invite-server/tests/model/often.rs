//! What is drawn is counted: a rule that is hardly ever touched is not held against the server.

use std::collections::BTreeMap;

use crate::HISTORIES;
use crate::answer::Answer;
use crate::history::Op;
use crate::model::Model;
use crate::run::Run;

/// So often each has to have had an effect, and so often each refusal has to be met.
const OFTEN: u64 = 20;
/// What [`Op`] has.
const SORTS: usize = 38;
const REFUSALS: [&str; 19] = [
    "already_exists ",
    "bad_credentials ",
    "cannot_remove ",
    "conflict ",
    "exhausted ",
    "expired ",
    "forbidden ",
    "forbidden permissions",
    "invalid_key ",
    "inviter_not_admin ",
    "last_admin ",
    "limit_reached invites",
    "limit_reached mails",
    "limit_reached resources",
    "not_admin ",
    "not_found ",
    "removed ",
    "too_soon ",
    "wrong_account ",
];

/// How often something happened, and how often it did what was asked.
#[derive(Clone, Copy, Default)]
struct Count {
    all: u64,
    done: u64,
}

/// What it is, without what it is about.
fn sort(op: &Op) -> String {
    let text = format!("{op:?}");
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Whether anything came of it.
fn is_done(answer: &Answer) -> bool {
    match answer {
        Answer::Refused(..) | Answer::Paused | Answer::SignedIn(None) => false,
        Answer::Ended(all) => !all.is_empty(),
        _ => true,
    }
}

/// What the model answers to all of it, one after the other.
fn answers(run: &Run) -> Vec<(Op, Answer)> {
    let all: Vec<Op> = match run {
        Run::Alone(_, history) => history.clone(),
        Run::AtOnce(_, episode) => episode.all.iter().map(|(_, op)| op.clone()).collect(),
    };
    let mut model = Model::new(run.engine());
    let answer = |op: Op| {
        let answer = model.carry_out(&op, None);
        (op, answer)
    };
    all.into_iter().map(answer).collect()
}

/// In as many histories as a test has.
#[test]
fn everything_happens_often_and_is_refused_in_every_way() {
    let (mut sorts, mut refused) = (BTreeMap::<String, Count>::new(), BTreeMap::new());
    for run in (0..HISTORIES).map(Run::of) {
        for (op, answer) in answers(&run) {
            let count = sorts.entry(sort(&op)).or_default();
            count.all += 1;
            count.done += u64::from(is_done(&answer));
            if let Answer::Refused(code, field) = answer {
                *refused.entry(format!("{code} {field}")).or_insert(0) += 1;
            }
        }
    }
    for (sort, Count { all, done }) in &sorts {
        println!("{all:>7} {sort}, {done} of them with an effect");
    }
    for (why, times) in &refused {
        println!("{times:>7} refused: {why}");
    }
    assert_eq!(sorts.len(), SORTS);
    let seldom = sorts.iter().filter(|(_, count)| count.done < OFTEN);
    let seldom: Vec<&String> = seldom.map(|(sort, _)| sort).collect();
    assert_eq!(
        seldom,
        Vec::<&String>::new(),
        "it hardly ever does anything"
    );
    let times = |why: &&str| refused.get(*why).copied().unwrap_or(0_u64);
    let unmet: Vec<_> = REFUSALS.iter().filter(|why| times(why) < OFTEN).collect();
    assert_eq!(unmet, Vec::<&&str>::new(), "hardly anything is refused so");
}
