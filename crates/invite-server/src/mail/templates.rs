//! What mails say.

use std::path::Path;

use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::{Language, MailSettings, MailUnusable, words};
use crate::core::Moment;
use invite_key::permissions::Permissions;

const SUBJECT: &str = "subject.txt";
const TEXT: &str = "invite.txt";
const HTML: &str = "invite.html";
/// Longest line that somebody else wrote.
const LINE: usize = 200;

/// A mail as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// What templates are filled with.
#[derive(Debug, Clone)]
pub(super) struct Filling<'a> {
    pub(super) inviter: &'a str,
    pub(super) title: &'a str,
    pub(super) resource: &'a str,
    pub(super) message: Option<&'a str>,
    pub(super) permissions: &'a str,
    /// What it grants, in words.
    pub(super) grants: &'a str,
    pub(super) link: &'a str,
    pub(super) expires: &'a str,
    /// How long that is, and when it ends, in words.
    pub(super) ends: &'a str,
    pub(super) email: &'a str,
}

/// The three templates.
#[derive(Debug)]
pub(super) struct Templates {
    environment: Environment<'static>,
    language: Language,
}

impl Templates {
    /// Ours in the operator's language, or theirs where they have one.
    pub(super) fn load(settings: &MailSettings) -> Result<Templates, MailUnusable> {
        let mut environment = Environment::new();
        // A name that is not there is a slip of whoever wrote the template, not nothing.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_filter("quoted", quoted);
        if let Some(folder) = &settings.templates {
            // A folder that is not there is a slip; a file that is not there is a choice.
            folder.read_dir().map_err(|cause| MailUnusable::Templates {
                folder: folder.clone(),
                cause,
            })?;
        }
        for (name, ours) in built_in(settings.language) {
            let unusable = |cause: String| MailUnusable::Template {
                name: name.to_owned(),
                cause,
            };
            let theirs = match &settings.templates {
                Some(folder) => {
                    theirs(folder, name).map_err(|error| unusable(error.to_string()))?
                }
                None => None,
            };
            let source = theirs.unwrap_or_else(|| ours.to_owned());
            environment
                .add_template_owned(name, source)
                .map_err(|error| unusable(error.to_string()))?;
        }
        Ok(Templates {
            environment,
            language: settings.language,
        })
    }

    /// What these letters let somebody do, in a sentence.
    pub(super) fn grants(&self, permissions: Permissions) -> &'static str {
        words::grants(self.language, permissions)
    }

    /// How long it is until then, and when that is.
    pub(super) fn ends(&self, at: Moment, now: Moment) -> String {
        words::ends(self.language, at, now)
    }

    /// Fills them once, so that a slip is found at the start.
    pub(super) fn try_out(&self) -> Result<(), MailUnusable> {
        self.fill(&Filling {
            inviter: "Alice",
            title: "Team notes",
            resource: "notes",
            message: Some("Welcome!"),
            permissions: "r",
            grants: self.grants(Permissions::READ),
            link: "https://example.com/join#acceptInvite=…",
            expires: "2026-11-28 07:21 UTC",
            ends: "in 7 days, on 28 November 2026 at 07:21 UTC",
            email: "bob@example.com",
        })
        .map(|_| ())
    }

    pub(super) fn fill(&self, filling: &Filling<'_>) -> Result<Rendered, MailUnusable> {
        let message = filling.message.map(|message| lines(message, &['\n']));
        let values = context! {
            inviter => one_line(filling.inviter),
            title => one_line(filling.title),
            resource => one_line(filling.resource),
            message,
            permissions => filling.permissions,
            grants => filling.grants,
            link => filling.link,
            expires => filling.expires,
            ends => filling.ends,
            email => one_line(filling.email),
        };
        Ok(Rendered {
            // A header is one line, whatever the template says.
            subject: one_line(&self.render(SUBJECT, &values)?),
            text: self.render(TEXT, &values)?,
            html: self.render(HTML, &values)?,
        })
    }

    fn render(&self, name: &str, values: &Value) -> Result<String, MailUnusable> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(values))
            .map_err(|error| MailUnusable::Template {
                name: name.to_owned(),
                // Its kind and place: the values may hold a key.
                cause: format!("{} in line {}", error.kind(), error.line().unwrap_or(0)),
            })
    }
}

