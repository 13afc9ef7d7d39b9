//! What is said about signed keys, in English for people. Never the key itself.

use alloc::string::String;

use super::claims::Claims;
use crate::text::push_integer;
use crate::verdict::Reason;

pub(crate) fn authentic(claims: &Claims) -> String {
    let mut sentence = concat(&[
        "It was issued by ",
        &claims.issuer,
        ", invites to ",
        &claims.resource,
        " with the permissions ",
        claims.permissions.as_str(),
        " and ends on ",
    ]);
    push_date(&mut sentence, claims.expires_at);
    sentence.push_str("; only the server can tell whether it was removed or used up.");
    sentence
}

pub(crate) fn expired(since: u64) -> String {
    let mut sentence = String::from("The key is genuine but expired on ");
    push_date(&mut sentence, since);
    sentence.push('.');
    sentence
}

pub(crate) fn not_yet_valid(until: u64) -> String {
    let mut sentence = String::from("The key is genuine but begins only on ");
    push_date(&mut sentence, until);
    sentence.push('.');
    sentence
}

pub(crate) fn wrong_audience(expected: &str, found: &str) -> String {
    concat(&["The key is for ", found, ", not for ", expected, "."])
}

pub(crate) fn unknown_key(kid: &str) -> String {
    concat(&[
        "The key is signed with “",
        kid,
        "”, which is not among the issuer's keys; perhaps a newer list of them has it.",
    ])
}

pub(crate) fn bad_signature() -> String {
    String::from("The signature is wrong: the key was changed, or someone else made it.")
}

pub(crate) fn unreadable(reason: Reason) -> &'static str {
    match reason {
        Reason::NotCanonical => "The key is not encoded in the one way it can be",
        Reason::NotJson => "The key holds something that is not strict JSON",
        Reason::DuplicateMember => "The key says something twice",
        Reason::UnsupportedAlgorithm => "The key is signed with an algorithm that is not supported",
        Reason::UnsupportedMember => "The key's header has something that does not belong",
        Reason::MissingMember => "The key lacks something that every signed key has",
        _ => "The key says something that it cannot say",
    }
}

fn concat(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// `2026-11-21 at 12:00:00 UTC`
fn push_date(text: &mut String, seconds: u64) {
    push_time(text, seconds, " at ", " UTC");
}

/// Date and time with something between and behind them.
pub(crate) fn push_time(text: &mut String, seconds: u64, between: &str, behind: &str) {
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // The calendar repeats every 400 years, and counted from March a leap day comes last.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (era * 400 + year, month + 3)
    } else {
        (era * 400 + year + 1, month - 9)
    };
    push_padded(text, year, 4);
    for (separator, number) in [
        ("-", month),
        ("-", day),
        (between, time / 3_600),
        (":", time / 60 % 60),
        (":", time % 60),
    ] {
        text.push_str(separator);
        push_padded(text, number, 2);
    }
    text.push_str(behind);
}

fn push_padded(text: &mut String, number: u64, width: u32) {
    for place in (1..width).rev() {
        if number < 10_u64.pow(place) {
            text.push('0');
        }
    }
    push_integer(text, number);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01 at 00:00:00 UTC"),
            (951_782_399, "2000-02-28 at 23:59:59 UTC"),
            (951_782_400, "2000-02-29 at 00:00:00 UTC"),
            (1_795_262_400, "2026-11-21 at 12:00:00 UTC"),
            (4_107_542_400, "2100-03-01 at 00:00:00 UTC"),
            (9_007_199_254_740_991, "285428751-11-12 at 07:36:31 UTC"),
        ] {
            let mut text = String::new();
            push_date(&mut text, seconds);
            assert_eq!(text, date);
        }
    }
}
