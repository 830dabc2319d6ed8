//! Work grows with the project, and with what changed alone: it is counted, not timed.

use std::fs;
use std::path::Path;
use std::sync::mpsc;

use flux::sys::{IndexCache, IndexEvent, IndexThread, IndexUpdate, Watching};
use tempfile::TempDir;

use super::live::PATIENCE;

/// A project of so many copies of one package.
fn project(copies: usize) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for copy in 0..copies {
        let folder = root.path().join(format!("copy{copy}"));
        fs::create_dir(&folder).unwrap();
        for nth in 0..40 {
            let text = format!("import m{}\nclass C{nth}(Base):\n    def method(self): ...\nx = {nth}\n", nth / 2);
            fs::write(folder.join(format!("m{nth}.py")), text).unwrap();
        }
    }
    root
}

/// What the first snapshots of a start cost, up to the one that `is_so`.
fn started(
    root: &Path,
    state: &Path,
    change: impl FnOnce(),
    is_last: impl Fn(&IndexUpdate) -> bool,
) -> Vec<IndexUpdate> {
    let (sender, events) = mpsc::channel();
    let cache = IndexCache::below(state, root);
    let sink = move |event| drop(sender.send(event));
    let thread = IndexThread::start(root.to_path_buf(), Vec::new(), Some(cache), Watching::Told, sink).unwrap();
    let mut updates = Vec::new();
    let mut change = Some(change);
    loop {
        if let IndexEvent::Indexed(update) = events.recv_timeout(PATIENCE).expect("the index is built") {
            updates.push(update);
            if updates.last().is_some_and(&is_last) {
                thread.stop();
                return updates;
            }
            if let Some(change) = change.take() {
                change();
            }
        }
    }
}

#[test]
fn work_grows_with_the_project() {
    let mut all = Vec::new();
    for copies in [1, 2, 4, 8] {
        let (root, state) = (project(copies), tempfile::tempdir().unwrap());
        let first = started(root.path(), state.path(), || (), |_| true).remove(0);
        let kept: u64 =
            fs::read_dir(state.path().join("index")).unwrap().map(|one| one.unwrap().metadata().unwrap().len()).sum();
        assert_eq!((first.work.files_read, first.changed.len()), (40 * copies, 40 * copies));
        all.push((first.work.bytes_read, first.snapshot.symbol_count(), kept, copies as u64));
        // The times of files so young say nothing, their content does.
        let second = started(root.path(), state.path(), || (), |_| true).remove(0);
        assert_eq!(second.changed.len(), 0, "a second start parses nothing");
        assert_eq!(second.snapshot.symbol_count(), first.snapshot.symbol_count());
    }
    let (bytes, symbols, kept, _) = all[0];
    for (more_bytes, more_symbols, more_kept, copies) in all {
        assert_eq!((more_bytes, more_symbols as u64), (bytes * copies, symbols as u64 * copies));
        assert!(more_kept.abs_diff(kept * copies) < kept * copies / 10, "{more_kept} of {kept} times {copies}");
    }
}

#[test]
fn a_change_costs_what_it_is() {
    for copies in [1, 2, 4, 8] {
        let (root, state) = (project(copies), tempfile::tempdir().unwrap());
        let text = "def edited(): ...\n";
        let edit = || {
            fs::write(root.path().join("whole.tmp"), text).unwrap();
            fs::rename(root.path().join("whole.tmp"), root.path().join("copy0/m7.py")).unwrap();
        };
        let is_edited = |update: &IndexUpdate| update.snapshot.has_word("edited");
        let last = started(root.path(), state.path(), edit, is_edited).pop().unwrap();
        assert_eq!((last.work.files_read, last.work.bytes_read), (1, text.len() as u64), "of {copies} copies");
        assert_eq!(last.changed.len(), 1);
        assert_eq!(last.snapshot.files_with_word("method").len(), 40 * copies - 1);
    }
}
