//! What a person changes by themselves.

use flux::gate::{Obstacle, SymbolPlaces};
use flux::text::Span;

use super::*;

impl Journey {
    /// A gate that finds every mention of the name, and knows nothing of lines that say so.
    pub(super) fn places(&self, symbol: &str) -> SymbolPlaces {
        let name = symbol.rsplit('.').next().unwrap();
        let found = |text: &str| -> Vec<Span> {
            text.match_indices(name).map(|(at, _)| Span::new(at, at + name.len())).collect()
        };
        let files = self.project.files.iter().map(|(path, text)| (path.clone(), found(text)));
        let places = files.filter(|(_, spans)| !spans.is_empty()).collect();
        let unknown = |(path, text): (&ProjectPath, &String)| -> Vec<Obstacle> {
            let lines = (1..).zip(text.lines()).filter(|(_, line)| line.ends_with("# nobody knows"));
            let obstacle = |(line, _)| Obstacle { path: path.clone(), line, why: "nothing is known of it".to_owned() };
            lines.map(obstacle).collect()
        };
        let obstacles = self.project.files.iter().flat_map(unknown).collect();
        SymbolPlaces { places, obstacles, ..SymbolPlaces::default() }
    }

    fn select(&mut self, filter: &str) {
        self.press(&format!("1/{filter}<Enter>"));
    }
}

#[test]
fn a_symbol_is_renamed_without_a_model() {
    let mut journey = Journey::open(100, 30, SHOP, Vec::new());
    journey.press("ihalf a task<Esc>");
    journey.select("read_rows");
    journey.press("<F2>");
    journey.check_shows(&["Enter rename or move it", "Esc leave it"]);
    assert!(!journey.shot().contains("new line"), "{}", journey.shot());
    journey.check_shows(&[
        "New name",
        "? A new name for read_rows; or where it goes: `other/module.py`, `after NAME`.",
        "› read_rows",
    ]);
    journey.press("<Esc>");
    assert_eq!((journey.app.draft.as_str(), journey.app.focus), ("half a task", Pane::Structure));
    // Asked of another symbol without an answer to the first.
    journey.press("<F2><Tab>1k<F2><Esc>j");
    assert_eq!(journey.app.draft, "half a task");
    journey.press("<F2>_all<Enter>");
    journey.check_shows(&["hunk 1/2", "read_rows_all", "Rename read_rows to read_rows_all"]);
    assert_eq!(journey.app.draft, "half a task");
    journey.press("Aw");
    assert!(journey.text_of("shop/files.py").contains("in read_rows_all(path)"), "{}", journey.shot());
    // The agent was never asked, and a task can be given now.
    let session = journey.app.session.as_ref().unwrap();
    assert!(session.messages().is_empty() && session.pending().is_empty());
    journey.press("i<Enter>");
    assert!(journey.app.session.as_ref().unwrap().messages().len() > 1);
}

#[test]
fn what_the_cursor_in_the_code_stands_on_is_changed_as_what_is_selected_is() {
    let mut journey = Journey::open(100, 30, SHOP, Vec::new());
    journey.select("total");
    journey.press("<Enter>");
    assert_eq!(journey.app.focus, Pane::Centre);
    journey.check_shows(&["/ search"]);
    // The name under the cursor, not what it stands in.
    journey.press("<F2>");
    journey.check_shows(&["? A new name for "]);
    journey.press("_due<Enter>");
    journey.check_shows(&["total_due", "Rename total to total_due"]);
    journey.press("xx2e");
    assert!(journey.app.code_edit.is_some(), "{}", journey.shot());
    journey.press("<Esc>2<Delete>");
    journey.check_shows(&["Remove total from"]);
    // Where the cursor stands in no symbol, nothing is removed.
    journey.press("xx2g<Delete>");
    assert!(journey.app.review.is_none(), "{}", journey.shot());
    journey.check_shows(&["The cursor stands in no class and no function."]);
}

#[test]
fn a_long_refusal_is_said_in_short_and_listed_in_the_activity() {
    let mut journey = Journey::open(100, 30, SHOP, Vec::new());
    let rows: String = (0..6).map(|nth| format!("rows_{nth} = given.read_rows()  # nobody knows\n")).collect();
    journey.project.files.insert(ProjectPath::new("shop/rows.py").unwrap(), rows);
    journey.select("read_rows");
    journey.press("<F2>_all<Enter>");
    let toast = journey.app.toast.as_ref().unwrap().text.clone();
    assert!(toast.starts_with("'read_rows' was not renamed"), "{toast}");
    assert!(toast.ends_with("The activity (5) lists why.") && !toast.contains('\n'), "{toast}");
    journey.press("5");
    journey.check_shows(&["6. shop/rows.py:6: nothing is known"]);
}

