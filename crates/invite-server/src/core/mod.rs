//! The rules of invites: who may do what, and what a change does.
//!
//! Nothing here sees HTTP or SQL. A change is one pure function in [`rules`] over the [`state`] that a
//! [`Store`] has locked; [`Invites`] brings the two together and is what every dialect calls.

mod access;
mod access_token;
mod app;
mod asked;
mod authorise;
mod client;
mod clock;
mod email;
mod event;
mod identity;
mod invite;
mod jws;
mod mail;
mod needle;
pub mod options;
mod queue;
mod quota;
mod random;
mod receipt;
mod refusal;
pub mod rules;
mod secrets;
mod service;
mod session;
pub mod state;
mod store;
mod trust;
mod webhook;

pub(crate) use access::MEMBERS_AT_ONCE;
pub use access::{Links, LinksOf, MemberChanged, MemberSeen, MembersSeen, OpenLinks, Wanted};
pub use access_token::ACCESS_TOKEN_SECONDS;
pub use app::{App, AppDialect, AppKey};
pub use asked::Asked;
pub use authorise::{Call, Creators, On, authorise};
pub use client::{CLIENT_PROVIDER, Client, ClientSecret};
pub use clock::{Clock, Moment};
pub use email::{address_key, as_kept, is_host, same_address, with_ascii_host};
pub use event::{Event, EventKind, Progress};
pub use identity::{Actor, Authority, TEST_PROVIDER, User, is_username};
pub use invite::{
    Acceptance, Accepted, Checked, Invite, InviteList, InviteStatus, Member, MemberList, Reader,
    Removed, ResourceList, ResourceOf,
};
pub use mail::{Letter, Mail, MailChange, MailState};
pub use needle::Needle;
pub use options::{Addressed, CreateRequest, ListRequest, MembersRequest, RemoveTarget};
pub use queue::{Queue, Queues};
pub use quota::{Quotas, Recipient};
pub use receipt::Receipt;
pub use refusal::Refusal;
pub use secrets::{
    KnownSecret, MadeWith, SecretChange, SecretFileUnusable, Secrets, Stage, Standing,
};
pub use service::{EVENTS_AT_ONCE, Glimpse, Invites, Revoked, Rotated, SecretRow, Watchers};
pub use session::{
    Account, Accounts, Claimed, LogoutToken, Session, SessionToken, Sessions, Subject, TEST_ISSUER,
    proxy_issuer,
};
pub use store::Store;
pub use trust::{ClockJudge, ClockJump, TrustedTime, Uptime};
pub use webhook::{Delivery, Webhook, WebhookChange, WebhookSecret};
pub(crate) use webhook::{WebhookMessage, webhook_body};
