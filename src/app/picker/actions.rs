//! The command palette: every action that has a meaning now.

use super::{Lead, Pick, PickItem, Picker, PickerKind, pane_behind, show_picker};
use crate::app::signs::{SIGNS, SignPlace};
use crate::app::{Action, App, Cmd, KEYS, Pane, Place};

/// What some type for an action out of habit.
const ALIASES: [(&str, &str); 4] = [("w", "write"), ("q", "quit"), ("h", "help"), ("e", "go-to")];

pub(in crate::app) fn show_palette(app: &mut App) -> Vec<Cmd> {
    let mut places = app.places().to_vec();
    if !places.contains(&Place::Panes) {
        places.push(Place::Panes);
    }
    let mut items: Vec<PickItem> = Vec::new();
    let mut seen: Vec<&Action> = vec![&Action::Palette];
    for place in places {
        for (at, row) in KEYS.iter().enumerate().filter(|(_, row)| row.place == place) {
            if seen.contains(&&row.action) || !app.can(&row.action) {
                continue;
            }
            seen.push(&row.action);
            items.push(PickItem {
                lead: Lead::Nothing,
                label: row.help.trim_end_matches('.').to_owned(),
                detail: row.name.to_owned(),
                alias: ALIASES.iter().find(|(_, name)| *name == row.name).map_or("", |(alias, _)| alias),
                ..PickItem::new(Pick::Row(at))
            });
        }
    }
    let mut picker = Picker::list(PickerKind::Actions, "Actions", items);
    picker.is_typing = true;
    show_picker(app, picker)
}

/// Lists every key, those that work where one is first; typing finds one, Enter does what works here.
pub(in crate::app) fn show_help(app: &mut App) -> Vec<Cmd> {
    let here = app.pane_places();
    let elsewhere = Place::ALL.into_iter().filter(|place| !here.contains(place));
    let mut items: Vec<PickItem> = Vec::new();
    for place in here.iter().copied().chain(elsewhere) {
        for (at, row) in KEYS.iter().enumerate().filter(|(_, row)| row.place == place) {
            let works = here.contains(&place) || matches!(place, Place::Panes | Place::Always);
            items.push(PickItem {
                label: row.help.to_owned(),
                detail: row.name.to_owned(),
                note: place.title().to_owned(),
                hindrance: (!works).then(|| format!("This key does not work here. It works in: {}.", place.title())),
                ..PickItem::new(Pick::Row(at))
            });
        }
    }
    items.extend(signs(app, false));
    // What is seen where one is comes behind the keys that work there.
    let here_count = KEYS.iter().filter(|row| here.contains(&row.place)).count();
    items.splice(here_count..here_count, signs(app, true));
    let mut picker = Picker::list(PickerKind::Keys, "Keys and signs", items);
    picker.is_typing = true;
    show_picker(app, picker)
}

/// What the signs of the pane that has the focus mean, or those of all others.
fn signs(app: &App, of_here: bool) -> impl Iterator<Item = PickItem> {
    let here = match app.focus {
        Pane::Structure => SignPlace::Structure,
        Pane::Centre if app.is_code_shown() => SignPlace::Code,
        Pane::Centre => SignPlace::Proposal,
        Pane::Checks | Pane::Plan => SignPlace::Checks,
        Pane::Activity | Pane::Prompt => SignPlace::Activity,
    };
    let shown = SIGNS.iter().enumerate().filter(move |(_, sign)| (sign.place == here) == of_here);
    shown.map(|(at, sign)| PickItem {
        label: sign.help.to_owned(),
        detail: "sign".to_owned(),
        note: sign.place.title().to_owned(),
        hindrance: Some("This is a sign that is shown, not a key.".to_owned()),
        ..PickItem::new(Pick::Sign(at))
    })
}

/// Has the action of a row of the key table done, where its key would have been pressed.
pub(in crate::app) fn take_row(app: &mut App, row_at: usize) {
    let row = &KEYS[row_at];
    if app.focus == Pane::Prompt && row.place != Place::Prompt {
        app.focus = pane_behind(app);
    }
    app.then = Some(row.action.clone());
}
