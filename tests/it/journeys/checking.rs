//! What the gate found: looked at, let pass with a reason, mended.

use flux::app::pane::checks::CheckRow;

use super::*;

/// The second hunk uses a name with a slip in it.
fn with_a_slip(columns: u16, rows: u16) -> Journey {
    let mut turns = three_hunks();
    turns[1].1[1].1["replace"] = json!("total += pars_row(row)");
    let mut journey = Journey::open(columns, rows, SHOP, turns);
    journey.press("iParse rows in one place<Enter>");
    assert!(journey.app.review.is_some(), "no proposal:\n{}", journey.shot());
    journey
}

#[test]
fn an_issue_opens_at_its_line_and_passes_with_a_reason() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = with_a_slip(columns, rows);
        journey.press("4");
        insta::assert_snapshot!(format!("checks_{columns}x{rows}"), journey.shot());
        journey.press("<Enter>");
        journey.check_shows(&["pars_row", "Did you mean  parse_row(row: str) -> int", "hunk 2", "Way out"]);
        insta::assert_snapshot!(format!("issue_{columns}x{rows}"), journey.shot());
        journey.press("o");
        journey.check_shows(&["Reason", "? Why may 'unresolved-reference' pass in shop/files.py::process_file?"]);
        journey.press("<Enter>");
        journey.check_shows(&["Nothing is let pass without a reason."]);
        assert!(journey.overrides.is_empty());
        journey.press("othe loader binds it<Enter>");
        assert_eq!(journey.overrides[0].symbol.as_deref(), Some("process_file"));
        journey.check_shows(&["Overridden", "the loader binds it", "o takes the override back"]);
        insta::assert_snapshot!(format!("overridden_{columns}x{rows}"), journey.shot());
        journey.press("<Esc>");
        assert_eq!(journey.app.focus, Pane::Checks);
        journey.check_shows(&["Overridden: the loader", "1 overridden"]);
        journey.press("o");
        assert!(journey.overrides.is_empty());
        journey.check_shows(&["The override was taken back.", "1 issue"]);
    }
}

#[test]
fn a_fix_becomes_part_of_the_change_and_is_taken_back() {
    for accepted in ["", "A"] {
        let mut journey = with_a_slip(120, 36);
        let before = journey.app.review.as_ref().unwrap().change_set.clone();
        journey.press(accepted);
        journey.press("4f");
        journey.check_shows(&["Replace 'pars_row' by 'parse_row', in shop/files.py."]);
        let review = journey.app.review.as_ref().unwrap();
        assert!(review.report.issues.is_empty());
        assert_eq!(review.hunks.len(), 3);
        journey.press("u");
        let review = journey.app.review.as_ref().unwrap();
        assert!(review.change_set == before);
        assert_eq!(review.report.issues.len(), 1);
        journey.press("4f");
        journey.press("Aw");
        assert!(journey.text_of("shop/files.py").contains("total += parse_row(row)"), "{}", journey.shot());
    }
}

#[test]
fn what_no_fix_mends_is_said() {
    let mut journey = proposed(120, 36);
    journey.press("nynw4f");
    journey.check_shows(&["Hunk 1 brings what is missing: accept it."]);
    journey.press("<Enter>");
    journey.check_shows(&["→ Accept hunk 1, which brings it."]);
    // Another key does what it does everywhere, and the issue is closed.
    journey.press("[y");
    assert!(!journey.app.checks.is_open);
    assert!(journey.app.review.as_ref().unwrap().report.issues.is_empty());
}

#[test]
fn a_selected_layer_stays_selected_when_issues_come_above_it() {
    let mut journey = proposed(120, 36);
    journey.holds_judgements = true;
    journey.press("ny4gjjj");
    let selected = |journey: &Journey| journey.app.checks.row(journey.app.report());
    assert_eq!(selected(&journey), Some(CheckRow::Layer(Layer::Syntax)));
    journey.answer_held(&[journey.held.len() - 1]);
    assert_eq!(journey.app.report().unwrap().issues.len(), 1);
    assert_eq!(selected(&journey), Some(CheckRow::Layer(Layer::Syntax)));
}

#[test]
fn who_waits_in_the_checks_is_led_to_the_first_issue() {
    let mut journey = proposed(120, 36);
    journey.holds_judgements = true;
    journey.press("ny4");
    assert!(journey.app.shown_issue().is_none());
    journey.answer_held(&[journey.held.len() - 1]);
    assert_eq!(journey.app.shown_issue().unwrap().issue.line, journey.app.report().unwrap().issues[0].line);
}
