//! What transports do to links, done here, so that undoing it can be tried on any link.

use proptest::prelude::*;

/// What happens to a link before it stands in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wrap {
    Percent,
    PercentTwice,
    EqualsSign,
    SafeLinks,
    Google,
    Proofpoint1,
    Proofpoint2,
    Proofpoint3,
}

/// How it stands in its line. The number says where.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Inline {
    Plain,
    FullStop,
    Parentheses,
    Quotes,
    Brackets,
    BrokenInBrackets(usize),
    ZeroWidth(usize),
    FullWidthSigns,
    Backslashes,
}

/// What happens to the text that it stands in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whole {
    Html,
    Json,
    Quoted,
    QuotedPrintable,
}

pub(crate) fn wrap() -> impl Strategy<Value = Wrap> {
    prop::sample::select(vec![
        Wrap::Percent,
        Wrap::PercentTwice,
        Wrap::EqualsSign,
        Wrap::SafeLinks,
        Wrap::Google,
        Wrap::Proofpoint1,
        Wrap::Proofpoint2,
        Wrap::Proofpoint3,
    ])
}

pub(crate) fn inline() -> impl Strategy<Value = Inline> {
    prop_oneof![
        Just(Inline::Plain),
        Just(Inline::FullStop),
        Just(Inline::Parentheses),
        Just(Inline::Quotes),
        Just(Inline::Brackets),
        any::<usize>().prop_map(Inline::BrokenInBrackets),
        any::<usize>().prop_map(Inline::ZeroWidth),
        Just(Inline::FullWidthSigns),
        Just(Inline::Backslashes),
    ]
}

pub(crate) fn whole() -> impl Strategy<Value = Vec<Whole>> {
    prop::sample::subsequence(
        vec![
            Whole::Quoted,
            Whole::Json,
            Whole::Html,
            Whole::QuotedPrintable,
        ],
        0..=2,
    )
}

impl Wrap {
    pub(crate) fn apply(self, link: &str) -> String {
        let encoded = percent(link);
        match self {
            Self::Percent => format!("https://share.example/?text=Join:%20{encoded}&via=x"),
            Self::PercentTwice => percent(&encoded),
            Self::EqualsSign => link.replacen("acceptInvite=", "acceptInvite%3D", 1),
            Self::SafeLinks => format!(
                "https://eur01.safelinks.protection.outlook.com/?url={encoded}&data=05%7C02&reserved=0"
            ),
            Self::Google => format!("https://www.google.com/url?q={encoded}&sa=D&ust=1795"),
            Self::Proofpoint1 => {
                format!("https://urldefense.proofpoint.com/v1/url?u={encoded}&k=x%0A")
            }
            Self::Proofpoint2 => format!(
                "https://urldefense.proofpoint.com/v2/url?u={}&d=DwMFaQ&c=x&r=y",
                encoded
                    .replace('-', "-2D")
                    .replace('_', "-5F")
                    .replace("%2F", "_")
                    .replace('%', "-")
            ),
            Self::Proofpoint3 => proofpoint_3(link),
        }
    }
}

fn proofpoint_3(link: &str) -> String {
    use base64::Engine as _;
    let taken_out: String = link
        .chars()
        .filter(|character| "#%*".contains(*character))
        .collect();
    let kept: String = link
        .chars()
        .map(|character| {
            if "#%*".contains(character) {
                '*'
            } else {
                character
            }
        })
        .collect();
    let taken_out = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(taken_out);
    format!("https://urldefense.com/v3/__{kept}__;{taken_out}!!Org_-x!sig-_nature$")
}

impl Inline {
    /// The link in its line, and how much of that comes before it. Places are found from the end, where keys stand.
    pub(crate) fn apply(self, link: &str) -> String {
        let place = |number: usize| {
            let from_end = 1 + number % (link.len() - 1).min(60);
            link.split_at(link.len() - from_end)
        };
        match self {
            Self::Plain => link.to_owned(),
            Self::FullStop => format!("{link}."),
            Self::Parentheses => format!("({link})"),
            Self::Quotes => format!("\"{link}\""),
            Self::Brackets => format!("<{link}>"),
            Self::BrokenInBrackets(number) => {
                let (before, after) = place(number);
                format!("<{before}\n{after}>")
            }
            Self::ZeroWidth(number) => {
                let (before, after) = place(number);
                format!("{before}\u{200B}{after}")
            }
            Self::FullWidthSigns => link
                .replace('?', "？")
                .replace('=', "＝")
                .replace('#', "＃"),
            Self::Backslashes => link
                .replace('_', "\\_")
                .replace('=', "\\=")
                .replace('.', "\\."),
        }
    }
}

impl Whole {
    pub(crate) fn apply(self, text: &str) -> String {
        match self {
            Self::Html => text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;"),
            Self::Json => serde_json::to_string(text).unwrap().replace('/', "\\/"),
            Self::Quoted => format!("> {}", text.replace('\n', "\n> ")),
            Self::QuotedPrintable => quoted_printable(text),
        }
    }
}

pub(crate) fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded
}

pub(crate) fn quoted_printable(text: &str) -> String {
    let mut encoded = String::new();
    let mut column = 0;
    for byte in text.bytes() {
        let written = match byte {
            b'\n' => {
                encoded += "\r\n";
                column = 0;
                continue;
            }
            b'=' | 0x80.. => format!("={byte:02X}"),
            _ => char::from(byte).to_string(),
        };
        if column + written.len() > 75 {
            encoded += "=\r\n";
            column = 0;
        }
        column += written.len();
        encoded += &written;
    }
    encoded
}