#[test]
fn symbols_and_files_are_removed_and_moved() {
    let mut journey = Journey::open(100, 30, SHOP, Vec::new());
    journey.select("Basket");
    journey.press("<Delete>");
    journey.check_shows(&["Remove Basket from shop/models.py"]);
    journey.press("Aw");
    assert!(!journey.text_of("shop/models.py").contains("class Basket"));
    let path = ProjectPath::new("shop/models.py").unwrap();
    journey.press("1/<Esc>");
    journey.select("models");
    journey.press("<F2>");
    journey.check_shows(&["Move shop/models.py to which path?"]);
    for _ in 0.."models.py".len() {
        journey.press("<Backspace>");
    }
    journey.press("orders.py<Enter>Aw");
    assert!(!journey.project.files.contains_key(&path), "{}", journey.shot());
    assert!(journey.text_of("shop/orders.py").contains("class Order"));
    journey.press("1/<Esc>");
    journey.select("orders");
    journey.press("<Delete>Aw");
    assert!(!journey.project.files.contains_key(&ProjectPath::new("shop/orders.py").unwrap()), "{}", journey.shot());
}

#[test]
fn what_it_would_break_is_shown_and_the_model_may_mend_it() {
    let turns = vec![
        Turn("", vec![("read_file", json!({"path": "shop/files.py"}))]),
        Turn("", vec![edit("shop/files.py", "for row in parse_row(path):", "for row in path.open():")]),
    ];
    let mut journey = Journey::open(100, 30, SHOP, turns);
    // The gate of these journeys knows of `parse_row` alone.
    let text =
        journey.text_of("shop/files.py").replace("def read_rows", "def parse_row").replace("read_rows", "parse_row");
    journey.project.files.insert(ProjectPath::new("shop/files.py").unwrap(), text);
    journey.publish();
    journey.select("parse_row");
    journey.press("<Delete>");
    journey.check_shows(&["✘ Tool validation  1 issue", "in parse_row"]);
    journey.press("Aw");
    journey.check_shows(&["The gate blocks this"]);
    assert!(journey.text_of("shop/files.py").contains("def parse_row"));
    journey.press("cCall something else there<Enter>");
    let said = journey.app.session.as_ref().unwrap().messages();
    assert!(said.iter().any(|message| message.content.contains("The person began a change")), "{}", journey.shot());
    // What was accepted stays so; it holds together with what is new.
    journey.press("A");
    journey.check_shows(&["✔ Tool validation"]);
    journey.press("w");
    let written = journey.text_of("shop/files.py");
    assert!(!written.contains("parse_row") && written.contains("path.open()"), "{written}");
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut journey = Journey::open(100, 30, SHOP, three_hunks());
    journey.select("read_rows");
    journey.press("<F2><Enter>");
    journey.check_shows(&["It keeps its name."]);
    journey.press("<F2>-<Enter>");
    assert!(journey.app.review.is_none());
    journey.check_shows(&["is no name"]);
    journey.press("4<Delete>");
    journey.check_shows(&["Select a symbol or a file in the structure, or go to it in the code."]);
    journey.press("iParse rows in one place<Enter>");
    journey.press("1U");
    journey.check_shows(&["Decide on the proposal first, or discard it."]);
}

#[test]
fn a_symbol_is_moved_to_another_module() {
    let mut journey = Journey::open(100, 30, SHOP, Vec::new());
    journey.select("read_rows");
    journey.press("<F2>");
    for _ in 0.."read_rows".len() {
        journey.press("<Backspace>");
    }
    journey.press("shop/rows.py<Enter>");
    journey.check_shows(&["Move read_rows to shop/rows.py"]);
    journey.press("Aw");
    assert!(journey.text_of("shop/rows.py").contains("def read_rows("), "{}", journey.shot());
    assert!(!journey.text_of("shop/files.py").contains("def read_rows("));
}

#[test]
fn code_is_added_and_rewritten_without_a_model() {
    let mut journey = Journey::open(100, 30, SHOP, Vec::new());
    journey.select("read_rows");
    journey.press("o");
    journey.check_shows(&["Code to add", "after read_rows?"]);
    journey.press("def count_rows(path):<Ctrl-J>    return len(read_rows(path))<Enter>");
    journey.check_shows(&["Add def count_rows to"]);
    journey.press("Aw");
    let text = journey.text_of("shop/files.py");
    assert!(text.find("def read_rows(") < text.find("def count_rows("), "{text}");
    journey.press("1/<Esc>");
    journey.select("count_rows");
    journey.press("e");
    // In its place, with the keys of a hunk that is edited.
    journey.check_shows(&["editing count_rows", "def count_rows(path):", "Ctrl-S take it"]);
    journey.press("<Down><End>");
    for _ in 0.."len(read_rows(path))".len() {
        journey.press("<Backspace>");
    }
    // What was typed stands there again after it was left.
    journey.press("<Esc>");
    journey.check_shows(&["what you typed is kept"]);
    assert!(journey.text_of("shop/files.py").contains("return len(read_rows(path))"));
    journey.press("e");
    assert!(!journey.shot().contains("return len(read_rows(path))"));
    journey.press("<Down><End>(<Ctrl-S>");
    journey.check_shows(&["What you typed stands.", "    return ("]);
    journey.press("<Down><End><Backspace>0<Enter># none<Backspace><Ctrl-S>");
    journey.check_shows(&["Rewrite count_rows in"]);
    journey.press("Aw");
    assert!(journey.text_of("shop/files.py").contains("    return 0\n"), "{}", journey.shot());
}
