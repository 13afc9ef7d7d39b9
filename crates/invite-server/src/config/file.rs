//! The configuration file: the flags' names and values as TOML. A flag comes before the environment, and that before
//! the file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory as _, FromArgMatches as _};

use super::Config;
use super::database::checked;
use super::idle::idle;
use super::issuers::{ISSUERS, details, told};
use super::like::nearest;
use super::unheeded::unheeded;

const BEFORE: &str = "It works on the database and the secret file that the server's options name. They stand before \
                      the command: invite-server --config FILE apps list";

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// A flag or variable; also that help was asked for.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    /// A database of a kind that is none of ours.
    #[error(
        "--database begins with {0}:, which is no database that this server knows: write postgres://USER@HOST:PORT/DATABASE, or the path of a SQLite file alone, as in ./invites.db"
    )]
    Database(String),
    /// A database that is in no file.
    #[error(
        "--database is empty or begins with a colon, which is no file: write its path, as in ./invites.db, or postgres://USER@HOST:PORT/DATABASE"
    )]
    Nowhere,
    /// The file, in a sentence that says what to change.
    #[error("the configuration file {}: {sentence}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        sentence: String,
    },
}

impl Config {
    /// Reads flags, environment and, where they name one, the configuration file.
    ///
    /// # Errors
    /// [`Unread`], for the operator.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Config, Unread> {
        let mut arguments: Vec<OsString> = arguments.into_iter().collect();
        let command = hinted(Config::command());
        // What is wrong with the others is said below.
        let first = command
            .clone()
            .ignore_errors(true)
            .try_get_matches_from(&arguments);
        let mut from_file = Vec::new();
        let mut issuers = BTreeMap::new();
        if let Ok(first) = &first
            && let Some(path) = first.get_one::<PathBuf>("config")
        {
            let wrong = |sentence| Unread::File {
                path: path.clone(),
                sentence,
            };
            let table = table(path).map_err(wrong)?;
            issuers = details(&table).map_err(wrong)?;
            let entries = entries(&command, path, &table).map_err(wrong)?;
            let unsaid = |(arg, _): &(&Arg, _)| !said(first, arg.get_id().as_str());
            let mut flags = Vec::new();
            for (arg, some) in entries.into_iter().filter(unsaid) {
                from_file.push(arg.get_id().to_string());
                flags.extend(some);
            }
            // After the program's name, before a subcommand.
            arguments.splice(1..1, flags);
        }
        let matches = command.clone().try_get_matches_from(&arguments)?;
        let mut config = Config::from_arg_matches(&matches)?;
        config.effective = effective(&command, &matches, &from_file);
        config.effective.extend(issuers.iter().flat_map(told));
        config.sign_in.oidc = issuers;
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        config.unheeded = unheeded(&command, names);
        config
            .unheeded
            .extend(idle(&config, |id| said(&matches, id)));
        checked(&config)?;
        Ok(config)
    }
}

/// Every command's help says where the options are that it goes by.
fn hinted(command: Command) -> Command {
    command.mut_subcommands(|one| hinted(one.after_help(BEFORE)))
}

/// Whether a flag or the environment says it.
fn said(matches: &ArgMatches, id: &str) -> bool {
    matches!(
        matches.value_source(id),
        Some(ValueSource::CommandLine | ValueSource::EnvVariable)
    )
}

fn table(path: &Path) -> Result<toml::Table, String> {
    let text = std::fs::read_to_string(path).map_err(|cause| format!("{cause}"))?;
    // What TOML's errors show of the file may be a password.
    text.parse().map_err(|cause: toml::de::Error| {
        let line = cause.span().and_then(|span| text.get(..span.start));
        let line = line.map_or(1, |before| before.lines().count().max(1));
        format!("line {line} or near it is not TOML: {}", cause.message())
    })
}

/// What else the file says, as flags.
fn entries<'c>(
    command: &'c Command,
    path: &Path,
    table: &toml::Table,
) -> Result<Vec<(&'c Arg, Vec<OsString>)>, String> {
    let mut entries = Vec::new();
    for (name, value) in table {
        if name == ISSUERS && value.is_table() {
            continue;
        }
        let arg = options(command)
            .find(|arg| arg.get_long() == Some(name))
            .ok_or_else(|| unknown(command, name))?;
        if is_secret(arg) {
            refuse_readable_by_others(path, name)?;
        }
        entries.push((arg, flags(arg, name, value)?));
    }
    Ok(entries)
}

