//! Where each pane stands on a screen of a given size.
//!
//! Plain arithmetic, so that both the picture and the mouse ask the same question of the same place.
//! Neighbours share their border: areas overlap by one cell.

/// What can be looked at and walked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    Structure,
    /// The code, or the proposal while one waits.
    Centre,
    Plan,
    Checks,
    Activity,
    Prompt,
}

impl Pane {
    /// In the order of Tab.
    pub const ALL: [Self; 6] = [Self::Structure, Self::Centre, Self::Plan, Self::Checks, Self::Activity, Self::Prompt];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    pub x: u16,
    pub y: u16,
    pub width: u16,
    pub height: u16,
}

impl Area {
    pub fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    pub fn contains(self, column: u16, row: u16) -> bool {
        column >= self.x && column < self.x + self.width && row >= self.y && row < self.y + self.height
    }

    /// What is left inside a border.
    pub fn inside(self) -> Self {
        Self::new(self.x + 1, self.y + 1, self.width.saturating_sub(2), self.height.saturating_sub(2))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Nothing but a sentence fits.
    TooSmall,
    /// One pane at a time.
    Tabs,
    /// The right column lies at the bottom.
    Folded,
    Wide,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub shape: Shape,
    pub columns: u16,
    pub rows: u16,
    /// Only the panes that are on the screen.
    pub panes: Vec<(Pane, Area)>,
}

/// The least that flux draws on.
pub const LEAST: (u16, u16) = (60, 15);

/// What the shape of the screen depends on besides its size.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// The pane that is shown where only one fits.
    pub shown: Pane,
    pub prompt_lines: u16,
    pub plan_lines: u16,
    /// Nothing was said or done yet: the activity needs one line.
    pub is_quiet: bool,
    pub sizes: Sizes,
    /// The shown pane takes all the room.
    pub is_zoomed: bool,
}

/// How much more columns or rows the person gives to parts of the screen than they have by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Sizes {
    /// To the structure.
    pub left: i16,
    /// To the right column; where it lies at the bottom, to the checks.
    pub right: i16,
    /// To what lies at the bottom.
    pub bottom: i16,
    /// To the plan, in the right column.
    pub plan_rows: i16,
    /// To the plan, at the bottom.
    pub plan_columns: i16,
}

/// A size as it was wished, within what is possible.
fn sized(size: u16, more: i16, least: u16, most: u16) -> u16 {
    size.saturating_add_signed(more).min(most).max(least)
}

impl Layout {
    pub fn new(columns: u16, rows: u16, wishes: Wishes) -> Self {
        let shape = if columns < LEAST.0 || rows < LEAST.1 {
            Shape::TooSmall
        } else if columns < 90 || rows < 22 || wishes.is_zoomed {
            Shape::Tabs
        } else if columns < 120 {
            Shape::Folded
        } else {
            Shape::Wide
        };
        let prompt = wishes.prompt_lines.clamp(1, 6).min(rows / 5) + 2;
        let panes = match shape {
            Shape::TooSmall => Vec::new(),
            Shape::Tabs => tabs(columns, rows, prompt, wishes),
            Shape::Folded => folded(columns, rows, prompt, wishes.sizes),
            Shape::Wide => wide(columns, rows, prompt, wishes),
        };
        Self { shape, columns, rows, panes }
    }

    pub fn area(&self, pane: Pane) -> Option<Area> {
        self.panes.iter().find(|(shown, _)| *shown == pane).map(|(_, area)| *area)
    }

    /// The pane under a cell; shared borders belong to the later one.
    pub fn pane_at(&self, column: u16, row: u16) -> Option<(Pane, Area)> {
        self.panes.iter().rev().find(|(_, area)| area.contains(column, row)).copied()
    }
}

fn tabs(columns: u16, rows: u16, prompt: u16, wishes: Wishes) -> Vec<(Pane, Area)> {
    let height = rows - 2 - (prompt - 1);
    vec![(wishes.shown, Area::new(0, 2, columns, height)), (Pane::Prompt, Area::new(0, rows - prompt, columns, prompt))]
}

