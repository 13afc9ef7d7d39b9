//! Reading for somebody: whether they may is looked at in the same view of the database as what is read, so that nobody is
//! shown what came after they were taken out.

use super::{
    Actor, Authority, Call, On, Refusal, authorise,
    state::{Scope, State},
};

/// Somebody asks to be shown what is there on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    call: Call,
    /// None for the operator.
    actor: Option<Actor>,
    resource: String,
}

impl Asked {
    /// By this call.
    pub fn new(call: Call, actor: &Actor, resource: &str) -> Asked {
        Asked {
            call,
            actor: Some(actor.clone()),
            resource: resource.to_owned(),
        }
    }

    /// On the operator's word, who may see everything.
    pub fn by_operator(call: Call, resource: &str) -> Asked {
        Asked {
            call,
            actor: None,
            resource: resource.to_owned(),
        }
    }

    /// Where.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// What decides whether they may.
    pub fn scope(&self) -> Scope {
        Scope {
            resource: Some(self.resource.clone()),
            user: self.actor.as_ref().map(|actor| actor.user.clone()),
            app: self.actor.as_ref().and_then(|actor| actor.app.clone()),
            ..Scope::default()
        }
    }

    /// Lets them through or refuses them, as it stands now.
    pub fn let_through(&self, state: &State) -> Result<(), Refusal> {
        let on = On::stored(&self.resource, state);
        let asker = self.actor.as_ref();
        let asker = asker.map_or(Authority::Operator, Authority::Actor);
        authorise(self.call, Some(asker), on)
    }
}
