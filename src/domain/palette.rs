//! The colours of pages and frames: a publication's accent, or what a site asks for, corrected
//! until it can be read.

use super::look::{Colour, READABLE};

/// The contrast of the edge of a field (WCAG 2, 1.4.11).
const EDGE: f64 = 3.0;

/// The colours of a page in one light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shade {
    pub paper: Colour,
    pub ink: Colour,
    pub accent: Colour,
    /// What is written on the accent.
    pub on_accent: Colour,
    /// The edge of fields.
    pub edge: Colour,
    /// What is wrong.
    pub bad: Colour,
}

impl Shade {
    /// Takes colours as they are where they can be read on the paper, else the nearest that can.
    pub fn of(paper: Colour, ink: Colour, accent: Colour) -> Self {
        let end = paper.opposite();
        let readable = |colour: Colour| colour.towards(end, paper, READABLE);
        let ink = readable(ink);
        let accent = readable(accent);
        let warning = if end == Colour::BLACK {
            Colour::WARNING
        } else {
            Colour::WARNING_DARK
        };
        Self {
            paper,
            ink,
            accent,
            on_accent: accent.opposite(),
            edge: paper.towards(ink, paper, EDGE),
            bad: readable(warning),
        }
    }
}

/// The light of a page that does not follow the reader's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

/// The colours that a site asks for a frame of ours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    pub paper: Option<Colour>,
    pub ink: Option<Colour>,
    pub accent: Option<Colour>,
    pub scheme: Option<Scheme>,
}

/// The colours of a page in the light and in the dark; one of them where it does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    pub light: Option<Shade>,
    pub dark: Option<Shade>,
}

impl Palette {
    /// The colours of a frame: what its site asks for, else the publication's.
    pub fn wished(wish: Wish, own: Colour) -> Self {
        let accent = wish.accent.unwrap_or(own);
        // A paper of the site's own is the same by day and by night, and so is what stands on it.
        let scheme = wish.scheme.or_else(|| wish.paper.map(Colour::scheme));
        let ink = |usual| wish.ink.unwrap_or(usual);
        let light = Shade::of(
            wish.paper.unwrap_or(Colour::PAPER),
            ink(Colour::INK),
            accent,
        );
        let dark = Shade::of(
            wish.paper.unwrap_or(Colour::NIGHT),
            ink(Colour::INK_DARK),
            if wish.accent.is_some() {
                accent
            } else {
                accent.in_the_dark()
            },
        );
        Self {
            light: (scheme != Some(Scheme::Dark)).then_some(light),
            dark: (scheme != Some(Scheme::Light)).then_some(dark),
        }
    }
}

impl Colour {
    /// Text on paper.
    pub const INK: Self = Self::new(0x16, 0x18, 0x1d);
    /// Text in the dark.
    pub const INK_DARK: Self = Self::new(0xe8, 0xe6, 0xe1);
    const WARNING: Self = Self::new(0xa3, 0x26, 0x1d);
    const WARNING_DARK: Self = Self::new(0xff, 0x9d, 0x92);
    pub(super) const BLACK: Self = Self::new(0, 0, 0);

    /// White or black, whichever can be read better on this colour.
    fn opposite(self) -> Self {
        if self.contrast(Self::PAPER) >= self.contrast(Self::BLACK) {
            Self::PAPER
        } else {
            Self::BLACK
        }
    }

    /// Whether a page on this ground is light or dark.
    fn scheme(self) -> Scheme {
        if self.opposite() == Self::BLACK {
            Scheme::Light
        } else {
            Scheme::Dark
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    #[test]
    fn whatever_a_site_asks_for_can_be_read() {
        let some = [
            "#000", "#fff", "#777", "#ffcc00", "#1b5578", "#0000ff", "#7f7f7f", "#c0ffee",
        ];
        for paper in some {
            for ink in some {
                for accent in some {
                    let wish = Wish {
                        paper: Some(colour(paper)),
                        ink: Some(colour(ink)),
                        accent: Some(colour(accent)),
                        scheme: None,
                    };
                    let palette = Palette::wished(wish, Colour::ACCENT);
                    let shades = [palette.light, palette.dark];
                    assert_eq!(shades.iter().flatten().count(), 1);
                    for shade in shades.into_iter().flatten() {
                        let on_paper = [shade.ink, shade.accent, shade.bad];
                        assert!(on_paper.iter().all(|c| c.contrast(shade.paper) >= READABLE));
                        assert!(shade.on_accent.contrast(shade.accent) >= READABLE);
                        assert!(shade.edge.contrast(shade.paper) >= EDGE);
                    }
                }
            }
        }
    }

    #[test]
    fn a_frame_follows_the_light_unless_its_site_says_otherwise() {
        let usual = Palette::wished(Wish::default(), Colour::ACCENT);
        let (light, dark) = (usual.light.unwrap(), usual.dark.unwrap());
        assert_eq!((light.paper, light.accent), (Colour::PAPER, Colour::ACCENT));
        assert_eq!(dark.accent, Colour::ACCENT.in_the_dark());
        let only = |scheme| Wish {
            scheme: Some(scheme),
            ..Wish::default()
        };
        let dark = Palette::wished(only(Scheme::Dark), Colour::ACCENT);
        assert!(dark.light.is_none() && dark.dark == usual.dark);
        let night = Wish {
            paper: Some(colour("#101010")),
            ..Wish::default()
        };
        assert!(Palette::wished(night, Colour::ACCENT).light.is_none());
    }
}
