//! The tools that only look: files, lines, symbols, structure.
//!
//! Every answer is bounded and says how to see the rest.

use std::collections::BTreeMap;
use std::fmt::Write;

use rayon::prelude::*;

use super::reads::{base_moved, lay_anew, read_hash};
use super::{Answer, Arguments, Desk};
use crate::index::{FileStructure, Symbol, SymbolKind};
use crate::text::{LineIndex, ProjectPath, ReadError, edit_distance};

const LINES_MAX: u32 = 400;
const ANSWER_CHARS_MAX: usize = 48_000;
const LINE_CHARS_MAX: usize = 2_000;
pub(super) const HITS_MAX: usize = 100;
/// So many say enough: the rest is not even counted.
const HITS_COUNTED_MAX: usize = 10_000;
const SEARCHED_AT_ONCE: usize = 512;
const FILES_MAX: usize = 400;
/// Files without code that are listed.
const OTHERS_MAX: usize = 60;

/// Numbers lines as `45⇥text`: the number and the tab are no part of the file.
fn numbered(out: &mut String, number: u32, line: &str) {
    let line = line.trim_end_matches(['\n', '\r']);
    let _ = match line.char_indices().nth(LINE_CHARS_MAX) {
        None => writeln!(out, "{number:>5}\t{line}"),
        Some((at, _)) => writeln!(out, "{number:>5}\t{}… ({} characters)", &line[..at], line.chars().count()),
    };
}

pub(super) fn read_file(desk: &mut Desk<'_>, arguments: &Arguments<'_>) -> Answer {
    let path = arguments.path("path")?;
    let mut out = String::new();
    if base_moved(desk.view(), &path) {
        let told = lay_anew(&mut desk.pending, desk.source, &path);
        let _ = writeln!(out, "{told}");
    }
    let text = desk.view().text(&path).map_err(|error| unreadable(desk, &path, &error))?;
    let hash = read_hash(desk.view(), &path).map_err(|error| error.to_string())?;
    let lines = LineIndex::new(&text);
    let line_count = lines.line_count();
    let first = arguments.number("start_line")?.unwrap_or(1).max(1);
    let wanted = arguments.number("end_line")?.unwrap_or(u32::MAX).min(line_count);
    if line_count == 0 {
        desk.reads.read_whole(path.clone(), hash);
        return Ok(format!("{out}{path} is empty"));
    }
    if first > line_count || wanted < first {
        return Err(format!("'{path}' has {line_count} lines; lines {first}–{wanted} are not among them."));
    }
    let mut body = String::new();
    let mut last = first;
    for line in first..=wanted.min(first.saturating_add(LINES_MAX - 1)) {
        if body.len() > ANSWER_CHARS_MAX {
            break;
        }
        numbered(&mut body, line, &text[lines.line_span(line).range()]);
        last = line;
    }
    let structure = if path.is_python() { FileStructure::parse(&path, &text) } else { FileStructure::default() };
    desk.note_lines(&path, hash, &structure, (first, last));
    let _ = write!(out, "{path}, lines {first}–{last} of {line_count}");
    if last < wanted {
        let _ = write!(out, "; call again with start_line={} for more", last + 1);
    }
    Ok(format!("{out}\n{body}"))
}

pub(super) fn read_symbol(desk: &mut Desk<'_>, arguments: &Arguments<'_>) -> Answer {
    let (path, qualname) = (arguments.path("path")?, arguments.symbol("symbol")?);
    let text = desk.view().text(&path).map_err(|error| unreadable(desk, &path, &error))?;
    let hash = read_hash(desk.view(), &path).map_err(|error| error.to_string())?;
    let structure = FileStructure::parse(&path, &text);
    let found = structure.find(&qualname);
    if found.is_empty() {
        return Err(no_such_symbol(desk, &path, &structure, &qualname));
    }
    let lines = LineIndex::new(&text);
    let mut out = String::new();
    for id in found {
        let symbol = structure.symbol(id);
        let (first, last) = (symbol.decorator_line.unwrap_or(symbol.line), symbol.end_line);
        if out.len() > ANSWER_CHARS_MAX {
            let _ = writeln!(out, "… and one more at line {first}; call read_file for it");
            continue;
        }
        let _ = writeln!(out, "{} {qualname} in {path}, lines {first}–{last}", symbol.kind.word());
        let mut shown_to = first;
        for line in first..=last.min(first.saturating_add(2 * LINES_MAX)) {
            numbered(&mut out, line, &text[lines.line_span(line).range()]);
            shown_to = line;
            if out.len() > ANSWER_CHARS_MAX {
                break;
            }
        }
        if shown_to < last {
            let _ = writeln!(out, "… call read_file with start_line={} for the rest", shown_to + 1);
        }
        desk.note_lines(&path, hash, &structure, (first, shown_to));
    }
    Ok(out)
}

