//! A proposal on the screen, and what the gate says of it.
//!
//! Knows nothing of what the person decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::code_edit::{end_edits, keep_edit};
use super::pane::code::{LineMark, line_marks};
use super::pane::proposal::{Arrangement, ProposalPane};
use super::questions::{ask_kinds, judge, reread_moved, seek_needs};
use super::review::Renewed;
use super::{App, Cmd, Decision, HunkKey, HunkKind, Pane, Review, ToastKind, key_of};
use crate::agent::{JobId, Session};
use crate::gate::Report;
use crate::index::LiveFile;
use crate::text::{ChangeSet, FileText, hunks_of, runs_between};

/// Shows a proposal for review.
pub(super) fn propose(app: &mut App, change_set: ChangeSet, report: Report) -> Vec<Cmd> {
    let renewed = app.kept_review.take().map(|kept| kept.renewed(&change_set, report.clone()));
    let is_renewed = renewed.is_some();
    let Renewed { mut review, first, is_other } = renewed.unwrap_or_else(|| {
        let hunks = hunks_of(&change_set);
        Renewed { review: Review::new(change_set, hunks, report), first: 0, is_other: false }
    });
    if let Some(kept) = is_other.then(|| told_kept(&review)).flatten() {
        app.say(ToastKind::Hint, kept);
    }
    let resumed = app.resumed_review.take();
    let is_resumed = resumed.is_some();
    if let Some(state) = resumed {
        review.take_state(state);
    }
    let arrangement = app.arrangement();
    let mut pane = ProposalPane::new(&review, app.proposal.as_ref(), arrangement, app.height_of(Pane::Centre));
    pane.wanted = None;
    pane.go_to_hunk(first.min(review.hunks.len().saturating_sub(1)), app.height_of(Pane::Centre));
    app.review = Some(review);
    let mut cmds = put_pane(app, pane);
    // What was typed in a symbol is what is proposed, or waits.
    app.operated_edit = None;
    keep_edit(app);
    reveal_hunk(app);
    app.checks.is_open = false;
    app.question = None;
    // Letters decide now; who is in the middle of a sentence keeps the prompt.
    if app.focus != Pane::Prompt || app.draft.is_empty() {
        app.focus = Pane::Centre;
    }
    app.focus_before_prompt = Pane::Centre;
    cmds.extend(seek_needs(app));
    cmds.extend(ask_kinds(app));
    // It may have been made from what no longer stands there.
    cmds.extend(reread_moved(app));
    if is_resumed || is_renewed {
        cmds.extend(judge(app));
    }
    cmds
}

/// What is left to decide on a proposal that came back; nothing where nothing was decided before.
fn told_kept(review: &Review) -> Option<String> {
    let (all, open) = (review.hunks.len(), review.count(Decision::Open));
    (open < all).then(|| match open {
        0 => "Nothing is left to decide: every hunk is one that you decided on before.".to_owned(),
        1 => format!("1 of {all} hunks is new or another; what you decided on the rest stands."),
        _ => format!("{open} of {all} hunks are new, or open as before; what you decided on the rest stands."),
    })
}

/// Shows a proposal, and has parsed what is not parsed of it.
pub(super) fn put_pane(app: &mut App, mut pane: ProposalPane) -> Vec<Cmd> {
    let unread = pane.unread();
    pane.sides_awaited = (!unread.is_empty()).then(|| app.next_job());
    let cmds = pane.sides_awaited.map(|job| Cmd::ReadSides(job, unread));
    if let Some(review) = &app.review {
        app.structure.set_marks(pane.marks(review));
    }
    app.proposal = Some(pane);
    cmds.into_iter().collect()
}

/// Shows the colours and the symbols of a proposal; the hunk at hand stays where it is.
pub(super) fn read_sides(app: &mut App, job: JobId, parsed: &[Arc<LiveFile>]) {
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    let (Some(review), Some(pane)) = (&app.review, &mut app.proposal) else { return };
    if pane.sides_awaited != Some(job) {
        return;
    }
    pane.sides_awaited = None;
    pane.take_sides(parsed);
    pane.relay(review, arrangement, height);
    app.structure.set_marks(pane.marks(review));
    reveal_hunk(app);
}

/// Folds what was recognised; the hunk at hand stays where it is.
pub(super) fn recognised(app: &mut App, job: JobId, kinds: BTreeMap<HunkKey, HunkKind>) {
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    let (Some(review), Some(proposal)) = (&mut app.review, &mut app.proposal) else { return };
    if review.kinds_awaited != Some(job) {
        return;
    }
    review.kinds_awaited = None;
    if review.kinds != kinds {
        review.kinds = kinds;
        proposal.relay(review, arrangement, height);
    }
}

/// Shows or hides the lines of a hunk that was recognised.
pub(super) fn toggle_fold(app: &mut App) {
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    let (Some(review), Some(proposal)) = (&mut app.review, &mut app.proposal) else { return };
    let Some(key) = proposal.hunk().and_then(|at| review.hunks.get(at)).map(key_of) else { return };
    if !review.kinds.get(&key).is_some_and(HunkKind::is_of_all) {
        app.say(ToastKind::Hint, "Only what is layout alone or has moved is folded.");
        return;
    }
    if !review.unfolded.remove(&key) {
        review.unfolded.insert(key);
    }
    proposal.relay(review, arrangement, height);
}

