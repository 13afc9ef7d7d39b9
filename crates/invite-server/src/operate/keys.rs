//! `keys`: the secret file, and what the database knows of it.

use std::path::Path;

use super::{OperateError, open};
use crate::config::{Config, Keys};
use crate::core::{Clock, Moment, Revoked, Rotated, SecretRow, Stage};
use crate::invites::Invites;

impl Keys {
    pub(super) async fn run(
        &self,
        config: &Config,
        secret_file: &Path,
    ) -> Result<String, OperateError> {
        let clock = Clock::system();
        match self {
            Keys::List => {
                let rows = Invites::secret_rows(open(config).await?, secret_file).await?;
                let lines: Vec<_> = rows.iter().map(line).collect();
                if lines.is_empty() {
                    return Ok(
                        "There are none yet: the first start of the server makes them.".into(),
                    );
                }
                Ok(lines.join("\n"))
            }
            Keys::Rotate { at_once } => {
                let invites = Invites::open(open(config).await?, secret_file, clock).await?;
                let rotated = invites.rotate_secrets(secret_file, *at_once).await?;
                Ok(told_of_rotation(&rotated, secret_file))
            }
            Keys::Revoke { id } => {
                let store = open(config).await?;
                let revoked = Invites::revoke_secret(store, secret_file, clock, id).await?;
                Ok(told_of_end(id, &revoked, secret_file))
            }
        }
    }
}

fn line(row: &SecretRow) -> String {
    let stage = match &row.standing {
        Some(standing) => format!("{:<7} since {}", standing.stage, day(standing.since)),
        None => "lacking: the server does not start without it".into(),
    };
    let mut line = format!("{}  {stage}", row.id);
    match &row.made {
        Some(made) => line.push_str(&format!(
            "  {} live invites, the last until {}",
            made.live,
            day(made.last_end)
        )),
        None => line.push_str("  no live invites"),
    }
    if !row.webhooks.is_empty() {
        line.push_str(&format!("  webhooks of {}", row.webhooks.join(", ")));
    }
    line
}

fn told_of_rotation(rotated: &Rotated, secret_file: &Path) -> String {
    let mut told = format!(
        "All is made with {} now. Running copies of the server take it up from {} by themselves; where a copy has a \
         file of its own, bring it there within the hour.",
        rotated.active,
        secret_file.display()
    );
    if !rotated.gone.is_empty() {
        told.push_str(&format!(
            " Nothing needed {} any more.",
            rotated.gone.join(", ")
        ));
    }
    told
}

fn told_of_end(id: &str, revoked: &Revoked, secret_file: &Path) -> String {
    let mut told = format!(
        "{id} counts nowhere any more: {} live invites ended with it",
        revoked.ended
    );
    told.push_str(match revoked.stage {
        Some(Stage::Active) => ", and so did every bearer, receipt and access token made with it",
        _ => "",
    });
    told.push('.');
    if let (Some(_), Some(active)) = (revoked.stage, &revoked.active) {
        told.push_str(&format!(
            " All is made with {active} now: bring {} to copies of the server that have a file of their own.",
            secret_file.display()
        ));
    }
    for app in &revoked.webhooks {
        told.push_str(&format!(
            " {app} is told nothing until its webhook is set anew: invite-server apps webhook {app} URL."
        ));
    }
    told
}

/// To the second: nobody asks for less.
fn day(at: Moment) -> String {
    let iso = at.to_iso();
    let (seconds, _) = iso.split_once('.').unwrap_or((&iso, ""));
    format!("{seconds}Z")
}
