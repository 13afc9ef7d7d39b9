//! `cargo xtask soak`: what runs by lot, for a long time.

use anyhow::{Context as _, Result, bail};

use crate::files::cargo;
use crate::process::{heading, run};
use crate::tools;

/// What can be run for long.
struct Soak {
    name: &'static str,
    about: &'static str,
    package: &'static str,
    /// The test binary and the test in it.
    test: [&'static str; 2],
    /// The option that says how many, and how many it is without.
    many: (&'static str, u64),
    /// The variables that say how many, and from which seed.
    variables: [&'static str; 2],
    prepare: fn() -> Result<()>,
}

const WORLD: Soak = Soak {
    name: "world",
    about: "the SDK in a simulated world (tests/world)",
    package: "invite-keys",
    test: ["world", "the_world_holds"],
    many: ("--schedules", 10_000_000),
    variables: ["WORLD_SCHEDULES", "WORLD_FIRST_SEED"],
    prepare: || Ok(()),
};
const MODEL: Soak = Soak {
    name: "model",
    about: "the server against a model of its rules (crates/invite-server/tests/model)",
    package: "invite-server",
    test: ["model", "the_server_does_what_the_model_says"],
    many: ("--histories", 200_000),
    variables: ["MODEL_HISTORIES", "MODEL_FIRST_SEED"],
    prepare: tools::postgresql,
};
const SOAKS: [&Soak; 2] = [&WORLD, &MODEL];

/// What there is, for `--help`.
pub(crate) fn help() -> String {
    SOAKS
        .iter()
        .map(|soak| {
            let (option, many) = soak.many;
            format!("  {:<12} {}; {option} {many}\n", soak.name, soak.about)
        })
        .collect()
}

/// Runs one of them, optimised, from the seed given on; without a name the first.
pub(crate) fn start(arguments: &[&str]) -> Result<()> {
    let (soak, options) = match arguments {
        [name, options @ ..] if !name.starts_with('-') => {
            let soak = SOAKS.into_iter().find(|soak| soak.name == *name);
            let unknown = || format!("`cargo xtask soak` has no {name}; it has\n{}", help());
            (soak.with_context(unknown)?, options)
        }
        options => (&WORLD, options),
    };
    let (option, mut many) = soak.many;
    let mut seed = 0;
    let mut rest = options.iter();
    while let Some(name) = rest.next() {
        let number = match *name {
            "--seed" => &mut seed,
            name if name == option => &mut many,
            other => bail!(
                "`cargo xtask soak {}` does not know `{other}`; it takes {option} N and --seed S",
                soak.name
            ),
        };
        let text = rest
            .next()
            .with_context(|| format!("{name} needs a number"))?;
        *number = text
            .parse()
            .with_context(|| format!("{name} {text} is not a number"))?;
    }
    (soak.prepare)()?;
    heading(&format!("soak {}: {many} from seed {seed}", soak.name));
    let [binary, test] = soak.test;
    let mut command = cargo(&["test", "--release", "--test", binary, test]);
    let [how_many, from] = soak.variables;
    command
        .args(["--package", soak.package, "--", "--nocapture"])
        .env(how_many, many.to_string())
        .env(from, seed.to_string());
    run(&mut command)
}
