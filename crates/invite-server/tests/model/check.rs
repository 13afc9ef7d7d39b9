//! A history on the real server, each answer held against the model's, and now and then all that there is.

use crate::history::{Op, RESOURCES};
use crate::model::Model;
use crate::world::{Ground, World};

/// So often all that there is is compared.
const LOOKED_AT: usize = 16;

/// Where the two differ.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// After so many things that happened.
    pub(crate) step: usize,
    pub(crate) what: String,
}

/// Whether all of a history is answered as it has to be.
pub(crate) async fn holds(ground: &mut Ground, history: &[Op]) -> Result<(), Difference> {
    let mut model = Model::new(ground.engine());
    let mut world = World::begin(ground).await;
    let outcome = follow(&mut world, &mut model, history).await;
    world.end().await;
    outcome
}

/// Lets all of it happen to both.
pub(crate) async fn follow(
    world: &mut World<'_>,
    model: &mut Model,
    history: &[Op],
) -> Result<(), Difference> {
    for (place, op) in history.iter().enumerate() {
        let step = place + 1;
        let real = world.carry_out(op).await;
        let promised = model.carry_out(op, Some(&real));
        if promised != real {
            let what = format!("{op:?}\n  promised {promised:?}\n  answered {real:?}");
            return Err(Difference { step, what });
        }
        let is_due = step.is_multiple_of(LOOKED_AT) || matches!(op, Op::Restart { .. });
        if is_due || step == history.len() {
            look(world, model, step).await?;
        }
    }
    Ok(())
}

async fn look(world: &World<'_>, model: &Model, step: usize) -> Result<(), Difference> {
    let (promised, real) = (model.rooms(), world.server.rooms().await);
    for ((name, promised), real) in RESOURCES.iter().zip(promised).zip(real) {
        if promised != real {
            let what = format!("{name} is\n  promised {promised:?}\n  stored   {real:?}");
            return Err(Difference { step, what });
        }
    }
    Ok(())
}
