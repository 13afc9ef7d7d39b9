//! How the pages look where an operator has said it: a name, a picture, a colour, and where the links lead.

use bytes::Bytes;
use url::Url;

use super::assets::Asset;
use super::color::Color;

/// Stands for the resource in [`Wishes::open`].
const RESOURCE: &str = "{resource}";
/// Most bytes of a picture: each page brings it.
const PICTURE_BYTES: usize = 256 * 1024;
/// Most characters of a name: it stands on a phone.
const NAME_CHARACTERS: usize = 60;

/// What the operator says.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Whether this is a demo, which says so and has people one can be.
    pub demo: bool,
    /// What it is called.
    pub name: Option<String>,
    /// A picture beside the name.
    pub logo: Option<Vec<u8>>,
    /// The colour of links and buttons, as in `#0b5d4b`.
    pub color: Option<String>,
    /// Where a resource is opened, as in `https://app.example.com/d/{resource}`.
    pub open: Option<String>,
    /// Where one asks for help.
    pub contact: Option<String>,
    /// Where it says what becomes of what people say here.
    pub privacy: Option<String>,
}

/// Why the pages cannot look like that, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookUnusable {
    /// The name.
    #[error("--name is 1 to {NAME_CHARACTERS} characters on one line")]
    Name,
    /// The picture's sort.
    #[error("--logo is not a PNG, JPEG, GIF, WebP or SVG picture")]
    Picture,
    /// The picture's size.
    #[error("--logo has more than {} KiB, and every page brings it: make it smaller", PICTURE_BYTES / 1024)]
    PictureSize,
    /// The colour.
    #[error("--color {0:?} is not a colour like #0b5d4b")]
    Color(String),
    /// Where to open resources.
    #[error(
        "--open-url {0:?} is not an address like https://app.example.com/d/{RESOURCE}: http or https, no user or password, and {RESOURCE} once or more behind the host"
    )]
    Open(String),
    /// A link at the foot of the pages.
    #[error("--{0} {1:?} is not an address like https://example.com/{2}")]
    Link(&'static str, String, &'static str),
}

/// How the pages look.
#[derive(Debug, Clone)]
pub struct Look {
    pub(super) demo: bool,
    pub(super) name: String,
    pub(super) logo: Option<Logo>,
    pub(super) color: Option<Color>,
    pub(super) open: Option<String>,
    pub(super) contact: Option<String>,
    pub(super) privacy: Option<String>,
}

/// A picture, and what its name ends in.
#[derive(Debug, Clone)]
pub(super) struct Logo {
    pub(super) ending: &'static str,
    pub(super) picture: Asset,
}

