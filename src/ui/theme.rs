//! Colours by role, read from `themes/*.toml`.
//!
//! Knows no pane: a picture asks for a role, never for a colour. A state is never told by colour alone, so that
//! every picture stays readable with [`ColorDepth::None`].

mod code;
mod color;
mod library;

use std::collections::BTreeMap;

use ratatui::style::{Modifier, Style};
use serde::Deserialize;
use toml::Spanned;

use crate::index::{HighlightKind, nearest};
pub use color::ColorDepth;
pub(super) use color::legible;
use color::{mapped, parse_color};
pub use library::{ThemeFile, Themes};

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

/// Why a theme cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {why}")]
pub struct ThemeError {
    /// `theme 'dusk'`, or `…/themes/mine.toml line 12`
    origin: String,
    why: String,
}

/// A theme as its file says it; what it does not say is its base's.
#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields, default)]
struct ThemeSource {
    base: Option<Spanned<String>>,
    /// A `.tmTheme` beside it: the colours of code.
    code: Option<Spanned<String>>,
    palette: BTreeMap<String, String>,
    roles: BTreeMap<Spanned<String>, StyleSource>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields, default)]
struct StyleSource {
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
    /// A built-in theme, as well as the terminal can show it.
    pub fn built_in(name: &str, depth: ColorDepth) -> Result<Self, ThemeError> {
        Themes::built_in(depth).theme(name)
    }

    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

/// What was read of a theme and of those it is based on.
struct Merged {
    palette: BTreeMap<String, String>,
    /// Each with where it was written.
    roles: BTreeMap<String, (String, StyleSource)>,
}

impl Merged {
    fn styles(&self, origin: &str, depth: ColorDepth) -> Result<Vec<Style>, ThemeError> {
        let unset = |role: &Role| ThemeError {
            origin: origin.to_owned(),
            why: format!("the role '{}' is not set; base = \"dusk\" takes what is missing from there", role.name()),
        };
        let style = |role: &Role| {
            let (origin, style) = self.roles.get(role.name()).ok_or_else(|| unset(role))?;
            self.resolve(origin, style, depth)
        };
        Role::ALL.iter().map(style).collect()
    }

    fn resolve(&self, origin: &str, source: &StyleSource, depth: ColorDepth) -> Result<Style, ThemeError> {
        let color = |name: &Option<String>| {
            let Some(name) = name else { return Ok(None) };
            let written = self.palette.get(name).unwrap_or(name);
            let unknown = || ThemeError {
                origin: origin.to_owned(),
                why: match nearest(written, self.palette.keys().map(String::as_str), 1).first() {
                    Some(near) => format!("'{written}' is neither in the palette nor a colour; did you mean '{near}'?"),
                    None => {
                        format!("'{written}' is neither in the palette nor a colour; write it as #c099ff or bright-red")
                    }
                },
            };
            parse_color(written).map(|color| mapped(color, depth)).ok_or_else(unknown)
        };
        let mut style = Style { fg: color(&source.fg)?, bg: color(&source.bg)?, ..Style::default() };
        let modifiers = [
            (source.bold, Modifier::BOLD),
            (source.italic, Modifier::ITALIC),
            (source.underline, Modifier::UNDERLINED),
            (source.reversed, Modifier::REVERSED),
            (source.dim, Modifier::DIM),
        ];
        for (_, modifier) in modifiers.into_iter().filter(|(wanted, _)| *wanted) {
            style = style.add_modifier(modifier);
        }
        Ok(style)
    }
}

#[cfg(test)]
mod tests;
