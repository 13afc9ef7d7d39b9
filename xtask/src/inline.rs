//! `pkg/inline.js`: the SDK as one file that loads nothing.

use std::process::Command;

use anyhow::Result;

use crate::files::root;
use crate::process::{run_quietly, timed};
use crate::tools;

/// Builds it of what is in `pkg`; some seconds' work, so it is done every time.
pub(crate) fn build() -> Result<()> {
    tools::npm_packages("xtask")?;
    timed("inline: put everything into one file (terser)", || {
        run_quietly(
            Command::new("node")
                .current_dir(root())
                .arg("xtask/inline.mjs"),
        )
    })
}