impl Look {
    /// The pages as the operator wants them.
    ///
    /// # Errors
    /// [`LookUnusable`], a sentence for the operator.
    pub fn new(wishes: Wishes) -> Result<Look, LookUnusable> {
        let usual = if wishes.demo {
            "invite-keys demo"
        } else {
            "Invites"
        };
        let name = wishes.name.unwrap_or_else(|| usual.to_owned());
        let is_long = name.chars().count() > NAME_CHARACTERS;
        if name.trim().is_empty() || is_long || name.chars().any(char::is_control) {
            return Err(LookUnusable::Name);
        }
        let color = wishes.color.map(|text| {
            let color = Color::parse(&text).ok_or(LookUnusable::Color(text))?;
            if !color.is_readable() {
                tracing::warn!(%color, "not everybody could read --color on the pages: they have a darker shade of it");
            }
            Ok(color)
        });
        Ok(Look {
            demo: wishes.demo,
            name,
            logo: wishes.logo.map(logo).transpose()?,
            color: color.transpose()?,
            open: wishes.open.map(open).transpose()?,
            contact: wishes.contact.map(contact).transpose()?,
            privacy: wishes.privacy.map(privacy).transpose()?,
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the picture beside the name is, as a page finds it that knows no version.
    pub fn picture(&self) -> String {
        self.logo.as_ref().map_or_else(
            || "/site/icon.svg".to_owned(),
            |logo| format!("/site/logo.{}", logo.ending),
        )
    }

    /// Where one asks for help.
    pub fn contact(&self) -> Option<&str> {
        self.contact.as_deref()
    }

    /// Where it says what becomes of what people say here.
    pub fn privacy(&self) -> Option<&str> {
        self.privacy.as_deref()
    }

    /// The colour of our icon, and of the key in it, as it is in `www/icon.svg`.
    pub(super) const OUR_ICON: (Color, Color) =
        (Color::rgb(0x0b, 0x5d, 0x4b), Color::rgb(0xf3, 0xd5, 0x8b));

    /// The same in the operator's colour.
    pub(super) fn icon(&self) -> (Color, Color) {
        self.color
            .map_or(Look::OUR_ICON, |color| (color, color.on()))
    }
}

/// What a picture is, it says itself: the name of a file may say anything.
fn logo(bytes: Vec<u8>) -> Result<Logo, LookUnusable> {
    if bytes.len() > PICTURE_BYTES {
        return Err(LookUnusable::PictureSize);
    }
    let (ending, media_type) = match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => ("png", "image/png"),
        [0xff, 0xd8, 0xff, ..] => ("jpg", "image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => ("gif", "image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => ("webp", "image/webp"),
        text if is_svg(text) => ("svg", "image/svg+xml"),
        _ => return Err(LookUnusable::Picture),
    };
    let picture = Asset::new(ending, Bytes::from(bytes)).of_type(media_type);
    Ok(Logo { ending, picture })
}

fn is_svg(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        (text.starts_with("<?xml") || text.starts_with("<!--") || text.starts_with("<svg"))
            && text.contains("<svg")
    })
}

/// The resource may stand anywhere but where it would choose the server.
fn open(text: String) -> Result<String, LookUnusable> {
    let host_of = |filling: &str| {
        let url = Url::parse(&text.replace(RESOURCE, filling)).ok()?;
        (is_web(&url)).then(|| (url.scheme().to_owned(), url.authority().to_owned()))
    };
    match (host_of("a"), host_of("b")) {
        (Some(one), Some(other)) if one == other && text.contains(RESOURCE) => Ok(text),
        _ => Err(LookUnusable::Open(text)),
    }
}

fn contact(text: String) -> Result<String, LookUnusable> {
    let is_mail = |url: &Url| url.scheme() == "mailto";
    match Url::parse(&text) {
        Ok(url) if is_web(&url) || is_mail(&url) => Ok(url.into()),
        _ => Err(LookUnusable::Link(
            "contact-url",
            text,
            "contact or mailto:help@example.com",
        )),
    }
}

fn privacy(text: String) -> Result<String, LookUnusable> {
    match Url::parse(&text) {
        Ok(url) if is_web(&url) => Ok(url.into()),
        _ => Err(LookUnusable::Link("privacy-url", text, "privacy")),
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(change: impl FnOnce(&mut Wishes)) -> Result<Look, LookUnusable> {
        let mut wishes = Wishes::default();
        change(&mut wishes);
        Look::new(wishes)
    }

    #[test]
    fn a_resource_is_opened_at_a_place_of_the_web_and_never_chooses_it() {
        for good in [
            "https://app.example.com/d/{resource}",
            "http://127.0.0.1:3000/#/d/{resource}",
            "https://app.example.com/?a=1&doc={resource}&again={resource}",
        ] {
            let open = look(|wishes| wishes.open = Some(good.into())).unwrap().open;
            assert_eq!(open.as_deref(), Some(good));
        }
        for bad in [
            "",
            "https://app.example.com/d/",
            "https://{resource}.example.com/",
            "https://app.example.com:{resource}/",
            "https://{resource}@app.example.com/",
            "https://app.example.com{resource}",
            "{resource}",
            "{resource}://app.example.com/",
            "/d/{resource}",
            "//app.example.com/{resource}",
            "javascript:alert('{resource}')",
            "data:text/html,{resource}",
            "ftp://app.example.com/{resource}",
            "https://me:secret@app.example.com/{resource}",
        ] {
            let said = look(|wishes| wishes.open = Some(bad.into())).unwrap_err();
            assert_eq!(said, LookUnusable::Open(bad.into()), "{bad}");
        }
    }

    #[test]
    fn links_are_addresses() {
        let contact = |text: &str| look(|wishes| wishes.contact = Some(text.into()));
        let privacy = |text: &str| look(|wishes| wishes.privacy = Some(text.into()));
        assert!(contact("https://example.com/help").is_ok());
        assert!(contact("mailto:help@example.com").is_ok());
        assert!(privacy("https://example.com/privacy?lang=en").is_ok());
        assert!(privacy("mailto:help@example.com").is_err());
        for bad in [
            "",
            "/help",
            "javascript:alert(1)",
            "example.com",
            "https://a:b@example.com",
        ] {
            assert!(contact(bad).is_err() && privacy(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_picture_is_what_it_begins_with() {
        let logo = |bytes: &[u8]| look(|wishes| wishes.logo = Some(bytes.to_vec()));
        for (bytes, ending) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], "png"),
            (b"\xff\xd8\xff\xe0", "jpg"),
            (b"GIF89a", "gif"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
            (b"<?xml version='1.0'?>\n<svg/>", "svg"),
        ] {
            assert_eq!(logo(bytes).unwrap().logo.unwrap().ending, ending);
        }
        for none in [
            &b""[..],
            b"<!doctype html><svg>",
            b"<script>",
            b"MZ",
            b"RIFF\0\0\0\0WAVE",
        ] {
            assert_eq!(logo(none).unwrap_err(), LookUnusable::Picture);
        }
        let large = [b"GIF89a".to_vec(), vec![0; PICTURE_BYTES]].concat();
        assert_eq!(logo(&large).unwrap_err(), LookUnusable::PictureSize);
    }

    #[test]
    fn a_name_is_a_line() {
        let named =
            |name: &str| look(|wishes| wishes.name = Some(name.into())).map(|look| look.name);
        assert_eq!(named("Ørsted & Sons <Ltd>").unwrap(), "Ørsted & Sons <Ltd>");
        assert_eq!(look(|_| ()).unwrap().name, "Invites");
        for bad in ["", "  ", "a\nb", &"a".repeat(61)] {
            assert_eq!(named(bad), Err(LookUnusable::Name), "{bad:?}");
        }
        let colored = look(|wishes| wishes.color = Some("red".into()));
        assert_eq!(colored.unwrap_err(), LookUnusable::Color("red".into()));
    }
}
