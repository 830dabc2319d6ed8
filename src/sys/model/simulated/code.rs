//! How Python code goes wrong under a careless hand. Works on text alone: it need not know the grammar, the code that it
//! gets is in order.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::dice::Dice;

/// One of the matches, by its place and text.
fn some_match<'t>(text: &'t str, pattern: &str, group: usize, dice: &mut Dice) -> Option<regex::Match<'t>> {
    let found: Vec<regex::Match<'t>> = Regex::new(pattern)
        .ok()?
        .captures_iter(text)
        .filter_map(|captures| captures.get(group))
        .filter(|found| !is_in_words(text, found.start()))
        .collect();
    dice.pick(&found).copied()
}

/// Whether a place is within a string, a docstring or a comment, as far as its line and the quotes before it tell.
fn is_in_words(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
    before.matches("\"\"\"").count() % 2 == 1
        || line.replace("\"\"\"", "").matches('"').count() % 2 == 1
        || line.contains('#')
}

fn replaced(text: &str, range: std::ops::Range<usize>, by: &str) -> String {
    format!("{}{by}{}", &text[..range.start], &text[range.end..])
}

pub(super) fn invent_method(text: &str, dice: &mut Dice) -> Option<String> {
    let name = some_match(text, r"\w\.([a-z]\w*)\(", 1, dice)?;
    Some(replaced(text, name.range(), &format!("{}_all_at_once", name.as_str())))
}

/// A name with two letters in each other's place, or one left out.
pub(super) fn misspelt(name: &str, dice: &mut Dice) -> Option<String> {
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() < 4 {
        return None;
    }
    let at = 1 + dice.roll(letters.len() - 2);
    if letters[at] == letters[at - 1] || dice.roll(2) == 0 {
        letters.remove(at);
    } else {
        letters.swap(at, at - 1);
    }
    let misspelt: String = letters.into_iter().collect();
    let starts = |name: &str| name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    (misspelt != name && starts(&misspelt)).then_some(misspelt)
}

pub(super) fn misspell_attribute(text: &str, seen: &BTreeMap<String, String>, dice: &mut Dice) -> Option<String> {
    let name = some_match(text, r"\w\.([a-z]\w{4,})\b", 1, dice)?;
    let wrong = misspelt(name.as_str(), dice)?;
    let is_word = |text: &str| text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == wrong);
    (!is_word(text) && !seen.values().any(|text| is_word(text))).then(|| replaced(text, name.range(), &wrong))
}

/// A call of something that the project defines without defaults: where its arguments begin and end.
fn some_call(text: &str, seen: &BTreeMap<String, String>, dice: &mut Dice) -> Option<std::ops::Range<usize>> {
    let defined: Vec<&str> = seen
        .values()
        .flat_map(|text| text.lines())
        .filter_map(|line| {
            let line = line.trim_start().trim_start_matches("async ");
            let (name, rest) = line.strip_prefix("def ")?.split_once('(')?;
            (!rest.contains(['=', '*']) && rest.contains(':') && !name.starts_with('_')).then_some(name)
        })
        .collect();
    let calls: Vec<std::ops::Range<usize>> = Regex::new(r"\b(\w+)\(")
        .ok()?
        .captures_iter(text)
        .filter_map(|captures| Some((captures.get(0)?, captures.get(1)?.as_str())))
        .filter(|(whole, name)| {
            defined.contains(name) && !text[..whole.start()].ends_with("def ") && !is_in_words(text, whole.start())
        })
        .filter_map(|(whole, _)| Some(whole.end()..closing(text, whole.end())?))
        .collect();
    dice.pick(&calls).cloned()
}

/// Where the bracket closes that was opened before `start`.
fn closing(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text[start..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return Some(start + at),
            ')' | ']' | '}' => depth -= 1,
            '"' | '\'' | '\n' => return None,
            _ => {}
        }
    }
    None
}

pub(super) fn add_keyword(text: &str, seen: &BTreeMap<String, String>, dice: &mut Dice) -> Option<String> {
    let arguments = some_call(text, seen, dice)?;
    let comma = if arguments.is_empty() { "" } else { ", " };
    Some(replaced(text, arguments.end..arguments.end, &format!("{comma}strictly=True")))
}

/// Leaves the last argument of a call out; those of `optional` may be left out anyway.
pub(super) fn drop_argument(
    text: &str,
    seen: &BTreeMap<String, String>,
    optional: &BTreeSet<String>,
    dice: &mut Dice,
) -> Option<String> {
    let arguments = some_call(text, seen, dice)?;
    let name = text[..arguments.start - 1].rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
    if optional.contains(name) {
        return None;
    }
    let written = &text[arguments.clone()];
    if written.trim().is_empty() || written.contains(['(', '[', '{']) {
        return None;
    }
    Some(replaced(text, arguments.clone(), written.rsplit_once(", ").map_or("", |(before, _)| before)))
}

