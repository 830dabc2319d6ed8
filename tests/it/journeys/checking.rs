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
        journey.check_shows(&[
            "pars_row",
            "Did you mean  parse_row(row: str) -> int",
            "hunk 2",
            "→ F: Replace 'pars_row'",
        ]);
        // One way out is enough, and there is no other issue to go to.
        assert!(!journey.shot().contains("Way out") && !journey.shot().contains("j next"), "{}", journey.shot());
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
        journey.press("4F");
        journey.check_shows(&["Replace 'pars_row' by 'parse_row', in shop/files.py."]);
        let review = journey.app.review.as_ref().unwrap();
        assert!(review.report.issues.is_empty());
        assert_eq!(review.hunks.len(), 3);
        journey.press("u");
        let review = journey.app.review.as_ref().unwrap();
        assert!(review.change_set == before);
        assert_eq!(review.report.issues.len(), 1);
        journey.press("4F");
        journey.press("Aw");
        assert!(journey.text_of("shop/files.py").contains("total += parse_row(row)"), "{}", journey.shot());
    }
}

#[test]
fn what_no_fix_mends_is_said() {
    let mut journey = proposed(120, 36);
    journey.press("nynw4F");
    journey.check_shows(&["Hunk 1 brings what is missing: accept it."]);
    journey.press("<Enter>");
    journey.check_shows(&["→ t: accept hunk 1 with it, which brings it."]);
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

#[test]
fn a_fix_in_a_file_that_the_proposal_leaves_alone_makes_it_part_of_the_proposal() {
    let mut journey = proposed(120, 36);
    journey.holds_judgements = true;
    journey.press("y");
    let Some(Cmd::Judge(id, ..)) = journey.held.pop() else { panic!("nothing is judged") };
    let path = ProjectPath::new("tests/test_files.py").unwrap();
    let at = journey.text_of("tests/test_files.py").find("== 3").unwrap();
    let span = Span::new(at, at + "== 3".len());
    let edits = vec![TextEdit { span, text: "== 4".to_owned() }];
    let issue = Issue {
        layer: Layer::Tool,
        code: "unresolved-reference",
        severity: Severity::Block,
        path,
        line: 6,
        span: Some(span),
        message: "what it gives is another".to_owned(),
        fix: Some(Fix { title: "Expect 4".to_owned(), safety: FixSafety::Suggested, edits }),
    };
    let report = Report::new(vec![issue], [Some(0.1), Some(0.4), Some(3.6), Some(0.2), None, None]);
    journey.tell(Msg::Judged(id, report));
    journey.holds_judgements = false;
    journey.press("4<Enter>");
    journey.check_shows(&["tests/test_files.py:6", "→ F: Expect 4", "== 4"]);
    journey.press("F");
    journey.check_shows(&["Expect 4, in tests/test_files.py, which is part of it now"]);
    assert_eq!(journey.app.review.as_ref().unwrap().hunks.len(), 4);
    let pending = journey.app.session.as_ref().unwrap().pending();
    assert!(pending.get(&ProjectPath::new("tests/test_files.py").unwrap()).is_some());
    // It can be taken back, and done again.
    journey.press("2u");
    assert_eq!(journey.app.review.as_ref().unwrap().hunks.len(), 3, "{}", journey.shot());
    // Nobody else changed that file.
    journey.press("iDo it otherwise<Enter>");
    let messages = journey.app.session.as_ref().unwrap().messages();
    assert!(messages.iter().all(|message| !message.content.contains("Somebody changed")), "{messages:?}");
}

/// The row under the cursor of the proposal, as the screen shows it.
fn current_row(journey: &mut Journey) -> String {
    let proposal = journey.app.proposal.as_ref().unwrap();
    let row = proposal.cursor - proposal.top;
    let area = journey.app.layout().area(Pane::Centre).unwrap();
    let shot = journey.shot();
    let line = shot.lines().nth(usize::from(area.y) + 1 + row).unwrap_or_default();
    line.chars().skip(usize::from(area.x) + 1).take(usize::from(area.width) - 2).collect()
}

#[test]
fn an_issue_opens_at_its_row_and_says_the_number_that_stands_there() {
    for (columns, rows) in [(80, 24), (120, 36), (200, 60)] {
        let mut journey = proposed(columns, rows);
        // The first hunk is left out: what was judged has fewer lines than what is shown.
        journey.press("ny4");
        journey.check_shows(&["files.py:25"]);
        journey.press("<Enter>");
        journey.check_shows(&["shop/files.py:25", "25 │ total += parse_row(row)"]);
        let row = current_row(&mut journey);
        assert!(row.contains("25") && row.contains("total += parse_row(row)"), "{row}");
    }
}

#[test]
fn an_issue_in_lines_that_are_left_out_or_not_taken_is_shown() {
    let issue = |line: u32| Issue {
        layer: Layer::Tool,
        code: "unresolved-reference",
        severity: Severity::Block,
        path: ProjectPath::new("shop/files.py").unwrap(),
        line,
        span: None,
        message: format!("line {line} is wrong"),
        fix: None,
    };
    // Of the old text: between the hunks; in the lines that a hunk would change which was rejected.
    for (line, number, text) in [(11, "17", "rows.append(line)"), (19, "19", "total += int(row.split(")] {
        let mut journey = proposed(120, 36);
        journey.holds_judgements = true;
        journey.press("yn");
        let Some(Cmd::Judge(id, ..)) = journey.held.pop() else { panic!("nothing is judged") };
        // The accepted hunk stands above and brings six lines.
        let report = Report::new(vec![issue(line + 6)], [Some(0.1), Some(0.4), Some(3.6), Some(0.2), None, None]);
        journey.tell(Msg::Judged(id, report));
        journey.press("4<Enter>");
        let row = current_row(&mut journey);
        assert!(row.contains(number) && row.contains(text), "{row}\n{}", journey.shot());
        journey.check_shows(&[&format!("shop/files.py:{number}")]);
    }
}

#[test]
fn the_tree_marks_the_symbol_that_an_issue_of_the_proposal_stands_in() {
    // Without the function that is added above, lines of the judged text are not those on the disk.
    let mut journey = proposed(200, 60);
    journey.press("ny");
    let rows: Vec<String> = journey.shot().lines().map(|line| line.chars().take(46).collect()).collect();
    let marked: Vec<&String> = rows.iter().filter(|row| row.contains('ƒ') && row.contains('✘')).collect();
    assert!(matches!(&marked[..], [row] if row.contains("process_file")), "{}", journey.shot());
}
