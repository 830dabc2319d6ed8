//! The search in the pane that has the focus, the code or the activity: typed, walked through, ended.
//!
//! Knows nothing of how either finds. Invariant: who gives a query up is where the search began.

use super::going::follow_cursor;
use super::pane::activity::Search;
use super::pane::searching::CodeSearch;
use super::{Action, App, Pane, ToastKind};
use crate::agent::Session;

/// Where is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    Code,
    Activity,
}

impl App {
    /// Where a search is, or would begin.
    fn ground(&self) -> Option<Ground> {
        match self.focus {
            Pane::Activity => Some(Ground::Activity),
            Pane::Centre if self.is_code_shown() && self.code.file.is_some() => Some(Ground::Code),
            _ => None,
        }
    }

    /// What is searched for where the focus is, and whether it is still being typed.
    pub fn searched(&self) -> Option<(&str, bool)> {
        match self.ground()? {
            Ground::Code => self.code.search.as_ref().map(|search| (&*search.query, search.is_typing)),
            Ground::Activity => self.activity.search.as_ref().map(|search| (&*search.query, search.is_typing)),
        }
    }

    /// Whether the file in view can be searched.
    pub(super) fn can_search_code(&self) -> bool {
        self.ground() == Some(Ground::Code)
    }
}

/// Does what a key of the search asks for.
pub(super) fn act_on_search(app: &mut App, action: Action) {
    let Some(ground) = app.ground() else { return };
    match (ground, action) {
        (Ground::Code, Action::Searched(query)) => {
            if let (Some(search), Some(file)) = (&mut app.code.search, &app.code.file) {
                search.set_query(query, file);
            }
            show_match(app);
        }
        (Ground::Code, Action::SearchDone) => match &mut app.code.search {
            Some(search) if !search.matches.is_empty() => search.is_typing = false,
            _ => app.code.search = None,
        },
        (Ground::Code, Action::EndSearch) => end_in_code(app),
        (Ground::Code, action @ (Action::NextMatch | Action::PreviousMatch)) => {
            if let Some(search) = &mut app.code.search {
                search.step(action == Action::NextMatch);
            }
            show_match(app);
        }
        (Ground::Code, _) => {
            let from = app.code.file.as_ref().map_or(0, |file| file.lines.line_start(app.code.cursor));
            app.code.search = Some(CodeSearch::begun_at(from as u32));
        }
        (Ground::Activity, Action::Searched(query)) => {
            app.activity.search = Some(Search { query, is_typing: true, ..Search::default() });
            // What is found first is the newest.
            app.activity.selected = None;
            step_in_activity(app, false);
        }
        (Ground::Activity, Action::SearchDone) => match &mut app.activity.search {
            Some(search) if !search.query.is_empty() => search.is_typing = false,
            search => *search = None,
        },
        (Ground::Activity, Action::EndSearch) => app.activity.search = None,
        (Ground::Activity, Action::NextMatch) => step_in_activity(app, true),
        (Ground::Activity, Action::PreviousMatch) => step_in_activity(app, false),
        (Ground::Activity, _) => app.activity.search = Some(Search { is_typing: true, ..Search::default() }),
    }
}

fn step_in_activity(app: &mut App, forward: bool) {
    let agent = app.session.as_ref().map_or(&[][..], Session::activity);
    let has_query = app.activity.search.as_ref().is_some_and(|search| !search.query.is_empty());
    if !app.activity.step_match(forward, agent) && has_query {
        app.say(ToastKind::Hint, "Nothing of it holds this text.");
    }
}

/// Ends the search: where a query was given up, where it began.
fn end_in_code(app: &mut App) {
    let Some(search) = app.code.search.take() else { return };
    if search.is_typing
        && let Some(file) = app.code.file.clone()
    {
        put_cursor(app, file.lines.line(search.from as usize));
    }
}

fn show_match(app: &mut App) {
    let (Some(search), Some(file)) = (&app.code.search, app.code.file.clone()) else { return };
    let at = search.current().map_or(search.from, |span| span.start);
    put_cursor(app, file.lines.line(at as usize));
}

fn put_cursor(app: &mut App, line: u32) {
    let height = app.height_of(Pane::Centre);
    app.code.put_cursor(line, height);
    follow_cursor(app);
}
