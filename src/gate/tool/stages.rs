//! What the engine is asked at once: where many files use what changed, the changed ones first, the others in portions.
//!
//! Knows nothing of what the answers mean. Invariant: all stages together ask for every file once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::{Asked, Question, line_text, words};
use crate::gate::dependents;
use crate::gate::engine::Side;
use crate::gate::found::Found;
use crate::gate::report::NOT_ANALYSED;
use crate::gate::unseen;
use crate::text::ProjectPath;

/// So few files that use what changed are asked together with those that changed.
const TOGETHER_MAX: usize = 16;
/// So many are asked between two tellings. Each costs laying the texts anew.
const PORTION_FILES: usize = 64;

/// The files that a change may break besides those that it changes.
pub(super) struct Concerned {
    /// All of them, in the order in which they are asked.
    pub(super) others: Vec<ProjectPath>,
    users: BTreeSet<ProjectPath>,
    /// Where it is followed what an unannotated function returns; changed files may be among them.
    pub(super) followers: BTreeSet<ProjectPath>,
}

impl Concerned {
    pub(super) fn new(question: &Question<'_>) -> Self {
        let users: BTreeSet<ProjectPath> = question.users.iter().cloned().collect();
        let followers = question.followers();
        let further = followers.iter().filter(|path| !users.contains(*path) && !question.is_changed(path));
        Self { others: question.users.iter().chain(further).cloned().collect(), users, followers }
    }
}

/// Files that are asked at once.
pub(super) struct Stage<'a> {
    pub(super) has_changed: bool,
    pub(super) others: &'a [ProjectPath],
}

/// Those of `others` that are asked together with the changed files: all, or none.
pub(in crate::gate) fn asked_together(others: &[ProjectPath]) -> &[ProjectPath] {
    if others.len() > TOGETHER_MAX { &[] } else { others }
}

/// The stages for `others`, which use what changed; for these alone where the changed files are known.
pub(super) fn stages(others: &[ProjectPath], is_changed_known: bool) -> Vec<Stage<'_>> {
    let together = if is_changed_known { &[] } else { asked_together(others) };
    let (first, rest) = others.split_at(together.len());
    let changed = (!is_changed_known).then_some(Stage { has_changed: true, others: first });
    let portions = rest.chunks(PORTION_FILES).map(|others| Stage { has_changed: false, others });
    changed.into_iter().chain(portions).collect()
}

impl Question<'_> {
    /// What the engine says about the files of a stage, on the new side.
    pub(super) fn findings(&mut self, stage: &Stage<'_>, concerned: &Concerned) -> Asked {
        let mut asked = Asked { has_changed: stage.has_changed, ..Asked::default() };
        let concern = dependents::concern(self.names);
        if stage.has_changed {
            self.findings_in_changed(&mut asked);
        } else {
            self.engine.lay(self.project.view.pending, Side::New);
            self.engine.ask_ahead([]);
            self.engine.ask_ahead_for_users(stage.others, Some(&concern));
        }
        if asked.has_changed && self.is_broken() {
            return asked;
        }
        for path in stage.others.iter().filter(|path| concerned.users.contains(*path)) {
            self.project.go_on();
            if !self.engine.is_concerned(path, &concern) {
                self.project.beat();
                continue;
            }
            let found = self.check(path);
            self.project.beat();
            let text = self.project.text(path).unwrap_or_else(|| "".into());
            // What is wrong there anyway needs no comparison.
            let concerns = |found: &&Found| {
                let mut words = words(&found.message).chain(words(line_text(&text, found.start)));
                found.rule == NOT_ANALYSED || words.any(|word| self.names.contains_key(word))
            };
            let found: Arc<[Found]> = found.iter().filter(concerns).cloned().collect();
            asked.new.insert(path.clone(), found);
        }
        asked.unfit = self.unfit(stage, concerned);
        asked
    }

    fn findings_in_changed(&self, asked: &mut Asked) {
        let remaining = || self.project.changed.iter().filter(|(_, sides)| !sides.is_deleted);
        let started = Instant::now();
        for (path, _) in remaining() {
            // Kept by the engine; asked here to know the time it takes.
            let _ = self.engine.check_syntax(path);
        }
        asked.syntax_ms = started.elapsed().as_secs_f64() * 1000.0;
        for (path, sides) in remaining() {
            let found = self.check(path);
            let unseen = self.engine.look(path, |lens| unseen::written(lens, self.project, path, sides));
            let unseen = unseen.ok().flatten().unwrap_or_default();
            let all = if unseen.is_empty() { found } else { found.iter().cloned().chain(unseen).collect() };
            asked.new.insert(path.clone(), all);
            self.project.beat();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::judge::judge;
    use crate::gate::{Gate, Pulse, PythonEnvironment};
    use crate::index::{Snapshot, View};
    use crate::text::{ChangeSet, MemorySource};
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    #[test]
    fn of_each_file_that_is_done_the_pulse_hears() {
        const COUNT: usize = 40;
        let folder = tempfile::tempdir().unwrap();
        let mut pending = ChangeSet::default();
        for nth in 0..COUNT {
            let path = ProjectPath::new(&format!("m{nth}.py")).unwrap();
            pending.put(path, None, Some("def run():\n    return missing\n".into()));
        }
        let mut gate = Gate::new(folder.path(), PythonEnvironment::default());
        let (cancelled, beats) = (AtomicBool::new(false), AtomicU64::new(0));
        let source = MemorySource::default();
        let view = View { snapshot: &Snapshot::default(), pending: &pending, source: &source };
        let report = judge(&mut gate, view, None, Pulse::new(&cancelled, &beats), &|_| {});
        assert_eq!(report.issues.len(), COUNT, "{:?}", report.issues);
        let beats = beats.load(Ordering::Relaxed);
        assert!(beats >= COUNT as u64, "{beats} beats");
    }

    #[test]
    fn every_file_is_asked_once_and_few_are_asked_together() {
        let files = |count: usize| -> Vec<ProjectPath> {
            (0..count).map(|nth| ProjectPath::new(&format!("m{nth:04}.py")).unwrap()).collect()
        };
        for count in [0, 1, TOGETHER_MAX, TOGETHER_MAX + 1, PORTION_FILES, PORTION_FILES + 1, 4_700] {
            let files = files(count);
            let alone = stages(&files, true);
            assert!(alone.iter().all(|stage| !stage.has_changed));
            assert_eq!(
                alone.iter().flat_map(|stage| stage.others).collect::<Vec<_>>(),
                files.iter().collect::<Vec<_>>()
            );
            let stages = stages(&files, false);
            assert!(stages[0].has_changed && stages[1..].iter().all(|stage| !stage.has_changed));
            let asked: Vec<ProjectPath> = stages.iter().flat_map(|stage| stage.others).cloned().collect();
            assert_eq!(asked, files);
            assert_eq!(stages.len() == 1, count <= TOGETHER_MAX);
        }
    }
}