pub(super) fn list_files(desk: &mut Desk<'_>, arguments: &Arguments<'_>) -> Answer {
    let folder = arguments.optional_path("path")?;
    let pattern = arguments.optional_text("pattern")?;
    let glob = pattern.as_deref().map(glob_of).transpose()?;
    let mut files: BTreeMap<&ProjectPath, u32> =
        desk.snapshot.files().map(|(path, entry)| (path, entry.structure.line_count)).collect();
    for (path, change) in desk.pending.iter() {
        match &change.new {
            Some(new) => files.insert(path, LineIndex::new(new).line_count()),
            None => files.remove(path),
        };
    }
    let fits = |path: &ProjectPath| {
        folder.as_ref().is_none_or(|folder| is_within(path, folder))
            && glob.as_ref().is_none_or(|glob| glob.is_match(path.as_str()) || glob.is_match(path.file_name()))
    };
    files.retain(|path, _| fits(path));
    let mut others = desk.source.other_files();
    others.retain(|path| fits(path));
    others.sort();
    if files.is_empty() && others.is_empty() {
        return Err("no file fits. Call list_files without arguments to see the project.".to_owned());
    }
    let mut out = match files.len() {
        0 => String::new(),
        count => format!("{count} Python files\n"),
    };
    if files.len() > FILES_MAX {
        let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
        for path in files.keys() {
            *folders.entry(path.folder()).or_default() += 1;
        }
        for (folder, count) in folders.iter().take(FILES_MAX) {
            let _ = writeln!(out, "{}/  {count} files", if folder.is_empty() { "." } else { folder });
        }
        out.push_str("Too many to list: call again with a folder as path, or a pattern.\n");
    } else {
        for (path, line_count) in files {
            let _ = writeln!(out, "{path}  {line_count} lines");
        }
    }
    if !others.is_empty() {
        let _ = writeln!(out, "{} other files", others.len());
        for path in others.iter().take(OTHERS_MAX) {
            let _ = writeln!(out, "{path}");
        }
    }
    if others.len() > OTHERS_MAX {
        out.push_str("Too many to list: call again with a folder as path, or a pattern.\n");
    }
    Ok(out)
}

/// A part of a path, or a glob with `*` and `?`.
fn glob_of(pattern: &str) -> Result<regex::Regex, String> {
    let escaped = regex::escape(pattern);
    let is_glob = pattern.contains(['*', '?']);
    let expression = escaped.replace(r"\*\*/", "(.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*");
    let expression = expression.replace(r"\?", "[^/]");
    let expression = if is_glob { format!("^{expression}$") } else { expression };
    regex::Regex::new(&expression)
        .map_err(|_| format!("'{pattern}' is no pattern. Give a part of the path, or a glob."))
}

fn is_within(path: &ProjectPath, place: &ProjectPath) -> bool {
    path == place || path.as_str().strip_prefix(place.as_str()).is_some_and(|rest| rest.starts_with('/'))
}

/// The files as they would be, within a place: those with code first. That place itself when no walk comes to it.
fn files_within(desk: &Desk<'_>, place: Option<&ProjectPath>) -> Vec<ProjectPath> {
    let mut files: Vec<ProjectPath> = desk.snapshot.files().map(|(path, _)| path.clone()).collect();
    files.extend(desk.pending.iter().map(|(path, _)| path.clone()));
    if place.is_none_or(|place| !place.holds_code()) {
        files.extend(desk.source.other_files());
    }
    files.retain(|path| place.is_none_or(|place| is_within(path, place)));
    files.sort_by(|a, b| b.holds_code().cmp(&a.holds_code()).then_with(|| a.cmp(b)));
    files.dedup();
    if let Some(place) = place.filter(|_| files.is_empty()) {
        files.push(place.clone());
    }
    files
}

