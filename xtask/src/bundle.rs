//! The package's JavaScript that is written in several files: esbuild makes one of each entry.

use std::process::Command;

use anyhow::Result;

use crate::files::root;
use crate::process::{run, timed};
use crate::tools;
use crate::wasm::{self, Mode};

/// Bundles the modules' glue, the elements and `inline.js`: a second's work, so it is done every time.
pub(crate) fn build(mode: Mode) -> Result<()> {
    tools::npm_packages("xtask")?;
    timed("package: bundle the JavaScript (esbuild)", || {
        let mut command = Command::new("node");
        command
            .current_dir(root())
            .arg("xtask/bundle.mjs")
            .arg(wasm::ready());
        if mode == Mode::Dev {
            command.arg("--dev");
        }
        run(&mut command)
    })
}
