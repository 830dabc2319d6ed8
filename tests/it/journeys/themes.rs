//! Themes: changed from the list, and legible in every state of the screen.

use flux::ui::Themes;
use ratatui::style::{Color, Modifier};

use super::*;

fn with_themes(columns: u16, rows: u16, depth: ColorDepth) -> Journey {
    let mut journey = Journey::open(columns, rows, SHOP, three_hunks());
    let themes = Themes::built_in(depth);
    journey.app.themes = themes.labels();
    journey.app.theme = "dusk".to_owned();
    let screen = Screen::new(TestBackend::new(columns, rows), themes.theme("dusk").unwrap(), Keymap::default());
    journey.screen = screen.unwrap().with_themes(themes, "dusk");
    journey
}

fn ground(journey: &mut Journey) -> Color {
    journey.shot();
    journey.screen.backend().buffer()[(0, 0)].bg
}

#[test]
fn a_theme_is_shown_while_it_is_selected_and_kept_by_enter() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = with_themes(columns, rows, ColorDepth::True);
        let dusk = ground(&mut journey);
        journey.press("T");
        insta::assert_snapshot!(format!("themes_{columns}x{rows}"), journey.shot());
        journey.press("jj");
        let paper = ground(&mut journey);
        assert_ne!(paper, dusk, "shown at once");
        journey.press("<Esc>");
        assert_eq!(ground(&mut journey), dusk, "as it was before");
        assert_eq!(journey.kept_theme, None);
        journey.press("T/paper<Enter>");
        assert_eq!((ground(&mut journey), journey.kept_theme.as_deref()), (paper, Some("paper")));
        journey.check_shows(&["The theme is paper from now on."]);
        journey.press("T");
        journey.check_shows(&["▶ paper"]);
    }
}

fn rgb(color: Color) -> Option<[f64; 3]> {
    let steps = [0.0, 95.0, 135.0, 175.0, 215.0, 255.0];
    match color {
        Color::Rgb(r, g, b) => Some([r.into(), g.into(), b.into()]),
        Color::Indexed(at @ 232..) => Some([f64::from(8 + (at - 232) * 10); 3]),
        Color::Indexed(at @ 16..) => {
            let at = usize::from(at) - 16;
            Some([steps[at / 36], steps[at / 6 % 6], steps[at % 6]])
        }
        _ => None,
    }
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |color: [f64; 3]| {
        let [r, g, b] = color.map(|value| {
            let value = value / 255.0;
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
    };
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

/// The characters of the screen that cannot be read.
fn check_legible(journey: &mut Journey, what: &str) {
    journey.shot();
    let buffer = journey.screen.backend().buffer();
    for (at, cell) in buffer.content.iter().enumerate() {
        let first = cell.symbol().chars().next().unwrap_or(' ');
        if first == ' ' || ('\u{2500}'..='\u{259f}').contains(&first) || cell.modifier.contains(Modifier::HIDDEN) {
            continue;
        }
        let (Some(text), Some(below)) = (rgb(cell.fg), rgb(cell.bg)) else {
            panic!("{what}: '{first}' has no colours of its own: {:?} on {:?}", cell.fg, cell.bg)
        };
        let reached = contrast(text, below);
        let (x, y) = (at % usize::from(buffer.area.width), at / usize::from(buffer.area.width));
        assert!(reached >= 4.5, "{what}: '{first}' at {x},{y} has {reached:.2}: {:?} on {:?}", cell.fg, cell.bg);
    }
}

#[test]
fn every_character_of_every_screen_is_legible_in_every_theme() {
    for depth in [ColorDepth::True, ColorDepth::Indexed256] {
        for name in ["dusk", "ember", "paper", "frost", "contrast"] {
            let mut journey = with_themes(160, 45, depth);
            journey.app.theme = name.to_owned();
            let what = format!("{name} at {depth:?}");
            check_legible(&mut journey, &what);
            for keys in ["jljljj", "/ord", "<Enter>", "<Esc>:", "<Esc>p", "ord", "<Esc>T", "<Esc>?", "<Esc>"] {
                journey.press(keys);
                check_legible(&mut journey, &format!("{what}, {keys}"));
            }
            journey.press("iParse rows in one place<Enter>");
            for keys in ["", "y", "n", "vjjj", "v", "2", "4", "1", "q"] {
                journey.press(keys);
                check_legible(&mut journey, &format!("{what}, review {keys}"));
            }
        }
    }
}
