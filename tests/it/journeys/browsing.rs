//! Walking through the structure and the code.

use std::collections::BTreeMap;

use flux::app::pane::structure::{FileMark, Node, StructurePane};
use flux::index::Store;

use super::*;
use crate::dice::Dice;

fn opened_at(journey: &Journey) -> (&str, u32) {
    match journey.opened.last() {
        Some(EditorWork::File { path, line, .. }) => (path.as_str(), *line),
        _ => panic!("no file was opened in the editor"),
    }
}

#[test]
fn the_editor_opens_at_what_is_selected() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("E");
    journey.check_shows(&["No file is in view"]);
    journey.press("/process_file<Enter>E");
    assert_eq!(opened_at(&journey), ("shop/files.py", 15));
    journey.editor_leaves = Err("the editor 'ed' cannot be started".to_owned());
    journey.press("E");
    journey.check_shows(&["the editor 'ed' cannot be started"]);
}

/// The line of the code that the cursor is on.
fn cursor(journey: &Journey) -> (&str, u32) {
    (journey.app.code.wanted.as_ref().unwrap().as_str(), journey.app.code.cursor)
}

#[test]
fn a_name_leads_to_its_definition_and_back() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("/process_file<Enter><Enter>");
    assert_eq!(cursor(&journey), ("shop/files.py", 15));
    // `read_rows` in the line of the loop.
    journey.press("jjj}");
    assert_eq!(
        journey.app.code.name().map(|span| journey.text_of("shop/files.py")[span.range()].to_owned()).unwrap(),
        "read_rows"
    );
    journey.press("D");
    assert_eq!(cursor(&journey), ("shop/files.py", 6));
    journey.press("<Backspace>");
    assert_eq!(cursor(&journey), ("shop/files.py", 18));
    journey.press("<Ctrl-N>");
    assert_eq!(cursor(&journey), ("shop/files.py", 6));
    journey.press("<Ctrl-N>");
    journey.check_shows(&["nothing to go forward to"]);
    // Over an import into another file.
    journey.press("p test_process<Enter>jj}");
    journey.press("<Ctrl-O><Ctrl-O>");
    journey.press("/<Esc>");
}

#[test]
fn an_imported_name_and_a_method_of_self_are_found() {
    let project = "
#- a/base.py
class Base:
    def total(self):
        return 1
#- a/use.py
from .base import Base


class Cart(Base):
    def price(self):
        return self.total() + len(self.rows)


def make():
    return Cart().price()
";
    let mut journey = Journey::open(120, 36, project, Vec::new());
    journey.press("/price<Enter><Enter>jD");
    assert_eq!(cursor(&journey), ("a/base.py", 2));
    journey.press("<Backspace>");
    assert_eq!(cursor(&journey), ("a/use.py", 6));
    journey.press("}D");
    journey.check_shows(&["'len' is not defined in this project"]);
    journey.press("1<Esc>/Cart<Enter><Enter>}D");
    assert_eq!(cursor(&journey), ("a/base.py", 1));
}

#[test]
fn uses_and_neighbours_are_listed() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        journey.press("/read_rows<Enter>W");
        insta::assert_snapshot!(format!("uses_{columns}x{rows}"), journey.shot());
        journey.press("j<Enter>");
        assert_eq!(cursor(&journey), ("shop/files.py", 18));
        journey.press("b");
        journey.check_shows(&["imports 0, imported by 1", "tests/test_files.py"]);
        journey.press("<Enter>");
        assert_eq!(cursor(&journey).0, "tests/test_files.py");
    }
}

#[test]
fn the_search_in_the_code_marks_counts_and_ends() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("/process_file<Enter><Enter>/row");
    journey.check_shows(&["/row▏", "5 of 7"]);
    journey.press("<Enter>n");
    journey.check_shows(&["6 of 7"]);
    journey.press("nnN");
    journey.check_shows(&["7 of 7"]);
    journey.press("<Esc>");
    assert!(!journey.shot().contains("7 of 7"));
    journey.press("/Row");
    journey.check_shows(&["no match"]);
    let before = journey.app.code.cursor;
    journey.press("<Esc>");
    assert_eq!(journey.app.code.cursor, before);
}

