//! Adding, rewriting and removing classes, methods and functions.

use super::indentation::unit_of;
use super::kept::{Same, keeping};
use super::resolve::{qualified, resolve};
use super::snippet::{Definition, Wanted};
use super::splice::{insert, opens_block};
use super::target::{Target, place};
use super::{Applied, Refusal};
use crate::index::{
    Conflict, Insertion, Symbol, SymbolId, SymbolKind, View, can_add_class, can_add_definition, first_comment_above,
};
use crate::text::{LineIndex, ProjectPath, Span};

const FUNCTIONS: &[SymbolKind] = &[SymbolKind::Function, SymbolKind::Method];
const CLASSES: &[SymbolKind] = &[SymbolKind::Class];
const ALL: &[SymbolKind] = &[SymbolKind::Class, SymbolKind::Function, SymbolKind::Method, SymbolKind::Variable];

pub(super) fn add_function(
    view: View<'_>,
    path: &ProjectPath,
    code: &str,
    class: Option<&str>,
    after: Option<&str>,
) -> Result<Applied, Refusal> {
    let mut target = Target::open_python(view, path)?;
    let class = class.map(str::trim).filter(|class| !class.is_empty());
    let after = after.map(str::trim).filter(|after| !after.is_empty());
    let definition = Definition::new(path, code, Wanted::Function)?;
    target.notes.extend(definition.notes.iter().cloned());
    let insertion = place_for(&target, &definition.symbol, class, after)?;
    if let Some(new) = class.and_then(|class| in_place_of_placeholder(&target, class, &definition)) {
        return target.finish(new);
    }
    let code =
        definition.code.indented(path, &insertion.indent, &unit_for(&target, &insertion.indent, &definition.code.text));
    let new = insert(&target, &insertion, &code);
    target.finish(new)
}

pub(super) fn add_class(
    view: View<'_>,
    path: &ProjectPath,
    code: &str,
    after: Option<&str>,
) -> Result<Applied, Refusal> {
    let mut target = Target::open_python(view, path)?;
    let after = after.map(str::trim).filter(|after| !after.is_empty());
    let definition = Definition::new(path, code, Wanted::Class)?;
    target.notes.extend(definition.notes.iter().cloned());
    let insertion = can_add_class(&target.structure, &target.text, &definition.symbol.name, after)?;
    let code =
        definition.code.indented(path, &insertion.indent, &unit_for(&target, &insertion.indent, &definition.code.text));
    let new = insert(&target, &insertion, &code);
    target.finish(new)
}

pub(super) fn modify_function(
    view: View<'_>,
    path: &ProjectPath,
    name: &str,
    code: &str,
    class: Option<&str>,
) -> Result<Applied, Refusal> {
    modify(view, path, &qualified(path, name, class), code, Wanted::Function)
}

pub(super) fn modify_class(view: View<'_>, path: &ProjectPath, name: &str, code: &str) -> Result<Applied, Refusal> {
    modify(view, path, &qualified(path, name, None), code, Wanted::Class)
}

