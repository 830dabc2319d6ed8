//! Read before write: what the model has seen of each file, at which content.
//!
//! Invariant: an edit of an existing file is let through only if the model saw what it builds on, at the content that
//! stands there now. The log holds the content on disk: flux's own edits on top of it are known to the model, which
//! wrote them, so nothing has to be read twice.

use crate::edit::Operation;
use crate::gate::{ReadLog, ReadState};
use crate::index::{FileStructure, Symbol, SymbolKind, View};
use crate::text::{
    ChangeSet, ContentHash, Hunk, HunkId, LineIndex, ProjectPath, ReadError, RebasedHunk, Run, Source, hunks_of,
    rebase, select,
};

/// The content that a file's reading is noted under: of what is on disk, and for a file that is to be created, of its
/// text.
pub(crate) fn read_hash(view: View<'_>, path: &ProjectPath) -> Result<ContentHash, ReadError> {
    match view.pending.get(path) {
        Some(change) => match &change.new {
            Some(new) => Ok(change.base_hash().unwrap_or_else(|| ContentHash::of(new.as_bytes()))),
            None => Err(ReadError::Missing(path.clone())),
        },
        None => view.source.read(path).map(|file| file.hash()),
    }
}

/// Whether the disk no longer holds what the pending edits of `path` started from.
pub(crate) fn base_moved(view: View<'_>, path: &ProjectPath) -> bool {
    let Some(change) = view.pending.get(path) else { return false };
    match view.source.read(path) {
        Ok(file) => change.base_hash() != Some(file.hash()),
        Err(ReadError::Missing(_)) => change.base_hash().is_some(),
        Err(_) => true,
    }
}

/// Lays the pending edits of a file over what stands on disk now, and says which could not be kept: those of lines that
/// somebody else changed too.
pub(super) fn lay_anew(pending: &mut ChangeSet, source: &dyn Source, path: &ProjectPath) -> String {
    let mut one = ChangeSet::default();
    if let Some(change) = pending.get(path) {
        one.insert(path.clone(), change.clone());
    }
    pending.drop_file(path);
    let now = match source.read(path) {
        Ok(file) => Some(file),
        Err(ReadError::Missing(_)) => None,
        // Whoever reads it next says why it cannot be read.
        Err(_) => return format!("'{path}' changed on disk: the pending edits of it were dropped."),
    };
    let hunks = hunks_of(&one);
    let Some(change) = one.get(path) else { return String::new() };
    let rebased = rebase(change, &hunks.iter().collect::<Vec<_>>(), now.as_ref());
    let Some(laid) = rebased.change else {
        return format!("'{path}' changed on disk: what you had changed stands there now. It reads:");
    };
    one.insert(path.clone(), laid.clone());
    let hunk = |(id, hunk): (u32, RebasedHunk)| Hunk {
        id: HunkId(id),
        path: path.clone(),
        runs: hunk.runs,
        conflict: hunk.conflict,
    };
    let hunks: Vec<Hunk> = (0..).zip(rebased.hunks).map(hunk).collect();
    let kept = select(&one, &hunks, |id| hunks[id.0 as usize].conflict.is_none());
    if let Some(change) = kept.get(path) {
        pending.insert(path.clone(), change.clone());
    }
    let mut told = format!("'{path}' changed on disk.");
    if !kept.is_empty() {
        told.push_str(" Your pending edits lie over it now.");
    }
    for hunk in hunks.iter().filter(|hunk| hunk.conflict.is_some()) {
        let lines = hunk.extent().new;
        let lost: Vec<&str> = laid
            .new_text()
            .split_inclusive('\n')
            .skip(lines.start as usize)
            .take(lines.len().min(LOST_LINES))
            .collect();
        told.push_str(&format!(
            "\nSomebody else changed the same lines as you here, so this edit of yours was left out; make it again where \
             it is still wanted:\n{}",
            lost.concat().trim_end_matches('\n')
        ));
        if lines.len() > LOST_LINES {
            told.push_str(&format!("\n… {} more lines", lines.len() - LOST_LINES));
        }
    }
    told.push_str("\nIt reads:");
    told
}

/// Lines quoted of an edit that was left out.
const LOST_LINES: usize = 20;

/// Notes that lines `first..=last` were shown; once all were, the file counts as read whole.
pub(super) fn note_lines(
    reads: &mut ReadLog,
    view: View<'_>,
    path: &ProjectPath,
    hash: ContentHash,
    structure: &FileStructure,
    (first, last): (u32, u32),
) {
    let (Ok(text), false) = (view.text(path), reads.covers(path, hash, None)) else { return };
    let overlay = Overlay::of(view.pending, path);
    for (_, from, to) in overlay.unchanged(first, last) {
        reads.read_symbol(path.clone(), hash, &lines_entry(from, to));
    }
    // Also where all that was shown is the model's own.
    reads.read_symbol(path.clone(), hash, &lines_entry(0, 0));
    for symbol in structure.symbols.iter().filter(|s| s.decorator_line.unwrap_or(s.line) >= first && s.end_line <= last)
    {
        reads.read_symbol(path.clone(), hash, &symbol.qualname);
    }
    let line_count = LineIndex::new(&text).line_count();
    if reads.files.get(path).is_some_and(|state| overlay.first_unseen(state, 1, line_count).is_none()) {
        reads.read_whole(path.clone(), hash);
    }
}

