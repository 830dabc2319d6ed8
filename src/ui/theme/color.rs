//! Colours: how many a terminal shows, which one comes nearest, and whether a text is legible on a ground.
//!
//! Invariant: [`legible`] gives a colour that has a contrast of at least [`CONTRAST_MIN`] to its ground.

use ratatui::style::Color;

/// What WCAG 2 asks of text, level AA.
pub(in crate::ui) const CONTRAST_MIN: f64 = 4.5;

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorDepth {
    /// `NO_COLOR`: weight, underline and reversal alone.
    None,
    Ansi16,
    Indexed256,
    True,
}

impl ColorDepth {
    /// Reads what the environment says: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let has = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let says =
            |name: &str, what: &[&str]| variable(name).is_some_and(|value| what.iter().any(|w| value.contains(w)));
        if has("NO_COLOR") || says("TERM", &["dumb", "vt100", "vt220"]) {
            Self::None
        } else if says("COLORTERM", &["truecolor", "24bit"]) || says("TERM", &["direct"]) {
            Self::True
        } else if says("TERM", &["256color", "kitty", "ghostty", "alacritty"]) {
            Self::Indexed256
        } else {
            Self::Ansi16
        }
    }
}

/// `#c099ff`, or one of the sixteen by name.
pub(super) fn parse_color(written: &str) -> Option<Color> {
    if let Some(hex) = written.strip_prefix('#') {
        let value = u32::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 6)?;
        return Some(Color::Rgb((value >> 16) as u8, (value >> 8) as u8, value as u8));
    }
    Some(match written {
        "default" => Color::Reset,
        "black" => Color::Black,
        "red" => Color::Red,
        "green" => Color::Green,
        "yellow" => Color::Yellow,
        "blue" => Color::Blue,
        "magenta" => Color::Magenta,
        "cyan" => Color::Cyan,
        "white" => Color::Gray,
        "bright-black" => Color::DarkGray,
        "bright-red" => Color::LightRed,
        "bright-green" => Color::LightGreen,
        "bright-yellow" => Color::LightYellow,
        "bright-blue" => Color::LightBlue,
        "bright-magenta" => Color::LightMagenta,
        "bright-cyan" => Color::LightCyan,
        "bright-white" => Color::White,
        _ => return None,
    })
}

/// A colour as well as the terminal can show it; nothing where it shows none.
pub(super) fn mapped(color: Color, depth: ColorDepth) -> Option<Color> {
    match (depth, color) {
        (ColorDepth::None, _) => None,
        (ColorDepth::Indexed256, Color::Rgb(red, green, blue)) => Some(Color::Indexed(nearest_256(red, green, blue))),
        _ => Some(color),
    }
}

/// The place of a colour in the terminal's cube of 216 colours or its ramp of 24 greys.
///
/// The nearest by distance alone would turn the dark green and the dark red of a diff into one grey: what has a hue
/// keeps it, what has next to none becomes grey.
fn nearest_256(red: u8, green: u8, blue: u8) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let wanted = [red, green, blue];
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let room = u32::from(most.min(255 - least).max(1));
    if u32::from(most - least) * 100 / room < 42 {
        let grey = (0..24u8).min_by_key(|at| (8 + at * 10).abs_diff(((u16::from(most) + u16::from(least)) / 2) as u8));
        return 232 + grey.unwrap_or(0);
    }
    let mut cube = wanted.map(|value| (0..6).min_by_key(|at| STEPS[*at].abs_diff(value)).unwrap_or(0));
    if cube == [0, 0, 0] {
        cube = wanted.map(|value| usize::from(value == most));
    }
    (16 + 36 * cube[0] + 6 * cube[1] + cube[2]) as u8
}

