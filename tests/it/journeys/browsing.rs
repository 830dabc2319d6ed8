//! Walking through the structure and the code.

use std::collections::BTreeMap;

use flux::app::pane::structure::{FileMark, Node, Row, StructurePane, filtered};
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
fn a_function_s_own_name_is_not_taken_for_a_symbol_elsewhere() {
    let project = "
#- a/use.py
def price(rows):
    count = len(rows)
    return count
#- b/other.py
def count():
    pass
";
    let mut journey = Journey::open(120, 36, project, Vec::new());
    journey.press("/price<Enter><Enter>jj");
    let name = journey.app.code.name().map(|span| journey.text_of("a/use.py")[span.range()].to_owned());
    assert_eq!(name.as_deref(), Some("count"));
    journey.press("W");
    journey.check_shows(&["'count' is known in one function alone, which binds it on line 2."]);
    journey.press("<F2>");
    journey.check_shows(&["'count' is known in one function alone: edit that one"]);
    journey.press("D");
    assert_eq!(cursor(&journey), ("a/use.py", 2));
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
fn where_the_name_stands_is_listed_until_it_is_known_what_is_meant() {
    const NAMED: &str = "#- shop/files.py\ndef read_rows(path):\n    return path\n\nrows = read_rows(1)\n\
        #- tests/test_files.py\n# Nobody tests read_rows.\nmore = 1\n";
    let found = |journey: &mut Journey, found: Result<&[(UseKind, &str, u32)], &str>| {
        let Some(Cmd::FindUses(job, ..)) = journey.held.pop() else { panic!("nobody asked") };
        let one = |(kind, path, line): &(UseKind, &str, u32)| {
            let path = ProjectPath::new(path).unwrap();
            SymbolUse { kind: *kind, path, line: *line, text: "it".to_owned() }
        };
        let found = found.map(|uses| uses.iter().map(one).collect()).map_err(str::to_owned);
        journey.tell(Msg::UsesFound(job, found));
    };
    let selected = |journey: &mut Journey| journey.shot().lines().find(|line| line.contains('▶')).unwrap().to_owned();
    let (used, told) = ((UseKind::Meant, "shop/files.py", 4), (UseKind::Mentioned, "tests/test_files.py", 1));
    let mut journey = Journey::open(120, 36, NAMED, Vec::new());
    journey.holds_uses = true;
    journey.press("/read_rows<Enter>W");
    journey.check_shows(&["Uses of read_rows: still looking", "shop/files.py:4", "tests/test_files.py:1"]);
    // Who walks through it stays at the place where one is.
    journey.press("j");
    found(&mut journey, Ok(&[used, (UseKind::MayBe, "shop/files.py", 2), told]));
    journey.check_shows(&["Uses of read_rows: 1 certain", "may be", "mentioned"]);
    assert!(selected(&mut journey).contains("tests/test_files.py:1"), "{}", journey.shot());
    assert_eq!(journey.ended_uses, 0);
    // Who closes the list of what is known so far wants to know no more: nothing opens behind their back.
    journey.press("<Esc>W");
    journey.check_shows(&["still looking"]);
    journey.press("<Esc>");
    assert_eq!(journey.ended_uses, 1);
    found(&mut journey, Ok(&[used]));
    assert!(!journey.shot().contains("Uses of"), "{}", journey.shot());
    // Where nothing is found out, the places of the name stay.
    journey.press("W");
    found(&mut journey, Err("it took too long"));
    journey.check_shows(&["Where the name of read_rows stands", "shop/files.py:4"]);
    journey.press("<Enter>");
    assert_eq!(cursor(&journey), ("shop/files.py", 4));
    // Who has not gone anywhere begins at the top.
    journey.press("1<Esc>/read_rows<Enter>W");
    found(&mut journey, Ok(&[(UseKind::Meant, "aside.py", 1), used]));
    assert!(selected(&mut journey).contains("aside.py:1"), "{}", journey.shot());
    journey.press("<Esc>");
    // Nothing that only has the name is left where nothing is meant.
    journey.press("1<Esc>/read_rows<Enter>W");
    found(&mut journey, Ok(&[]));
    journey.check_shows(&["Nothing uses read_rows."]);
    assert!(journey.app.overlay.is_none());
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

#[test]
fn rows_laid_where_something_changed_are_those_of_all_laid_at_once() {
    let mut dice = Dice::new(8);
    let mut store = Store::new("/home/ada/shop".into());
    let path = |nth: usize| ProjectPath::new(&format!("{}m{nth}.py", ["", "a/", "a/b/", "c/d/e/"][nth % 4])).unwrap();
    let parsed = |dice: &mut Dice, nth: usize| {
        let class =
            |nth: usize| format!("class C{nth}:\n    def f(self): ...\n    class D:\n        def g(self): ...\n");
        let text: String = (0..dice.roll(4)).map(class).collect();
        (path(nth), Store::parse(&path(nth), text.as_bytes()))
    };
    let mut pane = StructurePane::default();
    pane.take_snapshot(store.apply((0..200).map(|nth| parsed(&mut dice, nth)).collect(), &[]));
    let mut most = 0;
    for _ in 0..400 {
        let nth = dice.roll(200);
        match dice.roll(8) {
            0 | 1 => {
                let edited = (0..dice.roll(4)).map(|_| dice.roll(200)).collect::<Vec<_>>();
                pane.take_snapshot(store.apply(edited.into_iter().map(|nth| parsed(&mut dice, nth)).collect(), &[]));
            }
            2 => pane.reveal(&path(nth), None, 20),
            3 => pane.reveal(&path(nth), Some(*dice.pick(&["C0", "C1.D", "C2.D.g"])), 20),
            4 => pane.set_marks([(path(nth), FileMark::default())].into()),
            5 => pane.set_marks(BTreeMap::new()),
            6 if dice.roll(12) == 0 => pane.fold_all(20),
            6 if dice.roll(12) == 0 => pane.unfold_level(20),
            _ => {
                pane.select(dice.roll(pane.rows.len()), 20);
                pane.fold(None, 20);
            }
        }
        let (rows, selected): (Vec<Row>, usize) = (pane.rows.clone(), pane.selected);
        pane.toggle_order(20);
        pane.toggle_order(20);
        assert_eq!(rows, pane.rows);
        assert_eq!(selected, pane.selected);
        most = most.max(rows.len());
    }
    assert!(most > 200, "{most}");
}

#[test]
fn very_many_rows_are_laid_by_somebody_else() {
    let mut store = Store::new("/home/ada/shop".into());
    let path = |nth: usize| ProjectPath::new(&format!("m{nth:04}.py")).unwrap();
    let parsed = |nth: usize, text: &str| (path(nth), Store::parse(&path(nth), text.as_bytes()));
    let text = "class C:\n    def f(self): ...\n";
    let mut pane = StructurePane::default();
    pane.take_snapshot(store.apply((0..5_000).map(|nth| parsed(nth, text)).collect(), &[]));
    let mut job = 0;
    let mut laid = |pane: &mut StructurePane| {
        job += 1;
        assert!(pane.is_stale() && pane.is_looking(), "nothing waits to be laid");
        let question = pane.filter_question(job);
        assert!(pane.take_filtered(job, filtered(&question, &|| true).unwrap(), 20));
        assert!(!pane.is_looking());
    };
    pane.select(3_000, 20);
    pane.unfold_level(20);
    assert_eq!(pane.rows.len(), 5_000, "as they were, until all are laid");
    laid(&mut pane);
    assert_eq!(pane.rows.len(), 10_000);
    assert_eq!(pane.rows[pane.selected].node, Node::File(path(3_000)));
    pane.toggle_order(20);
    laid(&mut pane);
    // What is edited is laid at once, and alone.
    pane.take_snapshot(store.apply(vec![parsed(7, "def f(): ...\ndef a(): ...\n")], &[]));
    assert!(!pane.is_stale());
    let names: Vec<&str> = pane.rows[14..17].iter().map(|row| pane.name(row)).collect();
    assert_eq!(names, ["m0007.py", "a", "f"]);
    // While rows are laid the project changes: they are laid once more.
    pane.unfold_level(20);
    let question = pane.filter_question(100);
    pane.take_snapshot(store.apply(vec![parsed(8, "")], &[]));
    assert!(pane.is_stale());
    laid(&mut pane);
    assert!(!pane.take_filtered(100, filtered(&question, &|| true).unwrap(), 20), "of the project as it was");
    assert_eq!(pane.rows.len(), 5_000 + 4_998 * 2 + 2);
}
