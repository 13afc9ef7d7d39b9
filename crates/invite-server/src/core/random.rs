//! What is drawn by lot.

use invite_key::hex;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Refusal;

/// A fresh secret: the prefix that says what it is, and 32 random bytes as 64 hex digits.
pub(super) fn secret_text(prefix: &str) -> Result<Zeroizing<String>, Refusal> {
    let mut bytes = Zeroizing::new([0u8; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| Refusal::ServerError)?;
    // Room for all of it: growing would leave parts of it behind.
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + 64));
    text.push_str(prefix);
    hex::push(&mut text, bytes.as_slice());
    Ok(text)
}

/// A fresh id of a resource: 128 bits, as 32 hex digits.
pub(super) fn resource_id() -> Result<String, Refusal> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::ServerError)?;
    Ok(hex::encode(&bytes))
}

/// A fresh UUID of random bytes.
pub(super) fn uuid() -> Result<Uuid, Refusal> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| Refusal::ServerError)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}
