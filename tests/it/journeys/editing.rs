//! A hunk that the person changes themselves, in its place.

use flux::app::{Decision, EditorWork};

use super::*;

impl Journey {
    fn review_text(&self, path: &str) -> &str {
        self.app.review.as_ref().unwrap().change_set.get(&ProjectPath::new(path).unwrap()).unwrap().new_text()
    }
}

#[test]
fn an_edited_hunk_is_judged_in_the_combination_and_can_be_taken_back() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = proposed(columns, rows);
        journey.press("y");
        journey.check_shows(&["hunk 2/3"]);
        journey.press("e");
        journey.check_shows(&["editing hunk 2/3", "Ctrl-S take it", "total += int(row.split"]);
        journey.press("<End> or parse_row(<Enter>row");
        journey.press("<Home><Home><Up><End>");
        insta::assert_snapshot!(format!("editing_{columns}x{rows}"), journey.shot());
        // The bracket is open.
        journey.press("<Ctrl-S>");
        journey.check_shows(&["would not parse", "or parse_row("]);
        insta::assert_snapshot!(format!("edit_refused_{columns}x{rows}"), journey.shot());
        journey.press("<Down><End>)<Ctrl-S>");
        journey.check_shows(&["Hunk 2 is as you typed it, and accepted. u takes it back.", "hunk 2/3"]);
        assert!(journey.review_text("shop/files.py").contains("total += parse_row(row) or parse_row(\n"));
        let review = journey.app.review.as_ref().unwrap();
        assert_eq!(review.decisions, [Decision::Accepted, Decision::Accepted, Decision::Open]);
        assert!(review.hindrance().is_none());
        journey.press("u");
        journey.check_shows(&["The text is as it was before."]);
        assert!(!journey.review_text("shop/files.py").contains("or parse_row"));
        assert_eq!(journey.app.review.as_ref().unwrap().decisions[1], Decision::Open);
    }
}

#[test]
fn what_was_edited_is_written_and_the_model_reads_it_again() {
    let mut journey = proposed(120, 36);
    journey.press("e");
    // Into the function that is added, behind its first line.
    journey.press("<End><Ctrl-J>\"\"\"Reads a row.\"\"\"<Ctrl-S>");
    journey.press("A");
    let added = "def parse_row(row: str) -> int:\n    \"\"\"Reads a row.\"\"\"\n    name, _, price";
    assert!(journey.review_text("shop/files.py").contains(added), "{}", journey.review_text("shop/files.py"));
    journey.press("w");
    assert!(journey.text_of("shop/files.py").contains(added));
    assert!(journey.text_of("shop/files.py").contains("total += parse_row(row)"));
    journey.turns = [Turn("", vec![("finish", json!({"summary": "Done."}))])].into();
    journey.press("iand now<Enter>");
    let session = journey.app.session.as_ref().unwrap();
    let told: String = session.messages().iter().map(|message| message.content.as_str()).collect();
    assert!(told.contains("the person changed lines of it in shop/files.py"), "{told}");
}

#[test]
fn an_edit_can_bring_what_the_gate_blocks_and_says_so() {
    let mut journey = proposed(120, 36);
    // Without its name nothing is left of what the second hunk needs.
    journey.press("e<Delete><Delete><Delete><Delete>def read_row(row: str) -> int:<Enter>return 1<Enter># ");
    journey.press("<Ctrl-S>");
    journey.check_shows(&["Hunk 1 is as you typed it"]);
    journey.press("A");
    journey.check_shows(&["'parse_row' is not"]);
    let review = journey.app.review.as_ref().unwrap();
    assert!(review.hindrance().is_some(), "{}", journey.shot());
}

#[test]
fn what_was_typed_is_kept_when_the_edit_is_left() {
    let mut journey = proposed(120, 36);
    journey.press("e<End># checked<Esc>");
    journey.check_shows(&["what you typed is kept"]);
    assert!(!journey.review_text("shop/files.py").contains("checked"));
    journey.press("]e");
    assert!(!journey.shot().contains("checked"));
    journey.press("<Esc>[e");
    journey.check_shows(&["# checked"]);
    // Another program writes above the hunk: it is the same one still.
    let path = ProjectPath::new("shop/files.py").unwrap();
    let text =
        journey.project.files[&path].replace("\"\"\"Reads order files.\"\"\"", "\"\"\"Reads\norder files.\"\"\"");
    journey.project.files.insert(path, text);
    journey.publish();
    journey.press("<Ctrl-S>");
    journey.check_shows(&["Hunk 1 is as you typed it"]);
    assert!(
        journey.review_text("shop/files.py").contains("-> int:# checked"),
        "{}",
        journey.review_text("shop/files.py")
    );
}

#[test]
fn a_hunk_of_which_nothing_is_left_goes_and_comes_back() {
    let mut journey = proposed(120, 36);
    journey.press("]]e");
    let line = "    \"\"\"What a customer wants, priced.\"\"\"";
    (0..line.len()).for_each(|_| journey.press("<Delete>"));
    journey.press("<Home>");
    (0..4).for_each(|_| journey.press("<Delete>"));
    journey.put(&Input::Paste("    \"\"\"What a customer wants.\"\"\"".to_owned()));
    journey.press("<Ctrl-S>");
    journey.check_shows(&["Nothing is left of that hunk", "hunk 2/2"]);
    journey.press("u");
    journey.check_shows(&["hunk 3/3"]);
    assert!(journey.review_text("shop/models.py").contains("priced"));
}

#[test]
fn a_file_that_goes_has_no_lines_to_edit() {
    let turns = vec![
        Turn("", vec![("read_file", json!({"path": "shop/__init__.py"}))]),
        Turn("", vec![("delete_file", json!({"path": "shop/__init__.py"}))]),
        Turn("", vec![("finish", json!({"summary": "Gone."}))]),
    ];
    let mut journey = Journey::open(120, 36, SHOP, turns);
    journey.press("iRemove it<Enter>e");
    journey.check_shows(&["Hunk 1 cannot be edited: the file is to be deleted"]);
}

#[test]
fn the_persons_own_editor_gets_the_lines_and_gives_them_back() {
    let mut journey = proposed(120, 36);
    let line = "        total += parse_row(row";
    // What cannot be taken stays to be changed here.
    journey.editor_leaves = Ok(format!("{line}\n"));
    journey.press("]E");
    let Some(EditorWork::Text { text, suffix, .. }) = journey.opened.last() else { panic!("no editor was opened") };
    assert_eq!((text, suffix.as_str()), (&format!("{line})\n"), ".py"));
    journey.check_shows(&["editing hunk 2/3", "would not parse", "total += parse_row(row"]);
    journey.press("<End>)  # summed<Ctrl-S>");
    journey.check_shows(&["Hunk 2 is as you typed it"]);
    assert!(journey.review_text("shop/files.py").contains("parse_row(row)  # summed\n    return"));
    // Closed without a change, and not at all.
    journey.editor_leaves = Ok(format!("{line})  # summed\n"));
    journey.press("E");
    journey.check_shows(&["The hunk stays as it was."]);
    journey.editor_leaves = Err("vi is not there".to_owned());
    journey.press("E");
    journey.check_shows(&["vi is not there"]);
}