/// A piece of a long file is remembered among the symbols, under a name that no symbol can have. Its lines are counted
/// in the file on disk: so they stay true whatever edits are laid over it, and when these are rejected.
fn lines_entry(first: u32, last: u32) -> String {
    format!("lines {first}-{last}")
}

fn lines_of_entry(entry: &str) -> Option<(u32, u32)> {
    let (first, last) = entry.strip_prefix("lines ")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

/// Which lines of a file's pending text stand as they are on disk, and where there. The others the model wrote.
struct Overlay {
    runs: Vec<Run>,
}

impl Overlay {
    fn of(pending: &ChangeSet, path: &ProjectPath) -> Self {
        let mut one = ChangeSet::default();
        if let Some(change) = pending.get(path) {
            one.insert(path.clone(), change.clone());
        }
        Self { runs: hunks_of(&one).into_iter().flat_map(|hunk| hunk.runs).collect() }
    }

    /// The pieces of lines `first..=last` of the pending text that are the disk's: where each begins in the pending
    /// text, and its first and last line on disk. All from 1.
    fn unchanged(&self, first: u32, last: u32) -> Vec<(u32, u32, u32)> {
        let mut pieces = Vec::new();
        // What lies before the next run, in lines from 0 of both texts.
        let (mut new, mut old) = (0, 0);
        let end = Run { old: u32::MAX..u32::MAX, new: u32::MAX..u32::MAX };
        for run in self.runs.iter().chain([&end]) {
            let (from, to) = (new.max(first.saturating_sub(1)), run.new.start.min(last));
            if from < to {
                pieces.push((from + 1, old + (from - new) + 1, old + (to - new)));
            }
            (new, old) = (run.new.end, run.old.end);
        }
        pieces
    }

    /// The first of lines `first..=last` of the pending text that the model neither saw nor wrote.
    fn first_unseen(&self, state: &ReadState, first: u32, last: u32) -> Option<u32> {
        let mut seen: Vec<(u32, u32)> = state.symbols.iter().filter_map(|entry| lines_of_entry(entry)).collect();
        seen.sort_unstable();
        self.unchanged(first, last).into_iter().find_map(|(new, from, to)| {
            let mut next = from;
            for (first, last) in &seen {
                if *first > next {
                    break;
                }
                next = next.max(last.saturating_add(1));
            }
            (next <= to).then(|| new + (next - from))
        })
    }
}

impl Overlay {
    /// Whether lines `first..=last` of the pending text were seen. There is nothing to be seen of blank ones.
    fn saw_all(&self, state: &ReadState, text: &str, mut first: u32, last: u32) -> bool {
        let is_blank = |line: u32| text.lines().nth(line as usize - 1).is_none_or(|line| line.trim().is_empty());
        while let Some(unseen) = self.first_unseen(state, first, last) {
            if !is_blank(unseen) {
                return false;
            }
            first = unseen + 1;
        }
        true
    }
}

/// What was pending is on disk now: the lines that were seen or written are counted there.
pub(crate) fn count_anew(state: &mut ReadState, pending: &ChangeSet, path: &ProjectPath) {
    let Some(change) = pending.get(path).filter(|_| !state.whole) else { return };
    let overlay = Overlay::of(pending, path);
    let line_count = LineIndex::new(change.new_text()).line_count();
    let known = |line: &u32| overlay.first_unseen(state, *line, *line).is_none();
    let lines: Vec<String> = (1..=line_count).filter(known).map(|line| lines_entry(line, line)).collect();
    state.symbols.retain(|entry| lines_of_entry(entry).is_none());
    state.symbols.extend(lines);
}

/// Lets an operation through, or says what has to be read first.
pub(crate) fn check(view: View<'_>, reads: &ReadLog, operation: &Operation) -> Result<(), String> {
    let (path, _) = operation.target();
    let (Ok(text), Ok(hash)) = (view.text(path), read_hash(view, path)) else {
        // A new file, or one that cannot be read: the operation itself says so.
        return Ok(());
    };
    if base_moved(view, path) {
        return Err(format!("'{path}' changed on disk since it was read. Call read_file to see it as it is now."));
    }
    let Some(state) = reads.files.get(path) else {
        return Err(format!("'{path}' was not read yet. Call {} first.", how_to_read(operation)));
    };
    if state.hash != hash {
        return Err(format!("'{path}' changed since it was read. Call {} again.", how_to_read(operation)));
    }
    if state.whole || saw_enough(view, state, operation, &text) {
        return Ok(());
    }
    match symbol_of(operation) {
        Some(symbol) => Err(format!(
            "'{symbol}' in '{path}' was not read yet. Call read_symbol with symbol='{symbol}', or read_file, first."
        )),
        None => {
            let last = import_lines(view, operation).unwrap_or_else(|| LineIndex::new(&text).line_count());
            let next = Overlay::of(view.pending, path).first_unseen(state, 1, last).unwrap_or(1);
            Err(format!("'{path}' was read only in part. Call read_file with start_line={next} first."))
        }
    }
}

/// The last of the lines that an import is added to, where one is added: the head of the file, with its imports.
fn import_lines(view: View<'_>, operation: &Operation) -> Option<u32> {
    let Operation::AddImport { path, .. } = operation else { return None };
    let structure = view.structure(path).ok()?;
    let is_code = |symbol: &&Symbol| symbol.kind != SymbolKind::Variable;
    let code = structure.symbols.iter().find(is_code).map_or(u32::MAX, |first| first.line);
    let head = structure.imports.iter().map(|import| import.line).filter(|line| *line < code);
    Some(head.max().unwrap_or(1))
}

fn how_to_read(operation: &Operation) -> &'static str {
    if symbol_of(operation).is_some() { "read_file or read_symbol" } else { "read_file" }
}

