//! A proposal whose files change while a person decides on it.
//!
//! Knows nothing of how lines are laid over lines. Invariant: what was decided holds for as long as nobody touched the lines
//! it was decided about; what is shown as the old side is what stands on the disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::deciding::listed;
use super::mending::fix_outside;
use super::pane::proposal::ProposalPane;
use super::proposing::{ask_kinds, close_review, judge_all, put_pane, reveal_hunk, seek_needs};
use super::tasks::tell_agent;
use super::{App, Cmd, Decision, Pane, Reading, Review, ToastKind};
use crate::agent::{Event, JobId, ReviewOutcome};
use crate::text::{
    ChangeSet, FileChange, FileText, Hunk, HunkId, Origin, ProjectPath, hunks_of, merge, rebase, select,
};

/// The new hunks of files, each with which one of its file's hunks it was before.
type Laid = BTreeMap<ProjectPath, (Vec<Hunk>, Vec<Option<usize>>)>;

/// What became of a proposal whose files changed.
#[derive(Debug, Default)]
pub struct Meanwhile {
    /// The files that are others now.
    paths: Vec<ProjectPath>,
    /// Files that became part of the proposal; nobody else changed them.
    joined: Vec<ProjectPath>,
    /// Hunks of them that nobody touched.
    followed: usize,
    /// The hunks that are newly in conflict.
    clashed: Vec<usize>,
    /// The hunks that were there before, in the order of old, each with which one it is now.
    places: Vec<Option<usize>>,
}

impl Meanwhile {
    /// These files became part of the proposal.
    pub(super) fn joined(joined: Vec<ProjectPath>) -> Self {
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

/// Asks for the files of the proposal that are not what it was made from, as far as the index knows.
pub(super) fn reread_moved(app: &mut App) -> Vec<Cmd> {
    let (Some(review), Some(snapshot)) = (&app.review, &app.snapshot) else { return Vec::new() };
    let has_moved = |path: &ProjectPath, change: &FileChange| {
        let known = snapshot.file(path).map(|entry| entry.hash);
        // Of other files the index knows nothing.
        !path.holds_code() || known != change.base_hash() || review.unreadable.contains_key(path)
    };
    let paths = review.change_set.iter().filter(|(path, change)| has_moved(path, change));
    let paths = paths.map(|(path, _)| path.clone()).collect();
    ask(app, paths)
}

/// Asks for all files of the proposal.
pub(super) fn reread_all(app: &mut App) -> Vec<Cmd> {
    let Some(review) = &app.review else { return Vec::new() };
    let paths = review.change_set.iter().map(|(path, _)| path.clone()).collect();
    ask(app, paths)
}

fn ask(app: &mut App, paths: Vec<ProjectPath>) -> Vec<Cmd> {
    if paths.is_empty() {
        return Vec::new();
    }
    let job = app.next_job();
    let Some(review) = &mut app.review else { return Vec::new() };
    review.reread_awaited = Some(job);
    vec![Cmd::Reread(job, paths)]
}

/// Takes in what stands in the proposal's files now.
pub(super) fn reread(app: &mut App, job: JobId, readings: &[Reading]) -> Vec<Cmd> {
    if let Some(cmds) = fix_outside(app, job, readings) {
        return cmds;
    }
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    // While it is being written the writer itself looks; should it fail, all is read again.
    let (Some(review), false) = (&mut app.review, app.is_writing) else { return Vec::new() };
    if review.reread_awaited != Some(job) {
        return Vec::new();
    }
    review.reread_awaited = None;
    let was_refused = std::mem::take(&mut review.was_refused);
    let Some(meanwhile) = review.rebase(readings) else { return Vec::new() };
    let mut said = told(review, &meanwhile);
    if was_refused && !review.hunks.is_empty() {
        said.push_str(" Nothing was written so far: w writes what is accepted.");
    }
    if review.hunks.is_empty() {
        close_review(app);
        app.say_and_note(ToastKind::Done, format!("{said} Nothing is left to decide."));
        let files = meanwhile.paths.iter().map(ToString::to_string).collect();
        return tell_agent(
            app,
            Event::Reviewed(ReviewOutcome::Written { files, rejected: Vec::new(), edited: Vec::new() }),
        );
    }
    let event = review.rebased_event(&meanwhile);
    let mut pane = ProposalPane::new(review, app.proposal.as_ref(), arrangement, height);
    if let Some(before) = &app.proposal {
        let place = before.hunk().and_then(|at| meanwhile.places.get(at).copied().flatten());
        let first_clash = || review.hunks.iter().position(|hunk| hunk.conflict.is_some());
        pane.go_to_hunk(place.or_else(first_clash).unwrap_or(0), height);
    }
    let mut cmds = put_pane(app, pane);
    reveal_hunk(app);
    let kind = if !meanwhile.clashed.is_empty() { ToastKind::Failure } else { ToastKind::Hint };
    app.say_and_note(kind, said);
    cmds.extend(tell_agent(app, event));
    cmds.extend(judge_all(app));
    cmds.extend(seek_needs(app));
    cmds.extend(ask_kinds(app));
    cmds
}

/// What happened, in a sentence or two.
fn told(review: &Review, meanwhile: &Meanwhile) -> String {
    let paths = &meanwhile.paths;
    if let Some((path, why)) = paths.iter().find_map(|path| review.unreadable.get_key_value(path)) {
        return format!("{path} cannot be read any more: {why}. Its hunks wait until it can.");
    }
    let hunks = |count: usize| if count == 1 { "1 hunk".to_owned() } else { format!("{count} hunks") };
    let mut said = format!("{} changed on disk meanwhile.", listed(paths));
    match (meanwhile.followed, meanwhile.clashed.len()) {
        (0, 0) => said.push_str(" What was proposed for it stands there already."),
        (0, _) => {}
        (1, _) => said.push_str(" 1 hunk still fits."),
        (count, _) => said.push_str(&format!(" {} still fit.", hunks(count))),
    }
    let clashed = match meanwhile.clashed[..] {
        [] => return said,
        [at] => format!("Hunk {} is", at + 1),
        [at, ..] => format!("{}, from hunk {} on, are", hunks(meanwhile.clashed.len()), at + 1),
    };
    said.push_str(&format!(" {clashed} in conflict: y takes what was proposed, n keeps what stands there."));
    said
}
