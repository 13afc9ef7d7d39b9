//! The operator's colour, as far as everybody can read it: a style sheet with shades of it for light and dark.

use std::fmt;

/// The least contrast of text that everybody can read (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;
/// So many shades are tried between the colour and black, or white.
const SHADES: u32 = 32;
const WHITE: Color = Color([255, 255, 255]);
const BLACK: Color = Color([16, 18, 22]);

/// Where text of this colour stands: as in `www/style.css`, the hardest to read on.
const LIGHT: Ground = Ground {
    surfaces: [Color([0xff, 0xfe, 0xfb]), Color([0xef, 0xec, 0xe4])],
    ink: Color([0, 0, 0]),
    softness: 0.12,
};
const DARK: Ground = Ground {
    surfaces: [Color([0x14, 0x16, 0x1a]), Color([0x28, 0x2c, 0x33])],
    ink: WHITE,
    softness: 0.2,
};

/// Red, green and blue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Color([u8; 3]);

struct Ground {
    surfaces: [Color; 2],
    /// What makes a colour easier to read there.
    ink: Color,
    /// How much of the colour is in the ground of a chip.
    softness: f64,
}

/// A colour for text and buttons, what stands on it, and a soft ground for it.
struct Shade {
    accent: Color,
    on: Color,
    soft: Color,
}

impl Color {
    /// Of these parts.
    pub(super) const fn rgb(red: u8, green: u8, blue: u8) -> Color {
        Color([red, green, blue])
    }

    /// Reads `#0b5d4b` or `#fa0`.
    pub(super) fn parse(text: &str) -> Option<Color> {
        let digits = text.strip_prefix('#')?;
        let one = |digits: &str| u8::from_str_radix(digits, 16).ok();
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let all = match digits.len() {
            6 => [digits.get(..2)?, digits.get(2..4)?, digits.get(4..)?].map(one),
            3 => [digits.get(..1)?, digits.get(1..2)?, digits.get(2..)?]
                .map(|digit| Some(one(digit)? * 17)),
            _ => return None,
        };
        let [Some(red), Some(green), Some(blue)] = all else {
            return None;
        };
        Some(Color([red, green, blue]))
    }

    /// Whether it can be read as it is, in the light.
    pub(super) fn is_readable(self) -> bool {
        LIGHT.shade(self).accent == self
    }

    /// The style sheet that gives the pages their colour.
    pub(super) fn sheet(self) -> String {
        let (light, dark) = (LIGHT.shade(self), DARK.shade(self));
        let pair = |name: &str, of: fn(&Shade) -> Color| {
            format!(
                "  --invite-{name}: light-dark({}, {});\n",
                of(&light),
                of(&dark)
            )
        };
        format!(
            ":root {{\n{}{}{}}}\n",
            pair("accent", |shade| shade.accent),
            pair("on-accent", |shade| shade.on),
            pair("accent-soft", |shade| shade.soft),
        )
    }

    /// What can be read on it.
    pub(super) fn on(self) -> Color {
        if self.contrast(WHITE) >= READABLE {
            WHITE
        } else {
            BLACK
        }
    }

    fn mix(self, other: Color, part: f64) -> Color {
        let (Color([r, g, b]), Color([s, h, c])) = (self, other);
        let one = |mine: u8, theirs: u8| {
            (f64::from(mine) * (1.0 - part) + f64::from(theirs) * part).round() as u8
        };
        Color([one(r, s), one(g, h), one(b, c)])
    }

    fn luminance(self) -> f64 {
        let Color(parts) = self;
        let [red, green, blue] = parts.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(self, other: Color) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }
}

impl Ground {
    /// The first shade, from the colour on, that can be read everywhere.
    fn shade(&self, color: Color) -> Shade {
        let all = (0..=SHADES).map(|step| {
            let accent = color.mix(self.ink, f64::from(step) / f64::from(SHADES));
            let [surface, _] = self.surfaces;
            Shade {
                accent,
                on: accent.on(),
                soft: surface.mix(accent, self.softness),
            }
        });
        let readable = |shade: &Shade| {
            let [surface, sunken] = self.surfaces;
            let grounds = [surface, sunken, shade.soft, shade.on];
            grounds
                .iter()
                .all(|ground| shade.accent.contrast(*ground) >= READABLE)
        };
        let mut last = None;
        for shade in all {
            if readable(&shade) {
                return shade;
            }
            last = Some(shade);
        }
        last.unwrap_or(Shade {
            accent: self.ink,
            on: self.ink.on(),
            soft: self.surfaces[0],
        })
    }
}

impl fmt::Display for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Color([red, green, blue]) = self;
        write!(formatter, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Debug for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read() {
        assert_eq!(Color::parse("#0B5d4b").unwrap().to_string(), "#0b5d4b");
        assert_eq!(Color::parse("#fa0").unwrap().to_string(), "#ffaa00");
        for none in [
            "",
            "#",
            "0b5d4b",
            "red",
            "#0b5d4",
            "#0b5d4bff",
            "#+1+1+1",
            "#ééé",
            "#12345g",
        ] {
            assert_eq!(Color::parse(none), None, "{none}");
        }
    }

    #[test]
    fn contrast_is_as_the_guidelines_reckon_it() {
        let white = Color::parse("#fff").unwrap();
        let contrast = |text: &str| Color::parse(text).unwrap().contrast(white);
        assert!((contrast("#000") - 21.0).abs() < 1e-9);
        // The palest grey that passes on white, and the one after it.
        assert!(contrast("#767676") >= READABLE && contrast("#777777") < READABLE);
    }

    #[test]
    fn every_colour_has_shades_that_can_be_read() {
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let color = Color([red, green, blue]);
                    for ground in [&LIGHT, &DARK] {
                        let Shade { accent, on, soft } = ground.shade(color);
                        let least = ground.surfaces.iter().chain([&on, &soft]);
                        let least = least.map(|other| accent.contrast(*other));
                        let least = least.fold(f64::MAX, f64::min);
                        assert!(least >= READABLE, "{color} becomes {accent}: {least}");
                    }
                }
            }
        }
        // What can be read stays as it is.
        assert!(Color::parse("#0b5d4b").unwrap().is_readable());
        assert!(!Color::parse("#ffcc00").unwrap().is_readable());
    }

    #[test]
    fn the_grounds_are_those_of_the_pages() {
        let sheet = include_str!("../../../../www/style.css");
        for (name, [light, dark]) in [
            ("sunken", [LIGHT.surfaces[1], DARK.surfaces[1]]),
            ("page", [Color([0xf4, 0xf2, 0xec]), DARK.surfaces[0]]),
            ("surface", [LIGHT.surfaces[0], Color([0x1d, 0x20, 0x25])]),
        ] {
            let line = format!("--invite-{name}: light-dark({light}, {dark});");
            assert!(sheet.contains(&line), "{line}");
        }
    }
}
