//! What an invite grants: `a` admin, `r` read, `w` write.

use core::fmt;

/// Every set in every order, so that a set can be a `Copy` value that is its own text.
const ALL: [&str; 16] = [
    "", "a", "r", "w", "ar", "ra", "aw", "wa", "rw", "wr", "arw", "awr", "raw", "rwa", "war", "wra",
];

/// One thing that someone may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// `a`: manage invites and permissions.
    Admin,
    /// `r`: see it.
    Read,
    /// `w`: change it.
    Write,
}

impl Permission {
    /// The permission's letter.
    pub const fn letter(self) -> char {
        match self {
            Self::Admin => 'a',
            Self::Read => 'r',
            Self::Write => 'w',
        }
    }
}

/// A set of permissions that remembers the order of its letters, as Webstrates does.
///
/// Equality is that of the texts: `rw` and `wr` allow the same but are two values. [`is_within`] compares what they
/// allow.
///
/// ```
/// use invite_key::{Permission, Permissions};
///
/// let held = Permissions::parse("r")?;
/// let invite = Permissions::parse("awr")?;
/// assert!(invite.contains(Permission::Admin));
/// assert_eq!(held.merge(invite).as_str(), "raw");
/// assert_eq!(invite.gained(held).as_str(), "aw");
/// # Ok::<(), invite_key::PermissionsError>(())
/// ```
///
/// [`is_within`]: Permissions::is_within
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permissions(&'static str);

impl Permissions {
    /// No permission at all. It cannot be invited to, and [`parse`](Self::parse) never gives it.
    pub const NONE: Self = Self("");
    /// Reading, which is what an invite grants unless something else is said.
    pub const READ: Self = Self("r");
    /// Everything, in the order that the creator of a resource gets.
    pub const ALL: Self = Self("arw");

    /// Reads one to three different letters of `a`, `r`, `w`.
    ///
    /// ```
    /// use invite_key::{Permissions, PermissionsError};
    ///
    /// assert_eq!(Permissions::parse("wr").map(Permissions::as_str), Ok("wr"));
    /// assert_eq!(Permissions::parse("rx"), Err(PermissionsError::UnknownLetter { at: 1 }));
    /// ```
    pub fn parse(text: &str) -> Result<Self, PermissionsError> {
        let mut permissions = Self::NONE;
        for (at, letter) in text.char_indices() {
            let longer = permissions
                .and(letter)
                .ok_or(PermissionsError::UnknownLetter { at })?;
            if longer == permissions {
                return Err(PermissionsError::RepeatedLetter { at });
            }
            permissions = longer;
        }
        if permissions.is_empty() {
            Err(PermissionsError::Empty)
        } else {
            Ok(permissions)
        }
    }

    /// The letters, in their order.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether nothing is allowed.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is allowed.
    pub fn contains(self, permission: Permission) -> bool {
        self.has(permission.letter())
    }

    /// Whether all of it is held by someone with `held`: no one may grant more than they have.
    ///
    /// ```
    /// use invite_key::Permissions;
    ///
    /// assert!(Permissions::READ.is_within(Permissions::ALL));
    /// assert!(!Permissions::ALL.is_within(Permissions::READ));
    /// ```
    pub fn is_within(self, held: Permissions) -> bool {
        self.gained(held).is_empty()
    }

    /// What someone with these has after accepting `invite`: their own letters, then the invite's new ones.
    pub fn merge(self, invite: Permissions) -> Permissions {
        invite
            .0
            .chars()
            .fold(self, |merged, letter| merged.and(letter).unwrap_or(merged))
    }

    /// The letters that accepting this invite would add for someone with `current`, in the invite's order.
    pub fn gained(self, current: Permissions) -> Permissions {
        let new = self.0.chars().filter(|letter| !current.has(*letter));
        new.fold(Self::NONE, |gained, letter| {
            gained.and(letter).unwrap_or(gained)
        })
    }

    // Not `str::contains`, which is written for long texts and costs over a kilobyte.
    fn has(self, letter: char) -> bool {
        self.0.chars().any(|own| own == letter)
    }

    /// With one more letter at the end, or as it is if it has the letter; nothing if there is no such letter.
    fn and(self, letter: char) -> Option<Permissions> {
        if self.has(letter) {
            return Some(self);
        }
        let follows = |text: &&&str| {
            text.len() == self.0.len() + 1 && text.starts_with(self.0) && text.ends_with(letter)
        };
        ALL.iter().find(follows).map(|text| Self(text))
    }
}

/// Why a text is no set of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PermissionsError {
    /// There is no letter.
    Empty,
    /// A letter is none of `a`, `r`, `w`.
    UnknownLetter {
        /// Its place, in bytes from 0.
        at: usize,
    },
    /// A letter stands twice.
    RepeatedLetter {
        /// The place of the second, in bytes from 0.
        at: usize,
    },
}

impl PermissionsError {
    /// What is wrong, as an English sentence for people.
    pub const fn sentence(self) -> &'static str {
        "Permissions must be one to three different letters of a, r and w."
    }
}

impl fmt::Display for PermissionsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.sentence())
    }
}

impl core::error::Error for PermissionsError {}