fn folded(columns: u16, rows: u16, prompt: u16, sizes: Sizes) -> Vec<(Pane, Area)> {
    let band = sized((rows * 36 / 100).clamp(8, 14), sizes.bottom, 5, rows - prompt - 8);
    let band_y = rows - prompt - band + 1;
    let height = band_y;
    let left = sized((columns * 28 / 100).clamp(26, 32), sizes.left, 20, columns - 40);
    let checks = sized((columns * 30 / 100).max(28), sizes.right, 20, columns - 44);
    let plan = sized((columns * 27 / 100).max(24), sizes.plan_columns, 20, columns + 2 - checks - 22);
    let activity = columns - plan - checks + 2;
    vec![
        (Pane::Structure, Area::new(0, 1, left, height)),
        (Pane::Centre, Area::new(left - 1, 1, columns - left + 1, height)),
        (Pane::Activity, Area::new(0, band_y, activity, band)),
        (Pane::Plan, Area::new(activity - 1, band_y, plan, band)),
        (Pane::Checks, Area::new(activity + plan - 2, band_y, checks, band)),
        (Pane::Prompt, Area::new(0, rows - prompt, columns, prompt)),
    ]
}

fn wide(columns: u16, rows: u16, prompt: u16, wishes: Wishes) -> Vec<(Pane, Area)> {
    let sizes = wishes.sizes;
    let activity = if wishes.is_quiet { 3 } else { (rows * 28 / 100).clamp(6, 18) };
    let activity = sized(activity, sizes.bottom, 3, rows - prompt - 11);
    let activity_y = rows - prompt - activity + 1;
    let height = activity_y;
    // The centre gets what the others do not need: two sides of code stand in it.
    let left = sized((columns * 24 / 100).clamp(28, 48), sizes.left, 20, columns - 70);
    let right = sized((columns / 5).clamp(30, 44), sizes.right, 24, columns - left - 28);
    let centre = columns - left - right + 2;
    let plan = (wishes.plan_lines + 2).clamp(5, height.saturating_sub(10).max(5));
    let plan = sized(plan, sizes.plan_rows, 3, height - 4);
    let right_x = columns - right;
    vec![
        (Pane::Structure, Area::new(0, 1, left, height)),
        (Pane::Centre, Area::new(left - 1, 1, centre, height)),
        (Pane::Plan, Area::new(right_x, 1, right, plan)),
        (Pane::Checks, Area::new(right_x, plan, right, height - plan + 1)),
        (Pane::Activity, Area::new(0, activity_y, columns, activity)),
        (Pane::Prompt, Area::new(0, rows - prompt, columns, prompt)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_cover_the_screen_and_stay_on_it_at_every_size() {
        for columns in 0..=220 {
            for rows in (0..=70).chain([400]) {
                for (prompt_lines, more) in [(0, 0), (1, 0), (9, 0), (1, 300), (9, -300), (1, 9)] {
                    let sizes = Sizes { left: more, right: more, bottom: more, plan_rows: more, plan_columns: more };
                    let is_zoomed = more == 9;
                    let wishes = Wishes {
                        shown: Pane::Checks,
                        prompt_lines,
                        plan_lines: 30,
                        is_quiet: more == 0,
                        sizes,
                        is_zoomed,
                    };
                    let layout = Layout::new(columns, rows, wishes);
                    for (pane, area) in &layout.panes {
                        let room = area.x + area.width <= columns && area.y + area.height <= rows;
                        assert!(room, "{pane:?} {area:?} leaves {columns}x{rows}");
                        assert!(area.height >= 3 && area.width >= 20, "{pane:?} {area:?} at {columns}x{rows}");
                    }
                    if layout.shape != Shape::TooSmall {
                        let top = if layout.shape == Shape::Tabs { 2 } else { 1 };
                        for row in top..rows {
                            for column in [0, columns / 2, columns - 1] {
                                assert!(layout.pane_at(column, row).is_some(), "{column},{row} of {columns}x{rows}");
                            }
                        }
                    }
                }
            }
        }
    }
}
