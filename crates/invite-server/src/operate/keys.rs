//! `keys`: the secret file.

use std::path::Path;

use super::OperateError;
use crate::config::Keys;
use crate::core::Secrets;

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
