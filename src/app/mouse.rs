//! The mouse selects, scrolls and folds.

use super::going::{follow_cursor, show_selected};
use super::movement::{move_by, scroll};
use super::sizing::drag;
use super::{App, Cmd, MouseAction, Overlay, Pane, Shape, ToastKind, picking};

/// Rows that one notch of the wheel scrolls.
const NOTCH: isize = 3;

pub(super) fn mouse(app: &mut App, action: MouseAction, column: u16, row: u16) -> Vec<Cmd> {
    let layout = app.layout();
    match (&app.overlay, action) {
        (Some(Overlay::Picker(_)), MouseAction::Press) => return picking::press(app, column, row),
        (Some(Overlay::Picker(_)), MouseAction::ScrollUp) => return picking::wheel(app, -NOTCH),
        (Some(Overlay::Picker(_)), MouseAction::ScrollDown) => return picking::wheel(app, NOTCH),
        (Some(_), _) => return Vec::new(),
        (None, _) => {}
    }
    if layout.shape == Shape::Tabs && row == 1 && action == MouseAction::Press {
        let under = |(_, first, width): &(Pane, u16, u16)| (*first..first + width).contains(&column);
        if let Some((pane, ..)) = app.tabs().into_iter().find(under) {
            app.set_focus(pane);
        }
        return Vec::new();
    }
    if let Some(cmds) = drag(app, action, column, row) {
        return cmds;
    }
    let Some((pane, area)) = layout.pane_at(column, row) else { return Vec::new() };
    match action {
        MouseAction::ScrollUp => scroll(app, pane, -NOTCH),
        MouseAction::ScrollDown => scroll(app, pane, NOTCH),
        MouseAction::Press => {
            app.toast = None;
            app.structure.filtering = false;
            app.set_focus(pane);
            let inside = area.inside();
            if inside.contains(column, row) {
                return press(app, pane, usize::from(row - inside.y), usize::from(column - inside.x));
            }
        }
        MouseAction::Drag | MouseAction::Release => {}
    }
    Vec::new()
}

fn press(app: &mut App, pane: Pane, row: usize, column: usize) -> Vec<Cmd> {
    match pane {
        Pane::Structure => {
            let at = app.structure.top + row;
            let Some(depth) = app.structure.rows.get(at).map(|row| usize::from(row.depth)) else { return Vec::new() };
            let again = at == app.structure.selected;
            let height = app.height_of(Pane::Structure);
            app.structure.select(at, height);
            // The mark before the name folds at once, a second press on the row as well.
            if again || (depth * 2..depth * 2 + 4).contains(&column) {
                app.structure.fold(None, height);
            }
            show_selected(app)
        }
        Pane::Centre => {
            let height = app.height_of(Pane::Centre);
            if app.is_code_shown() && app.code.file.is_some() {
                app.code.put_cursor((app.code.top + row + 1) as u32, height);
                follow_cursor(app);
            } else if let Some(proposal) = &mut app.proposal {
                proposal.put_cursor(proposal.top + row, height);
            }
            Vec::new()
        }
        Pane::Plan | Pane::Checks | Pane::Activity | Pane::Prompt => move_by(app, 0),
    }
}

/// Leaves the mouse to the terminal, which selects text with it, or takes it again.
pub(super) fn toggle_mouse(app: &mut App) -> Vec<Cmd> {
    app.has_mouse = !app.has_mouse;
    app.say(
        ToastKind::Done,
        match app.has_mouse {
            true => "The mouse is flux's again: it selects, scrolls, folds and drags borders.",
            false => "The mouse is the terminal's now and selects text. 'mouse' in the palette takes it again.",
        },
    );
    vec![Cmd::SetMouse(app.has_mouse)]
}
