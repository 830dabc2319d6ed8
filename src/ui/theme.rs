//! Colours by role, read from `themes/*.toml`.
//!
//! Knows no pane: a picture asks for a role, never for a colour. A state is never told by colour alone, so that
//! every picture stays readable with [`ColorDepth::None`].

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::index::HighlightKind;

macro_rules! roles {
    ($($role:ident = $name:literal,)*) => {
        /// What a cell is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Role { $($role,)* }

        impl Role {
            pub const ALL: &[Role] = &[$(Role::$role,)*];

            /// The name in a theme's file.
            pub fn name(self) -> &'static str {
                match self { $(Role::$role => $name,)* }
            }
        }
    };
}

roles! {
    Surface = "surface",
    Text = "text",
    Dim = "dim",
    Faint = "faint",
    Border = "border",
    BorderFocus = "border-focus",
    Title = "title",
    TitleFocus = "title-focus",
    Accent = "accent",
    Key = "key",
    Badge = "badge",
    Good = "good",
    Bad = "bad",
    Warn = "warn",
    Folder = "folder",
    File = "file",
    Changed = "changed",
    Match = "match",
    Selection = "selection",
    SelectionQuiet = "selection-quiet",
    LineNumber = "line-number",
    MarkedLine = "marked-line",
    Added = "added",
    AddedWord = "added-word",
    Removed = "removed",
    RemovedWord = "removed-word",
    Filler = "filler",
    FileHeading = "file-heading",
    HunkHeading = "hunk-heading",
    HunkCurrent = "hunk-current",
    Task = "task",
    ModelText = "model-text",
    Keyword = "keyword",
    Function = "function",
    Class = "class",
    Decorator = "decorator",
    String = "string",
    Escape = "escape",
    Number = "number",
    Comment = "comment",
    Constant = "constant",
    Builtin = "builtin",
    Parameter = "parameter",
    Operator = "operator",
    Attribute = "attribute",
}

impl From<HighlightKind> for Role {
    fn from(kind: HighlightKind) -> Self {
        match kind {
            HighlightKind::Keyword => Self::Keyword,
            HighlightKind::Function => Self::Function,
            HighlightKind::Class => Self::Class,
            HighlightKind::Decorator => Self::Decorator,
            HighlightKind::String => Self::String,
            HighlightKind::Escape => Self::Escape,
            HighlightKind::Number => Self::Number,
            HighlightKind::Comment => Self::Comment,
            HighlightKind::Constant => Self::Constant,
            HighlightKind::Builtin => Self::Builtin,
            HighlightKind::Parameter => Self::Parameter,
            HighlightKind::Operator => Self::Operator,
            HighlightKind::Attribute => Self::Attribute,
        }
    }
}

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

