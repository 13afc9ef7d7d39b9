//! Calls about apps, and about who is signed in.

use invite_server::core::{Accounts as _, Claimed, Refusal, Sessions, Subject, TEST_ISSUER};

use super::{
    Server,
    answers::{person, user},
};
use crate::answer::Answer;
use crate::history::{APPS, Op, PEOPLE, RESOURCES, VERIFIED};

impl Server {
    pub(super) async fn of_apps_and_people(&self, op: &Op) -> Result<Answer, Refusal> {
        let invites = &self.invites;
        Ok(match op {
            Op::AddApp { app, everything } => {
                let key = invites.add_app(APPS[*app], *everything).await?;
                self.names.keep_app(*app, key);
                Answer::Done
            }
            Op::GrantApp { app, resource } => {
                invites.grant_app(APPS[*app], RESOURCES[*resource]).await?;
                Answer::Done
            }
            Op::RevokeApp { app, resource } => {
                invites.revoke_app(APPS[*app], RESOURCES[*resource]).await?;
                Answer::Done
            }
            Op::RemoveApp { app } => {
                invites.remove_app(APPS[*app]).await?;
                Answer::Done
            }
            Op::SignIn {
                person,
                called,
                seconds,
                session,
            } => {
                let claimed = Claimed {
                    subject: Subject {
                        iss: TEST_ISSUER.into(),
                        sub: format!("subject of {}", PEOPLE[*person]),
                    },
                    user: user(*called),
                    email: VERIFIED[*person].map(str::to_owned),
                };
                let token = invites.begin_session(claimed, None, *seconds).await?;
                self.names.keep_session(*session, token.id());
                Answer::Done
            }
            Op::WhoIs { session } => {
                let id = self.names.session(*session);
                let found = invites.session(&id).await?;
                Answer::SignedIn(found.map(|session| person(&session.user)))
            }
            Op::SignOut { session } => {
                let id = self.names.session(*session);
                invites.end_sessions(Sessions::One(id)).await?;
                Answer::Done
            }
            Op::SignOutEverywhere { by } => {
                let actor = self.actor(*by).await?;
                invites.sign_out_everywhere(actor.as_ref()).await?;
                Answer::Done
            }
            op => panic!("{op:?} is no call"),
        })
    }
}