fn modify(view: View<'_>, path: &ProjectPath, name: &str, code: &str, wanted: Wanted) -> Result<Applied, Refusal> {
    let mut target = Target::open_python(view, path)?;
    let kinds = if wanted == Wanted::Class { CLASSES } else { FUNCTIONS };
    let definition = Definition::new(path, code, wanted)?;
    target.notes.extend(definition.notes.iter().cloned());
    let id = resolve(&target, name, kinds, Some(&definition.symbol))?;
    let old = target.symbol(id);
    certain_extent(&target, old)?;
    if old.name != definition.symbol.name {
        return Err(Refusal::BadCode(format!(
            "The code defines '{}', but {} is to be modified. Keep the name, or use \
             {} to have both.",
            definition.symbol.name,
            place(old),
            if wanted == Wanted::Class { "add_class" } else { "add_function" }
        )));
    }
    let mut first = first_line(old);
    let base = target.indent(first).to_owned();
    if definition.comment_lines > 0 {
        first = with_comments(&target, first);
    }
    let ends_with_comments = definition.symbol.end_line < LineIndex::new(&definition.code.text).line_count();
    let end = if ends_with_comments { with_inner_comments(&target, old) } else { old.end_line };
    let extent = target.indent_start(first)..target.lines.line_span(end).range().end;
    let own = unit_of(&format!("{}\n", target.text[extent.clone()].trim_end()));
    // The unit of the symbol itself counts, if it has more than its own first level.
    let unit = own
        .filter(|unit| *unit != base || base.is_empty())
        .unwrap_or_else(|| unit_for(&target, &base, &definition.code.text));
    let code = definition.code.indented(path, &base, &unit);
    let code = target.ending.unify(&code).into_owned();
    let ends_line = target.text[extent.clone()].ends_with(['\n', '\r']);
    let code = if ends_line { code.as_str() } else { code.trim_end_matches(['\n', '\r']) };
    let code = keeping(&target.text[extent.clone()], code, Same::Code);
    let new = format!("{}{code}{}", &target.text[..extent.start], &target.text[extent.end..]);
    target.finish(new)
}

pub(super) fn remove(view: View<'_>, path: &ProjectPath, symbol: &str) -> Result<Applied, Refusal> {
    let target = Target::open_python(view, path)?;
    let id = resolve(&target, &qualified(path, symbol, None), ALL, None)?;
    let symbol = target.symbol(id).clone();
    certain_extent(&target, &symbol)?;
    let (mut first, mut end) = (first_line(&symbol), symbol.end_line);
    if symbol.kind == SymbolKind::Variable {
        stands_alone(&target, id)?;
    } else {
        end = with_inner_comments(&target, &symbol);
    }
    let base = target.indent(first).to_owned();
    first = with_comments(&target, first);
    let line_count = target.lines.line_count();
    // A page break is somebody's.
    let is_gap = |line: &u32| target.is_blank(*line) && !target.line(*line).contains('\x0c');
    let before = (1..first).rev().take_while(is_gap).count() as u32;
    let after = (end + 1..=line_count).take_while(is_gap).count() as u32;
    let (previous, next) = (first - before - 1, end + after + 1);
    // The neighbours end up as far apart as the further of the two gaps, but a block does not begin with blank lines
    // and a file does not end with them.
    let keeps_before = if previous == 0 || next > line_count || opens_block(&target, previous, &base) {
        None
    } else {
        Some(before >= after && target.indent(next).len() >= base.len())
    };
    let (cut_first, cut_end) = match keeps_before {
        None => (first - before, end + after),
        Some(true) => (first, end + after),
        Some(false) => (first - before, end),
    };
    let start = target.lines.line_start(cut_first);
    let stop = target.lines.line_span(cut_end).range().end;
    let new = format!("{}{}", &target.text[..start], &target.text[stop..]);
    if target.structure.faults.is_empty() && super::target::refuse_faults(path, &new).is_err() {
        // It was all there was in its block.
        let (start, stop) = (target.lines.line_start(first), target.lines.line_span(end).range().end);
        let filling = format!("{base}pass{}", target.ending.as_str());
        let new = format!("{}{filling}{}", &target.text[..start], &target.text[stop..]);
        return target.finish(new);
    }
    target.finish(new)
}

/// A definition's text with the comments that belong to it: its bytes, and its first and last line.
pub(super) fn cut(target: &Target<'_>, symbol: &Symbol) -> Result<(Span, (u32, u32)), Refusal> {
    certain_extent(target, symbol)?;
    let first = with_comments(target, first_line(symbol));
    let end = with_inner_comments(target, symbol);
    let span = Span::new(target.lines.line_start(first), target.lines.line_span(end).range().end);
    Ok((span, (first, end)))
}

