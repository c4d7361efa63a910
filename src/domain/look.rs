//! How the mails of a publication look: design, accent, logo, typeface of the headlines. Colours
//! that could not be read are refused here.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::article::check_url;
use super::text::{self, LineError};

named_states! {
    /// The make-up of a digest.
    Design {
        Editorial => "editorial",
        Compact => "compact",
        Plain => "plain",
    }
}

named_states! {
    /// The typeface of headlines, from those that readers have already.
    Font {
        Serif => "serif",
        Sans => "sans",
        System => "system",
    }
}

named_states! {
    /// Which way a language is written.
    Direction {
        Ltr => "ltr",
        Rtl => "rtl",
    }
}

/// Languages that are written from right to left unless their tag names another script.
const RTL_LANGUAGES: [&str; 10] = ["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];
/// Scripts that are written from right to left.
const RTL_SCRIPTS: [&str; 6] = ["adlm", "arab", "hebr", "nkoo", "syrc", "thaa"];

impl Direction {
    /// The direction of a language by its BCP 47 tag.
    pub fn of(language: &str) -> Self {
        let mut subtags = language.split('-').map(str::to_ascii_lowercase);
        let primary = subtags.next().unwrap_or_default();
        let script = subtags.find(|subtag| subtag.len() == 4);
        let is_rtl = script.map_or_else(
            || RTL_LANGUAGES.contains(&primary.as_str()),
            |script| RTL_SCRIPTS.contains(&script.as_str()),
        );
        if is_rtl { Self::Rtl } else { Self::Ltr }
    }
}

/// The contrast of text that people with weak eyes can read (WCAG 2, 1.4.3).
pub const READABLE: f64 = 4.5;
/// What an accent is lightened to in the dark, where thin strokes need more.
const COMFORTABLE: f64 = 7.0;
/// Steps between a colour and black or white in which a readable one is looked for.
const STEPS: u16 = 64;

/// A colour of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// Why a colour was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ColourError {
    #[error("{0:?} is not a colour; write it like #1b5578")]
    Form(String),
    #[error(
        "{colour} on white has a contrast of {contrast}:1, and text needs 4.5:1; \
         the nearest colour that can be read is {instead}"
    )]
    Faint {
        colour: Colour,
        contrast: String,
        instead: Colour,
    },
}

impl Colour {
    /// The ground of mails.
    pub const PAPER: Self = Self([0xff, 0xff, 0xff]);
    /// Their ground in the dark.
    pub const NIGHT: Self = Self([0x14, 0x16, 0x1a]);
    /// The accent of a publication that has not chosen one.
    pub const ACCENT: Self = Self([0x1b, 0x55, 0x78]);

    /// A colour by its channels.
    pub(super) const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// The relative luminance (WCAG 2).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast of two colours, from 1 to 21 (WCAG 2).
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        (a / b).max(b / a)
    }

    /// The nearest on the way to `end` whose contrast with `ground` is at least `wanted`.
    pub(super) fn towards(self, end: Self, ground: Self, wanted: f64) -> Self {
        (0..=STEPS)
            .map(|step| self.mixed(end, step))
            .find(|colour| colour.contrast(ground) >= wanted)
            .unwrap_or(end)
    }

    fn mixed(self, end: Self, step: u16) -> Self {
        let mut out = self.0;
        for (channel, other) in out.iter_mut().zip(end.0) {
            let sum = u16::from(*channel) * (STEPS - step) + u16::from(other) * step;
            *channel = u8::try_from(sum / STEPS).unwrap_or(u8::MAX);
        }
        Self(out)
    }

    /// The colour as it is used in the dark.
    #[must_use]
    pub fn in_the_dark(self) -> Self {
        self.towards(Self::PAPER, Self::NIGHT, COMFORTABLE)
    }

    /// Reads a colour that text can have on white.
    pub fn readable(text: &str) -> Result<Self, ColourError> {
        let colour: Self = text.parse()?;
        let contrast = colour.contrast(Self::PAPER);
        if contrast >= READABLE {
            return Ok(colour);
        }
        Err(ColourError::Faint {
            colour,
            // Cut, not rounded: 4.49 is not 4.5.
            contrast: format!("{:.1}", (contrast * 10.0).floor() / 10.0),
            instead: colour.towards(Self([0, 0, 0]), Self::PAPER, READABLE),
        })
    }
}

