//! `cargo xtask soak`: the simulated world (tests/world) for a long time.

use anyhow::{Context as _, Result, bail};

use crate::files::cargo;
use crate::process::{heading, run};

const SCHEDULES: u64 = 10_000_000;

/// Runs so many schedules, optimised, from the seed given on.
pub(crate) fn start(options: &[&str]) -> Result<()> {
    let (mut schedules, mut seed) = (SCHEDULES, 0);
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        let number = match *option {
            "--schedules" => &mut schedules,
            "--seed" => &mut seed,
            other => {
                bail!(
                    "`cargo xtask soak` does not know `{other}`; it takes --schedules N and --seed S"
                )
            }
        };
        let text = rest
            .next()
            .with_context(|| format!("{option} needs a number"))?;
        *number = text
            .parse()
            .with_context(|| format!("{option} {text} is not a number"))?;
    }
    heading(&format!("soak: {schedules} schedules from seed {seed}"));
    let mut command = cargo(&["test", "--release", "--test", "world", "the_world_holds"]);
    command
        .args(["--package", "invite-keys", "--", "--nocapture"])
        .env("WORLD_SCHEDULES", schedules.to_string())
        .env("WORLD_FIRST_SEED", seed.to_string());
    run(&mut command)
}