/// The symbol whose reading suffices for the operation.
fn symbol_of(operation: &Operation) -> Option<String> {
    match operation {
        Operation::ModifyFunction { name, target_class: Some(class), .. } if !name.contains('.') => {
            Some(format!("{class}.{name}"))
        }
        Operation::AddFunction { target_class, .. } => target_class.clone(),
        _ => operation.target().1.map(str::to_owned),
    }
}

fn saw_enough(view: View<'_>, state: &ReadState, operation: &Operation, text: &str) -> bool {
    let saw = |qualname: &str| state.symbols.iter().any(|symbol| symbol == qualname);
    let overlay = Overlay::of(view.pending, operation.target().0);
    // Pieces may meet within what is asked for.
    let saw_lines = |first, last| overlay.saw_all(state, text, first, last);
    let Ok(structure) = view.structure(operation.target().0) else { return false };
    let lines_of = |symbol: &Symbol| (symbol.decorator_line.unwrap_or(symbol.line), symbol.end_line);
    if let Some(symbol) = symbol_of(operation) {
        // Who read a class has read its methods.
        let enclosing = symbol.match_indices('.').map(|(at, _)| &symbol[..at]);
        if saw(&symbol) || enclosing.into_iter().any(saw) {
            return true;
        }
        let found = structure.find(&symbol);
        let mut places = found.iter().map(|id| structure.symbol(*id));
        // One that is addressed by its line was read under its name.
        let seen = |symbol: &Symbol| {
            let (first, last) = lines_of(symbol);
            saw(&symbol.qualname) || saw_lines(first, last)
        };
        return !found.is_empty() && places.all(seen);
    }
    if let Some(last) = import_lines(view, operation) {
        return saw_lines(1, last);
    }
    let Operation::EditFile { search, .. } = operation else { return false };
    // Models write `\n`, whatever the file does. Where it is not found the operation says so.
    let (text, search) = (text.replace("\r\n", "\n"), search.replace("\r\n", "\n"));
    let Some(at) = text.find(&search) else { return true };
    let lines = LineIndex::new(&text);
    let (first, last) = (lines.line(at), lines.line(at + search.len().saturating_sub(1)));
    saw_lines(first, last)
}

/// Lets the outcome of an `edit_file` through, or says what has to be read first: what was quoted inexactly is known by
/// what became of it.
pub(super) fn check_outcome(
    view: View<'_>,
    reads: &ReadLog,
    operation: &Operation,
    new: &ChangeSet,
) -> Result<(), String> {
    let Operation::EditFile { path, .. } = operation else { return Ok(()) };
    let (Some(state), Ok(text)) = (reads.files.get(path).filter(|state| !state.whole), view.text(path)) else {
        return Ok(());
    };
    let overlay = Overlay::of(view.pending, path);
    let step = new.since(view.pending, path);
    let runs = hunks_of(&step).into_iter().flat_map(|hunk| hunk.runs);
    match runs.into_iter().find(|run| !overlay.saw_all(state, &text, run.old.start + 1, run.old.end)) {
        None => Ok(()),
        Some(run) => Err(format!(
            "'{path}' was read only in part, and this is at line {}. Call read_file with start_line={} first.",
            run.old.start + 1,
            run.old.start.saturating_sub(20).max(1)
        )),
    }
}

/// After an operation of the model: it knows what it wrote.
pub(crate) fn keep_current(reads: &mut ReadLog, old: &ChangeSet, new: &ChangeSet, operation: Option<&Operation>) {
    for (path, change) in new.iter().filter(|(path, change)| old.get(path) != Some(change)) {
        let Some(text) = &change.new else { continue };
        let hash = change.base_hash().unwrap_or_else(|| ContentHash::of(text.as_bytes()));
        let is_written_whole = change.old.is_none()
            || matches!(operation, Some(Operation::WriteFile { path: written, .. }) if written == path);
        match reads.files.get_mut(path) {
            Some(_) if !is_written_whole => {}
            _ if is_written_whole => reads.read_whole(path.clone(), hash),
            // What followed by itself: nothing of it was seen, but nothing of it was made up either.
            _ => {
                reads.files.insert(path.clone(), ReadState { hash, whole: false, symbols: Vec::new() });
            }
        }
    }
}
