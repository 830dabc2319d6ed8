//! Adding an import where it belongs, once.

use super::snippet::Snippet;
use super::splice::insert;
use super::stdlib::is_standard;
use super::target::{Target, place};
use super::{Applied, Refusal};
use crate::index::{Conflict, FileStructure, Import, ImportedName, Insertion, SymbolKind, View};
use crate::text::{LineIndex, ProjectPath};

mod statement;

use statement::with_names;
pub(super) use statement::{items_of, keyword_of};

/// The order in which groups of imports stand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Future,
    Standard,
    ThirdParty,
    Local,
}

pub(super) fn add_import(view: View<'_>, path: &ProjectPath, code: &str) -> Result<Applied, Refusal> {
    let mut target = Target::open_python(view, path)?;
    let snippet = Snippet::new(path, code)?;
    target.notes.extend(snippet.notes.iter().cloned());
    only_imports(&snippet)?;
    for import in &snippet.structure.imports {
        for part in parts(import) {
            let wanted = missing_names(&mut target, &part)?;
            if wanted.is_empty() {
                continue;
            }
            let new = place_import(view, &target, &Import { names: wanted.into(), ..part });
            target = target.with_text(new);
        }
    }
    target.finish_as_is()
}

fn only_imports(snippet: &Snippet) -> Result<(), Refusal> {
    let lines = LineIndex::new(&snippet.code.text);
    let covered = |line: u32| {
        snippet.structure.imports.iter().any(|import| {
            let last = lines.line((import.span.end as usize).saturating_sub(1));
            (import.line..=last).contains(&line)
        })
    };
    for (line, content) in (1..).zip(snippet.code.text.lines()) {
        if !covered(line) && !content.trim().is_empty() && !content.trim_start().starts_with('#') {
            return Err(Refusal::BadCode(format!(
                "Line {line} of the code is no import: `{}`. add_import takes `import …` and `from … import …` alone.",
                content.trim()
            )));
        }
    }
    match snippet.structure.imports.is_empty() {
        true => Err(Refusal::BadCode("The code holds no import.".to_owned())),
        false => Ok(()),
    }
}

/// `import a, b` is two statements; a `from` import is one.
fn parts(import: &Import) -> Vec<Import> {
    if import.module.is_some() {
        return vec![import.clone()];
    }
    import.names.iter().map(|name| Import { names: [name.clone()].into(), ..import.clone() }).collect()
}

/// The names that are not imported yet. Refuses a name that means something else in the file.
fn missing_names(target: &mut Target<'_>, import: &Import) -> Result<Vec<ImportedName>, Refusal> {
    let mut missing = Vec::new();
    for name in &import.names {
        let existing = target.structure.imports.iter().filter(|other| other.is_top_level);
        let same = |other: &&Import| {
            other.module == import.module && other.level == import.level && other.names.contains(name)
        };
        let present = existing.clone().filter(same).find(|other| !is_for_types_only(target, other));
        if let Some(line) = present.map(|other| other.line) {
            target.notes.push(format!("'{}' is imported at line {line} already.", name.name));
            continue;
        }
        if &*name.name != "*" {
            refuse_other_meaning(target, import, name)?;
        }
        missing.push(name.clone());
    }
    Ok(missing)
}

fn refuse_other_meaning(target: &Target<'_>, import: &Import, name: &ImportedName) -> Result<(), Refusal> {
    let bound = binds(import, name);
    for other in target.structure.imports.iter().filter(|other| other.is_top_level && !other.is_conditional) {
        for taken in other.names.iter().filter(|taken| binds(other, taken) == bound) {
            // `import a` and `import a.b` bind the same module.
            let both_modules =
                import.module.is_none() && other.module.is_none() && name.alias.is_none() && taken.alias.is_none();
            let identical = other.module == import.module && other.level == import.level && taken == name;
            if !both_modules && !identical {
                let way_out = "Use that one, or import the other under another name with `as`.";
                return Err(Refusal::Conflict(Conflict::Exists(format!(
                    "Name '{bound}' is already imported from '{}' in '{}' at line {}. {way_out}",
                    source_of(other, taken),
                    target.path,
                    other.line
                ))));
            }
        }
    }
    let defined = target.structure.children(None).map(|(_, symbol)| symbol);
    let mut defined = defined.filter(|symbol| symbol.kind != SymbolKind::Variable && !symbol.is_conditional);
    if let Some(symbol) = defined.find(|symbol| &*symbol.name == bound) {
        return Err(Refusal::Conflict(Conflict::Exists(format!(
            "Name '{bound}' is already defined in '{}': {}. Import it under another name with `as`.",
            target.path,
            place(symbol)
        ))));
    }
    Ok(())
}

