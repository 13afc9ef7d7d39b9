//! What the operator sees of the calls: how many, and how they ended.

use crate::core::Refusal;

/// Counts how a call ended, by its name and the refusal's code. Nothing that anybody sent goes into it.
pub(super) fn counted<T>(call: &'static str, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
    let how = outcome.as_ref().map_or_else(Refusal::code, |_| "done");
    metrics::counter!("invite_server_calls_total", "call" => call, "outcome" => how).increment(1);
    outcome
}
