//! What can be undone.

/// What a program did to an invite on its way, and was undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repair {
    /// It was broken over lines, or by spaces, inside angle brackets; or its checksum proves that a line was broken.
    LineBreak,
    /// It stood in a mail's quoted-printable text: `=3D`, and `=` at the end of a line.
    QuotedPrintable,
    /// It stood in HTML: `&amp;`, `&#61;`, `<wbr>`.
    HtmlEntity,
    /// Characters had a backslash before them, or were written `\u0026`.
    Backslash,
    /// It was percent-encoded, perhaps more than once.
    PercentEncoding,
    /// What stood right after it, such as the full stop of the sentence, had become a part of it.
    TrailingText,
    /// Characters that nobody sees stood in it: zero-width ones, soft hyphens, directions of writing.
    InvisibleCharacter,
    /// Characters were full-width, as East Asian keyboards write them.
    FullWidth,
    /// Hyphens had become typographic ones.
    Hyphen,
    /// It was wrapped into a link of Outlook Safe Links.
    SafeLinks,
    /// It was wrapped into a link of Google.
    GoogleRedirect,
    /// It was wrapped into a link of Proofpoint URL Defense.
    ProofpointRedirect,
}

const ALL: [Repair; 12] = [
    Repair::LineBreak,
    Repair::QuotedPrintable,
    Repair::HtmlEntity,
    Repair::Backslash,
    Repair::PercentEncoding,
    Repair::TrailingText,
    Repair::InvisibleCharacter,
    Repair::FullWidth,
    Repair::Hyphen,
    Repair::SafeLinks,
    Repair::GoogleRedirect,
    Repair::ProofpointRedirect,
];

impl Repair {
    /// The repair's stable name, such as `line_break`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LineBreak => "line_break",
            Self::QuotedPrintable => "quoted_printable",
            Self::HtmlEntity => "html_entity",
            Self::Backslash => "backslash",
            Self::PercentEncoding => "percent_encoding",
            Self::TrailingText => "trailing_text",
            Self::InvisibleCharacter => "invisible_character",
            Self::FullWidth => "full_width",
            Self::Hyphen => "hyphen",
            Self::SafeLinks => "safe_links",
            Self::GoogleRedirect => "google_redirect",
            Self::ProofpointRedirect => "proofpoint_redirect",
        }
    }

    /// What was undone, as an English sentence for people.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::LineBreak => "It was broken over several lines.",
            Self::QuotedPrintable => "It was encoded as a mail's quoted-printable text.",
            Self::HtmlEntity => "It was encoded as HTML.",
            Self::Backslash => "Some characters had backslashes before them.",
            Self::PercentEncoding => "It was percent-encoded once too often.",
            Self::TrailingText => "What stands right after it had become a part of it.",
            Self::InvisibleCharacter => "It had invisible characters in it.",
            Self::FullWidth => "Some characters were full-width forms.",
            Self::Hyphen => "Its hyphens had become typographic ones.",
            Self::SafeLinks => "It was wrapped by Outlook Safe Links.",
            Self::GoogleRedirect => "It was wrapped by a redirect of Google.",
            Self::ProofpointRedirect => "It was wrapped by Proofpoint URL Defense.",
        }
    }
}

/// Some repairs, each once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repairs(u16);

impl Repairs {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn has(self, repair: Repair) -> bool {
        self.0 & Self::from(repair).0 != 0
    }

    /// Whether there are none but these.
    pub(super) fn are_only(self, others: &[Repair]) -> bool {
        let allowed = others
            .iter()
            .fold(Self::NONE, |all, other| all.and((*other).into()));
        self.0 & !allowed.0 == 0
    }

    pub(crate) fn list(self) -> impl Iterator<Item = Repair> {
        ALL.into_iter().filter(move |repair| self.has(*repair))
    }
}

impl From<Repair> for Repairs {
    fn from(repair: Repair) -> Self {
        Self(1 << repair as u16)
    }
}
