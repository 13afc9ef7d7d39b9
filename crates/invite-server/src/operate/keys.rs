//! `keys`: the secret file.

use std::path::Path;

use clap::Subcommand;

use super::OperateError;
use crate::core::Secrets;

/// What to do with the secrets.
#[derive(Debug, Clone, Subcommand)]
pub enum Keys {
    /// Add a new secret, from which all keys are made once the server is restarted. The older ones stay in the file: the
    /// invites made with them go on working. Everybody has to sign in again
    Rotate,
}

impl Keys {
    pub(super) fn run(&self, secret_file: &Path) -> Result<String, OperateError> {
        match self {
            Keys::Rotate => {
                let id = Secrets::rotate(secret_file)?;
                Ok(format!(
                    "The newest secret in {} is {id}. Restart every copy of the server; keep the older secrets in the file.",
                    secret_file.display()
                ))
            }
        }
    }
}
