//! An invite, written as a mail.

use invite_key::link::{self, Link, LinkOptions, Placement};
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use zeroize::Zeroizing;

use super::templates::{Filling, Templates};
use crate::core::{Letter, Mail, Moment, with_ascii_host};

/// Programs that answer mail, such as those of people on holiday, leave this one alone (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The message, with the key behind a `#` in its link. The error is for the log and holds nothing of the letter.
pub(super) fn write(
    letter: &Letter,
    mail: &Mail,
    now: Moment,
    from: &Mailbox,
    page: &str,
    templates: &Templates,
) -> Result<Message, &'static str> {
    let options = LinkOptions::default();
    let link = Link::new(
        page,
        None,
        letter.key.clone(),
        Placement::Fragment,
        &options,
    )
    .map_err(|_| "no link can be made with this page")?;
    let link = Zeroizing::new(link::build(&link, &options));
    let written = templates
        .fill(&Filling {
            inviter: letter.inviter.shown_name(),
            title: letter.title.as_deref().unwrap_or(&letter.resource),
            resource: &letter.resource,
            message: letter.message.as_deref(),
            permissions: letter.permissions.as_str(),
            link: &link,
            grants: templates.grants(letter.permissions),
            expires: &super::shown(letter.expires_at),
            ends: &templates.ends(letter.expires_at, now),
            email: &letter.email,
        })
        .map_err(|_| "a template cannot be filled")?;
    let address = with_ascii_host(&letter.email).parse();
    let to = Mailbox::new(
        None,
        address.map_err(|_| "the address cannot be mailed to")?,
    );
    // The same mail has the same name however often it is sent: whoever gets it twice can tell.
    let name = format!(
        "<{}.{}@{}>",
        mail.invite,
        mail.asked_at.0,
        from.email.domain()
    );
    let mut builder = Message::builder();
    // Whoever answers wants to reach who invites them, not a machine.
    if let Some(email) = &letter.inviter_email
        && let Ok(address) = with_ascii_host(email).parse()
    {
        let name = super::templates::one_line(letter.inviter.shown_name());
        builder = builder.reply_to(Mailbox::new(Some(name), address));
    }
    builder
        .from(from.clone())
        .to(to)
        .subject(written.subject)
        .message_id(Some(name))
        .date_now()
        .raw_header(HeaderValue::new(
            AUTO_SUBMITTED,
            "auto-generated".to_owned(),
        ))
        .multipart(MultiPart::alternative_plain_html(
            written.text,
            written.html,
        ))
        .map_err(|_| "the message cannot be put together")
}
