//! Resources that go.

use invite_server::core::{Actor, Refusal, Store as _, rules, state::Scope};

use super::{Server, answers::refused};
use crate::answer::Answer;

/// More than there are.
const ALL: u32 = 100;

impl Server {
    pub(super) async fn delete(
        &self,
        actor: Option<Actor>,
        resource: &'static str,
        swept: bool,
    ) -> Result<(), Refusal> {
        if swept {
            return self.invites.delete_resource(actor.as_ref(), resource).await;
        }
        // What a server leaves behind that is stopped when it has answered.
        let now = self.invites.clock().now();
        let scope = Scope {
            resource: Some(resource.to_owned()),
            user: actor.as_ref().map(|actor| actor.user.clone()),
            app: actor.as_ref().and_then(|actor| actor.app.clone()),
            tenancy: true,
            ..Scope::default()
        };
        let rule = move |state: &_| rules::delete_resource(state, actor.as_ref(), resource, now);
        self.database.transact(scope, rule).await
    }

    /// As another copy goes on with it, without its pauses.
    pub(super) async fn sweep(&self) -> Answer {
        let sweep = async {
            for name in self.database.going(ALL).await? {
                while self.database.clear(&name).await? {}
            }
            Ok(Answer::Done)
        };
        sweep.await.unwrap_or_else(|refusal| refused(&refusal))
    }
}
