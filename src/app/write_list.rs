//! The list of what was written to the project, to take any of it back.
//!
//! Knows nothing of journals. Invariant: what is selected stays selected when the list is read again.

use super::picker::{renew_items, show_picker};
use super::{App, Cmd, Lead, Overlay, Pick, PickItem, Picker, PickerKind, ToastKind, WriteRow};
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

/// The writes that a row stands for.
fn writes_of<'a>(writes: &'a [ListedWrite], row: &WriteRow) -> Vec<&'a ListedWrite> {
    let is_meant = |write: &&ListedWrite| match row {
        WriteRow::Task(task) => write.task == *task,
        WriteRow::Write(id) | WriteRow::File(id, _) => write.id == *id,
    };
    writes.iter().filter(is_meant).collect()
}

/// Every task that was written in several goes, then its writes, then their files.
fn items_of(writes: &[ListedWrite]) -> Vec<PickItem> {
    let mut items = Vec::new();
    let mut tasks: Vec<u64> = Vec::new();
    for write in writes {
        if tasks.contains(&write.task) {
            continue;
        }
        tasks.push(write.task);
        let of_task = writes_of(writes, &WriteRow::Task(write.task));
        let is_one = of_task.len() == 1;
        if !is_one {
            items.push(item(writes, WriteRow::Task(write.task), is_one));
        }
        for write in of_task {
            items.push(item(writes, WriteRow::Write(write.id), is_one));
            let files = write.files.iter().map(|(path, _)| WriteRow::File(write.id, path.clone()));
            items.extend(files.map(|row| item(writes, row, is_one)));
        }
    }
    items
}

/// `is_alone`: all that its task wrote is one write.
fn item(writes: &[ListedWrite], row: WriteRow, is_alone: bool) -> PickItem {
    let meant = writes_of(writes, &row);
    let count = |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    let (first, last) = (meant.last(), meant.first());
    let title = || last.map_or_else(String::new, |write| write.title.clone());
    let file_count = || count(last.map_or(0, |write| write.files.len()), "file");
    let (label, detail) = match &row {
        WriteRow::Task(_) => (title(), count(meant.len(), "write")),
        WriteRow::Write(_) if is_alone => (title(), String::new()),
        WriteRow::Write(_) => (format!("  {} of it", file_count()), String::new()),
        WriteRow::File(_, path) => (format!("  {path}"), String::new()),
    };
    let time = first.map_or("", |write| &write.time);
    let is_file = matches!(row, WriteRow::File(..));
    let is_of_row = |path: &ProjectPath| !matches!(&row, WriteRow::File(_, file) if file != path);
    let stands = meant.iter().flat_map(|write| &write.files).any(|(path, stands)| *stands && is_of_row(path));
    PickItem {
        lead: Lead::Text(if is_file { " ".repeat(time.len()) } else { time.to_owned() }),
        label,
        detail,
        note: if stands { String::new() } else { "taken back".to_owned() },
        hindrance: (!stands).then(|| "This was taken back already.".to_owned()),
        ..PickItem::new(Pick::Write(row))
    }
}

/// Opens the list once it is read, or reads the open one again.
pub(super) fn show_writes() -> Vec<Cmd> {
    vec![Cmd::ListWrites]
}

pub(super) fn listed_writes(app: &mut App, writes: Result<Vec<ListedWrite>, String>) -> Vec<Cmd> {
    let writes = match writes {
        Ok(writes) => writes,
        Err(why) => {
            app.say_and_note(ToastKind::Failure, format!("what was written cannot be listed: {why}"));
            return Vec::new();
        }
    };
    match &app.overlay {
        Some(Overlay::Picker(picker)) if picker.kind == PickerKind::Writes => renew_items(app, items_of(&writes)),
        Some(_) => Vec::new(),
        None if writes.is_empty() => {
            app.say(ToastKind::Hint, "Nothing was written to this project yet.");
            Vec::new()
        }
        None => show_picker(app, Picker::list(PickerKind::Writes, "What was written", items_of(&writes))),
    }
}

/// Takes back what a row of the list stands for.
pub(super) fn take_back(row: WriteRow) -> Vec<Cmd> {
    let (write, whole_task, paths) = match row {
        WriteRow::Task(task) => (task, true, Vec::new()),
        WriteRow::Write(write) => (write, false, Vec::new()),
        WriteRow::File(write, path) => (write, false, vec![path]),
    };
    vec![Cmd::TakeBack { write, whole_task, paths }]
}
