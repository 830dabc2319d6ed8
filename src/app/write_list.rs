//! The list of what was written to the project, to take any of it back.
//!
//! Knows nothing of journals. Invariant: what is selected stays selected when the list is read again.

use super::{App, Cmd, Overlay, ToastKind};
use crate::text::ProjectPath;

/// One write of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedWrite {
    pub id: u64,
    /// The same for all writes of one task.
    pub task: u64,
    pub title: String,
    /// As the person's clock showed it: `2026-11-21 14:03`.
    pub time: String,
    /// Each with whether its change still stands.
    pub files: Vec<(ProjectPath, bool)>,
}

/// What a row stands for; the numbers are ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteRow {
    /// A task that was written in several goes.
    Task(u64),
    Write(u64),
    File(u64, ProjectPath),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriteList {
    /// The last one first.
    pub writes: Vec<ListedWrite>,
    pub rows: Vec<WriteRow>,
    pub selected: usize,
    /// What became of the last wish, said in place.
    pub said: Option<(ToastKind, String)>,
}

impl WriteList {
    fn take(&mut self, writes: Vec<ListedWrite>) {
        let selected = self.rows.get(self.selected).cloned();
        let mut rows = Vec::new();
        let mut tasks: Vec<u64> = Vec::new();
        for write in &writes {
            if tasks.contains(&write.task) {
                continue;
            }
            tasks.push(write.task);
            let of_task: Vec<&ListedWrite> = writes.iter().filter(|other| other.task == write.task).collect();
            if of_task.len() > 1 {
                rows.push(WriteRow::Task(write.task));
            }
            for write in of_task {
                rows.push(WriteRow::Write(write.id));
                rows.extend(write.files.iter().map(|(path, _)| WriteRow::File(write.id, path.clone())));
            }
        }
        self.selected = rows.iter().position(|row| Some(row) == selected.as_ref()).unwrap_or(0);
        self.rows = rows;
        self.writes = writes;
    }

    /// The writes that a row stands for.
    pub fn writes_of(&self, row: &WriteRow) -> impl Iterator<Item = &ListedWrite> {
        self.writes.iter().filter(move |write| match row {
            WriteRow::Task(task) => write.task == *task,
            WriteRow::Write(id) | WriteRow::File(id, _) => write.id == *id,
        })
    }

    /// Whether a row's change, or a part of it, still stands.
    pub fn stands(&self, row: &WriteRow) -> bool {
        let is_meant = |path: &ProjectPath| match row {
            WriteRow::File(_, file) => file == path,
            WriteRow::Task(_) | WriteRow::Write(_) => true,
        };
        self.writes_of(row).flat_map(|write| &write.files).any(|(path, stands)| *stands && is_meant(path))
    }

    pub(super) fn move_by(&mut self, by: isize) {
        self.selected = super::pane::moved(self.selected, by, self.rows.len());
    }
}

/// Opens the list once it is read, or reads the open one again.
pub(super) fn show_writes() -> Vec<Cmd> {
    vec![Cmd::ListWrites]
}

pub(super) fn listed_writes(app: &mut App, writes: Result<Vec<ListedWrite>, String>) {
    let writes = match writes {
        Ok(writes) => writes,
        Err(why) => return app.say_and_note(ToastKind::Failure, format!("what was written cannot be listed: {why}")),
    };
    match &mut app.overlay {
        Some(Overlay::Writes(list)) => list.take(writes),
        Some(Overlay::Help { .. } | Overlay::Leaving { .. } | Overlay::Sessions(_)) => {}
        None if writes.is_empty() => app.say(ToastKind::Hint, "Nothing was written to this project yet."),
        None => {
            let mut list = WriteList::default();
            list.take(writes);
            app.overlay = Some(Overlay::Writes(list));
        }
    }
}

/// Takes back what is selected in the list.
pub(super) fn take_back_selected(list: &mut WriteList) -> Vec<Cmd> {
    let Some(row) = list.rows.get(list.selected).cloned() else { return Vec::new() };
    if !list.stands(&row) {
        list.said = Some((ToastKind::Hint, "This was taken back already.".to_owned()));
        return Vec::new();
    }
    list.said = None;
    let (write, whole_task, paths) = match row {
        WriteRow::Task(task) => (task, true, Vec::new()),
        WriteRow::Write(write) => (write, false, Vec::new()),
        WriteRow::File(write, path) => (write, false, vec![path]),
    };
    vec![Cmd::TakeBack { write, whole_task, paths }]
}