impl FromStr for Colour {
    type Err = ColourError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ColourError::Form(text.to_owned());
        let digits = text.trim().strip_prefix('#').ok_or_else(wrong)?;
        let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        let long = match digits.len() {
            6 => digits.to_owned(),
            3 => digits.chars().flat_map(|c| [c, c]).collect(),
            _ => return Err(wrong()),
        };
        let number = u32::from_str_radix(&long, 16).map_err(|_| wrong())?;
        let [_, red, green, blue] = number.to_be_bytes();
        if is_hex {
            Ok(Self([red, green, blue]))
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The picture at the head of a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Logo {
    pub url: String,
    /// What is read aloud, and shown where pictures are off.
    pub alt: String,
    /// Its width in the mail, in pixels.
    pub width: u16,
}

/// The widest and the narrowest logo, in pixels.
pub const LOGO_WIDTHS: std::ops::RangeInclusive<u16> = 24..=400;

/// Why a logo was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LogoError {
    #[error("the logo's address {0:?} must begin with https://")]
    Address(String),
    #[error(
        "a logo is {} to {} pixels wide, not {given}",
        LOGO_WIDTHS.start(),
        LOGO_WIDTHS.end()
    )]
    Width { given: u16 },
    #[error(transparent)]
    Alt(#[from] LineError),
}

impl Logo {
    /// Checks what an operator says of a logo.
    pub fn checked(url: &str, alt: &str, width: u16) -> Result<Self, LogoError> {
        let address = check_url(url).ok().filter(|url| url.scheme() == "https");
        let address = address.ok_or_else(|| LogoError::Address(url.to_owned()))?;
        if !LOGO_WIDTHS.contains(&width) {
            return Err(LogoError::Width { given: width });
        }
        Ok(Self {
            url: address.into(),
            alt: text::line("the logo's description", alt, 120)?,
            width,
        })
    }
}

/// How the mails of a publication look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Look {
    pub design: Design,
    pub accent: Colour,
    pub font: Font,
    pub logo: Option<Logo>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            design: Design::Editorial,
            accent: Colour::ACCENT,
            font: Font::Serif,
            logo: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_and_written() {
        let colour: Colour = "#1B5578".parse().unwrap();
        assert_eq!(
            (colour, colour.to_string().as_str()),
            (Colour::ACCENT, "#1b5578")
        );
        assert_eq!("#abc".parse(), Ok(Colour([0xaa, 0xbb, 0xcc])));
        for wrong in ["", "red", "1b5578", "#1b557", "#+b5578", "#1b55788", "#äöü"] {
            assert!(wrong.parse::<Colour>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_what_can() {
        let refused = Colour::readable("#ffcc00").unwrap_err();
        let ColourError::Faint {
            contrast, instead, ..
        } = &refused
        else {
            panic!("{refused}");
        };
        assert_eq!(contrast, "1.5");
        let found = instead.contrast(Colour::PAPER);
        assert!((READABLE..5.0).contains(&found), "{instead}: {found}");
        assert!(refused.to_string().contains(&instead.to_string()));
        assert!(Colour::readable(&instead.to_string()).is_ok());
        // The two greys on either side of the line.
        assert!(Colour::readable("#767676").is_ok() && Colour::readable("#777777").is_err());
    }

    #[test]
    fn every_accent_can_be_read_in_the_dark() {
        for text in [
            "#000000", "#1b5578", "#0000ff", "#8a0000", "#767676", "#004400",
        ] {
            let dark = Colour::readable(text).unwrap().in_the_dark();
            assert!(
                dark.contrast(Colour::NIGHT) >= COMFORTABLE,
                "{text}: {dark}"
            );
        }
    }

    #[test]
    fn a_script_decides_before_its_language() {
        for (tag, direction) in [
            ("en", Direction::Ltr),
            ("ar", Direction::Rtl),
            ("he-IL", Direction::Rtl),
            ("ar-Latn", Direction::Ltr),
            ("az-Arab-IR", Direction::Rtl),
            ("", Direction::Ltr),
        ] {
            assert_eq!(Direction::of(tag), direction, "{tag}");
        }
    }

    #[test]
    fn a_logo_has_a_safe_address_and_words() {
        let checked = |url: &str, alt: &str, width| Logo::checked(url, alt, width);
        assert!(checked("https://x.example/l.png", "The Ledger", 160).is_ok());
        assert!(checked("http://x.example/l.png", "The Ledger", 160).is_err());
        assert!(checked("javascript:alert(1)", "The Ledger", 160).is_err());
        assert!(checked("https://x.example/l.png", " ", 160).is_err());
        assert!(checked("https://x.example/l.png", "The Ledger", 900).is_err());
    }
}
