//! Replacing a text that is named by itself.

use std::ops::Range;

use super::kept::{Same, keeping};
use super::snippet::{without_fence, without_line_numbers};
use super::target::Target;
use super::{Applied, Refusal};
use crate::index::View;
use crate::text::{ProjectPath, shared_lines};

mod indents;
mod near;
mod slip;

use indents::{Indents, leading, page_break};
use near::not_found;

const ENDS: [char; 2] = ['\n', '\r'];

/// So many places are quoted in a refusal.
const PLACES_MAX: usize = 3;

pub(super) fn edit_file(view: View<'_>, path: &ProjectPath, search: &str, replace: &str) -> Result<Applied, Refusal> {
    let mut target = Target::open(view, path)?;
    if search == replace {
        return Err(Refusal::BadCode(format!(
            "Search and replace are the same text: nothing would change in '{path}'."
        )));
    }
    let search = match without_fence(search).filter(|_| !target.text.contains(search)) {
        Some(inner) => inner.trim_end_matches('\n'),
        None => search,
    };
    let mut replace = replace;
    let unfenced;
    if let Some(inner) = without_fence(replace).filter(|_| path.is_python() && without_fence(search).is_none()) {
        target.notes.push("A markdown fence around the replacement was taken off.".to_owned());
        // The lines of a fence end; whether a line ends that is put in place of another, that one says.
        let end = &search[search.trim_end_matches(ENDS).len()..];
        unfenced = format!("{}{end}", inner.trim_end_matches('\n'));
        replace = &unfenced;
    }
    // A listing numbers its lines; the numbers are no part of the file.
    let unnumbered = without_line_numbers(search).filter(|_| !target.text.contains(search));
    let unnumbered_replace = unnumbered.as_ref().and_then(|_| without_line_numbers(replace));
    if unnumbered.is_some() {
        target.notes.push("Line numbers before the text were taken off.".to_owned());
    }
    let search = unnumbered.as_deref().unwrap_or(search);
    let replace = unnumbered_replace.as_deref().unwrap_or(replace);
    if search.is_empty() {
        return Err(Refusal::BadCode(
            "The search text is empty. Quote the lines to replace, or use write_file for the whole file.".to_owned(),
        ));
    }
    match places(&target.text, search).as_slice() {
        [] => tolerant(target, search, replace),
        [place] => {
            let old = &target.text[place.clone()];
            let new = keeping(old, &target.ending.unify(replace), Same::Exact);
            let new = format!("{}{new}{}", &target.text[..place.start], &target.text[place.end..]);
            target.finish(new)
        }
        several => {
            let lines: Vec<u32> = several.iter().map(|place| target.lines.line(place.start)).collect();
            Err(ambiguous(&target, &lines))
        }
    }
}

/// Where `wanted` stands, overlapping places included; more than a handful are not told apart any better. Nobody who reads
/// a file sees its line ends: they tell places apart only where `wanted` spells them out.
fn places(text: &str, wanted: &str) -> Vec<Range<usize>> {
    if wanted.contains('\r')
        && let [only] = places_of(text, wanted).as_slice()
    {
        return std::iter::once(*only..*only + wanted.len()).collect();
    }
    let plain = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    let (plain_text, plain_wanted) = (plain(text), plain(wanted));
    // A place is as many bytes further on as `\r` were left out before it.
    let plain_ends: Vec<usize> = text.match_indices("\r\n").enumerate().map(|(nth, (at, _))| at - nth).collect();
    let written = |at: usize| at + plain_ends.partition_point(|end| *end < at);
    let found = places_of(&plain_text, &plain_wanted).into_iter();
    found.map(|at| written(at)..written(at + plain_wanted.len())).collect()
}

fn places_of(text: &str, wanted: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(wanted).map(|at| at + from) {
        found.push(at);
        if found.len() > PLACES_MAX * 2 {
            break;
        }
        from = at + text[at..].chars().next().map_or(1, char::len_utf8);
    }
    found
}

fn ambiguous(target: &Target<'_>, lines: &[u32]) -> Refusal {
    let mut message = format!("The search text stands in '{}' more than once:", target.path);
    for (number, line) in (1..=PLACES_MAX * 2).zip(lines) {
        let within = target.structure.symbol_at(*line).map(|id| format!(", in '{}'", target.symbol(id).qualname));
        let within = within.unwrap_or_default();
        message.push_str(&format!("\n{number}. line {line}{within}: `{}`", shortened(target.line(*line).trim())));
    }
    message.push_str("\nAdd lines around it until only the one you mean fits.");
    Refusal::Ambiguous(message)
}

