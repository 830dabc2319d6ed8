//! What a person asks about the code: asked of the gate, of the index, of the words of the project.

use std::sync::Arc;

use super::{Asker, Outside, PlacesQuestion, Question, Request};
use crate::agent::JobId;
use crate::app::{Msg, neighbours};
use crate::index::Snapshot;
use crate::text::{ChangeSet, ProjectPath};

impl Outside {
    pub(super) fn find_uses(&self, id: JobId, path: ProjectPath, symbol: String) {
        let question = Question::Uses(PlacesQuestion { path, symbol, new_name: None });
        self.gate.judge(Request { asker: Asker::Person, id, change_set: ChangeSet::default(), question });
    }

    /// Nobody wants to know any more.
    pub(super) fn end_uses(&self, id: JobId) {
        self.lookups.names.ask((id, None));
        self.gate.cancel(Asker::Person, id);
    }

    pub(super) fn seek_reach(&self, id: JobId, change_set: ChangeSet, (path, symbols): (ProjectPath, Vec<String>)) {
        let question = Question::Reach(path, symbols);
        self.gate.judge(Request { asker: Asker::Person, id, change_set, question });
    }

    pub(super) fn find_neighbours(&self, id: JobId, snapshot: Arc<Snapshot>, path: ProjectPath) {
        self.job(
            "looking up imports",
            move || Msg::NeighboursFound(id, neighbours(&snapshot, &path)),
            |why| Msg::Failed { what: "looking up imports", why },
        );
    }
}
