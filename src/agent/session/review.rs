//! What the person made of a proposal, and what the model is told of it.

use super::{Need, Phase, ReviewOutcome, Session, Work};
use crate::agent::Fate;
use crate::agent::tools::count_anew;
use crate::text::{ChangeSet, ContentHash, ProjectPath};

impl Session {
    pub(super) fn on_reviewed(&mut self, outcome: &ReviewOutcome) -> Vec<Need> {
        if let Some(own) = self.of_person.take() {
            return self.on_operation_reviewed(own, outcome);
        }
        if let ReviewOutcome::Rejected { comment } = outcome
            && self.phase == Phase::Reviewing
            && !comment.trim().is_empty()
        {
            return self.revise(comment, "");
        }
        let pending = std::mem::take(&mut self.pending);
        let moved = self.forget_moved();
        let is_written = matches!(outcome, ReviewOutcome::Written { .. });
        self.plan.take_fates(|_, _| Some(if is_written { Fate::Written } else { Fate::Discarded }));
        match outcome {
            ReviewOutcome::Written { files, rejected, edited } => {
                if rejected.is_empty() {
                    let is_own = |path: &ProjectPath| !edited.iter().any(|edited| edited == path.as_str());
                    let mut own = pending.clone();
                    pending.iter().filter(|(path, _)| !is_own(path)).for_each(|(path, _)| own.drop_file(path));
                    self.know_as_written(&own);
                }
                let mut told = format!("The person had your proposal written: {}.", files.join(", "));
                if !rejected.is_empty() {
                    told.push_str(&format!(
                        " These hunks were rejected and not written; read those files again before you edit them.\n{}",
                        rejected.join("\n")
                    ));
                }
                if !edited.is_empty() {
                    told.push_str(&format!(
                        " Before that the person changed lines of it in {}; read what you need of it again before you edit it.",
                        edited.join(", ")
                    ));
                }
                if !moved.is_empty() {
                    told.push_str(&format!(" {moved}"));
                }
                self.notes.push(told);
                self.learn_of_rejections(rejected);
                self.learn_of_written(rejected);
            }
            ReviewOutcome::Rejected { comment } => {
                let why = if comment.trim().is_empty() { String::new() } else { format!(" Reason: {comment}") };
                self.notes.push(format!("The person rejected your proposal; nothing was written.{why}"));
            }
        }
        self.report = None;
        self.indexed.clear();
        self.open.clear();
        if self.phase == Phase::Reviewing {
            self.phase = Phase::Idle;
            self.work = Work::Nothing;
        }
        Vec::new()
    }

    /// The proposal was laid over files that changed on disk. It counts as made from what stands there now, for as long
    /// as it is reviewed.
    pub(super) fn on_rebased(
        &mut self,
        pending: ChangeSet,
        moved: Vec<(ProjectPath, Option<ContentHash>)>,
        joined: Vec<(ProjectPath, Option<ContentHash>)>,
    ) -> Vec<Need> {
        if self.phase != Phase::Reviewing {
            return Vec::new();
        }
        self.joined.extend(joined.iter().map(|(path, _)| path.clone()));
        self.moved.extend(moved.iter().map(|(path, _)| path.clone()));
        for (path, hash) in moved.into_iter().chain(joined) {
            match hash {
                Some(hash) => self.reads.read_whole(path.clone(), hash),
                None => drop(self.reads.files.remove(&path)),
            }
            self.indexed.insert(path.clone(), self.indexed_hash(&path));
        }
        self.pending = pending;
        Vec::new()
    }

    /// The model has to read again what changed on disk; the sentence tells it so, and is empty where nothing did.
    pub(super) fn forget_moved(&mut self) -> String {
        let moved = std::mem::take(&mut self.moved);
        let joined = std::mem::take(&mut self.joined);
        moved.iter().chain(&joined).for_each(|path| drop(self.reads.files.remove(path)));
        let paths: Vec<String> = moved.iter().map(|path| format!("'{path}'")).collect();
        match paths.is_empty() {
            true => String::new(),
            false => {
                let paths = paths.join(", ");
                format!("Somebody changed {paths} on disk meanwhile. Read what you edit there again first.")
            }
        }
    }

    /// What the model wrote stands on disk now, byte order mark and encoding included. Where only a part of it was
    /// taken this is not called, and the file has to be read again.
    fn know_as_written(&mut self, pending: &ChangeSet) {
        for (path, change) in pending.iter() {
            let (Some(state), Some(new)) = (self.reads.files.get_mut(path), &change.new) else { continue };
            let bytes = change.old.as_ref().map_or_else(|| Ok(new.as_bytes().to_vec()), |old| old.encode(new));
            if let Ok(bytes) = bytes {
                count_anew(state, pending, path);
                state.hash = ContentHash::of(&bytes);
            }
        }
    }
}
