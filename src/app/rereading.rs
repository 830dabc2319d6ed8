//! What the files of a proposal hold now, while a person decides on it: it is laid over that, told and judged anew.

use super::mending::fix_outside;
use super::pane::proposal::ProposalPane;
use super::proposing::{close_review, put_pane, reveal_hunk};
use super::questions::{ask_kinds, judge_all, seek_needs};
use super::review::Meanwhile;
use super::tasks::tell_agent;
use super::telling::listed;
use super::{App, Cmd, KeyNames, Pane, Reading, Review, ToastKind};
use crate::agent::{Event, JobId, ReviewOutcome};

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
    let mut said = told(review, &meanwhile, &app.keys);
    if was_refused && !review.hunks.is_empty() {
        said.push_str(&format!(" Nothing was written so far: {} writes what is accepted.", app.keys.of("write")));
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
fn told(review: &Review, meanwhile: &Meanwhile, keys: &KeyNames) -> String {
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
    let (takes, keeps) = (keys.of("accept"), keys.of("reject"));
    said.push_str(&format!(
        " {clashed} in conflict: {takes} takes what was proposed, {keeps} keeps what stands there."
    ));
    said
}