pub(super) fn search(desk: &mut Desk<'_>, arguments: &Arguments<'_>) -> Answer {
    let pattern = arguments.text("pattern")?;
    let place = arguments.optional_path("path")?;
    let expression = if arguments.flag("regex")? { pattern.clone() } else { regex::escape(&pattern) };
    if pattern.is_empty() {
        return Err("'pattern' is empty. Give the text to find.".to_owned());
    }
    let expression = regex::RegexBuilder::new(&expression).size_limit(1 << 20).build().map_err(|error| {
        let why = error.to_string();
        format!("the pattern is no regular expression ({}).", why.lines().last().unwrap_or_default())
    })?;
    let files = files_within(desk, place.as_ref());
    if let Some(place) = place.as_ref().filter(|place| files == [(*place).clone()]) {
        desk.view().text(place).map_err(|error| unreadable(desk, place, &error))?;
    }
    let mut hits = Hits::default();
    for chunk in files.chunks(SEARCHED_AT_ONCE) {
        let view = desk.view();
        let found: Vec<Hits> = chunk
            .par_iter()
            .map(|path| {
                let mut hits = Hits::default();
                if let Ok(text) = view.text(path) {
                    hits.collect(path, &text, |line| expression.is_match(line));
                }
                hits
            })
            .collect();
        found.into_iter().for_each(|found| hits.append(found));
        if hits.total > HITS_COUNTED_MAX {
            hits.is_cut = true;
            break;
        }
    }
    hits.tell(&format!("lines match '{pattern}'"))
}

/// Lines found, bounded.
#[derive(Default)]
pub(super) struct Hits {
    out: String,
    shown: usize,
    total: usize,
    file_count: usize,
    /// There may be more.
    is_cut: bool,
}

impl Hits {
    pub(super) fn collect(&mut self, path: &ProjectPath, text: &str, fits: impl Fn(&str) -> bool) {
        let before = self.total;
        let lines = LineIndex::new(text);
        for number in 1..=lines.line_count() {
            let line = text[lines.line_span(number).range()].trim_end();
            if !fits(line) {
                continue;
            }
            self.total += 1;
            if self.shown < HITS_MAX {
                self.shown += 1;
                let line = line.trim_start();
                let short: String = line.chars().take(200).collect();
                let _ = writeln!(self.out, "{path}:{number}: {short}");
            }
        }
        self.file_count += usize::from(self.total > before);
    }

    /// Those of the files that come next.
    fn append(&mut self, next: Self) {
        for line in next.out.lines().take(HITS_MAX - self.shown) {
            self.shown += 1;
            self.out.push_str(line);
            self.out.push('\n');
        }
        self.total += next.total;
        self.file_count += next.file_count;
    }

    pub(super) fn tell(self, what: &str) -> Answer {
        if self.total == 0 {
            return Ok(format!("0 {what}"));
        }
        let more = if self.total > self.shown {
            format!("; the first {} are shown, narrow it down with path", self.shown)
        } else {
            String::new()
        };
        let files = if self.file_count == 1 { "file" } else { "files" };
        let at_least = if self.is_cut { "more than " } else { "" };
        Ok(format!("{at_least}{} {what}, in {} {files}{more}\n{}", self.total, self.file_count, self.out))
    }
}

