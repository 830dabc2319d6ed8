//! The colours of code from a `.tmTheme`: what its scopes say becomes the colours of the roles.

use std::io::Cursor;

use ratatui::style::{Color, Modifier, Style};
use syntect::highlighting::{FontStyle, Highlighter, ThemeSet};
use syntect::parsing::Scope;

use super::color::mapped;
use super::{ColorDepth, Role};

/// Which scope stands for a role.
const SCOPES: [(Role, &str); 13] = [
    (Role::Keyword, "keyword.control"),
    (Role::Function, "entity.name.function"),
    (Role::Class, "entity.name.class"),
    (Role::Decorator, "entity.name.function.decorator"),
    (Role::String, "string.quoted"),
    (Role::Escape, "constant.character.escape"),
    (Role::Number, "constant.numeric"),
    (Role::Comment, "comment.line"),
    (Role::Constant, "constant.language"),
    (Role::Builtin, "support.function.builtin"),
    (Role::Parameter, "variable.parameter"),
    (Role::Operator, "keyword.operator"),
    (Role::Attribute, "variable.other.member"),
];

/// Lays the colours of a `.tmTheme` over the roles of code.
pub(super) fn take_code_colors(text: &str, depth: ColorDepth, styles: &mut [Style]) -> Result<(), String> {
    let theme = ThemeSet::load_from_reader(&mut Cursor::new(text)).map_err(|error| error.to_string())?;
    let highlighter = Highlighter::new(&theme);
    for (role, scope) in SCOPES {
        let scope = Scope::new(scope).map_err(|error| format!("{error:?}"))?;
        let found = highlighter.style_for_stack(&[scope]);
        let color = Color::Rgb(found.foreground.r, found.foreground.g, found.foreground.b);
        let mut style = Style { fg: mapped(color, depth), ..Style::default() };
        let fonts = [
            (FontStyle::BOLD, Modifier::BOLD),
            (FontStyle::ITALIC, Modifier::ITALIC),
            (FontStyle::UNDERLINE, Modifier::UNDERLINED),
        ];
        for (_, modifier) in fonts.into_iter().filter(|(font, _)| found.font_style.contains(*font)) {
            style = style.add_modifier(modifier);
        }
        // Sixteen colours are too few to come near those of a file.
        if !matches!(depth, ColorDepth::Ansi16 | ColorDepth::None) {
            styles[role as usize] = style;
        }
    }
    Ok(())
}
