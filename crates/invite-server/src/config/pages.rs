//! How the pages look.

use std::path::PathBuf;

use clap::Args;

/// How the pages look.
#[derive(Debug, Clone, Default, Args)]
pub struct PageOptions {
    /// What the pages call this server, as in "Example Docs" [default: Invites]
    #[arg(
        long,
        value_name = "NAME",
        env = "INVITE_SERVER_NAME",
        help_heading = "Pages"
    )]
    pub name: Option<String>,

    /// A picture beside the name: PNG, JPEG, GIF, WebP or SVG, 256 KiB at most [default: a key]
    #[arg(
        long,
        value_name = "FILE",
        env = "INVITE_SERVER_LOGO",
        help_heading = "Pages"
    )]
    pub logo: Option<PathBuf>,

    /// The colour of links and buttons, as in "#0b5d4b". Where not everybody could read it, in the light or in the dark,
    /// a shade of it stands instead
    #[arg(
        long,
        value_name = "#RRGGBB",
        env = "INVITE_SERVER_COLOR",
        help_heading = "Pages"
    )]
    pub color: Option<String>,

    /// Where your product shows a resource, as in https://app.example.com/d/{resource}: "Open it" leads there, and
    /// whoever accepts an invite arrives there [default: our own page of the resource, which shows who has access]
    #[arg(
        long,
        value_name = "URL",
        env = "INVITE_SERVER_OPEN_URL",
        help_heading = "Pages"
    )]
    pub open_url: Option<String>,

    /// Where people ask for help, at the foot of each page: an address, or mailto:help@example.com
    #[arg(
        long,
        value_name = "URL",
        env = "INVITE_SERVER_CONTACT_URL",
        help_heading = "Pages"
    )]
    pub contact_url: Option<String>,

    /// Where you say what becomes of personal data, at the foot of each page
    #[arg(
        long,
        value_name = "URL",
        env = "INVITE_SERVER_PRIVACY_URL",
        help_heading = "Pages"
    )]
    pub privacy_url: Option<String>,
}
