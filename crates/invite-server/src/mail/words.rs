//! What an invite grants and when it ends, in the words of people.

use invite_key::permissions::{Permission, Permissions};

use super::Language;
use crate::core::Moment;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What these letters let somebody do, in a sentence.
pub(super) fn grants(language: Language, permissions: Permissions) -> &'static str {
    let has = |one| permissions.contains(one);
    let letters = (
        has(Permission::Read),
        has(Permission::Write),
        has(Permission::Admin),
    );
    match language {
        Language::En => match letters {
            (true, false, false) => "You may read it.",
            (false, true, false) => "You may change it.",
            (true, true, false) => "You may read and change it.",
            (false, false, true) => "You may invite others and decide who has access.",
            (true, false, true) => "You may read it, invite others and decide who has access.",
            (false, true, true) => "You may change it, invite others and decide who has access.",
            (true, true, true) => {
                "You may read and change it, invite others and decide who has access."
            }
            (false, false, false) => "It opens nothing by itself.",
        },
        Language::Da => match letters {
            (true, false, false) => "Du kan læse det.",
            (false, true, false) => "Du kan ændre det.",
            (true, true, false) => "Du kan læse og ændre det.",
            (false, false, true) => "Du kan invitere andre og bestemme, hvem der har adgang.",
            (true, false, true) => {
                "Du kan læse det, invitere andre og bestemme, hvem der har adgang."
            }
            (false, true, true) => {
                "Du kan ændre det, invitere andre og bestemme, hvem der har adgang."
            }
            (true, true, true) => {
                "Du kan læse og ændre det, invitere andre og bestemme, hvem der har adgang."
            }
            (false, false, false) => "Den åbner ikke noget i sig selv.",
        },
        Language::De => match letters {
            (true, false, false) => "Sie können es lesen.",
            (false, true, false) => "Sie können es ändern.",
            (true, true, false) => "Sie können es lesen und ändern.",
            (false, false, true) => "Sie können andere einladen und bestimmen, wer Zugang hat.",
            (true, false, true) => {
                "Sie können es lesen, andere einladen und bestimmen, wer Zugang hat."
            }
            (false, true, true) => {
                "Sie können es ändern, andere einladen und bestimmen, wer Zugang hat."
            }
            (true, true, true) => {
                "Sie können es lesen und ändern, andere einladen und bestimmen, wer Zugang hat."
            }
            (false, false, false) => "Sie öffnet für sich allein nichts.",
        },
    }
}

/// How long it is until then, and when that is.
pub(super) fn ends(language: Language, at: Moment, now: Moment) -> String {
    let left = at.0.saturating_sub(now.0).max(0);
    let rounded = |unit: i64| (left + unit / 2) / unit;
    let (number, unit) = match left {
        // From two on, so that all are said in the plural.
        _ if rounded(HOUR) >= 48 => (rounded(DAY), 2),
        _ if rounded(MINUTE) >= 120 => (rounded(HOUR), 1),
        _ => (rounded(MINUTE).max(2), 0),
    };
    let name = |all: [&'static str; 3]| all.get(unit).copied().unwrap_or_default();
    let (day, month, year, time) = date(at);
    match language {
        Language::En => {
            let unit = name(["minutes", "hours", "days"]);
            let month = named(month, EN);
            format!("in {number} {unit}, on {day} {month} {year} at {time} UTC")
        }
        Language::Da => {
            let unit = name(["minutter", "timer", "dage"]);
            let month = named(month, DA);
            format!("om {number} {unit}, den {day}. {month} {year} kl. {time} UTC")
        }
        Language::De => {
            let unit = name(["Minuten", "Stunden", "Tagen"]);
            let month = named(month, DE);
            format!("in {number} {unit}, am {day}. {month} {year} um {time} UTC")
        }
    }
}

const EN: &str =
    "January February March April May June July August September October November December";
const DA: &str =
    "januar februar marts april maj juni juli august september oktober november december";
const DE: &str =
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember";

fn named(month: i8, all: &'static str) -> &'static str {
    let index = usize::try_from(month).unwrap_or_default().saturating_sub(1);
    all.split(' ').nth(index).unwrap_or_default()
}

/// Day, month, year, and the time of day.
fn date(at: Moment) -> (i8, i8, i16, String) {
    let time = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    let clock = format!("{:02}:{:02}", time.hour(), time.minute());
    (time.day(), time.month(), time.year(), clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment(1_795_238_468_803);

    #[test]
    fn an_end_is_said_as_people_say_it() {
        for (left, words) in [
            (
                7 * DAY - 3_000,
                "in 7 days, on 28 November 2026 at 05:21 UTC",
            ),
            (30 * DAY, "in 30 days, on 21 December 2026 at 05:21 UTC"),
            (DAY, "in 24 hours, on 22 November 2026 at 05:21 UTC"),
            (HOUR, "in 60 minutes, on 21 November 2026 at 06:21 UTC"),
            (1, "in 2 minutes, on 21 November 2026 at 05:21 UTC"),
        ] {
            let said = ends(Language::En, Moment(NOW.0 + left), NOW);
            assert_eq!(said, words, "{left}");
        }
        let at = Moment(NOW.0 + 7 * DAY);
        assert_eq!(
            ends(Language::Da, at, NOW),
            "om 7 dage, den 28. november 2026 kl. 05:21 UTC"
        );
        assert_eq!(
            ends(Language::De, at, NOW),
            "in 7 Tagen, am 28. November 2026 um 05:21 UTC"
        );
    }

    #[test]
    fn each_grant_has_words_of_its_own_in_each_language() {
        let mut all = std::collections::HashSet::new();
        let letters = ["r", "w", "rw", "a", "ar", "aw", "arw"];
        for language in [Language::En, Language::Da, Language::De] {
            for letters in letters {
                all.insert(grants(language, Permissions::parse(letters).unwrap()));
            }
            all.insert(grants(language, Permissions::NONE));
        }
        assert_eq!(all.len(), 3 * 8);
    }
}