/// Whether others must not see it, neither in help texts nor in files.
fn is_secret(arg: &Arg) -> bool {
    arg.is_hide_env_values_set()
}

/// What may stand in the file.
fn options(command: &Command) -> impl Iterator<Item = &Arg> {
    let elsewhere = ["help", "version", "config"];
    command
        .get_arguments()
        .filter(move |arg| !elsewhere.contains(&arg.get_id().as_str()))
}

fn unknown(command: &Command, name: &str) -> String {
    let known = options(command).filter_map(Arg::get_long);
    match nearest(&name.replace('_', "-"), known) {
        Some(known) => format!("{name} is no option; perhaps {known} is meant"),
        None => format!("{name} is no option; --help tells them all"),
    }
}

fn flags(arg: &Arg, name: &str, value: &toml::Value) -> Result<Vec<OsString>, String> {
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return match value {
            toml::Value::Boolean(true) => Ok(vec![format!("--{name}").into()]),
            toml::Value::Boolean(false) => Ok(Vec::new()),
            _ => Err(format!("{name} is true or false")),
        };
    }
    let one = |value: &toml::Value| match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(word) => Ok(word.to_string()),
        _ => Err(format!("{name} is a text or a number")),
    };
    let all = match value {
        toml::Value::Array(all) => all.iter().map(one).collect::<Result<Vec<_>, _>>()?,
        value => vec![one(value)?],
    };
    Ok(all
        .into_iter()
        .map(|text| format!("--{name}={text}").into())
        .collect())
}

/// Every option with its value and where that comes from, as a configuration file would have it. No secrets.
fn effective(command: &Command, matches: &ArgMatches, from_file: &[String]) -> Vec<String> {
    let line = |arg: &Arg| {
        let (id, name) = (arg.get_id().as_str(), arg.get_long()?);
        let origin = match matches.value_source(id)? {
            ValueSource::EnvVariable => format!("environment {}", variable(arg)),
            ValueSource::CommandLine if from_file.iter().any(|one| one == id) => "file".to_owned(),
            ValueSource::CommandLine => "flag".to_owned(),
            _ => "default".to_owned(),
        };
        if is_secret(arg) {
            return Some(format!("# {name}: hidden  # {origin}"));
        }
        let value = if matches!(arg.get_action(), ArgAction::SetTrue) {
            matches.get_flag(id).to_string()
        } else {
            let all: Vec<_> = matches.get_raw(id)?.map(toml_of).collect();
            match all.as_slice() {
                [one] => one.to_string(),
                _ => toml::Value::Array(all).to_string(),
            }
        };
        // Said outright, some options ask for others.
        let unsaid = if origin == "default" { "# " } else { "" };
        Some(format!("{unsaid}{name} = {value}  # {origin}"))
    };
    options(command).filter_map(line).collect()
}

fn toml_of(raw: &std::ffi::OsStr) -> toml::Value {
    let text = raw.to_string_lossy();
    text.parse()
        .map_or_else(|_| text.as_ref().into(), toml::Value::Integer)
}

fn variable(arg: &Arg) -> String {
    arg.get_env()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(unix)]
fn refuse_readable_by_others(path: &Path, name: &str) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(path).map_err(|cause| cause.to_string())?;
    if metadata.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(format!(
        "others can read it, and {name} may hold a password; run: chmod 600 {}",
        path.display()
    ))
}

