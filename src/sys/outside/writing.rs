//! The outside's writing side: writes, undos and the list of them, one after the other.
//!
//! Knows nothing of how files are put in place. Invariant: they are done in the order in which they were asked for.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Outside, guarded};
use crate::app::{ListedWrite, Msg, TakenBack};
use crate::sys::gate_thread::tell;
use crate::sys::write::{Applied, Recovered, Undone, WriteFailure, Writer, local_time};
use crate::text::{ChangeSet, ProjectPath};

impl Outside {
    pub(super) fn write(&self, change_set: ChangeSet, title: String, task: u32) {
        let root = self.root.clone();
        let task = format!("{}-{task}", self.run);
        let write = move || {
            let written = Writer::new(&root)?.write_for_task(&change_set, &title, Some(task))?;
            Ok::<_, WriteFailure>(written)
        };
        self.write_in_turn(guarded(
            "writing",
            move || Msg::Written(write().map_err(|failure| failure.to_string())),
            |why| Msg::Written(Err(why)),
        ));
    }

    /// In turn with the writes: what was asked for before stands in the list.
    pub(super) fn list_writes(&self) {
        let root = self.root.clone();
        let listed = |write: Applied| ListedWrite {
            id: write.id,
            task: write.task,
            title: write.title,
            time: local_time(&write.time),
            files: write.files,
        };
        self.write_in_turn(guarded(
            "listing what was written",
            move || {
                let applied = Writer::new(&root).and_then(|writer| writer.applied());
                let writes = applied.map(|writes| writes.into_iter().map(listed).collect());
                Msg::WritesListed(writes.map_err(|failure| failure.to_string()))
            },
            |why| Msg::WritesListed(Err(why)),
        ));
    }

    /// Takes the last write back, or makes it again.
    pub(super) fn take_back(
        &self,
        what: &'static str,
        go: impl FnOnce(&Writer) -> Result<Undone, WriteFailure> + Send + 'static,
        msg: fn(Result<TakenBack, String>) -> Msg,
    ) {
        let root = self.root.clone();
        self.write_in_turn(guarded(
            what,
            move || {
                let undone = Writer::new(&root).and_then(|writer| go(&writer));
                let taken_back = |undone: Undone| TakenBack { paths: undone.paths, merged: undone.merged };
                msg(undone.map(taken_back).map_err(|failure| failure.to_string()))
            },
            move |why| msg(Err(why)),
        ));
    }

    /// Says how many writes can be taken back.
    pub(super) fn count_writes(&self) {
        let (root, msgs) = (self.root.clone(), self.msgs.clone());
        self.runtime.spawn_blocking(move || tell_count(&root, &msgs));
    }

    fn write_in_turn(&self, write: impl FnOnce() -> Msg + Send + 'static) {
        self.writes.put(Box::new(write));
        let (writes, index, msgs) = (self.writes.clone(), self.index.clone(), self.msgs.clone());
        let root = self.root.clone();
        self.runtime.spawn_blocking(move || {
            let msg = writes.do_next();
            index.look_if_nobody_tells();
            tell(&msgs, msg);
            tell_count(&root, &msgs);
        });
    }
}

fn tell_count(root: &Path, msgs: &Sender<Msg>) {
    if let Ok((standing, can_redo)) = Writer::new(root).and_then(|writer| writer.ways()) {
        tell(msgs, Msg::WritesCounted { standing, can_redo });
    }
}

/// Writes and undos: one at a time, in the order in which they were asked for, whichever worker comes first.
#[derive(Clone, Default)]
pub(super) struct Writes {
    waiting: Arc<Mutex<VecDeque<Write>>>,
    turn: Arc<Mutex<()>>,
}

type Write = Box<dyn FnOnce() -> Msg + Send>;

impl Writes {
    fn put(&self, write: Write) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(write);
    }

    fn do_next(&self) -> Msg {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        next.expect("every put is followed by one do_next")()
    }
}

/// What became of a write that a crash broke off.
pub(super) fn recovered_msg(write: &Recovered) -> Msg {
    let listed = |paths: &[ProjectPath]| paths.iter().map(|path| format!("'{path}'")).collect::<Vec<_>>().join(", ");
    let outcome = if write.stands { "it stands, complete" } else { "it was taken back" };
    let mut why = format!("'{}' was broken off: {outcome} ({})", write.title, listed(&write.paths));
    if !write.left.is_empty() {
        why.push_str(&format!("; changed since and left as they are: {}", listed(&write.left)));
    }
    Msg::Failed { what: "an earlier write", why }
}