/// Red, green and blue, where they are known: the sixteen colours are the terminal's own.
pub(in crate::ui) fn rgb(color: Color) -> Option<[u8; 3]> {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match color {
        Color::Rgb(red, green, blue) => Some([red, green, blue]),
        Color::Indexed(at @ 232..) => Some([8 + (at - 232) * 10; 3]),
        Color::Indexed(at @ 16..) => {
            let at = usize::from(at - 16);
            Some([STEPS[at / 36], STEPS[at / 6 % 6], STEPS[at % 6]])
        }
        _ => None,
    }
}

/// How bright a colour is, from 0 to 1, as WCAG 2 reckons.
fn luminance(color: [u8; 3]) -> f64 {
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = color.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// From 1, the same, to 21, black on white.
pub(in crate::ui) fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

/// The colour nearest to `text` that is legible on `ground`; itself, where it is.
pub(in crate::ui) fn legible(text: Color, ground: Color) -> Color {
    let (Some(wanted), Some(below)) = (rgb(text), rgb(ground)) else { return text };
    if contrast(wanted, below) >= CONTRAST_MIN {
        return text;
    }
    let is_fit = |color: &[u8; 3]| contrast(*color, below) >= CONTRAST_MIN;
    if matches!(text, Color::Indexed(_)) {
        let distance = |at: &u8| {
            let [red, green, blue] = rgb(Color::Indexed(*at)).unwrap_or(wanted);
            let squared = |one: u8, other: u8| u32::from(one.abs_diff(other)).pow(2);
            squared(red, wanted[0]) * 3 + squared(green, wanted[1]) * 6 + squared(blue, wanted[2]) * 2
        };
        let fit = (16..=255).filter(|at| rgb(Color::Indexed(*at)).is_some_and(|color| is_fit(&color)));
        return fit.min_by_key(distance).map_or(text, Color::Indexed);
    }
    let end = if contrast(below, [255; 3]) > contrast(below, [0; 3]) { 255.0 } else { 0.0 };
    let towards = |step: u8| {
        wanted.map(|value| (f64::from(value) + (end - f64::from(value)) * f64::from(step) / 24.0).round() as u8)
    };
    let [red, green, blue] = (1..=24).map(towards).find(is_fit).unwrap_or([end as u8; 3]);
    Color::Rgb(red, green, blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_made_legible_on_every_ground() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.01);
        for ground in (16..=255).map(Color::Indexed) {
            for text in (16..=255).map(Color::Indexed) {
                let made = rgb(legible(text, ground)).unwrap();
                assert!(contrast(made, rgb(ground).unwrap()) >= CONTRAST_MIN, "{text:?} on {ground:?}");
            }
        }
        let made = legible(Color::Rgb(80, 90, 110), Color::Rgb(20, 60, 30));
        assert!(contrast(rgb(made).unwrap(), [20, 60, 30]) >= CONTRAST_MIN);
        assert_eq!(legible(Color::Rgb(250, 250, 250), Color::Rgb(0, 0, 0)), Color::Rgb(250, 250, 250));
        assert_eq!(legible(Color::Red, Color::Black), Color::Red, "these are the terminal's own");
    }

    #[test]
    fn finds_the_depth() {
        let depth = |pairs: &[(&str, &str)]| {
            ColorDepth::of_environment(|name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
            })
        };
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), ColorDepth::True);
        assert_eq!(depth(&[("TERM", "xterm-256color")]), ColorDepth::Indexed256);
        assert_eq!(depth(&[("TERM", "linux")]), ColorDepth::Ansi16);
        assert_eq!(depth(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]), ColorDepth::None);
    }

    #[test]
    fn maps_to_the_nearest_of_256() {
        assert_eq!(nearest_256(255, 0, 0), 196);
        assert_eq!(nearest_256(128, 128, 128), 244);
        assert_eq!(nearest_256(0, 0, 0), 232);
        // Added and removed lines stay green and red.
        assert_eq!((nearest_256(0x16, 0x30, 0x1f), nearest_256(0x3a, 0x1c, 0x26)), (22, 52));
        assert_eq!((nearest_256(0xe3, 0xf1, 0xd8), nearest_256(0xf8, 0xdf, 0xdc)), (194, 224));
    }
}
