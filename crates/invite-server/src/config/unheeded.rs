//! Environment variables that begin as ours do and are none of them.

use clap::{Arg, Command};

use super::like::nearest;
use super::{mail, operation, signin};

const BEGIN: &str = "INVITE_SERVER_";
/// What is no option, as others can read a command line.
const SECRETS: [&str; 3] = [mail::PASSWORD, operation::BEARER, signin::CLIENT_SECRET];

/// A line for each of these names that nobody reads.
pub(super) fn unheeded(command: &Command, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut known: Vec<String> = command
        .get_arguments()
        .filter_map(Arg::get_env)
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    known.extend(SECRETS.map(str::to_owned));
    let nobodys = names.filter(|name| {
        let rest = name.strip_prefix(BEGIN);
        rest.is_some_and(|rest| !is_kubernetes(rest)) && !known.contains(name)
    });
    let mut nobodys: Vec<String> = nobodys.collect();
    nobodys.sort_unstable();
    let line = |name: String| {
        let meant = nearest(&name, known.iter().map(String::as_str));
        let meant = meant.map_or("--help tells them all".to_owned(), |known| {
            format!("perhaps {known} is meant")
        });
        format!("the environment variable {name} is no option's and does nothing: {meant}")
    };
    nobodys.into_iter().map(line).collect()
}

/// Kubernetes makes variables of the names of services, and invite-server may well be one.
fn is_kubernetes(rest: &str) -> bool {
    let service = rest == "SERVICE_HOST" || rest.starts_with("SERVICE_PORT");
    let port = rest == "PORT"
        || rest
            .strip_prefix("PORT_")
            .is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()));
    service || port
}
