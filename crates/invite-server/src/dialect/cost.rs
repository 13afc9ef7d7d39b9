//! What a request counts as for the limits.

/// What a request counts as, beside a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// It counts as nothing at all.
    pub free: bool,
    /// Signed out, it is a look at an invite.
    pub checks: bool,
    /// It keeps an invite in a cookie.
    pub keeps: bool,
    /// It tries a key or a secret. Where that opens nothing, the answer says so with [`WrongKey`](super::WrongKey).
    pub tries_key: bool,
}

impl Cost {
    /// Nothing at all: what is the same for everybody and costs next to nothing.
    pub const FREE: Cost = Cost {
        free: true,
        checks: false,
        keeps: false,
        tries_key: false,
    };
}
