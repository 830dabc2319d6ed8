//! Text from outside → cells that are safe to show.
//!
//! Invariant: no control character, and none that reorders what stands on a line, ever reaches the terminal.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const TAB: usize = 4;

/// A stretch of a line and the style that is laid over what lies below.
pub(super) type Styled = (Range<usize>, Style);

/// What is shown for one grapheme that starts at `column`.
fn shown(grapheme: &str, column: usize) -> Cow<'_, str> {
    match grapheme {
        "\t" => " ".repeat(TAB - column % TAB).into(),
        "\r" | "\r\n" | "\n" => "␤".into(),
        _ if grapheme.len() > 1 && grapheme.chars().all(is_joiner) => "�".into(),
        _ if grapheme.chars().any(|c| is_unsafe(c) || is_joiner(c)) || grapheme.len() > MARKS_BYTES_MAX => {
            let safe = |c: char| match c {
                '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('�'),
                '\x7f' => '␡',
                c if is_unsafe(c) => '�',
                c => c,
            };
            // How wide what is joined gets is another thing on each terminal: its parts stand side by side.
            let apart: String = grapheme.chars().filter(|c| !is_joiner(*c)).take(MARKS_MAX).map(safe).collect();
            if apart.graphemes(true).any(|part| part.width() > 2) { "�".into() } else { apart.into() }
        }
        _ if grapheme.len() > 1 && grapheme.width() > 2 => taken_apart(grapheme).into(),
        _ => grapheme.into(),
    }
}

/// As [`shown`], for a grapheme behind another one of its line: a mark that has no letter to stand on is a sign of its own, lest it
/// joins the one that a control became.
fn shown_behind<'a>(before: Option<&str>, grapheme: &'a str, column: usize) -> Cow<'a, str> {
    let is_bare = before.is_none_or(|before| before.chars().any(|c| c == '\t' || is_unsafe(c)));
    if is_bare && !grapheme.is_ascii() && format!("x{grapheme}").graphemes(true).count() == 1 {
        return "�".into();
    }
    shown(grapheme, column)
}

/// Letters that melt into one that is wider than a cell of a terminal can be: without what joins them.
fn taken_apart(grapheme: &str) -> String {
    let apart: String = grapheme.chars().filter(|c| c.width() > Some(0)).collect();
    if apart.graphemes(true).any(|part| part.width() > 2) { "�".to_owned() } else { apart }
}

/// A letter with more marks than these is there to break the screen.
const MARKS_MAX: usize = 12;
const MARKS_BYTES_MAX: usize = 40;

/// Controls, marks that make a line read in another order than it runs, and what is there without being seen.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}'
                | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        )
}

/// What changes how its neighbours look.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180d}' | '\u{e0000}'..='\u{e0fff}')
}

/// Pasted text, without anything that a terminal would obey and that nobody sees.
pub(super) fn harmless(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !(is_unsafe(*c) || is_joiner(*c))).collect()
}

/// Text for one line, without anything that a terminal would obey.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut column, mut before) = (0, None);
    for grapheme in text.graphemes(true) {
        let cell = shown_behind(before.replace(grapheme), grapheme, column);
        column += cell.width();
        out.push_str(&cell);
    }
    out
}

/// How many columns a text takes once it is clean.
pub(super) fn width(text: &str) -> usize {
    clean(text).width()
}