/// What a key is answered that asks for what the texts of the proposal tell.
pub(super) const STILL_READ: &str = "The proposal is still being read. Press the key again in a moment.";

/// Shows the whole class or function around the hunk at hand, or no longer.
pub(super) fn toggle_symbol(app: &mut App) {
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    let (Some(review), Some(proposal)) = (&mut app.review, &mut app.proposal) else { return };
    let Some(at) = proposal.hunk() else { return };
    if !proposal.unread().is_empty() {
        app.say(ToastKind::Hint, STILL_READ);
        return;
    }
    if proposal.symbol_of(at).is_none() {
        app.say(ToastKind::Hint, format!("Hunk {} stands in no class or function.", at + 1));
        return;
    }
    let Some(key) = review.hunks.get(at).map(key_of) else { return };
    if !review.widened.remove(&key) {
        review.widened.insert(key);
    }
    proposal.relay(review, arrangement, height);
    proposal.show_symbol(at, height);
}

/// Selects in the structure what the current hunk changes.
pub(super) fn reveal_hunk(app: &mut App) {
    let height = app.height_of(Pane::Structure);
    let (Some(review), Some(proposal)) = (&app.review, &app.proposal) else { return };
    let Some(hunk) = proposal.hunk().and_then(|at| review.hunks.get(at)) else { return };
    let added = app.structure.marks.get(&hunk.path).into_iter().flat_map(|mark| &mark.added);
    let is_in = |line: u32| hunk.runs.iter().any(|run| run.new.contains(&(line - 1)));
    if let Some(name) = added.clone().find(|added| is_in(added.line)).map(|added| added.qualname.clone()) {
        return app.structure.reveal(&hunk.path.clone(), Some(&name), height);
    }
    let first = hunk.extent().old.start + 1;
    let symbol = proposal.old_side(&hunk.path).and_then(|live| {
        let id = live.structure.symbol_at(first)?;
        Some(live.structure.symbol(id).qualname.clone())
    });
    app.structure.reveal(&hunk.path, symbol.as_deref(), height);
}

/// Ends the review; the code is shown again.
pub(super) fn close_review(app: &mut App) {
    app.review = None;
    app.proposal = None;
    app.code.is_aside = false;
    end_edits(app);
    app.is_writing = false;
    app.structure.set_marks(Default::default());
    app.checks.is_open = false;
    app.code.is_aside = false;
}

impl App {
    /// Has the lines of the code found that what is pending would change.
    pub(super) fn follow_changes(&mut self) -> Option<Cmd> {
        let file = self.code.file.clone()?;
        let pending = match &self.review {
            Some(review) => Some(&review.change_set),
            None => self.session.as_ref().map(Session::pending),
        };
        let new = pending.and_then(|pending| pending.get(&file.path)).and_then(|change| change.new.clone());
        let of = new.map(|new| (file.text.hash(), new));
        let is_same = match (&of, &self.code.changes_of) {
            (Some((hash, new)), Some((known, of))) => hash == known && Arc::ptr_eq(new, of),
            (of, known) => of.is_none() && known.is_none(),
        };
        if is_same {
            return None;
        }
        self.code.changes.clear();
        self.code.changes_of.clone_from(&of);
        let (_, new) = of?;
        let job = self.next_job();
        self.code.changes_awaited = Some(job);
        Some(Cmd::MarkLines(job, file.text.clone(), new))
    }

    /// Takes in the lines that would change; an answer about another text is stale.
    pub(super) fn marked_lines(&mut self, job: JobId, marks: Vec<(u32, LineMark)>) {
        if self.code.changes_awaited.take_if(|awaited| *awaited == job).is_some() && self.code.changes_of.is_some() {
            self.code.changes = marks;
        }
    }
}

/// What [`Cmd::MarkLines`] asks for: the lines of `old`, from 1, that `new` changes. Compares whole texts: not for the main thread.
pub fn changed_lines(old: &FileText, new: &str) -> Vec<(u32, LineMark)> {
    line_marks(&runs_between(old.text(), new))
}

/// Lays the proposal again when the room for it changed.
pub(super) fn rearrange(app: &mut App) {
    let arrangement = app.arrangement();
    let height = app.height_of(Pane::Centre);
    if let (Some(review), Some(pane)) = (&app.review, &mut app.proposal)
        && pane.arrangement != arrangement
    {
        pane.relay(review, arrangement, height);
    }
}

pub(super) fn toggle_view(app: &mut App) {
    let other = match app.arrangement() {
        Arrangement::SideBySide => Arrangement::Unified,
        Arrangement::Unified => Arrangement::SideBySide,
    };
    if let Some(proposal) = &mut app.proposal {
        proposal.wanted = Some(other);
    }
    rearrange(app);
}
