//! Source lines with their colours.

use ratatui::style::Style;
use ratatui::text::Line;

use super::cells::{Styled, painted};
use super::chrome::Look;
use super::theme::Role;
use crate::app::pane::proposal::Side;
use crate::index::LiveFile;
use crate::text::Span;

/// How many columns the numbers of so many lines take.
pub(super) fn number_width(line_count: usize) -> usize {
    line_count.max(100).ilog10() as usize + 1
}

/// The colours of the syntax within a line that starts at `start`, counted from there.
fn syntax_styles(look: &Look<'_>, live: &LiveFile, line: u32, span: Span) -> Vec<Styled> {
    let within = |at: u32| at.clamp(span.start, span.end) - span.start;
    live.highlights(line..line + 1)
        .into_iter()
        .map(|highlight| {
            let range = within(highlight.span.start) as usize..within(highlight.span.end) as usize;
            (range, look.style(Role::from(highlight.kind)))
        })
        .filter(|(range, _)| !range.is_empty())
        .collect()
}

/// One line of a file in view, counted from 1.
pub(super) fn live_line(
    look: &Look<'_>,
    live: &LiveFile,
    line: u32,
    over: &[Vec<Styled>; 3],
    (left, columns): (usize, usize),
) -> Line<'static> {
    let span = live.lines.line_span(line);
    let text = live.text.text()[span.range()].trim_end_matches(['\n', '\r']);
    let styles = if live.path.is_python() {
        syntax_styles(look, live, line, span)
    } else {
        let styled = look.cache.styles(look.theme, live.path.as_str(), &live.text.shared_text());
        styled.and_then(|lines| lines.get(line as usize - 1).cloned()).unwrap_or_default()
    };
    painted(text, look.style(Role::Text), &[&styles, &over[0], &over[1], &over[2]], left, columns)
}

/// The ink of a line, and whether the colours of its syntax are laid over it: where a theme tells what comes and goes by the ink
/// alone, that says more.
pub(super) fn ink(look: &Look<'_>, change: Option<Role>) -> (Style, bool) {
    let text = look.style(Role::Text);
    let change = change.map(|role| look.style(role));
    (
        change.map_or(text, |style| text.patch(style)),
        change.is_none_or(|style| style.bg.is_some() || style.fg.is_none()),
    )
}

/// One line of a proposal's side, counted from 1; `words` are the changed bytes in it.
pub(super) fn side_line(
    look: &Look<'_>,
    side: &Side,
    line: u32,
    (base, has_syntax): (Style, bool),
    words: &[Styled],
    (left, columns): (usize, usize),
) -> Line<'static> {
    let text = side.line(line);
    let Some(span) = side.lines.get(line as usize - 1).copied() else { return Line::default() };
    let styles = match side.live.as_ref().filter(|_| has_syntax) {
        Some(live) if live.path.is_python() => {
            // The tree counts lines by its own line ends; where they differ, by the offset.
            syntax_styles(look, live, live.lines.line(span.start as usize), span)
        }
        Some(live) => {
            let styled = look.cache.styles(look.theme, live.path.as_str(), &side.text);
            styled.and_then(|lines| lines.get(line as usize - 1).cloned()).unwrap_or_default()
        }
        None => Vec::new(),
    };
    painted(text, base, &[&styles, words], left, columns)
}

/// One line of a text that is being typed, counted from 0, with the colours of that text where it has any.
pub(super) fn typed_line(
    look: &Look<'_>,
    live: Option<&LiveFile>,
    text: &str,
    line: usize,
    (base, has_syntax): (Style, bool),
    (left, columns): (usize, usize),
) -> Line<'static> {
    let number = line as u32 + 1;
    let live = live.filter(|live| has_syntax && live.path.is_python() && number <= live.lines.line_count());
    let styles = live.map_or(Vec::new(), |live| syntax_styles(look, live, number, live.lines.line_span(number)));
    painted(text, base, &[&styles], left, columns)
}
