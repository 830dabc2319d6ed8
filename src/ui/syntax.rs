//! Colours for code that is not a Python file of the project: other languages, and fences in a model's text.
//!
//! Loading the grammars takes a while, so [`warm_up`] does it off the main thread; until then code is plain.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use super::cells::Styled;
use super::theme::{Role, Theme};

struct Grammars {
    set: SyntaxSet,
    roles: Vec<(Scope, Role)>,
}

static GRAMMARS: OnceLock<Grammars> = OnceLock::new();

/// Longer texts are shown without colours: what is above has to be read to colour what is below.
const BYTES_MAX: usize = 64_000;
/// A line longer than this is no line that anybody wrote.
const LINE_BYTES_MAX: usize = 2_000;

/// Which role the most telling scopes play; the first that fits counts.
const SCOPES: &[(&str, Role)] = &[
    ("comment", Role::Comment),
    ("punctuation.definition.comment", Role::Comment),
    ("constant.character.escape", Role::Escape),
    ("punctuation.definition.string", Role::String),
    ("string", Role::String),
    ("constant.numeric", Role::Number),
    ("constant", Role::Constant),
    ("entity.name.function", Role::Function),
    ("variable.function", Role::Function),
    ("support.function", Role::Builtin),
    ("entity.name.type", Role::Class),
    ("entity.name.class", Role::Class),
    ("support.type", Role::Class),
    ("storage", Role::Keyword),
    ("keyword.operator", Role::Operator),
    ("keyword", Role::Keyword),
    ("entity.name.tag", Role::Keyword),
    ("entity.other.attribute-name", Role::Attribute),
    ("variable.parameter", Role::Parameter),
    ("markup.heading", Role::Function),
    ("entity.name.section", Role::Function),
    ("markup.bold", Role::Class),
    ("markup.raw", Role::String),
    ("markup.underline.link", Role::Attribute),
    ("entity.name", Role::Function),
];

/// Loads the grammars. Slow: belongs on a thread of its own.
pub fn warm_up() {
    GRAMMARS.get_or_init(|| {
        let scope = |(name, role): &(&str, Role)| Some((Scope::new(name).ok()?, *role));
        Grammars { set: two_face::syntax::extra_newlines(), roles: SCOPES.iter().filter_map(scope).collect() }
    });
}

/// Whether the grammars are loaded: what was laid before is laid anew then.
pub(super) fn is_ready() -> bool {
    GRAMMARS.get().is_some()
}

/// The styles of each line of one text.
type StyledLines = Rc<Vec<Vec<Styled>>>;

/// What was coloured lately: a frame must not colour the same text again.
#[derive(Default)]
pub(super) struct SyntaxCache {
    entries: RefCell<Vec<(Arc<str>, Option<StyledLines>)>>,
}

impl SyntaxCache {
    const ENTRIES_MAX: usize = 16;

    /// As [`styles`], remembered for as long as the very same text is shown.
    pub(super) fn styles(&self, theme: &Theme, language: &str, text: &Arc<str>) -> Option<StyledLines> {
        GRAMMARS.get()?;
        let mut entries = self.entries.borrow_mut();
        if let Some((_, styled)) = entries.iter().find(|(known, _)| Arc::ptr_eq(known, text)) {
            return styled.clone();
        }
        if entries.len() >= Self::ENTRIES_MAX {
            entries.remove(0);
        }
        let styled = styles(theme, language, text).map(Rc::new);
        entries.push((text.clone(), styled.clone()));
        styled
    }
}

/// The styles of each line of `text`, in a language told by a file name, an extension or a fence's word.
///
/// Nothing when the language is not known or the text too long.
pub(super) fn styles(theme: &Theme, language: &str, text: &str) -> Option<Vec<Vec<Styled>>> {
    let grammars = GRAMMARS.get()?;
    if text.len() > BYTES_MAX {
        return None;
    }
    let extension = language.rsplit(['/', '.']).next().unwrap_or(language);
    let syntax = grammars.set.find_syntax_by_token(extension)?;
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let mut styled = Vec::new();
        if line.len() <= LINE_BYTES_MAX {
            let mut from = 0;
            for (at, op) in state.parse_line(line, &grammars.set).ok()? {
                push(&mut styled, from..at, role_of(grammars, &stack), theme);
                from = at;
                stack.apply(&op).ok()?;
            }
            push(&mut styled, from..line.len(), role_of(grammars, &stack), theme);
        }
        lines.push(styled);
    }
    Some(lines)
}

fn role_of(grammars: &Grammars, stack: &ScopeStack) -> Option<Role> {
    let role =
        |scope: &Scope| grammars.roles.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, role)| *role);
    stack.as_slice().iter().rev().find_map(role)
}

fn push(styled: &mut Vec<Styled>, range: std::ops::Range<usize>, role: Option<Role>, theme: &Theme) {
    if let Some(role) = role.filter(|_| !range.is_empty()) {
        styled.push((range, theme.style(role)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::ColorDepth;

    #[test]
    fn colours_a_language_that_it_knows() {
        warm_up();
        let theme = Theme::built_in("dusk", ColorDepth::True).unwrap();
        let lines = styles(&theme, "pyproject.toml", "# note\nname = \"flux\"\n").unwrap();
        assert_eq!(lines[0][0].1, theme.style(Role::Comment));
        assert!(lines[1].iter().any(|(range, style)| *style == theme.style(Role::String) && range.contains(&9)));
        assert!(styles(&theme, "x.unheard-of", "text").is_none());
    }
}