/// The name that stands in the module afterwards: `import a.b` binds `a`.
pub(super) fn binds<'a>(import: &Import, name: &'a ImportedName) -> &'a str {
    match (&import.module, &name.alias) {
        (None, None) => name.name.split('.').next().unwrap_or(&name.name),
        _ => name.bound(),
    }
}

fn source_of(import: &Import, name: &ImportedName) -> String {
    match &import.module {
        Some(module) => format!("{}{module}", ".".repeat(import.level as usize)),
        None => name.name.to_string(),
    }
}

/// Whether an import stands under `if TYPE_CHECKING:`: it is not there when the program runs.
pub(super) fn is_for_types_only(target: &Target<'_>, import: &Import) -> bool {
    let indent = target.indent(import.line).len();
    import.is_conditional
        && (1..import.line)
            .rev()
            .filter(|line| !target.is_blank(*line))
            .find(|line| target.indent(*line).len() < indent)
            .is_some_and(|line| target.line(line).contains("TYPE_CHECKING"))
}

fn group_of(view: View<'_>, module: &str, level: u32) -> Group {
    let first = module.split('.').next().unwrap_or(module);
    if level > 0 {
        Group::Local
    } else if first == "__future__" {
        Group::Future
    } else if view.snapshot.files().any(|(path, _)| is_module_file(path, first)) {
        Group::Local
    } else if is_standard(first) {
        Group::Standard
    } else {
        Group::ThirdParty
    }
}

/// Whether `first` is the module or package that the file is, or is in, at the root or below `src`.
fn is_module_file(path: &ProjectPath, first: &str) -> bool {
    let path = path.as_str().strip_prefix("src/").unwrap_or(path.as_str());
    path.strip_prefix(first).is_some_and(|rest| rest.starts_with('/') || rest == ".py")
}

/// The text with the import in it: joined to one of the same module, else in its group, else in a group of its own.
fn place_import(view: View<'_>, target: &Target<'_>, import: &Import) -> String {
    let header = header_imports(&target.structure);
    if import.module.is_some() && !is_star(import) {
        let joinable =
            |other: &&&Import| other.module == import.module && other.level == import.level && !is_star(other);
        let joined = header.iter().rfind(joinable).and_then(|other| with_names(target, other, &import.names));
        if let Some(new) = joined {
            return new;
        }
    }
    let line = written(import);
    let group = |import: &Import| group_of(view, module_of(import), import.level);
    let own = group(import);
    let mates: Vec<&Import> = header.iter().copied().filter(|other| group(other) == own).collect();
    if own == Group::Future {
        return at_top(target, &line);
    }
    if !mates.is_empty() {
        return among(target, &mates, import, &line);
    }
    match header.iter().rfind(|other| group(other) < own) {
        Some(previous) => {
            let next = last_line(target, previous) + 1;
            let insertion = at_line(target, next, 1);
            insert(target, &insertion, &line)
        }
        None => match header.first() {
            Some(first) => {
                let line_of_first = above_comments(target, first.line);
                insert(target, &at_line(target, line_of_first, 1), &line)
            }
            None => at_top(target, &line),
        },
    }
}

