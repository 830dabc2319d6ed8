//! Panes made wider and higher, by keys and by the mouse, and one of them alone.

use flux::app::{Area, MouseAction, Sizes};

use super::*;

fn area(journey: &Journey, pane: Pane) -> Area {
    journey.app.layout().area(pane).unwrap()
}

#[test]
fn panes_are_resized_by_keys_and_the_way_back_is_as_long() {
    for (columns, rows) in [(100, 30), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        let before = journey.app.layout();
        for pane in ["1", "2", "4"] {
            journey.press(&format!("{pane}>>"));
            assert_ne!(journey.app.layout(), before, "{pane}");
            journey.press("<<");
            assert_eq!(journey.app.layout(), before, "{pane}");
        }
        // At the end of the way the next key is told that it does nothing, and the first one back does something.
        journey.press(&">".repeat(80));
        assert!(journey.app.toast.as_ref().is_some_and(|toast| toast.text.contains("cannot take more room")));
        let widest = journey.app.layout();
        journey.press("<");
        assert_ne!(journey.app.layout(), widest);
        journey.press("1--");
        assert!(area(&journey, Pane::Structure).height < before.area(Pane::Structure).unwrap().height);
        assert_eq!(journey.kept_sizes, Some(journey.app.sizes));
        journey.press(":even<Enter>");
        assert_eq!(journey.app.layout(), before);
        assert_eq!(journey.kept_sizes, Some(Sizes::default()));
    }
}

#[test]
fn a_pane_is_shown_alone_and_all_of_them_again() {
    let mut journey = Journey::open(200, 60, SHOP, Vec::new());
    let before = journey.shot();
    journey.press("z");
    insta::assert_snapshot!("zoomed_200x60", journey.shot());
    journey.press("<Tab>");
    assert!(journey.app.layout().area(Pane::Centre).is_some(), "the next pane is the one that is shown");
    journey.press("1z");
    assert_eq!(journey.shot(), before);
    let mut journey = Journey::open(80, 24, SHOP, Vec::new());
    journey.press("z");
    journey.check_shows(&["One pane is shown at a time here"]);
}

#[test]
fn borders_are_dragged() {
    let mut journey = Journey::open(200, 60, SHOP, Vec::new());
    let mut drag = |from: (u16, u16), to: (u16, u16)| {
        for (action, (column, row)) in [(MouseAction::Press, from), (MouseAction::Drag, to), (MouseAction::Release, to)]
        {
            journey.put(&Input::Mouse { action, column, row });
        }
        journey.app.layout()
    };
    let start = drag((5, 5), (9, 9));
    let centre = start.area(Pane::Centre).unwrap();
    let wider = drag((centre.x, 9), (centre.x + 7, 9));
    assert_eq!(wider.area(Pane::Centre).unwrap().x, centre.x + 7);
    let bottom = start.area(Pane::Activity).unwrap();
    let lower = drag((60, bottom.y), (60, bottom.y - 5));
    assert_eq!(lower.area(Pane::Activity).unwrap().height, bottom.height + 5);
    let checks = lower.area(Pane::Checks).unwrap();
    let plan = drag((checks.x + 9, checks.y), (checks.x + 9, checks.y + 3));
    assert_eq!(plan.area(Pane::Checks).unwrap().y, checks.y + 3);
    assert!(journey.kept_sizes.is_some());
}