#[cfg(not(unix))]
fn refuse_readable_by_others(_path: &Path, _name: &str) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LogLevel;

    fn read(text: &str, arguments: &[&str]) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("invites.toml");
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = if text.contains("# open") {
                0o644
            } else {
                0o600
            };
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let named = ["invite-server", "--config", path.to_str().unwrap()];
        let all = named.iter().chain(arguments).map(OsString::from);
        Config::read(all).map_err(|unread| unread.to_string())
    }

    #[test]
    fn the_file_says_what_no_flag_says() {
        let file = "listen = '127.0.0.1:7100'\nlog = 'warn'\nmax-connections = 12\nkeep-ended = '7d'\n\
            trust-proxy = ['10.0.0.5', '10.1.0.0/16']\nno-public-check = true\ndemo = false\n";
        let config = read(file, &["--log", "debug"]).unwrap();
        assert_eq!(config.listen.port(), 7100);
        assert_eq!(config.log, LogLevel::Debug);
        assert_eq!(config.max_connections, Some(12));
        assert_eq!(config.purge.keep_ended.seconds(), 7 * 86_400);
        assert_eq!(config.proxy.trust_proxy.len(), 2);
        assert!(config.limits.no_public_check && !config.demo);
        // And before a subcommand.
        let config = read(file, &["--listen", "127.0.0.1:1", "apps", "list"]).unwrap();
        assert_eq!(
            (config.listen.port(), config.max_connections),
            (1, Some(12))
        );
        assert!(config.command.is_some());
    }

    #[test]
    fn the_example_is_a_configuration() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/invites.toml");
        let named = [
            "invite-server".into(),
            "--config".into(),
            example.into_os_string(),
        ];
        assert_eq!(Config::read(named).unwrap().validate(), Ok(()));
    }

    #[test]
    fn what_is_in_force_is_told_without_secrets() {
        let file = "database = 'postgres://me:hunter2@db/x'\nlog = 'warn'";
        let config = read(file, &["--listen", "127.0.0.1:1"]).unwrap();
        let told = config.effective.join("\n");
        for line in [
            "listen = \"127.0.0.1:1\"  # flag",
            "log = \"warn\"  # file",
            "# database-connections = 16  # default",
            "# database: hidden  # file",
        ] {
            assert!(told.contains(line), "{line}: {told}");
        }
        assert!(!told.contains("hunter2"));
        let again: String = told.lines().map(|line| format!("{line}\n")).collect();
        assert!(
            read(&again, &[]).is_ok(),
            "it is a configuration file: {again}"
        );
    }

    #[test]
    fn each_issuer_has_a_table() {
        let file = "oidc-issuer = ['corp=https://corp.example', 'https://login.example.com']\n\
            oidc-client-id = 'us'\n[oidc.corp]\nlabel = 'The Corp'\nclient-id = 'them'\naudience = ['a', 'b']\n\
            sign-out = 'here'\n";
        let config = read(file, &[]).unwrap();
        let all = config.sign_in.issuers().unwrap();
        assert_eq!(all[0].details.client_id.as_deref(), Some("them"));
        assert_eq!(all[1].details.client_id.as_deref(), Some("us"));
        let told: String = config
            .effective
            .iter()
            .map(|line| format!("{line}\n"))
            .collect();
        let again = read(&told, &[]).unwrap().effective.join("\n");
        assert_eq!(told.trim(), again);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_a_sentence() {
        for (file, sentence) in [
            ("lisen = 1", "lisen is no option; perhaps listen is meant"),
            ("max_connections = 1", "perhaps max-connections is meant"),
            ("colour = 1", "perhaps color is meant"),
            ("weather = 1", "weather is no option; --help tells them all"),
            ("demo = 'yes'", "demo is true or false"),
            ("[listen]\nport = 1", "listen is a text or a number"),
            ("max-connections = 0", "--max-connections"),
            ("log = 'warn'\nlisten = ", "line 2 or near it is not TOML"),
            ("config = 'x'", "is no option"),
            ("oidc = 1", "oidc is no option"),
            (
                "[oidc.corp]\nclient = 'x'",
                "oidc.corp: unknown field `client`",
            ),
            (
                "[oidc.corp]\nsign-out = 'never'",
                "oidc.corp: unknown variant",
            ),
            (
                "database = 'postgres://me:hunter2@db/x' # open",
                "chmod 600",
            ),
            (
                "log = 'warn'\ndatabase = 'postgres://me:hunter2@db/x' oops",
                "not TOML",
            ),
        ] {
            let said = read(file, &[]).unwrap_err();
            assert!(said.contains(sentence), "{file}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
        let none = ["invite-server", "--config", "/not/there.toml"].map(OsString::from);
        let said = Config::read(none).unwrap_err().to_string();
        assert!(said.contains("/not/there.toml"), "{said}");
    }
}