/// Puts a definition behind another one of its scope.
pub(super) fn reorder(view: View<'_>, path: &ProjectPath, symbol: &str, after: &str) -> Result<Applied, Refusal> {
    let target = Target::open_python(view, path)?;
    let name = qualified(path, symbol, None);
    let id = resolve(&target, &name, &[SymbolKind::Class, SymbolKind::Function, SymbolKind::Method], None)?;
    let found = target.symbol(id);
    let class = found.parent.map(|id| target.symbol(id));
    if class.is_some_and(|class| class.kind != SymbolKind::Class) {
        return Err(Refusal::NotAllowed(format!("{} stands in a function; use edit_file instead.", place(found))));
    }
    let others = target.structure.children(found.parent).filter(|(_, other)| other.name == found.name);
    if found.is_conditional || others.count() > 1 {
        let why = "has alternatives beside it, so it cannot be moved alone";
        return Err(Refusal::NotAllowed(format!("{} {why}.", capitalized(&place(found)))));
    }
    let (span, _) = cut(&target, found)?;
    let code = &target.text[span.range()];
    let removed = remove(view, path, symbol)?.change_set;
    let without = View { pending: &removed, ..view };
    match (found.kind, class) {
        (SymbolKind::Class, Some(_)) => {
            Err(Refusal::NotAllowed(format!("{} stands in a class; use edit_file instead.", place(found))))
        }
        (SymbolKind::Class, None) => add_class(without, path, code, Some(after)),
        (_, class) => add_function(without, path, code, class.map(|class| &*class.qualname), Some(after)),
    }
}

/// Where the function goes, unless it is there already.
fn place_for(
    target: &Target<'_>,
    new: &Symbol,
    class: Option<&str>,
    after: Option<&str>,
) -> Result<Insertion, Conflict> {
    let qualname = class.map_or_else(|| new.name.to_string(), |class| format!("{class}.{}", new.name));
    let existing: Vec<&Symbol> = target.structure.find(&qualname).into_iter().map(|id| target.symbol(id)).collect();
    let role = |symbol: &Symbol| {
        symbol.decorators.iter().find(|written| written.starts_with(&format!("{}.", new.name))).cloned()
    };
    // A setter may stand beside its getter, but not beside another setter.
    if let Some(second) = existing.iter().find(|old| role(new).is_some() && role(old) == role(new)) {
        return Err(Conflict::Exists(format!(
            "{} decorated with the same '@{}' exists already. Use modify_function instead.",
            capitalized(&place(second)),
            role(new).unwrap_or_default()
        )));
    }
    can_add_definition(&target.structure, &target.text, new, class, after)
}

