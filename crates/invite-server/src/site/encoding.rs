//! In which form a browser takes a file (RFC 9110, 12.5.3).

use axum::http::{HeaderMap, header};

/// How a file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// The smallest.
    Brotli,
    /// What everything takes.
    Gzip,
    /// As it is.
    Identity,
}

impl Encoding {
    /// As `Content-Encoding` calls it; nothing where it is sent as it is.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

/// Of those that there are, the smallest first, the one that the request likes best; `None` if it takes none of them.
pub(super) fn liked(request: &HeaderMap, there: &[Encoding]) -> Option<Encoding> {
    let wishes = Wishes::read(request);
    let weighed = there.iter().map(|one| (wishes.weight(*one), *one));
    // Of those that are liked equally the first.
    weighed
        .filter(|(weight, _)| *weight > 0)
        .rev()
        .max_by_key(|(weight, _)| *weight)
        .map(|(_, one)| one)
}

/// What is named, in thousandths; `None` where nothing is said of it.
#[derive(Debug, Default)]
struct Wishes {
    brotli: Option<u16>,
    gzip: Option<u16>,
    identity: Option<u16>,
    others: Option<u16>,
}

impl Wishes {
    fn read(request: &HeaderMap) -> Wishes {
        let mut wishes = Wishes::default();
        let lines = request.get_all(header::ACCEPT_ENCODING).iter();
        let named = lines.filter_map(|line| line.to_str().ok());
        for one in named.flat_map(|line| line.split(',')) {
            let (name, parameters) = one.split_once(';').unwrap_or((one, ""));
            let place = match name.trim().to_ascii_lowercase().as_str() {
                "br" => &mut wishes.brotli,
                "gzip" | "x-gzip" => &mut wishes.gzip,
                "identity" => &mut wishes.identity,
                "*" => &mut wishes.others,
                _ => continue,
            };
            *place = Some(weight(parameters));
        }
        wishes
    }

    fn weight(&self, encoding: Encoding) -> u16 {
        let named = match encoding {
            Encoding::Brotli => self.brotli,
            Encoding::Gzip => self.gzip,
            // Unless it is refused it can always be sent, after all that was asked for.
            Encoding::Identity => return self.identity.or(self.others).unwrap_or(1),
        };
        named.or(self.others).unwrap_or(0)
    }
}

/// The thousandths of `q=0.5`, 1000 where there is none; 0 for what makes no sense.
fn weight(parameters: &str) -> u16 {
    let mut named = parameters.split(';').filter_map(|one| {
        let (name, value) = one.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some(value) = named.next_back() else {
        return 1000;
    };
    let value = value.parse::<f32>().unwrap_or(0.0);
    // As a whole number: between 0 and 1000.
    (value.clamp(0.0, 1.0) * 1000.0).round() as u16
}

#[cfg(test)]
mod tests {
    use super::Encoding::{Brotli, Gzip, Identity};
    use super::*;

    fn asked(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT_ENCODING, line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn each_is_given_what_it_takes_and_likes() {
        for (lines, expected) in [
            (&[][..], Some(Identity)),
            (&[""], Some(Identity)),
            (&["gzip, deflate, br, zstd"], Some(Brotli)),
            (&["gzip, deflate"], Some(Gzip)),
            (&["gzip", "br"], Some(Brotli)),
            (&["GZIP;Q=1"], Some(Gzip)),
            (&["x-gzip"], Some(Gzip)),
            (&["br;q=0, gzip"], Some(Gzip)),
            (&["br;q=0.000, gzip;q=0"], Some(Identity)),
            (&["br;q=0.2, gzip;q=0.9"], Some(Gzip)),
            (&["br;q=0.5, gzip;q=0.5"], Some(Brotli)),
            (&["br ; q=0.5 , identity"], Some(Identity)),
            (&["*"], Some(Brotli)),
            (&["*;q=0.5, br;q=0"], Some(Gzip)),
            (&["identity;q=0, *"], Some(Brotli)),
            (&["zstd"], Some(Identity)),
            (&["br;q=nonsense"], Some(Identity)),
            (&["br;q=NaN, gzip;q=2"], Some(Gzip)),
            (&["*;q=0"], None),
            (&["zstd, identity;q=0"], None),
        ] {
            let found = liked(&asked(lines), &[Brotli, Gzip, Identity]);
            assert_eq!(found, expected, "{lines:?}");
        }
        assert_eq!(
            liked(&asked(&["br, gzip;q=0.5"]), &[Gzip, Identity]),
            Some(Gzip)
        );
        assert_eq!(liked(&asked(&["br"]), &[Identity]), Some(Identity));
    }
}
