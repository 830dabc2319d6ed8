//! Uses that stood there before and no longer fit what an unannotated function returns, or the method of what it returns.
//!
//! Invariant: what was wrong before with the same line is not told, whatever was wrong with it.

use std::collections::BTreeSet;

use super::{Asked, Concerned, Question, Stage, line_text};
use crate::gate::dependents::{Reach, users};
use crate::gate::engine::Side;
use crate::gate::found::Found;
use crate::gate::project::{Project, has_word};
use crate::gate::{Issue, unseen};
use crate::index::View;
use crate::text::ProjectPath;

/// What does not fit in each file.
pub(super) type Unfit = Vec<(ProjectPath, Vec<Found>)>;

impl Question<'_> {
    /// The files that follow what an unannotated function returns: all that it is handed to is looked at there.
    pub(super) fn followers(&self) -> BTreeSet<ProjectPath> {
        if self.returning.is_empty() {
            return BTreeSet::new();
        }
        let changed = self.project.changed.iter().filter(|(_, sides)| !sides.is_deleted && !sides.is_created);
        let mentions = |text: &str| self.returning.keys().any(|name| has_word(text, name));
        let changed = changed.filter(|(_, sides)| mentions(&sides.new_text)).map(|(path, _)| path.clone());
        let users = users(self.project, self.returning, &[], &self.engine.inner_folders());
        users.files.into_iter().chain(changed).collect()
    }

    /// What does not fit in the files of a stage, on the new side, which is laid.
    pub(super) fn unfit(&self, stage: &Stage<'_>, concerned: &Concerned) -> Unfit {
        let followers = &concerned.followers;
        let changed = followers.iter().filter(|path| stage.has_changed && self.is_changed(path));
        let asking = |path: &ProjectPath| match followers.contains(path) {
            true => Asking::All,
            false => Asking::ChangedMethods,
        };
        let unfit =
            changed.chain(stage.others).map(|path| (path.clone(), self.unfit_in(self.project, path, asking(path))));
        unfit.filter(|(_, found)| !found.is_empty()).collect()
    }

    fn unfit_in(&self, project: &Project<'_>, path: &ProjectPath, asking: Asking) -> Vec<Found> {
        let is_changed = |method: &str| self.names.get(method).is_some_and(|reach| *reach >= Reach::Method);
        let methods: Option<&dyn Fn(&str) -> bool> = match asking {
            Asking::ChangedMethods => Some(&is_changed),
            Asking::All => None,
        };
        let looked = self.engine.look(path, |lens| unseen::standing(lens, project, path, methods));
        looked.ok().flatten().unwrap_or_default()
    }

    /// What of it fitted before. Lays the old side and the new one again, if there is anything to compare.
    pub(super) fn no_longer_fitting(&mut self, unfit: Unfit, asked: &Asked) -> Vec<Issue> {
        if unfit.is_empty() {
            return Vec::new();
        }
        let view = self.project.view;
        let back = view.pending.reversed();
        let old = self.project.over(View { pending: &back, ..view });
        self.engine.lay(view.pending, Side::Old);
        let before: Vec<Vec<Found>> = unfit.iter().map(|(path, _)| self.unfit_in(&old, path, Asking::All)).collect();
        self.engine.lay(view.pending, Side::New);
        let mut issues = Vec::new();
        for ((path, mut found), before) in unfit.into_iter().zip(before) {
            let Some(text) = self.project.text(&path) else { continue };
            let old_text = self.old_text(&path, &text);
            let wrong: BTreeSet<&str> = before.iter().map(|found| line_text(&old_text, found.start)).collect();
            let is_told = |found: &Found| asked.new.get(&path).is_some_and(|told| told.contains(found));
            found.retain(|found| !wrong.contains(line_text(&text, found.start)) && !is_told(found));
            issues.extend(self.issues(&path, &text, &found, &[]));
        }
        issues
    }
}

/// Which uses are looked at.
#[derive(Clone, Copy)]
enum Asking {
    /// Calls of methods that the change changes.
    ChangedMethods,
    All,
}
