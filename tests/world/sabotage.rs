//! Breaking each property on purpose, to see that somebody notices.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::claims::emitted;
use crate::ledger::{Outcome, What};
use crate::properties::Property;
use crate::world::World;

/// What makes a claim come out wrong on purpose, to see that it is noticed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sabotage {
    None,
    Hang,
    InventAnswer,
    MisshapeAnswer,
    InventError,
    InventCode,
    InventEnd,
    CreateTwice,
    CreateForAll,
    DropName,
    DenyCreate,
    FailCreate,
    DoubtCreate,
    ClaimRemove,
    ClaimLetters,
    ClaimCreate,
    Shout,
    Leak,
    Hold,
    Deaf,
    KeepSocket,
    TakeAway,
    ParkAnywhere,
    GoRound,
    LookAgain,
    LookAway,
    StandStill,
    StayIll,
    StayIllOnce,
    AcceptTwice,
}

/// What breaks which.
pub const SABOTAGES: [(Sabotage, Property); 31] = [
    (Sabotage::Hang, Property::SettlesInTime),
    (Sabotage::Deaf, Property::AbortEndsCalls),
    (Sabotage::Hang, Property::CloseEndsCalls),
    (Sabotage::InventAnswer, Property::AnswersAreGiven),
    (Sabotage::MisshapeAnswer, Property::AnswersHaveShape),
    (Sabotage::InventCode, Property::ErrorsAreKnown),
    (Sabotage::InventEnd, Property::EndsAreGiven),
    (Sabotage::InventError, Property::ErrorsAreGiven),
    (Sabotage::CreateTwice, Property::CreatesOnce),
    (Sabotage::CreateForAll, Property::CreatesOnceForAll),
    (Sabotage::DropName, Property::OptionsAreCarried),
    (Sabotage::ClaimCreate, Property::InvitesExist),
    (Sabotage::DenyCreate, Property::CreatesAreNotDenied),
    (Sabotage::FailCreate, Property::FailuresOfCreatesAreOpen),
    (Sabotage::DoubtCreate, Property::UnknownHasLeft),
    (Sabotage::ClaimRemove, Property::RemovesAreTrue),
    (Sabotage::ClaimLetters, Property::LettersAreTrue),
    (Sabotage::Shout, Property::EventsAreTrue),
    (Sabotage::KeepSocket, Property::AcceptsAsWhoOneIs),
    (Sabotage::AcceptTwice, Property::AcceptsAreOne),
    (Sabotage::Hang, Property::AcceptsAreShared),
    (Sabotage::TakeAway, Property::AcceptsTakeNothing),
    (Sabotage::ParkAnywhere, Property::KeysStayHome),
    (Sabotage::LookAgain, Property::WatchesRest),
    (Sabotage::LookAway, Property::WatchesHear),
    (Sabotage::GoRound, Property::ListsEnd),
    (Sabotage::StandStill, Property::LetsOthersRun),
    (Sabotage::Leak, Property::NothingIsLeft),
    (Sabotage::Hold, Property::NothingIsHeld),
    (Sabotage::StayIll, Property::Recovers),
    (Sabotage::StayIllOnce, Property::RecoversAtOnce),
];

/// What a client would say that keeps to nothing: each property must notice.
pub fn sabotaged(world: &Rc<World>, id: usize, outcome: Outcome) -> Outcome {
    if world.sabotage == Sabotage::None {
        return outcome;
    }
    let what = world.ledger.calls.borrow()[id].call.what.clone();
    let failed = |code: &str, is_known| Outcome::Failed {
        code: code.to_owned(),
        is_known,
        message: String::new(),
    };
    let answer = |value| Outcome::Answer(value);
    match (world.sabotage, &what) {
        (Sabotage::InventAnswer, What::Check(_)) => answer(json!({"permissions": "k"})),
        (Sabotage::MisshapeAnswer, What::Check(_)) => answer(5.into()),
        (Sabotage::InventError, What::Get) => failed("inviter_not_admin", true),
        (Sabotage::InventEnd, What::Get) => failed("closed", true),
        (Sabotage::InventCode, What::Get) => failed("who_knows", false),
        (Sabotage::DenyCreate, What::Create { .. }) => failed("offline", true),
        (Sabotage::FailCreate, What::Create { .. }) => failed("server_error", true),
        (Sabotage::DoubtCreate, What::Create { .. }) => failed("unknown_outcome", true),
        (Sabotage::ClaimRemove, What::Remove(_)) => {
            answer(json!({"acknowledged": true, "deletedCount": 1}))
        }
        (Sabotage::ClaimLetters, What::Accept(_)) => answer("arw".into()),
        (Sabotage::ClaimCreate, What::Create { .. }) => {
            answer(json!({"key": "k", "permissions": "r", "expiresAt": ""}))
        }
        (Sabotage::Shout, What::Create { .. }) => {
            emitted(world, "invitecreated", &Value::Null);
            outcome
        }
        _ => outcome,
    }
}
