//! Other new lines in the place of a hunk's: made anew by the model, or typed by the person.
//!
//! Invariant: what the other hunks change stays what it was, wherever it comes to stand.

use std::sync::Arc;

use super::{Before, Decision, Review};
use crate::index::FileStructure;
use crate::text::{ChangeSet, FileChange, FileText, Hunk, HunkId, Run, hunks_of};

/// What a person typed cannot be taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditRefusal {
    #[error("the file is to be deleted: there are no lines to edit")]
    Deleted,
    #[error("line {line} would not parse: {message}")]
    Syntax { line: u32, message: String },
    #[error("nothing was changed")]
    Same,
}

impl Review {
    /// The new lines of a hunk, as they are edited: each ends in a bare line feed, but for the last one.
    pub fn lines_to_edit(&self, at: usize) -> Result<String, EditRefusal> {
        let hunk = self.hunks.get(at).ok_or(EditRefusal::Deleted)?;
        let change = self.change_set.get(&hunk.path).ok_or(EditRefusal::Deleted)?;
        let new = change.new.as_ref().ok_or(EditRefusal::Deleted)?;
        let extent = hunk.extent().new;
        let lines = new.split_inclusive('\n').skip(extent.start as usize).take(extent.len());
        let text = lines.collect::<String>().replace("\r\n", "\n");
        Ok(text.strip_suffix('\n').map_or(text.clone(), str::to_owned))
    }

    /// Puts what a person typed in the place of a hunk's new lines; it is accepted then. The hunk is gone where nothing is
    /// changed any more, and true is given where it is still there.
    pub fn edit(&mut self, at: usize, typed: &str) -> Result<bool, EditRefusal> {
        let present = self.lines_to_edit(at)?;
        if present == typed {
            return Err(EditRefusal::Same);
        }
        let hunk = self.hunks[at].clone();
        let change = self.change_set.get(&hunk.path).ok_or(EditRefusal::Deleted)?.clone();
        let made = as_lines(typed, change.new_text(), &hunk);
        let before = self.before();
        let count = self.hunks.len();
        match &change.old {
            Some(_) => self.replace_hunk(at, &change, &made),
            None => self.replace_file(at, FileChange { new: Some(made.into()), ..change.clone() }),
        }
        if let Some(refusal) = self.new_fault(&hunk, &change) {
            self.restore(before);
            return Err(refusal);
        }
        let is_there = self.hunks.len() >= count;
        if is_there {
            self.decisions[at] = Decision::Accepted;
            // Whoever typed it has seen both sides.
            self.hunks[at].conflict = None;
        }
        self.edited.insert(hunk.path);
        self.history.push(before);
        Ok(is_there)
    }

    /// The first syntax fault that the file of a hunk has now and did not have before.
    fn new_fault(&self, hunk: &Hunk, before: &FileChange) -> Option<EditRefusal> {
        let now = self.change_set.get(&hunk.path).filter(|_| hunk.path.is_python())?;
        let faults = FileStructure::parse(&hunk.path, now.new_text()).faults;
        let known = FileStructure::parse(&hunk.path, before.new_text()).faults;
        if faults.len() <= known.len() {
            return None;
        }
        let is_new = |fault: &&crate::index::SyntaxFault| known.iter().all(|other| other.message != fault.message);
        let fault = faults.iter().find(is_new).or(faults.first())?;
        Some(EditRefusal::Syntax { line: fault.line, message: fault.message.to_string() })
    }

    /// All that an edit or a split replaces, for taking it back.
    pub(in crate::app) fn before(&self) -> Before {
        Before {
            change_set: self.change_set.clone(),
            hunks: self.hunks.clone(),
            decisions: self.decisions.clone(),
            edited: self.edited.clone(),
        }
    }

    pub(in crate::app) fn restore(&mut self, before: Before) {
        let Before { change_set, hunks, decisions, edited } = before;
        self.change_set = change_set;
        self.hunks = hunks;
        self.decisions = decisions;
        self.edited = edited;
    }
}

/// What was typed, with the line ends of the file.
fn as_lines(typed: &str, new: &str, hunk: &Hunk) -> String {
    if typed.is_empty() {
        return String::new();
    }
    let extent = hunk.extent().new;
    let last = new.split_inclusive('\n').skip(extent.start as usize).take(extent.len()).last();
    let ends_line = last.is_none_or(|last| last.ends_with('\n'));
    let text = if ends_line { format!("{typed}\n") } else { typed.to_owned() };
    if new.contains("\r\n") { text.replace('\n', "\r\n") } else { text }
}

impl Review {
    /// Puts other new lines in the place of a hunk's; the hunk is open then, and gone where it changes nothing any more.
    pub(in crate::app) fn replace_hunk(&mut self, at: usize, change: &FileChange, made: &str) {
        let hunk = self.hunks[at].clone();
        let extent = hunk.extent();
        let (old, new): (Vec<&str>, Vec<&str>) =
            (change.old_text().split_inclusive('\n').collect(), change.new_text().split_inclusive('\n').collect());
        let (start, end) = (extent.new.start as usize, extent.new.end as usize);
        let text = [&new[..start].concat(), made, &new[end..].concat()].concat();
        let more = made.split_inclusive('\n').count() as i64 - (end - start) as i64;
        let was = old[extent.old.start as usize..extent.old.end as usize].concat();
        let mut part = ChangeSet::default();
        part.put(hunk.path.clone(), Some(Arc::new(FileText::from_text(&was))), Some(made.into()));
        let placed = |run: Run| Run {
            old: run.old.start + extent.old.start..run.old.end + extent.old.start,
            new: run.new.start + extent.new.start..run.new.end + extent.new.start,
        };
        let runs: Vec<Run> = hunks_of(&part).into_iter().flat_map(|hunk| hunk.runs).map(placed).collect();
        for later in self.hunks[at + 1..].iter_mut().filter(|later| later.path == hunk.path) {
            for run in &mut later.runs {
                let moved = |line: u32| (i64::from(line) + more) as u32;
                run.new = moved(run.new.start)..moved(run.new.end);
            }
        }
        self.change_set.insert(hunk.path.clone(), FileChange { new: Some(text.into()), ..change.clone() });
        self.put_hunks(at, (!runs.is_empty()).then_some(Hunk { runs, ..hunk }).into_iter().collect());
    }

    /// The only hunk of a file becomes what is now to become of the file.
    pub(in crate::app) fn replace_file(&mut self, at: usize, change: FileChange) {
        let path = self.hunks[at].path.clone();
        let mut one = ChangeSet::default();
        one.insert(path.clone(), change.clone());
        self.change_set.insert(path, change);
        self.put_hunks(at, hunks_of(&one));
    }

    fn put_hunks(&mut self, at: usize, hunks: Vec<Hunk>) {
        self.decisions.splice(at..=at, hunks.iter().map(|_| Decision::Open));
        self.hunks.splice(at..=at, hunks);
        for (at, hunk) in self.hunks.iter_mut().enumerate() {
            hunk.id = HunkId(at as u32);
        }
    }
}
