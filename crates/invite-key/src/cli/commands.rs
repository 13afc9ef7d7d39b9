//! The four commands. Each says whether all is as it should be.

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use invite_key::find::{Broken, Found, find_with};
use invite_key::json::Object;
use invite_key::link::{self, Link, LinkOptions};
use invite_key::signed::{Audience, Checks, KeySet};
use invite_key::{InviteKey, KeyKind, Verdict, report, signed};
use zeroize::Zeroizing;

use super::arguments::{Find, Generate, Inspect, Verify};
use super::failure::Failure;
use super::input::{self, Text};
use super::words;

pub(crate) fn inspect(options: Inspect, json: bool, out: &mut impl Write) -> Result<bool, Failure> {
    let links = link_options(options.parameter)?;
    let texts = input::keys(options.key)?;
    let mut all_good = true;
    for (number, text) in (1..).zip(&texts) {
        let (link, key) = taken_apart(text, &links);
        let verdict = match key {
            Ok(key) => signed::inspect(&key),
            Err(verdict) => verdict,
        };
        all_good &= matches!(verdict, Verdict::Plausible { .. });
        if json {
            let (_, object) = report::inspect(text, &links);
            writeln!(out, "{}", with_link(object, link.as_ref()))?;
            continue;
        }
        if texts.len() > 1 {
            write!(out, "{number}: ")?;
        }
        words::verdict(&verdict, out)?;
        words::link(link.as_ref(), out)?;
        let key = link
            .as_ref()
            .map_or(text.as_str(), |link| link.key.reveal());
        words::unproved_claims(key, out)?;
    }
    Ok(all_good)
}

pub(crate) fn verify(options: Verify, json: bool, out: &mut impl Write) -> Result<bool, Failure> {
    let links = link_options(options.parameter)?;
    let audience = Audience::Address(&options.audience);
    let checks = Checks::new(audience, options.now.unwrap_or_else(now))
        .and_then(|checks| checks.with_leeway(options.leeway))
        .map_err(|error| Failure::Usage(error.sentence().to_owned()))?;
    let jwks = input::file(&options.jwks, "The file with the JWK set")?;
    let keys = KeySet::parse(&jwks).map_err(|error| Failure::Unreadable(error.sentence()))?;
    let texts = input::keys(options.key)?;
    let mut all_good = true;
    for (number, text) in (1..).zip(&texts) {
        let (link, key) = taken_apart(text, &links);
        let verdict = match key {
            Ok(key) => keys.verify(&key, &checks),
            Err(verdict) => verdict,
        };
        all_good &= matches!(verdict, Verdict::Authentic { .. });
        if json {
            let object = report::verdict(&verdict);
            writeln!(out, "{}", with_link(object, link.as_ref()))?;
            continue;
        }
        if texts.len() > 1 {
            write!(out, "{number}: ")?;
        }
        words::verdict(&verdict, out)?;
        if matches!(verdict, Verdict::Plausible { .. }) {
            writeln!(
                out,
                "  It is not signed, so nothing about it can be proved."
            )?;
        }
        words::link(link.as_ref(), out)?;
        if let Verdict::Authentic { claims } = &verdict {
            words::claims(claims, out)?;
        }
    }
    Ok(all_good)
}

pub(crate) fn find(options: &Find, json: bool, out: &mut impl Write) -> Result<bool, Failure> {
    let links = link_options(options.parameter.clone())?;
    let text = Text::of(options.file.as_deref())?;
    let finds = find_with(&text.text, &links);
    let mut broken = finds.broken().to_vec().into_iter().peekable();
    let is_complete = finds.is_complete() && !text.is_cut;
    let mut is_any = false;
    // In the order in which they stand there.
    for found in finds {
        while let Some(broken) = broken.next_if(|broken| broken.range.start < found.range.start) {
            tell_broken(&text, &broken, json, out)?;
        }
        is_any = true;
        tell_found(&text, &found, options.reveal.then_some(&links), json, out)?;
    }
    for broken in broken {
        tell_broken(&text, &broken, json, out)?;
    }
    if !is_any && !json {
        writeln!(out, "There is no invite in it.")?;
    }
    if !is_complete {
        let _ = writeln!(
            io::stderr(),
            "note: The text is too long, so only its beginning was looked at."
        );
    }
    Ok(is_any)
}