/// Why a theme cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    #[error("theme '{name}' is no valid theme file: {why}")]
    Unreadable { name: String, why: String },
    #[error("theme '{name}' does not set the role '{role}'")]
    MissingRole { name: String, role: &'static str },
    #[error("theme '{name}' sets the role '{role}', which does not exist")]
    UnknownRole { name: String, role: String },
    #[error("theme '{name}' uses '{color}', which is neither in its palette nor a colour")]
    UnknownColor { name: String, color: String },
    #[error("there is no theme '{0}'; there are: {themes}", themes = Theme::NAMES.join(", "))]
    Unknown(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    #[serde(default)]
    palette: BTreeMap<String, String>,
    roles: BTreeMap<String, StyleFile>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct StyleFile {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    italic: bool,
    underline: bool,
    reversed: bool,
    dim: bool,
}

/// A style for each role.
#[derive(Debug, Clone)]
pub struct Theme {
    styles: Vec<Style>,
}

impl Theme {
    /// The built-in themes.
    pub const NAMES: [&str; 3] = ["dusk", "paper", "ansi"];

    fn source(name: &str) -> Option<&'static str> {
        match name {
            "dusk" => Some(include_str!("../../themes/dusk.toml")),
            "paper" => Some(include_str!("../../themes/paper.toml")),
            "ansi" => Some(include_str!("../../themes/ansi.toml")),
            _ => None,
        }
    }

    /// A built-in theme, as well as the terminal can show it.
    pub fn built_in(name: &str, depth: ColorDepth) -> Result<Self, ThemeError> {
        let source = Self::source(name).ok_or_else(|| ThemeError::Unknown(name.to_owned()))?;
        // On sixteen colours only a theme made of them is legible.
        let (name, source) = match (depth, Self::source("ansi")) {
            (ColorDepth::Ansi16 | ColorDepth::None, Some(ansi)) => ("ansi", ansi),
            _ => (name, source),
        };
        Self::parse(name, source, depth)
    }

    /// Reads a theme; every role has to be set.
    pub fn parse(name: &str, source: &str, depth: ColorDepth) -> Result<Self, ThemeError> {
        let file: ThemeFile = toml::from_str(source)
            .map_err(|error| ThemeError::Unreadable { name: name.to_owned(), why: error.message().to_owned() })?;
        if let Some(role) = file.roles.keys().find(|role| !Role::ALL.iter().any(|known| known.name() == *role)) {
            return Err(ThemeError::UnknownRole { name: name.to_owned(), role: role.clone() });
        }
        let mut styles = Vec::with_capacity(Role::ALL.len());
        for role in Role::ALL {
            let style = file
                .roles
                .get(role.name())
                .ok_or_else(|| ThemeError::MissingRole { name: name.to_owned(), role: role.name() })?;
            styles.push(resolve(name, &file.palette, style, depth)?);
        }
        Ok(Self { styles })
    }

    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

fn resolve(
    theme: &str,
    palette: &BTreeMap<String, String>,
    file: &StyleFile,
    depth: ColorDepth,
) -> Result<Style, ThemeError> {
    let color = |name: &Option<String>| -> Result<Option<Color>, ThemeError> {
        let Some(name) = name else { return Ok(None) };
        let written = palette.get(name).unwrap_or(name);
        let color = parse_color(written)
            .ok_or_else(|| ThemeError::UnknownColor { name: theme.to_owned(), color: written.clone() })?;
        Ok(mapped(color, depth))
    };
    let mut style = Style { fg: color(&file.fg)?, bg: color(&file.bg)?, ..Style::default() };
    let modifiers = [
        (file.bold, Modifier::BOLD),
        (file.italic, Modifier::ITALIC),
        (file.underline, Modifier::UNDERLINED),
        (file.reversed, Modifier::REVERSED),
        (file.dim, Modifier::DIM),
    ];
    for (_, modifier) in modifiers.into_iter().filter(|(wanted, _)| *wanted) {
        style = style.add_modifier(modifier);
    }
    Ok(style)
}

fn parse_color(written: &str) -> Option<Color> {
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

fn mapped(color: Color, depth: ColorDepth) -> Option<Color> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_theme_sets_every_role_at_every_depth() {
        for name in Theme::NAMES {
            for depth in [ColorDepth::None, ColorDepth::Ansi16, ColorDepth::Indexed256, ColorDepth::True] {
                let theme = Theme::built_in(name, depth).unwrap();
                let coloured = Role::ALL.iter().any(|role| theme.style(*role).fg.is_some());
                assert_eq!(coloured, depth != ColorDepth::None, "{name} at {depth:?}");
            }
            Theme::parse(name, Theme::source(name).unwrap(), ColorDepth::True).unwrap();
        }
    }

    #[test]
    fn a_bad_theme_says_what_is_wrong() {
        let parse = |source| Theme::parse("mine", source, ColorDepth::True).unwrap_err().to_string();
        assert_eq!(parse("[roles]"), "theme 'mine' does not set the role 'surface'");
        assert_eq!(parse("[roles]\nsky = {}"), "theme 'mine' sets the role 'sky', which does not exist");
        assert_eq!(
            Theme::built_in("x", ColorDepth::True).unwrap_err().to_string(),
            "there is no theme 'x'; there are: dusk, paper, ansi"
        );
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
