//! Answers for people. None holds a key.

use std::io::{Result, Write};

use invite_key::find::Repair;
use invite_key::link::Link;
use invite_key::report;
use invite_key::signed::{Claims, SignedKey};
use invite_key::{Malformed, Verdict};

/// `plausible: opaque`, `malformed: too_short`, and a sentence.
pub(crate) fn verdict(verdict: &Verdict, out: &mut impl Write) -> Result<()> {
    write!(out, "{}", verdict.code())?;
    match verdict {
        Verdict::Plausible { kind } => write!(out, ": {}", kind.as_str())?,
        Verdict::Malformed(malformed) => write!(out, ": {}", Malformed::code(malformed))?,
        _ => {}
    }
    writeln!(out, "\n  {}", verdict.sentence())
}

/// Where the link leads.
pub(crate) fn link(link: Option<&Link>, out: &mut impl Write) -> Result<()> {
    let Some(link) = link else { return Ok(()) };
    writeln!(out, "  page: {}", visible(&link.page))?;
    if let Some(resource) = &link.resource {
        writeln!(out, "  resource: {resource}")?;
    }
    Ok(())
}

/// What was undone.
pub(crate) fn repairs(repairs: &[Repair], out: &mut impl Write) -> Result<()> {
    for repair in repairs {
        writeln!(out, "  repaired: {}", repair.sentence())?;
    }
    Ok(())
}

/// What a signed key says of itself.
pub(crate) fn unproved_claims(key: &str, out: &mut impl Write) -> Result<()> {
    if let Ok(Some(key)) = SignedKey::read(key) {
        writeln!(
            out,
            "  It says of itself, which `invite-key verify` can prove:"
        )?;
        claims(key.unverified_claims(), out)?;
    }
    Ok(())
}

/// What a signed key says.
pub(crate) fn claims(claims: &Claims, out: &mut impl Write) -> Result<()> {
    let mut row = |name: &str, value: &str| writeln!(out, "    {name:<12} {}", visible(value));
    row("issuer", &claims.issuer)?;
    row("resource", &claims.resource)?;
    row("permissions", claims.permissions.as_str())?;
    row("id", &claims.id)?;
    row("issued", &report::time(claims.issued_at))?;
    if let Some(not_before) = claims.not_before {
        row("begins", &report::time(not_before))?;
    }
    row("ends", &report::time(claims.expires_at))?;
    if let Some(max_uses) = claims.max_uses {
        row("uses", &format!("at most {max_uses}"))?;
    }
    if let Some(inviter) = &claims.inviter {
        row("inviter", inviter)?;
    }
    Ok(())
}

/// A stranger's text, without what a terminal would obey.
fn visible(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control()
                || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
            {
                '\u{FFFD}'
            } else {
                character
            }
        })
        .collect()
}
