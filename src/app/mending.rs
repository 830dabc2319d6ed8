//! The fix of an issue, done in a proposal while a person decides on it.
//!
//! Knows nothing of how a fix is found. Invariant: what no edit of the fix touched is the same afterwards, with its decision; the
//! gate judges what it made.

use super::pane::proposal::ProposalPane;
use super::proposing::{put_pane, reveal_hunk};
use super::questions::{ask_kinds, judge_all, seek_needs};
use super::review::Meanwhile;
use super::tasks::tell_agent;
use super::{App, Cmd, Pane, Reading, ShownIssue, ToastKind};
use crate::agent::{JobId, Phase};
use crate::text::ProjectPath;

/// Has the fix of the selected issue done.
pub(super) fn apply_fix(app: &mut App) -> Vec<Cmd> {
    match fix_selected(app) {
        Ok(cmds) => cmds,
        Err(why) => {
            app.say(ToastKind::Hint, why);
            Vec::new()
        }
    }
}

fn fix_selected(app: &mut App) -> Result<Vec<Cmd>, String> {
    let shown = app.shown_issue().ok_or("Select an issue that has a fix.")?;
    let ShownIssue { issue, overridden, .. } = shown;
    if overridden.is_some() {
        return Err(format!("It is let pass; {} takes that back.", app.key("override")));
    }
    let needed = app.review.as_ref().and_then(|review| review.needed_for(issue));
    if let Some(needed) = needed {
        return Err(format!("Hunk {} brings what is missing: accept it.", needed + 1));
    }
    let Some(fix) = &issue.fix else { return Err("No edit is known that mends this.".to_owned()) };
    let (path, title) = (issue.path.clone(), fix.title.clone());
    let Some(review) = &app.review else {
        return Err(match app.phase() {
            Phase::Idle => "Nothing waits: tell the agent in a task to mend it.".to_owned(),
            _ => format!("The agent was told of it and works on it; {} stops it.", app.key("back")),
        });
    };
    if app.is_writing || review.awaited.is_some() {
        return Err("The gate is judging these hunks. Press the key again in a moment.".to_owned());
    }
    if review.change_set.get(&path).is_none() && !fix.edits.is_empty() {
        // What stands there now is read first.
        let issue = issue.clone();
        let job = app.next_job();
        if let Some(review) = &mut app.review {
            review.fix_awaited = Some((job, issue));
        }
        return Ok(vec![Cmd::Reread(job, vec![path])]);
    }
    let (old, new) = app.fixed(issue).ok_or_else(|| format!("This can only be done by hand: {title}."))?;
    let review = app.review.as_mut().ok_or("No proposal waits.")?;
    review.mend(&path, &old, &new)?;
    app.say_and_note(ToastKind::Done, format!("{title}, in {path}. {} takes it back.", app.key("undo-decision")));
    Ok(changed(app))
}

/// A file that the proposal left alone was read to have a fix done in it. Nothing where another reading was asked for.
pub(super) fn fix_outside(app: &mut App, job: JobId, readings: &[Reading]) -> Option<Vec<Cmd>> {
    let review = app.review.as_mut()?;
    let (_, issue) = review.fix_awaited.take_if(|(awaited, _)| *awaited == job)?;
    let known = app.snapshot.as_ref().and_then(|snapshot| snapshot.file(&issue.path)).map(|entry| entry.hash);
    let path = issue.path.clone();
    let said = match readings.first() {
        _ if app.is_writing || review.awaited.is_some() => {
            "The gate is judging these hunks. Press the key again in a moment.".to_owned()
        }
        Some((_, Ok(Some(file)))) if Some(file.hash()) == known => match review.add_fix(&issue, file) {
            true => {
                let title = issue.fix.map_or_else(String::new, |fix| fix.title);
                app.say_and_note(
                    ToastKind::Done,
                    format!("{title}, in {path}, which is part of it now. {} takes it back.", app.key("undo-decision")),
                );
                return Some(changed_in(app, vec![path]));
            }
            false => format!("{path} is not what was judged: the fix does not fit it."),
        },
        Some((_, Err(why))) => format!("{path} cannot be read now: {why}"),
        _ => format!("{path} changed meanwhile: it is judged anew first."),
    };
    app.say(ToastKind::Hint, said);
    Some(Vec::new())
}

/// The proposal holds other text than before: it is shown, told and judged anew.
pub(super) fn changed(app: &mut App) -> Vec<Cmd> {
    changed_in(app, Vec::new())
}

/// As [`changed`], where these files became part of it.
fn changed_in(app: &mut App, paths: Vec<ProjectPath>) -> Vec<Cmd> {
    let (arrangement, height) = (app.arrangement(), app.height_of(Pane::Centre));
    let Some(review) = &app.review else { return Vec::new() };
    let mut pane = ProposalPane::new(review, app.proposal.as_ref(), arrangement, height);
    if let Some(before) = &app.proposal {
        pane.put_cursor(before.cursor, height);
        pane.top = before.top.min(pane.rows.len().saturating_sub(height));
    }
    let event = review.rebased_event(&Meanwhile::joined(paths));
    let mut cmds = put_pane(app, pane);
    reveal_hunk(app);
    cmds.extend(tell_agent(app, event));
    cmds.extend(judge_all(app));
    cmds.extend(seek_needs(app));
    cmds.extend(ask_kinds(app));
    cmds
}
