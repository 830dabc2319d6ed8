//! A proposal whose files change while a person decides on it.
//!
//! Knows nothing of how lines are laid over lines. Invariant: what was decided holds for as long as nobody touched the lines
//! it was decided about; what is shown as the old side is what stands on the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Decision, Review};
use crate::agent::Event;
use crate::app::Reading;
use crate::text::{
    ChangeSet, FileChange, FileText, Hunk, HunkId, Origin, ProjectPath, hunks_of, merge, rebase, select,
};

/// The new hunks of files, each with which one of its file's hunks it was before.
type Laid = BTreeMap<ProjectPath, (Vec<Hunk>, Vec<Option<usize>>)>;

/// What became of a proposal whose files changed.
#[derive(Debug, Default)]
pub struct Meanwhile {
    /// The files that are others now.
    pub(in crate::app) paths: Vec<ProjectPath>,
    /// Files that became part of the proposal; nobody else changed them.
    pub(in crate::app) joined: Vec<ProjectPath>,
    /// Hunks of them that nobody touched.
    pub(in crate::app) followed: usize,
    /// The hunks that are newly in conflict.
    pub(in crate::app) clashed: Vec<usize>,
    /// The hunks that were there before, in the order of old, each with which one it is now.
    pub(in crate::app) places: Vec<Option<usize>>,
}

impl Meanwhile {
    /// These files became part of the proposal.
    pub(in crate::app) fn joined(joined: Vec<ProjectPath>) -> Self {
        Self { joined, ..Self::default() }
    }
}

impl Review {
    /// Lays the proposal over what stands on the disk now. Nothing when it is what it was made from.
    pub fn rebase(&mut self, readings: &[Reading]) -> Option<Meanwhile> {
        let mut meanwhile = Meanwhile::default();
        let mut laid: Laid = BTreeMap::new();
        for (path, reading) in readings {
            let Some(change) = self.change_set.get(path).cloned() else { continue };
            let now = match reading {
                Ok(now) => now,
                Err(why) => {
                    if self.unreadable.insert(path.clone(), why.clone()).is_none() {
                        meanwhile.paths.push(path.clone());
                    }
                    continue;
                }
            };
            let was_unreadable = self.unreadable.remove(path).is_some();
            if now.as_ref().map(|now| now.hash()) == change.base_hash() {
                meanwhile.paths.extend(was_unreadable.then(|| path.clone()));
                continue;
            }
            meanwhile.paths.push(path.clone());
            if let Some(moved) = now.as_ref().and_then(|now| self.follow_move(path, now)) {
                laid.extend(moved);
                continue;
            }
            let hunks: Vec<&Hunk> = self.hunks.iter().filter(|hunk| hunk.path == *path).collect();
            let rebased = rebase(&change, &hunks, now.as_ref());
            // What changes nothing any more goes.
            let nothing = FileChange { old: None, new: None, origin: None };
            self.change_set.insert(path.clone(), rebased.change.unwrap_or(nothing));
            let origins = rebased.hunks.iter().map(|hunk| hunk.origin).collect();
            let hunk = |hunk: crate::text::RebasedHunk| Hunk {
                id: HunkId(0),
                path: path.clone(),
                runs: hunk.runs,
                conflict: hunk.conflict,
            };
            laid.insert(path.clone(), (rebased.hunks.into_iter().map(hunk).collect(), origins));
        }
        if meanwhile.paths.is_empty() {
            return None;
        }
        self.take_laid(laid, &mut meanwhile);
        Some(meanwhile)
    }

    /// What was typed in a file that is to be moved goes along, where nobody touched the same lines.
    fn follow_move(&mut self, path: &ProjectPath, now: &Arc<FileText>) -> Option<Laid> {
        let gone = self.change_set.get(path).filter(|change| change.new.is_none())?.clone();
        let comes_from = |change: &FileChange| {
            change.old.is_none() && change.origin.as_ref().is_some_and(|origin| origin.path == *path)
        };
        let (to, made) = self.change_set.iter().find(|(_, change)| comes_from(change))?;
        let (to, made) = (to.clone(), made.clone());
        let merge = merge(gone.old.as_ref()?.text(), made.new_text(), now.text());
        if !merge.clashes.is_empty() {
            return None;
        }
        let origin = Some(Origin { path: path.clone(), file: now.clone() });
        let mut both = ChangeSet::default();
        both.insert(path.clone(), FileChange { old: Some(now.clone()), ..gone });
        both.insert(to, FileChange { new: Some(merge.text.into()), origin, ..made });
        for (path, change) in both.iter() {
            self.change_set.insert(path.clone(), change.clone());
        }
        // Each comes or goes as a whole: its hunk stays the same one.
        Some(hunks_of(&both).into_iter().map(|hunk| (hunk.path.clone(), (vec![hunk], vec![Some(0)]))).collect())
    }

    /// Puts the hunks of files that were laid anew in the place of those before.
    fn take_laid(&mut self, mut laid: Laid, meanwhile: &mut Meanwhile) {
        let before = std::mem::take(&mut self.hunks);
        let decisions = std::mem::take(&mut self.decisions);
        meanwhile.places = vec![None; before.len()];
        let mut at = 0;
        for group in before.chunk_by(|one, next| one.path == next.path) {
            let (hunks, origins) = match laid.remove(&group[0].path) {
                Some(laid) => laid,
                None => (group.to_vec(), (0..group.len()).map(Some).collect()),
            };
            let has_moved = meanwhile.paths.contains(&group[0].path);
            for (hunk, origin) in hunks.into_iter().zip(origins) {
                let place = origin.map(|origin| at + origin);
                if let Some(place) = place {
                    meanwhile.places[place].get_or_insert(self.hunks.len());
                }
                let is_stuck = self.unreadable.contains_key(&hunk.path);
                meanwhile.followed += usize::from(has_moved && place.is_some());
                if place.is_none() && hunk.conflict.is_some() {
                    meanwhile.clashed.push(self.hunks.len());
                }
                self.decisions.push(place.filter(|_| !is_stuck).map_or(Decision::Open, |place| decisions[place]));
                self.hunks.push(hunk);
            }
            at += group.len();
        }
        for (at, hunk) in self.hunks.iter_mut().enumerate() {
            hunk.id = HunkId(at as u32);
        }
        // Earlier decisions were about other hunks.
        self.history.clear();
        self.write_when_judged = false;
    }

    /// What the agent is told: the proposal without what is in conflict, and what its files are now.
    pub fn rebased_event(&self, meanwhile: &Meanwhile) -> Event {
        let base = |path: &ProjectPath| (path.clone(), self.change_set.get(path).and_then(FileChange::base_hash));
        Event::Rebased {
            pending: select(&self.change_set, &self.hunks, |id| !self.is_in_conflict(id.0 as usize)),
            moved: meanwhile.paths.iter().map(base).collect(),
            joined: meanwhile.joined.iter().map(base).collect(),
        }
    }
}