fn capitalized(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// In a class that has nothing but `pass` or `...`, the new method takes its place.
fn in_place_of_placeholder(target: &Target<'_>, class: &str, definition: &Definition) -> Option<String> {
    let found = target.structure.find(class);
    let [id] = found.as_slice() else { return None };
    let class = target.symbol(*id);
    let body = class.body_span.range();
    let text = &*target.text;
    if !matches!(text.get(body.clone())?, "pass" | "...") {
        return None;
    }
    let line = target.lines.line(body.start);
    let line_start = target.lines.line_start(line);
    let line_end = line_start + target.line(line).len();
    let rest = text.get(body.end..line_end)?.trim_end();
    let is_inline = !text[line_start..body.start].trim().is_empty();
    let unit = unit_for(target, target.indent(class.line), &definition.code.text);
    let (kept, indent) = match is_inline {
        true => (
            format!("{}{rest}{}", text[..body.start].trim_end(), target.ending.as_str()),
            format!("{}{unit}", target.indent(class.line)),
        ),
        // A comment behind it has something to say.
        false if !rest.is_empty() => return None,
        false => {
            // A comment above it is about the class, not about the method.
            let gap = if target.line(line - 1).trim_start().starts_with('#') { target.ending.as_str() } else { "" };
            (format!("{}{gap}", &text[..line_start]), target.indent(line).to_owned())
        }
    };
    let block = target.ending.unify(&definition.code.indented(target.path, &indent, &unit)).into_owned();
    let block = if line_end < text.len() { block.trim_end_matches(['\r', '\n']) } else { &block };
    Some(format!("{kept}{block}{}", &text[line_end..]))
}

/// How a block is indented where `indent` is the scope's own: as elsewhere in the file, else as the code has it.
fn unit_for(target: &Target<'_>, indent: &str, code: &str) -> String {
    if indent.contains('\t') {
        return "\t".to_owned();
    }
    unit_of(&target.text).or_else(|| unit_of(code)).unwrap_or_else(|| "    ".to_owned())
}

fn first_line(symbol: &Symbol) -> u32 {
    symbol.decorator_line.unwrap_or(symbol.line)
}

/// The first of the comment lines right above `first`, or `first`: they belong to the symbol. What the interpreter or
/// the editor reads at the top of a file does not.
fn with_comments(target: &Target<'_>, first: u32) -> u32 {
    let indent = target.indent(first);
    first_comment_above(&target.text, first, |line| target.line(line), |line| target.indent(line) == indent)
}

/// The last line of a definition with the comments that trail within its block.
fn with_inner_comments(target: &Target<'_>, symbol: &Symbol) -> u32 {
    let depth = target.indent(first_line(symbol)).len();
    let mut end = symbol.end_line;
    for line in symbol.end_line + 1..=target.lines.line_count() {
        if target.is_blank(line) {
            continue;
        }
        if target.indent(line).len() <= depth || !target.line(line).trim_start().starts_with('#') {
            break;
        }
        end = line;
    }
    end
}

/// Refuses a symbol that may not end where it seems to: behind an open bracket, the parser takes what follows for a part.
fn certain_extent(target: &Target<'_>, symbol: &Symbol) -> Result<(), Refusal> {
    const OPENERS: [&str; 7] = ["def ", "class ", "async ", "@", "import ", "from ", "if "];
    let inside = symbol.line..=symbol.end_line;
    let Some(fault) = target.structure.faults.iter().find(|fault| inside.contains(&fault.line)) else { return Ok(()) };
    let depth = target.indent(symbol.line).len();
    let swallowed = (symbol.line + 1..=symbol.end_line).find(|line| {
        let content = target.line(*line).trim_start();
        target.indent(*line).len() <= depth && OPENERS.iter().any(|opener| content.starts_with(opener))
    });
    match swallowed {
        Some(line) => Err(Refusal::NotAllowed(format!(
            "Where {} ends cannot be told: line {} does not parse ({}), and line {line} may be a part of it or not. Mend \
             the file with edit_file first.",
            place(symbol),
            fault.line,
            fault.message
        ))),
        None => Ok(()),
    }
}

/// Refuses to remove a variable whose lines hold more than its assignment.
fn stands_alone(target: &Target<'_>, id: SymbolId) -> Result<(), Refusal> {
    let symbol = target.symbol(id);
    let shared = (0..).zip(&target.structure.symbols).find(|(other, s)| *other != id && s.span == symbol.span);
    if let Some((_, other)) = shared {
        return Err(Refusal::NotAllowed(format!(
            "'{}' is bound at line {} together with '{}'. Use edit_file instead.",
            symbol.qualname, symbol.line, other.qualname
        )));
    }
    let before = &target.text[target.lines.line_start(symbol.line)..symbol.span.start as usize];
    let last = target.lines.line(symbol.span.end as usize);
    let behind = &target.text[symbol.span.end as usize..target.lines.line_span(last).range().end];
    if before.trim().is_empty() && (behind.trim().is_empty() || behind.trim_start().starts_with('#')) {
        return Ok(());
    }
    Err(Refusal::NotAllowed(format!(
        "Line {} holds more than '{}'. Use edit_file instead.",
        symbol.line, symbol.qualname
    )))
}
