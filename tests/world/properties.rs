//! What must hold, whatever happens.

use crate::executor::{MS, Time};
use crate::world::World;

/// So much later than its deadline a call may end.
pub const SLACK: Time = 5 * MS;

/// Each is a sentence that is true of every schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Property {
    /// A call ends by its deadline; a person who thinks is not counted.
    SettlesInTime,
    /// An aborted call ends at once.
    AbortEndsCalls,
    /// `close` ends every call at once.
    CloseEndsCalls,
    /// An answer is one that the server gave to such a question.
    AnswersAreGiven,
    /// An answer has the shape that is documented, or it is refused.
    AnswersHaveShape,
    /// An error is of the closed set, or a newer server said it.
    ErrorsAreKnown,
    /// A refusal is one that the server gave to such a question.
    ErrorsAreGiven,
    /// `timeout`, `aborted` and `closed` are for what has taken its time, was aborted or was closed.
    EndsAreGiven,
    /// One call makes one invite at most.
    CreatesOnce,
    /// Also where somebody else signs in between its attempts.
    CreatesOnceForAll,
    /// What a call was given goes along, or the call is refused.
    OptionsAreCarried,
    /// The invite that `create` gives exists.
    InvitesExist,
    /// Of an invite that exists nobody is told that it cannot.
    CreatesAreNotDenied,
    /// Nor that the server failed, where a proxy spoke for it or its answer could not be read.
    FailuresOfCreatesAreOpen,
    /// `unknown_outcome` is for what has left the page.
    UnknownHasLeft,
    /// What is said to be removed is gone and was the caller's.
    RemovesAreTrue,
    /// The letters that an accept answers are held, or the server said so.
    LettersAreTrue,
    /// Events tell what happened, and no key.
    EventsAreTrue,
    /// No accept takes away what its person had.
    AcceptsTakeNothing,
    /// A key is left with the page's own server, and with no other.
    KeysStayHome,
    /// Accepts go over a socket of after the page came into view.
    AcceptsAsWhoOneIs,
    /// Of two accepts of one key on a slow line that lives one is sent.
    AcceptsAreOne,
    /// And both are answered by it.
    AcceptsAreShared,
    /// Who watches a document that does not change does not download it again and again.
    WatchesRest,
    /// Who watches hears of a use, also after a network that failed.
    WatchesHear,
    /// No list goes round.
    ListsEnd,
    /// Nobody goes on without letting others run.
    LetsOthersRun,
    /// After `close` and a while nothing is left.
    NothingIsLeft,
    /// A dropped connection is freed.
    NothingIsHeld,
    /// A healthy network answers the first call.
    RecoversAtOnce,
    /// A healthy network answers the second call, where the first found out that its line was dead.
    Recovers,
}

/// What today's code does not keep, with the fault of the issue that it is of the kind of.
pub const TOLERATED: &[(Property, u32)] = &[];

pub fn in_time(world: &World, id: usize) {
    let calls = world.ledger.calls.borrow();
    let record = &calls[id];
    // Whoever has thought is looked at again.
    let now = world.executor.now();
    let is_late = record.outcome.is_none() && !record.is_thinking;
    let thought_lately = record
        .thought_until
        .is_some_and(|until| now < until + record.timeout + SLACK);
    drop(calls);
    if is_late && !thought_lately {
        world.broken(Property::SettlesInTime, format!("call {id} has not ended"));
    }
}

pub fn ended(world: &World, id: usize, property: Property) {
    if world.ledger.calls.borrow()[id].outcome.is_none() {
        world.broken(property, format!("call {id} has not ended"));
    }
}