fn built_in(language: Language) -> [(&'static str, &'static str); 3] {
    let [subject, text, html] = match language {
        Language::En => [
            include_str!("templates/en/subject.txt"),
            include_str!("templates/en/invite.txt"),
            include_str!("templates/en/invite.html"),
        ],
        Language::Da => [
            include_str!("templates/da/subject.txt"),
            include_str!("templates/da/invite.txt"),
            include_str!("templates/da/invite.html"),
        ],
        Language::De => [
            include_str!("templates/de/subject.txt"),
            include_str!("templates/de/invite.txt"),
            include_str!("templates/de/invite.html"),
        ],
    };
    [(SUBJECT, subject), (TEXT, text), (HTML, html)]
}

fn theirs(folder: &Path, name: &str) -> std::io::Result<Option<String>> {
    match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Somebody else's words in plain text, marked as such: no line of theirs looks like one of ours.
fn quoted(text: &str) -> String {
    let marked: Vec<String> = text.lines().map(|line| format!("> {line}")).collect();
    marked.join("\n")
}

pub(super) fn one_line(text: &str) -> String {
    lines(text, &[]).trim().chars().take(LINE).collect()
}

/// Without what would steer a terminal, end a header or turn the direction of what follows.
fn lines(text: &str, allowed: &[char]) -> String {
    text.chars()
        .filter(|letter| !matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .map(|letter| {
            if allowed.contains(&letter) || !(letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')) {
                letter
            } else {
                ' '
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filling<'a>(inviter: &'a str, title: &'a str, message: Option<&'a str>) -> Filling<'a> {
        Filling {
            inviter,
            title,
            resource: "notes",
            message,
            permissions: "r",
            grants: "You may read it.",
            link: "https://example.com/join#acceptInvite=marked",
            expires: "2026-11-28 07:21 UTC",
            ends: "tomorrow",
            email: "bob@example.com",
        }
    }

    #[test]
    fn what_others_wrote_is_text() {
        let templates = Templates::load(&MailSettings::default()).unwrap();
        let hostile = "<script>alert(1)</script>\r\nBcc: eve@example.com";
        let message = "Hi\n<a href=\"https://evil.example\">Accept</a>\n\u{202e}{{ link }}";
        let mail = templates
            .fill(&filling(hostile, hostile, Some(message)))
            .unwrap();
        assert!(!mail.subject.contains(['\r', '\n']), "{}", mail.subject);
        assert!(!mail.html.contains("<script") && !mail.html.contains("<a href=\"https://evil"));
        assert!(mail.html.contains("&lt;script&gt;"));
        assert_eq!(mail.html.matches("<a ").count(), 1);
        assert!(!mail.text.contains('\u{202e}') && !mail.text.contains("\r"));
        assert!(mail.text.contains("\n> <a href"), "{}", mail.text);
        // A template in a message is no template.
        assert!(mail.text.contains("> {{ link }}"));
        assert_eq!(mail.text.matches("#acceptInvite=marked").count(), 1);
    }

    #[test]
    fn each_language_has_all_and_a_message_is_optional() {
        for language in [Language::En, Language::Da, Language::De] {
            let options = MailSettings {
                language,
                ..MailSettings::default()
            };
            let templates = Templates::load(&options).unwrap();
            templates.try_out().unwrap();
            let mail = templates.fill(&filling("Alice", "Notes", None)).unwrap();
            assert!(mail.subject.contains("Alice") && mail.subject.contains("Notes"));
            for part in [&mail.text, &mail.html] {
                assert!(
                    part.contains("marked")
                        && part.contains("bob@example.com")
                        && part.contains("You may read it.")
                        && part.contains("tomorrow"),
                    "{part}"
                );
            }
        }
    }

    #[test]
    fn the_operators_words_count_and_slips_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let options = MailSettings {
            templates: Some(folder.path().to_owned()),
            ..MailSettings::default()
        };
        let write = |text: &str| std::fs::write(folder.path().join("subject.txt"), text).unwrap();
        write("For {{ email }}\n\n");
        let templates = Templates::load(&options).unwrap();
        let mail = templates.fill(&filling("Alice", "Notes", None)).unwrap();
        assert_eq!(mail.subject, "For bob@example.com");
        assert!(mail.text.contains("Alice invites you"));
        write("{{ nobody }}");
        let said = Templates::load(&options).unwrap().try_out().unwrap_err();
        assert!(said.to_string().contains("subject.txt"), "{said}");
        write("{{ ");
        assert!(Templates::load(&options).is_err());
        let missing = MailSettings {
            templates: Some(folder.path().join("none")),
            ..MailSettings::default()
        };
        let said = Templates::load(&missing).unwrap_err().to_string();
        assert!(
            said.starts_with("--mail-templates ") && said.contains("none is no folder"),
            "{said}"
        );
    }
}