fn tell_found(
    text: &Text,
    found: &Found,
    reveal: Option<&LinkOptions>,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (start, end) = (text.place(found.range.start), text.place(found.range.end));
    let key = found.key.reveal();
    if json {
        let mut object = report::found(found, start.byte..end.byte, reveal.is_some());
        object.integer("line", start.line as u64);
        object.integer("column", start.column as u64);
        let (_, verdict) = report::inspect(key, &LinkOptions::default());
        object.json("verdict", &verdict);
        writeln!(out, "{}", object.finish())?;
        return Ok(());
    }
    write!(out, "line {}, column {}: ", start.line, start.column)?;
    words::verdict(&signed::inspect(key), out)?;
    words::link(found.link.as_ref(), out)?;
    words::repairs(&found.repairs, out)?;
    words::unproved_claims(key, out)?;
    if let Some(options) = reveal {
        writeln!(out, "  key: {key}")?;
        // UserKit's links call the key otherwise.
        if let Some(link) = &found.link
            && found.key.kind() != KeyKind::Userkit
        {
            writeln!(out, "  link: {}", link::build(link, options))?;
        }
    }
    Ok(())
}

fn tell_broken(
    text: &Text,
    broken: &Broken,
    json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let start = text.place(broken.range.start);
    let end = text.place(broken.range.end);
    if json {
        let mut object = report::broken(broken, start.byte..end.byte);
        object.integer("line", start.line as u64);
        object.integer("column", start.column as u64);
        writeln!(out, "{}", object.finish())?;
        return Ok(());
    }
    write!(out, "line {}, column {}: ", start.line, start.column)?;
    words::verdict(&Verdict::Malformed(broken.malformed.clone()), out)?;
    words::repairs(&broken.repairs, out)?;
    Ok(())
}

pub(crate) fn generate(
    options: &Generate,
    json: bool,
    out: &mut impl Write,
) -> Result<bool, Failure> {
    for _ in 0..options.count {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(|error| {
            Failure::Unreadable(format!("There is no source of randomness: {error}."))
        })?;
        let key = match options.kind.into() {
            KeyKind::Webstrates => InviteKey::webstrates(&bytes),
            _ => InviteKey::opaque(&bytes),
        };
        if json {
            let mut object = Object::new();
            object.text("key", key.reveal());
            object.text("kind", key.kind().as_str());
            writeln!(out, "{}", object.finish())?;
        } else {
            writeln!(out, "{}", key.reveal())?;
        }
    }
    Ok(true)
}

/// The link that a text is, if it is one, and the key in it; or what is wrong with that.
fn taken_apart(
    text: &str,
    options: &LinkOptions,
) -> (Option<Link>, Result<Zeroizing<String>, Verdict>) {
    match link::parse(text, options) {
        Ok(Some(link)) => {
            let key = Zeroizing::new(link.key.reveal().to_owned());
            (Some(link), Ok(key))
        }
        Err(link::LinkError::Key(malformed)) => (None, Err(Verdict::Malformed(malformed))),
        _ => (None, Ok(Zeroizing::new(text.to_owned()))),
    }
}

fn with_link(object: String, link: Option<&Link>) -> String {
    match (link, object.strip_suffix('}')) {
        (Some(link), Some(open)) => format!("{open},\"link\":{}}}", report::link(link, false)),
        _ => object,
    }
}

fn link_options(parameter: String) -> Result<LinkOptions, Failure> {
    LinkOptions::named(parameter).map_err(|error| Failure::Usage(error.sentence()))
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}