/// Changes one of the lines that fit.
fn in_line(
    text: &str,
    dice: &mut Dice,
    fits: impl Fn(&str) -> bool,
    change: impl FnOnce(&str) -> String,
) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut start = 0;
    let mut places = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if fits(line) && !is_in_words(text, start) && !line.contains("\"\"\"") {
            places.push(at);
        }
        start += line.len() + 1;
    }
    let at = *dice.pick(&places)?;
    let changed = change(lines[at]);
    let all: Vec<&str> =
        lines.iter().enumerate().map(|(n, line)| if n == at { changed.as_str() } else { line }).collect();
    Some(format!("{}\n", all.join("\n")))
}

pub(super) fn open_bracket(text: &str, dice: &mut Dice) -> Option<String> {
    let fits = |line: &str| line.ends_with(')') || line.ends_with(']');
    in_line(text, dice, fits, |line| line[..line.len() - 1].to_owned())
}

pub(super) fn drop_colon(text: &str, dice: &mut Dice) -> Option<String> {
    let opens = |line: &str| {
        let line = line.trim_start();
        let words = ["def ", "if ", "for ", "while ", "with ", "class ", "async ", "elif ", "except ", "else:", "try:"];
        line.ends_with(':') && words.iter().any(|word| line.starts_with(word))
    };
    in_line(text, dice, opens, |line| line[..line.len() - 1].to_owned())
}

/// Puts a line deeper than the one before it, which opens no block.
pub(super) fn shift_line(text: &str, dice: &mut Dice) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let is_level = |pair: &[&str]| {
        depth(pair[0]) == depth(pair[1]) && depth(pair[1]) > 0 && !pair[0].ends_with([':', '(', '[', '{', ','])
    };
    let level: Vec<&str> = lines.windows(2).filter(|pair| is_level(pair)).map(|pair| pair[1]).collect();
    let chosen = *dice.pick(&level)?;
    in_line(text, dice, |line| line == chosen, |line| format!("   {line}"))
}

pub(super) fn open_string(text: &str, dice: &mut Dice) -> Option<String> {
    let fits = |line: &str| line.matches('"').count() == 2 && !line.contains('\'');
    in_line(text, dice, fits, |line| {
        let at = line.rfind('"').unwrap_or(0);
        replaced(line, at..at + 1, "")
    })
}

/// The head of a function with its docstring, and its body without; nothing where it is no function alone.
fn head_and_body(text: &str) -> Option<(Vec<&str>, Vec<&str>)> {
    let lines: Vec<&str> = text.lines().collect();
    let def = lines.iter().position(|line| line.starts_with("def ") || line.starts_with("async def "))?;
    let mut head_end = def + lines[def..].iter().position(|line| line.ends_with(':'))? + 1;
    if lines.get(head_end)?.trim_start().starts_with("\"\"\"") {
        let quotes = |line: &&str| line.matches("\"\"\"").count();
        let is_closed_at_once = quotes(&lines[head_end]) == 2;
        let rest = lines.get(head_end + 1..)?;
        head_end += if is_closed_at_once { 1 } else { rest.iter().position(|line| quotes(line) == 1)? + 2 };
    }
    let body = lines.get(head_end..)?.to_vec();
    (!body.is_empty()).then(|| (lines[..head_end].to_vec(), body))
}

/// Leaves the middle of a function out and says so in a comment.
pub(super) fn elide(text: &str) -> Option<String> {
    let (mut lines, body) = head_and_body(text)?;
    let [.., last] = body.as_slice() else { return None };
    // What comes behind has to stand at the level of the function, or it would not even parse.
    if body.len() < 3 || !last.starts_with("    ") || last.starts_with("     ") {
        return None;
    }
    lines.extend(["    # ... existing code ...", last]);
    Some(format!("{}\n", lines.join("\n")))
}

/// A function without its body. Of a new one, something says that it is still to be written.
pub(super) fn hollow(text: &str, is_new: bool, dice: &mut Dice) -> Option<String> {
    let (mut lines, _) = head_and_body(text)?;
    let bodies: &[&str] = match is_new {
        true => &["    pass  # TODO: implement", "    raise NotImplementedError", "    ...  # to be implemented"],
        false => &["    pass", "    ...", "    raise NotImplementedError"],
    };
    lines.push(dice.pick(bodies)?);
    Some(format!("{}\n", lines.join("\n")))
}
