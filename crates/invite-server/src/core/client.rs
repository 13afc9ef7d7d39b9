//! RKVST clients: backends that know the Invites API of RKVST, each as an account of its own on one resource.

use std::fmt;

use invite_key::permissions::Permissions;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Moment, Refusal, User, random, state::KeyHash};

/// The provider of the accounts that clients act as. No sign-in provider may be called so.
pub const CLIENT_PROVIDER: &str = "rkvst";

const PREFIX: &str = "ics_";
const NAME_LIMIT: usize = 64;
/// Longer texts are no secret of ours and are not hashed.
const SECRET_LIMIT: usize = 256;

/// The secret of a client: `ics_` and 64 hex digits. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// A fresh one of 32 random bytes.
    pub fn generate() -> Result<ClientSecret, Refusal> {
        Ok(ClientSecret(random::secret_text(PREFIX)?))
    }

    /// Whatever somebody sends as a secret, if it is short enough to be one.
    pub fn given(text: Zeroizing<String>) -> Option<ClientSecret> {
        (text.len() <= SECRET_LIMIT).then_some(ClientSecret(text))
    }

    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored in its place.
    pub fn hash(&self) -> KeyHash {
        KeyHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// Whether this is the secret of that hash; takes as long for a wrong one as for the right one.
    pub fn fits(&self, stored: KeyHash) -> bool {
        self.hash().0.ct_eq(&stored.0).into()
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ics_…")
    }
}

/// A client as it is stored: everything but the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id, a UUID, which is not secret.
    pub id: String,
    /// The operator's name for it, which the people it invites see.
    pub name: String,
    /// The hash of its secret.
    pub secret: KeyHash,
    /// Its tenancy: the one resource it invites to.
    pub resource: String,
    /// What its invites grant.
    pub permissions: Permissions,
    /// When it was added.
    pub created_at: Moment,
}

impl Client {
    /// The account it acts as, with the name that people see.
    pub fn user(&self) -> User {
        User {
            display_name: Some(self.name.clone()),
            ..User::new(&*self.id, CLIENT_PROVIDER)
        }
    }

    /// Its tenancy as RKVST writes it: the same for all clients of one resource.
    pub fn tenant(&self) -> String {
        let digest = Sha256::digest(format!("invite-server/tenant/1/{}", self.resource));
        let mut bytes = [0u8; 16];
        bytes
            .iter_mut()
            .zip(digest)
            .for_each(|(to, from)| *to = from);
        let uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
        format!("tenant/{uuid}")
    }
}

/// Refuses what cannot be a client's name: people see it.
pub(super) fn validate_client_name(name: &str) -> Result<(), Refusal> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_-. ".contains(&byte);
    let fits = (1..=NAME_LIMIT).contains(&name.len())
        && name.bytes().all(inner)
        && name.trim() == name
        // `apps remove` takes either.
        && Uuid::try_parse(name).is_err();
    if fits {
        return Ok(());
    }
    Err(Refusal::invalid_option(
        "name",
        "A client's name is 1 to 64 letters, digits, spaces, dots, hyphens or underscores, and no UUID.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(resource: &str, secret: &ClientSecret) -> Client {
        Client {
            id: random::uuid().unwrap().to_string(),
            name: "crm".into(),
            secret: secret.hash(),
            resource: resource.into(),
            permissions: Permissions::READ,
            created_at: Moment(0),
        }
    }

    #[test]
    fn a_secret_opens_its_own_client_and_shows_nothing() {
        let (own, other) = (
            ClientSecret::generate().unwrap(),
            ClientSecret::generate().unwrap(),
        );
        let client = client("notes", &own);
        assert!(own.fits(client.secret) && !other.fits(client.secret));
        assert!(own.reveal().starts_with("ics_") && own.reveal().len() == 68);
        assert!(!format!("{own:?} {client:?}").contains(own.reveal().trim_start_matches(PREFIX)));
        assert!(ClientSecret::given("x".repeat(257).into()).is_none());
    }

    #[test]
    fn clients_of_one_resource_are_of_one_tenancy() {
        let secret = ClientSecret::generate().unwrap();
        let tenant = |resource| client(resource, &secret).tenant();
        assert_eq!(tenant("notes"), tenant("notes"));
        assert_ne!(tenant("notes"), tenant("plans"));
        assert!(Uuid::try_parse(tenant("notes").strip_prefix("tenant/").unwrap()).is_ok());
    }

    #[test]
    fn names_are_plain() {
        let uuid = random::uuid().unwrap().to_string();
        for (name, fits) in [
            ("crm", true),
            ("My CRM 2.0", true),
            ("", false),
            (" crm", false),
            ("a\nb", false),
            ("<b>", false),
            (uuid.as_str(), false),
        ] {
            assert_eq!(validate_client_name(name).is_ok(), fits, "{name}");
        }
    }
}