/// The imports that every reader takes for the file's: unconditional, before the first definition.
fn header_imports(structure: &FileStructure) -> Vec<&Import> {
    let mut definitions = structure.children(None).filter(|(_, symbol)| symbol.kind != SymbolKind::Variable);
    let end = definitions.next().map_or(u32::MAX, |(_, symbol)| symbol.line);
    let in_header = |import: &&Import| import.is_top_level && !import.is_conditional && import.line < end;
    structure.imports.iter().filter(in_header).collect()
}

fn is_star(import: &Import) -> bool {
    import.names.iter().any(|name| &*name.name == "*")
}

fn module_of(import: &Import) -> &str {
    match &import.module {
        Some(module) => module,
        None => import.names.first().map_or("", |name| &name.name),
    }
}

/// The statement as one line, with its line end.
fn written(import: &Import) -> String {
    let names: Vec<String> = import.names.iter().map(statement::spelled).collect();
    match &import.module {
        Some(module) => {
            format!("from {}{module} import {}\n", ".".repeat(import.level as usize), names.join(", "))
        }
        None => format!("import {}\n", names.join(", ")),
    }
}

fn last_line(target: &Target<'_>, import: &Import) -> u32 {
    target.lines.line((import.span.end as usize).saturating_sub(1))
}

fn above_comments(target: &Target<'_>, line: u32) -> u32 {
    let is_comment = |line: &u32| *line > 2 && target.line(*line).starts_with('#');
    (1..line).rev().take_while(is_comment).last().unwrap_or(line)
}

fn at_line(target: &Target<'_>, line: u32, blank_lines: u32) -> Insertion {
    let at = target.lines.line_start(line);
    Insertion { at, indent: String::new(), blank_lines, after_line: line - 1, opens: None }
}

/// Puts the line among the imports of its group, in their order if they have one.
fn among(target: &Target<'_>, mates: &[&Import], import: &Import, line: &str) -> String {
    type Key = (bool, usize, String);
    let by_style = |import: &Import| -> Key {
        (import.module.is_some(), usize::MAX - import.level as usize, module_of(import).to_lowercase())
    };
    let by_module = |import: &Import| -> Key { (false, 0, module_of(import).to_lowercase()) };
    let orders: [&dyn Fn(&Import) -> Key; 2] = [&by_style, &by_module];
    let order = orders.into_iter().find(|key| mates.is_sorted_by_key(|mate| key(mate)));
    let before = match order {
        Some(key) => mates.iter().filter(|mate| key(mate) <= key(import)).count(),
        None => mates.len(),
    };
    let next = match before {
        0 => above_comments(target, mates[0].line),
        count => last_line(target, mates[count - 1]) + 1,
    };
    insert(target, &at_line(target, next, 0), line)
}

/// Puts the line where a file's first import belongs: behind the docstring, or behind the comments that head the file.
fn at_top(target: &Target<'_>, line: &str) -> String {
    let count = target.lines.line_count();
    let mut next = match target.structure.docstring_span {
        Some(docstring) => target.lines.line((docstring.end as usize).saturating_sub(1)) + 1,
        None => 1,
    };
    if target.structure.docstring_span.is_none() {
        let comments = (1..=count).take_while(|line| target.line(*line).starts_with('#')).count() as u32;
        let heads = comments < count && target.is_blank(comments + 1);
        let mut for_all = (1..=comments.min(2)).filter(|line| {
            let comment = target.line(*line);
            comment.starts_with("#!") || comment.contains("coding")
        });
        next = if heads || comments == count { comments + 1 } else { for_all.next_back().unwrap_or(0) + 1 };
    }
    let blanks = (next..=count).take_while(|line| target.is_blank(*line)).count() as u32;
    let mut following = (next + blanks..=count).map(|line| target.line(line)).skip_while(|line| line.starts_with('#'));
    let following = following.next().unwrap_or("");
    let defines = ["def ", "class ", "@", "async "].iter().any(|word| following.starts_with(word));
    let mut code = line.to_owned();
    if defines && blanks < 2 {
        // One more than `insert` puts there: a definition stands two lines apart.
        code.push('\n');
    }
    insert(target, &at_line(target, next, 1), &code)
}