/// Looks for the lines regardless of their indentation and trailing white space.
fn tolerant(mut target: Target<'_>, search: &str, replace: &str) -> Result<Applied, Refusal> {
    let wanted: Vec<&str> = search.trim_matches(ENDS).lines().collect();
    let matches = same_lines(&target, &wanted);
    let first = match matches.as_slice() {
        [] => return Err(not_found(&target, &wanted)),
        [first] => *first,
        several => return Err(ambiguous(&target, several)),
    };
    let last = first + wanted.len() as u32 - 1;
    let Some(indents) = Indents::new(&target, first, &wanted, replace) else {
        return Err(not_found(&target, &wanted));
    };
    let mut block = replaced_lines(&target, first, &wanted, &indents, replace)?.concat();
    // Blank lines around the replacement count as far as the search text has fewer.
    let blank_lines = |text: &str| text.lines().rev().take_while(|line| line.trim().is_empty()).count();
    let more = blank_lines(replace).saturating_sub(blank_lines(search));
    if !block.is_empty() {
        block.push_str(&target.ending.as_str().repeat(more));
    }
    let range = target.lines.line_start(first)..target.lines.line_span(last).range().end;
    if !target.text[range.clone()].ends_with(ENDS) {
        block.truncate(block.trim_end_matches(ENDS).len());
    }
    let new = format!("{}{block}{}", &target.text[..range.start], &target.text[range.end..]);
    let told = difference(&target, first, &wanted);
    target.notes.push(told);
    target.finish(new)
}

/// What the search text has otherwise than the file, in words.
fn difference(target: &Target<'_>, first: u32, wanted: &[&str]) -> String {
    let others: Vec<String> = (first..)
        .zip(wanted)
        .filter(|(line, wanted)| target.line(*line) != **wanted)
        .map(|(line, wanted)| format!("line {line} is {:?}, not {wanted:?}", shortened(target.line(line))))
        .take(PLACES_MAX)
        .collect();
    let last = first as usize + wanted.len() - 1;
    let fits = format!("The search text fits lines {first}-{last} of '{}' but for white space", target.path);
    match others.is_empty() {
        true => format!("{fits} around it."),
        false => format!("{fits}: {}. The replacement was indented as the file is.", others.join("; ")),
    }
}

/// The lines that take the place of those from `first` on, each with its line end. One that the replacement keeps from
/// the search text stays as the file has it.
fn replaced_lines(
    target: &Target<'_>,
    first: u32,
    wanted: &[&str],
    indents: &Indents<'_>,
    replace: &str,
) -> Result<Vec<String>, Refusal> {
    let end = target.ending.as_str();
    let given: Vec<&str> = replace.trim_matches(ENDS).lines().map(str::trim_end).collect();
    let old: Vec<&str> = wanted.iter().map(|line| line.trim_end()).collect();
    let mut shared = shared_lines(&old, &given).into_iter().peekable();
    let mut lines: Vec<String> = Vec::with_capacity(given.len());
    let mut old_at = 0;
    for (at, line) in given.iter().enumerate() {
        if let Some((old, _)) = shared.next_if(|(_, new)| *new == at) {
            let written = &target.text[target.lines.line_span(first + old as u32).range()];
            lines.push(if written.ends_with(ENDS) { written.to_owned() } else { format!("{written}{end}") });
            old_at = old + 1;
            continue;
        }
        // A page break that search and replacement have alike, or both lack, is as it was.
        let is_opposite = old_at < shared.peek().map_or(wanted.len(), |(old, _)| *old);
        let page_break = match wanted.get(old_at).filter(|_| is_opposite) {
            Some(old) if page_break(line) == page_break(old) => page_break(target.line(first + old_at as u32)),
            _ => page_break(line),
        };
        old_at += usize::from(is_opposite);
        let content = line.trim_start();
        let indent = leading(line);
        let indent = if content.is_empty() { Some(String::new()) } else { indents.moved(indent) };
        let Some(indent) = indent else {
            return Err(Refusal::NotFound(format!(
                "The search text fits lines {first}-{} of '{}' but for its indentation, and from that it cannot be told \
                 how deep this line of the replacement stands: `{content}`. Quote the lines exactly as they stand.",
                first as usize + wanted.len() - 1,
                target.path
            )));
        };
        lines.push(format!("{page_break}{indent}{content}{end}"));
    }
    Ok(lines)
}

/// The first lines of all places where every line is the same but for white space around it.
fn same_lines(target: &Target<'_>, wanted: &[&str]) -> Vec<u32> {
    let count = wanted.len() as u32;
    if wanted.iter().all(|line| line.trim().is_empty()) {
        return Vec::new();
    }
    (1..=(target.lines.line_count() + 1).saturating_sub(count))
        .filter(|first| (*first..).zip(wanted).all(|(line, wanted)| target.line(line).trim() == wanted.trim()))
        .take(PLACES_MAX * 2 + 1)
        .collect()
}

/// A line as a message can hold it.
fn shortened(line: &str) -> String {
    const COLUMNS_MAX: usize = 160;
    match line.char_indices().nth(COLUMNS_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}