/// A clean text of at most `columns`, its end cut off with `…`.
pub(super) fn clipped(text: &str, columns: usize) -> String {
    let clean = clean(text);
    if clean.width() <= columns {
        return clean;
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in clean.graphemes(true) {
        used += grapheme.width();
        if used + 1 > columns {
            break;
        }
        out.push_str(grapheme);
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// A clean text of at most `columns`, its beginning cut off with `…`: for paths, whose end tells more.
pub(super) fn clipped_front(text: &str, columns: usize) -> String {
    let clean = clean(text);
    if clean.width() <= columns {
        return clean;
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut used = 1;
    for grapheme in clean.graphemes(true).rev() {
        used += grapheme.width();
        if used > columns {
            break;
        }
        kept.push(grapheme);
    }
    kept.reverse();
    format!("…{}", kept.concat())
}

/// A clean text of at most `columns`, its middle cut out with `…`, and where bytes of `text` stand in it: what is cut out
/// stands in the `…`.
pub(super) fn clipped_middle(text: &str, columns: usize) -> (String, impl Fn(usize) -> usize) {
    let clean = clean(text);
    let is_whole = clean.width() <= columns;
    let head = if is_whole { clean.clone() } else { clipped(&clean, columns / 2 + 1) };
    let tail = if is_whole { String::new() } else { clipped_front(&clean, columns + 1 - columns.min(head.width())) };
    let tail = tail.strip_prefix('…').unwrap_or_default().to_owned();
    let (len, tail_len) = (clean.len(), tail.len());
    let (shown, head_len) = (head.clone() + &tail, head.len());
    let kept = if is_whole { len } else { head_len - '…'.len_utf8().min(head_len) };
    let place = move |at: usize| match at {
        at if at <= kept => at,
        at if at >= len - tail_len => head_len + at.min(len) - (len - tail_len),
        _ => head_len,
    };
    (shown, place)
}

/// Paints one line of code: `layers` are laid one over the other, each in order and without overlaps; `left` columns
/// are scrolled away; what does not fit into `columns` ends in `…`.
pub(super) fn painted(line: &str, base: Style, layers: &[&[Styled]], left: usize, columns: usize) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut run = String::new();
    let mut run_style = base;
    let mut at_layer = vec![0; layers.len()];
    let (mut column, mut before) = (0, None);
    let end = left + columns;
    for (at, grapheme) in line.grapheme_indices(true) {
        let cell = shown_behind(before.replace(grapheme), grapheme, column);
        let wide = cell.width();
        if column + wide > end || (column + wide == end && at + grapheme.len() < line.len() && wide > 0) {
            run.push('…');
            break;
        }
        let mut style = base;
        for (layer, next) in layers.iter().zip(&mut at_layer) {
            while layer.get(*next).is_some_and(|(range, _)| range.end <= at) {
                *next += 1;
            }
            if let Some((_, over)) = layer.get(*next).filter(|(range, _)| range.contains(&at)) {
                style = style.patch(*over);
            }
        }
        if style != run_style && !run.is_empty() {
            spans.push(Span::styled(std::mem::take(&mut run), run_style));
        }
        run_style = style;
        if column >= left {
            run.push_str(&cell);
        } else if column + wide > left {
            // A wide character or a tab that the edge cuts in two.
            run.push_str(&" ".repeat(column + wide - left));
        }
        column += wide;
    }
    if !run.is_empty() {
        spans.push(Span::styled(run, run_style));
    }
    Line::from(spans)
}

/// Breaks a text into lines of at most `columns`, at spaces where it can.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let clean = clean(paragraph.trim_end());
        let mut line = String::new();
        let mut used = 0;
        for word in words_and_spaces(&clean) {
            let wide = word.width();
            if used + wide > columns && used > 0 {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0;
                if word.trim().is_empty() {
                    continue;
                }
            }
            if wide <= columns {
                line.push_str(word);
                used += wide;
                continue;
            }
            for grapheme in word.graphemes(true) {
                if used + grapheme.width() > columns {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push_str(grapheme);
                used += grapheme.width();
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Cuts a text before and behind each run of spaces.
pub(super) fn words_and_spaces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_space = rest.starts_with(' ');
        let end = rest.find(|c: char| (c == ' ') != is_space).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert_eq!(clean("a\x1b[31mb\x07\u{9b}c\u{202e}d\x7f"), "a␛[31mb␇�c�d␡");
        assert_eq!(clean("\ta\tb"), "    a   b");
        let line = painted("x\x1b[2Jy\tz", Style::default(), &[], 0, 40).to_string();
        assert_eq!(line, "x␛[2Jy  z");
        assert!(wrapped("a\x1bb\u{2028}c\rd", 80).concat().chars().all(|c| !is_unsafe(c)));
    }

    #[test]
    fn cuts_by_columns_and_never_a_wide_character_in_two() {
        assert_eq!(clipped("wide 文字", 7), "wide …");
        assert_eq!(clipped("short", 5), "short");
        assert_eq!(clipped_front("a/very/long/path.py", 8), "…path.py");
        let (middle, place) = clipped_middle("AVeryLongClass.method", 12);
        assert_eq!(middle, "AVeryL…ethod");
        assert_eq!([0, 6, 9, 16, 21].map(place), [0, 6, 9, 9, 14]);
        assert_eq!(clipped_middle("short", 5).0, "short");
        assert_eq!(painted("文字文字", Style::default(), &[], 0, 5).to_string(), "文字…");
        assert_eq!(painted("文字文字", Style::default(), &[], 1, 7).to_string(), " 字文字");
        assert_eq!(painted("abcdef", Style::default(), &[], 2, 3).to_string(), "cd…");
        assert_eq!(painted("abc", Style::default(), &[], 0, 3).to_string(), "abc");
    }

    #[test]
    fn layers_lie_one_over_the_other() {
        let bold = Style::default().bold();
        let under = Style::default().underlined();
        let line = painted("abcd", Style::default(), &[&[(0..3, bold)], &[(2..4, under)]], 0, 9);
        let parts: Vec<(&str, Style)> = line.spans.iter().map(|span| (&*span.content, span.style)).collect();
        assert_eq!(parts, [("ab", bold), ("c", bold.underlined()), ("d", under)]);
    }

    #[test]
    fn wraps_at_words() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("say 'quoted' twice", 9), ["say", "'quoted'", "twice"]);
        assert_eq!(wrapped("abcdefgh\n\nx", 3), ["abc", "def", "gh", "", "x"]);
    }
}