pub(super) fn file_structure(desk: &mut Desk<'_>, arguments: &Arguments<'_>) -> Answer {
    let path = arguments.path("path")?;
    if !path.is_python() {
        return Err(format!("'{path}' is no Python file. Call read_file instead."));
    }
    let text = desk.view().text(&path).map_err(|error| unreadable(desk, &path, &error))?;
    let structure = FileStructure::parse(&path, &text);
    let mut out = format!("{path}: {} lines\n", structure.line_count);
    for import in structure.imports.iter().filter(|import| import.is_top_level) {
        let line = text.get(import.span.range()).unwrap_or_default();
        let _ = writeln!(out, "{:>5}  {}", import.line, line.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    for symbol in structure.symbols.iter().filter(|symbol| symbol.kind != SymbolKind::Variable) {
        if out.len() > ANSWER_CHARS_MAX {
            out.push_str("… too long to show; find_symbol finds the rest\n");
            break;
        }
        let depth = symbol.qualname.matches('.').count() - symbol.qualname.matches("<locals>.").count();
        let _ = writeln!(
            out,
            "{:>5}–{}  {}{}",
            symbol.line,
            symbol.end_line,
            "    ".repeat(depth),
            headline(symbol, &symbol.name)
        );
    }
    let variables: Vec<String> = structure
        .children(None)
        .filter(|(_, symbol)| symbol.kind == SymbolKind::Variable)
        .take(60)
        .map(|(_, symbol)| format!("{} (line {})", symbol.name, symbol.line))
        .collect();
    if !variables.is_empty() {
        let _ = writeln!(out, "variables: {}", variables.join(", "));
    }
    for fault in structure.faults.iter().take(5) {
        let _ = writeln!(out, "line {} does not parse: {}", fault.line, fault.message);
    }
    Ok(out)
}

fn headline(symbol: &Symbol, name: &str) -> String {
    let word = match symbol.kind {
        SymbolKind::Class => "class ",
        SymbolKind::Variable => "",
        SymbolKind::Function | SymbolKind::Method if symbol.is_async => "async def ",
        SymbolKind::Function | SymbolKind::Method => "def ",
    };
    format!("{word}{name}{}", symbol.signature)
}

pub(super) fn find_symbol(desk: &mut Desk<'_>, arguments: &Arguments<'_>) -> Answer {
    let query = arguments.symbol("query")?;
    let mut out = String::new();
    let mut count = 0;
    let tell = |path: &ProjectPath, symbol: &Symbol| {
        let (name, kind, line) = (&symbol.qualname, symbol.kind.word(), symbol.line);
        let head = headline(symbol, &symbol.name);
        format!("{name} is a {kind} in {path} at line {line}: `{head}` (lines {line}–{})\n", symbol.end_line)
    };
    // What is pending is newer than the index.
    for (path, change) in desk.pending.iter().filter(|(path, _)| path.is_python()) {
        let structure = FileStructure::parse(path, change.new_text());
        for symbol in structure.symbols.iter().filter(|symbol| symbol.qualname.contains(query.as_str())).take(10) {
            out.push_str(&tell(path, symbol));
            count += 1;
        }
    }
    for located in desk.snapshot.find_symbol(&query, 20) {
        if desk.pending.get(located.path).is_none() {
            out.push_str(&tell(located.path, located.symbol));
            count += 1;
        }
    }
    if count == 0 {
        return Ok(format!("nothing is named like '{query}' in this project"));
    }
    Ok(out)
}

/// Why a path cannot be read, with the nearest path that can.
pub(super) fn unreadable(desk: &Desk<'_>, path: &ProjectPath, error: &ReadError) -> String {
    if !matches!(error, ReadError::Missing(_)) {
        return format!("{error}.");
    }
    if let Some(there) = desk.source.same_but_case(path).filter(|there| desk.view().text(there).is_ok()) {
        return format!("'{path}' does not exist: upper and lower case count. It is '{there}'.");
    }
    if desk.snapshot.files().any(|(file, _)| is_within(file, path)) {
        return format!("'{path}' is a folder. Call list_files with path='{path}'.");
    }
    let near = desk.snapshot.files().map(|(file, _)| file).min_by_key(|file| {
        let name = edit_distance(file.file_name(), path.file_name()) * 3;
        name + edit_distance(file.as_str(), path.as_str())
    });
    // Names of a few letters are near to everything.
    let is_alike = |file: &&ProjectPath| {
        let stem = path.file_name().trim_end_matches(".py");
        edit_distance(file.file_name(), path.file_name()) * 3 <= stem.chars().count()
    };
    match near.filter(is_alike) {
        Some(near) => format!("'{path}' does not exist. Did you mean '{near}'?"),
        None => format!("'{path}' does not exist. Call list_files to see what there is."),
    }
}

pub(super) fn no_such_symbol(desk: &Desk<'_>, path: &ProjectPath, structure: &FileStructure, qualname: &str) -> String {
    let name = qualname.rsplit('.').next().unwrap_or(qualname);
    let mut near: Vec<&Symbol> =
        structure.symbols.iter().filter(|symbol| symbol.kind != SymbolKind::Variable).collect();
    near.sort_by_key(|symbol| edit_distance(&symbol.name, name));
    let near: Vec<String> =
        near.iter().take(4).map(|symbol| format!("{} (line {})", symbol.qualname, symbol.line)).collect();
    let elsewhere = desk
        .snapshot
        .find_symbol(qualname, 3)
        .into_iter()
        .find(|located| located.path != path && &*located.symbol.name == name)
        .map(|located| {
            format!(" {} is in '{}' at line {}.", located.symbol.qualname, located.path, located.symbol.line)
        });
    let here = if near.is_empty() { String::new() } else { format!(" It holds: {}.", near.join(", ")) };
    format!("'{path}' has no symbol '{qualname}'.{here}{}", elsewhere.unwrap_or_default())
}
