//! Who is asking.

use serde::{Deserialize, Serialize};

use super::same_address;

/// The provider of the test sign-in.
pub const TEST_PROVIDER: &str = "test";

/// Whether the test sign-in takes a name, and whether a provider may have it: 1 to 64 of `[A-Za-z0-9_.-]`.
pub fn is_username(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// A person, as their sign-in provider names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The name the provider knows this person by.
    pub username: String,
    /// The sign-in provider, such as `test`.
    pub provider: String,
    /// The name to show to people, when the provider gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}

impl User {
    /// A user without a display name.
    pub fn new(username: impl Into<String>, provider: impl Into<String>) -> User {
        User {
            username: username.into(),
            provider: provider.into(),
            display_name: None,
        }
    }

    /// `username:provider`, as Webstrates writes it.
    pub fn user_id(&self) -> String {
        format!("{}:{}", self.username, self.provider)
    }

    /// Whether both are the same person; display names do not count.
    pub fn is(&self, other: &User) -> bool {
        self.username == other.username && self.provider == other.provider
    }

    /// What to call this person in a sentence.
    pub fn shown_name(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.username)
    }
}

/// Somebody who has proved who they are. Only sign-in code makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub user: User,
    /// An e-mail address of theirs that their sign-in provider has verified.
    pub email: Option<String>,
    /// The app that acts for them. It vouches for who they are, and they need not be there.
    pub app: Option<String>,
}

impl Actor {
    /// The actor for a user whose identity has just been proved.
    pub fn new(user: User) -> Actor {
        Actor {
            user,
            email: None,
            app: None,
        }
    }

    /// The same with an e-mail address that the sign-in provider has verified.
    pub fn with_email(self, email: impl Into<String>) -> Actor {
        Actor {
            email: Some(email.into()),
            ..self
        }
    }

    /// The same, with an app that acts for them.
    pub fn by_app(self, name: impl Into<String>) -> Actor {
        Actor {
            app: Some(name.into()),
            ..self
        }
    }

    /// Whether an invite for this address is for them.
    pub fn is_addressed_by(&self, email: &str) -> bool {
        let own = self.email.as_deref();
        own.is_some_and(|own| same_address(own, email))
    }
}

/// On whose word members are changed.
#[derive(Clone, Copy, Debug)]
pub enum Authority<'a> {
    /// The person who runs the server (demo data, command line): no permission is asked.
    Operator,
    /// A signed-in person, who must be an admin of the resource.
    Actor(&'a Actor),
}
