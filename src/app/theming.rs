//! Changing the theme: the list shows each one as it is selected, Enter keeps it.
//!
//! Knows no colour. Invariant: while the list is open nothing is changed but what is shown, so closing it restores.

use super::picker::show_picker;
use super::{App, Cmd, Overlay, Pick, PickItem, Picker, PickerKind, ToastKind};

/// What is said of a theme in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeLabel {
    pub name: String,
    pub about: String,
    /// The person's own.
    pub is_own: bool,
    /// Why it cannot be used.
    pub fault: Option<String>,
}

/// What is shown on a light ground where nobody chose.
const LIGHT_THEME: &str = "paper";

impl App {
    /// The terminal's ground is known; a theme that somebody chose stays.
    pub(super) fn take_ground(&mut self, is_light: bool) {
        if self.follows_ground && is_light && self.themes.iter().any(|theme| theme.name == LIGHT_THEME) {
            LIGHT_THEME.clone_into(&mut self.theme);
        }
    }

    /// The theme that the screen shows: the one that is selected in the open list, else the one that is wanted.
    pub fn shown_theme(&self) -> &str {
        match &self.overlay {
            Some(Overlay::Picker(picker)) => match picker.selected().map(|item| &item.pick) {
                Some(Pick::Theme(name)) => name,
                _ => &self.theme,
            },
            _ => &self.theme,
        }
    }
}

pub(super) fn show_themes(app: &mut App) -> Vec<Cmd> {
    let item = |label: &ThemeLabel| PickItem {
        label: label.name.clone(),
        detail: label.about.clone(),
        note: match (&label.fault, label.is_own) {
            (Some(_), _) => "has a fault".to_owned(),
            (None, true) => "yours".to_owned(),
            (None, false) => String::new(),
        },
        hindrance: label.fault.clone(),
        ..PickItem::new(Pick::Theme(label.name.clone()))
    };
    let items: Vec<PickItem> = app.themes.iter().map(item).collect();
    let current = items.iter().position(|item| item.label == app.theme).unwrap_or(0);
    let cmds = show_picker(app, Picker::list(PickerKind::Themes, "Themes", items));
    if let Some(Overlay::Picker(picker)) = &mut app.overlay {
        picker.selected = current;
    }
    cmds
}

/// Shows a theme from now on, and has it kept.
pub(super) fn take_theme(app: &mut App, name: String) -> Vec<Cmd> {
    app.theme.clone_from(&name);
    app.follows_ground = false;
    vec![Cmd::KeepTheme(name)]
}

pub(super) fn theme_kept(app: &mut App, kept: Result<(), String>) -> Vec<Cmd> {
    match kept {
        Ok(()) => app.say(ToastKind::Done, format!("The theme is {} from now on.", app.theme)),
        Err(why) => {
            let text = format!("The theme is {} until flux is left; it could not be kept: {why}", app.theme);
            app.say_and_note(ToastKind::Failure, text);
        }
    }
    Vec::new()
}
