//! `people`: who is signed in.

use super::OperateError;
use crate::{config::People, invites::Invites};

impl People {
    pub(super) async fn run(&self, invites: &Invites) -> Result<String, OperateError> {
        match self {
            People::SignOut { user } => {
                let (ended, name) = (invites.sign_out(user).await?, user.user_id());
                Ok(match ended {
                    0 => format!("No session of {name} was open."),
                    1 => format!("1 session of {name} has ended."),
                    _ => format!("{ended} sessions of {name} have ended."),
                })
            }
        }
    }
}
