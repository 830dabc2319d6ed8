//! How large the person wants the panes: by keys, by dragging a border, or one of them as large as the screen.
//!
//! Knows no picture. Invariant: a wish that changes nothing on the screen is not kept, so that the way back is as long as
//! the way there.

use super::layout::Sizes;
use super::picker::pane_behind;
use super::{App, Area, Cmd, MouseAction, Pane, Shape, ToastKind};

/// A border between panes that can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Right of the structure.
    Left,
    /// Left of plan and checks.
    Right,
    /// Above what lies at the bottom.
    Bottom,
    /// Between plan and checks.
    Plan,
    /// Where all lie side by side at the bottom: left of the plan.
    PlanLeft,
}

/// A border that is being dragged, and where the mouse was last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dragged {
    edge: Edge,
    column: u16,
    row: u16,
}

/// Columns and rows that one key moves a border by.
const STEP: (i16, i16) = (4, 2);

/// Makes the pane wider or higher, by so many steps.
pub(super) fn resize(app: &mut App, columns: i16, rows: i16) -> Vec<Cmd> {
    let is_folded = app.layout().shape == Shape::Folded;
    let (columns, rows) = (columns * STEP.0, rows * STEP.1);
    // Which border moves, and whether it has to move away from the pane's own side.
    let (edge, by) = match (pane_behind(app), columns, rows) {
        (Pane::Structure, columns, 0) => (Edge::Left, columns),
        (Pane::Centre, columns, 0) if is_folded => (Edge::Left, -columns),
        (Pane::Centre, columns, 0) => (Edge::Right, columns),
        (Pane::Activity, columns, 0) => (Edge::PlanLeft, columns),
        (Pane::Plan, columns, 0) if is_folded => (Edge::PlanLeft, -columns),
        (_, columns, 0) => (Edge::Right, -columns),
        (Pane::Structure | Pane::Centre, _, rows) => (Edge::Bottom, rows),
        (Pane::Plan, _, rows) if !is_folded => (Edge::Plan, rows),
        (Pane::Checks, _, rows) if !is_folded => (Edge::Plan, -rows),
        (_, _, rows) => (Edge::Bottom, -rows),
    };
    if app.layout().shape == Shape::Tabs {
        app.say(ToastKind::Hint, "One pane is shown at a time here: it has all the room there is.");
        return Vec::new();
    }
    match shift(app, edge, by) {
        true => vec![Cmd::KeepSizes(app.sizes)],
        false => {
            app.say(ToastKind::Hint, "This pane cannot take more room here, or give more away.");
            Vec::new()
        }
    }
}

/// Moves a border to the right or down. False when it stays where it is.
fn shift(app: &mut App, edge: Edge, by: i16) -> bool {
    let (sizes, panes) = (app.sizes, app.layout().panes);
    let wish = match edge {
        Edge::Left => &mut app.sizes.left,
        Edge::Right => &mut app.sizes.right,
        Edge::Bottom => &mut app.sizes.bottom,
        Edge::Plan => &mut app.sizes.plan_rows,
        Edge::PlanLeft => &mut app.sizes.plan_columns,
    };
    let grows = matches!(edge, Edge::Left | Edge::Plan);
    *wish = wish.saturating_add(if grows { by } else { -by });
    let is_moved = app.layout().panes != panes;
    if !is_moved {
        app.sizes = sizes;
    }
    is_moved
}

/// Shows one pane as large as the screen, or all of them again.
pub(super) fn zoom(app: &mut App) {
    app.is_zoomed = !app.is_zoomed;
    if app.columns < 90 || app.rows < 22 {
        app.is_zoomed = false;
        app.say(ToastKind::Hint, "One pane is shown at a time here: it has all the room there is.");
    }
}

/// All panes as large as they are without a wish.
pub(super) fn even_out(app: &mut App) -> Vec<Cmd> {
    app.sizes = Sizes::default();
    app.is_zoomed = false;
    vec![Cmd::KeepSizes(app.sizes)]
}

/// The mouse takes, moves and leaves a border. `None`: it means something else.
pub(super) fn drag(app: &mut App, action: MouseAction, column: u16, row: u16) -> Option<Vec<Cmd>> {
    match (action, app.dragged) {
        (MouseAction::Press, _) => {
            app.dragged = edge_at(app, column, row).map(|edge| Dragged { edge, column, row });
            None
        }
        (MouseAction::Drag, Some(dragged)) => {
            let (across, down) = (column as i16 - dragged.column as i16, row as i16 - dragged.row as i16);
            let by = if matches!(dragged.edge, Edge::Bottom | Edge::Plan) { down } else { across };
            if shift(app, dragged.edge, by) {
                app.dragged = Some(Dragged { column, row, ..dragged });
            }
            Some(Vec::new())
        }
        (MouseAction::Release, Some(_)) => {
            app.dragged = None;
            Some(vec![Cmd::KeepSizes(app.sizes)])
        }
        _ => None,
    }
}

fn edge_at(app: &App, column: u16, row: u16) -> Option<Edge> {
    let layout = app.layout();
    let area = |pane| layout.area(pane).unwrap_or_default();
    let beside = |area: Area| column == area.x && (area.y..area.y + area.height).contains(&row);
    let above = |area: Area| row == area.y && (area.x..area.x + area.width).contains(&column);
    match layout.shape {
        Shape::TooSmall | Shape::Tabs => None,
        _ if above(area(Pane::Activity)) => Some(Edge::Bottom),
        Shape::Wide if beside(area(Pane::Plan)) || beside(area(Pane::Checks)) => Some(Edge::Right),
        Shape::Wide if above(area(Pane::Checks)) => Some(Edge::Plan),
        Shape::Folded if above(area(Pane::Plan)) || above(area(Pane::Checks)) => Some(Edge::Bottom),
        Shape::Folded if beside(area(Pane::Plan)) => Some(Edge::PlanLeft),
        Shape::Folded if beside(area(Pane::Checks)) => Some(Edge::Right),
        _ if beside(area(Pane::Centre)) => Some(Edge::Left),
        _ => None,
    }
}
