//! `people`: who is signed in.

use super::OperateError;
use crate::{config::People, invites::Invites};

impl People {
    pub(super) async fn run(&self, invites: &Invites) -> Result<String, OperateError> {
        match self {
            People::SignOut { user } => {
                invites.sign_out(user).await?;
                Ok(format!("Every session of {} has ended.", user.user_id()))
            }
        }
    }
}