#[test]
fn syntax_is_selected_piece_by_piece() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("/process_file<Enter><Enter>jjj}");
    let mut seen = Vec::new();
    for _ in 0..3 {
        journey.press(")");
        seen.push(journey.app.code.selected_text().unwrap().to_owned());
    }
    assert_eq!(
        seen,
        ["read_rows", "read_rows(path)", "for row in read_rows(path):\n        total += int(row.split(\",\")[1])"]
    );
    journey.press("(");
    assert_eq!(journey.app.code.selected_text().unwrap().to_owned(), "read_rows(path)");
}

#[test]
fn the_structure_follows_the_cursor_and_is_ordered_and_folded() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("/models.py<Enter><Esc><Enter>j<Enter>");
    let name = |journey: &Journey| {
        let pane = &journey.app.structure;
        pane.name(&pane.rows[pane.selected]).to_owned()
    };
    journey.press("1");
    assert_eq!(name(&journey), "Order");
    journey.press("l2jjj");
    assert_eq!(name(&journey), "__init__");
    journey.press("1O");
    assert_eq!(name(&journey), "__init__");
    let pane = &journey.app.structure;
    let names: Vec<&str> =
        pane.rows.iter().map(|row| pane.name(row)).filter(|name| ["Basket", "Order", "send"].contains(name)).collect();
    assert_eq!(names, ["Basket", "Order", "send"]);
    journey.press("M");
    assert!(journey.app.structure.rows.iter().all(|row| row.depth == 0));
    journey.press("ZZZ");
    assert!(journey.app.structure.rows.iter().any(|row| row.depth == 3));
}

#[test]
fn what_is_not_committed_and_what_is_broken_is_marked() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    let path = |path: &str| ProjectPath::new(path).unwrap();
    journey.git = [(path("shop/files.py"), GitState::Modified), (path("shop/models.py"), GitState::New)].into();
    journey.project.files.insert(path("tests/test_files.py"), "def broken(:\n".to_owned());
    journey.publish();
    insta::assert_snapshot!("marks_120x36", journey.shot());
}

#[test]
fn the_code_marks_what_the_agent_would_change_there() {
    let read = ("read_file", json!({"path": "shop/files.py"}));
    let edits = [
        edit("shop/files.py", "    total = 0\n", "    total = 1\n"),
        edit("shop/files.py", "    rows = []\n", "    rows = []\n    count = 0\n"),
        edit("shop/files.py", "from pathlib import Path\n", ""),
    ];
    let turns = vec![Turn("", vec![read]), Turn("", edits.into()), THINKS];
    let mut journey = Journey::open(120, 36, SHOP, turns);
    journey.press("ido it<Enter>1/files.py<Enter><Enter>");
    let shot = journey.shot();
    let line = |text: &str| shot.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}: {shot}"));
    assert!(line("    total = 0").contains("17~ "), "{shot}");
    assert!(line("    rows = []").contains("8+ "), "{shot}");
    assert!(line("from pathlib import Path").contains("3- "), "{shot}");
    assert!(line("def process_file").contains("15  "), "{shot}");
}

#[test]
fn the_tree_of_a_project_that_changed_is_that_of_a_fresh_one() {
    let mut dice = Dice::new(3);
    let mut store = Store::new("/home/ada/shop".into());
    let path = |nth: usize| ProjectPath::new(&format!("{}m{nth}.py", ["", "a/", "a/b/", "c/d/e/"][nth % 4])).unwrap();
    let mut pane = StructurePane::default();
    for _ in 0..60 {
        let parsed = |nth: usize| (path(nth), Store::parse(&path(nth), format!("def f{nth}(): ...").as_bytes()));
        let changed = (0..dice.roll(9)).map(|_| parsed(dice.roll(40))).collect();
        let removed: Vec<ProjectPath> = (0..dice.roll(9)).map(|_| path(dice.roll(40))).collect();
        let snapshot = store.apply(changed, &removed);
        let mark = || (path(dice.roll(80)), FileMark::default());
        let marks: BTreeMap<ProjectPath, FileMark> = std::iter::repeat_with(mark).take(3).collect();
        pane.take_snapshot(snapshot.clone());
        pane.set_marks(marks.clone());
        let mut fresh = StructurePane::default();
        fresh.set_marks(marks);
        fresh.take_snapshot(snapshot);
        let is_place = |node: &&Node| matches!(node, Node::Folder(_) | Node::File(_));
        let told = |pane: &StructurePane| -> Vec<Node> {
            pane.rows.iter().map(|row| &row.node).filter(is_place).cloned().collect()
        };
        assert!(told(&pane).len() >= 3);
        assert_eq!(told(&pane), told(&fresh));
    }
}
