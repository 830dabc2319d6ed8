//! Finding one's way: the filter of the tree, deep trees, what a proposal adds to it, the help, what is offered.

use flux::app::pane::structure::Node;

use super::*;

fn selected(journey: &Journey) -> &str {
    let pane = &journey.app.structure;
    pane.name(&pane.rows[pane.selected])
}

/// The row that is selected is one of those on the screen.
fn check_in_view(journey: &mut Journey) {
    let height = journey.app.height_of(Pane::Structure);
    let pane = &journey.app.structure;
    assert!((pane.top..pane.top + height).contains(&pane.selected), "{} at {}", pane.selected, pane.top);
}

fn many() -> String {
    (0..300).map(|at| format!("#- shop/part_{at:03}.py\ndef work_{at:03}():\n    return 1\n")).collect()
}

#[test]
fn the_filter_shows_its_match_and_enter_and_esc_land_on_it() {
    for (columns, rows) in [(80, 24), (120, 36), (60, 15)] {
        let mut journey = Journey::open(columns, rows, &many(), Vec::new());
        journey.press("G/2");
        check_in_view(&mut journey);
        journey.press("7");
        check_in_view(&mut journey);
        assert_eq!(selected(&journey), "part_027.py");
        journey.press("<Down><Down><Enter>");
        let kept = selected(&journey).to_owned();
        check_in_view(&mut journey);
        journey.press("<Esc>");
        assert_eq!((selected(&journey), journey.app.structure.filter.as_str()), (&*kept, ""));
        check_in_view(&mut journey);
        // Given up while it is typed.
        journey.press("/work_271<Esc>");
        assert_eq!(selected(&journey), "work_271");
        check_in_view(&mut journey);
        assert_eq!(journey.app.code.wanted.as_ref().unwrap().as_str(), "shop/part_271.py");
        // A folder, too.
        journey.press("g/shop<Up><Up><Up>");
        journey.press("<Esc>");
        assert_eq!(selected(&journey), "shop");
    }
}

#[test]
fn a_query_typed_on_finds_what_it_finds_at_once_and_folds_lay_the_same_rows() {
    let project = many() + SHOP.trim_start();
    let mut journey = Journey::open(120, 36, &project, Vec::new());
    for query in ["work_2", "part_10", "total", "zzz", "tests/t"] {
        journey.press("/<Ctrl-U>");
        query.chars().for_each(|letter| journey.press(&letter.to_string()));
        let typed = journey.app.structure.rows.clone();
        journey.press("<Ctrl-U>");
        journey.put(&Input::Paste(query.to_owned()));
        assert_eq!(journey.app.structure.rows, typed, "{query}");
    }
    journey.press("<Esc>");
    for keys in ["gl", "jl", "/Order<Enter><Esc>", "h", "l", "j", "h", "h", "l", "gh", "l", "/shop/files<Enter><Esc>l"]
    {
        journey.press(keys);
        let laid = journey.app.structure.rows.clone();
        // Each lays all of them anew.
        journey.press("OO");
        assert_eq!(journey.app.structure.rows, laid, "after {keys}");
    }
}

#[test]
fn in_a_deep_tree_names_go_last() {
    let folders = "platform/services/billing/domain/invoices/internal";
    let project = format!(
        "#- {folders}/calculation.py\nclass InvoiceCalculator:\n    class Rounding:\n        def apply_to_position(self, position: int) -> int:\n            return 1\n"
    );
    let mut journey = Journey::open(120, 36, &project, Vec::new());
    journey.press("ZZZZZZZZZ");
    journey.check_shows(&["calculation.py", "InvoiceCalculator", "Rounding", "apply_to_position"]);
    insta::assert_snapshot!("deep_120x36", journey.shot());
}

#[test]
fn what_a_proposal_adds_and_takes_away_has_rows_of_its_own() {
    let code = "def count_rows(path: Path) -> int:\n    return len(read_rows(path))\n";
    let turns = vec![
        Turn(
            "",
            vec![("read_file", json!({"path": "shop/files.py"})), ("read_file", json!({"path": "shop/models.py"}))],
        ),
        Turn(
            "",
            vec![
                ("add_function", json!({"path": "shop/files.py", "code": code, "after": "read_rows"})),
                (
                    "add_function",
                    json!({"path": "shop/models.py", "target_class": "Basket",
                        "code": "def clear(self) -> None:\n    self.lines = []\n"}),
                ),
                (
                    "write_file",
                    json!({"path": "shop/rates.py", "content": "def rate_of(name: str) -> int:\n    return 7\n"}),
                ),
                ("remove_symbol", json!({"path": "shop/models.py", "symbol": "Order.send"})),
            ],
        ),
        Turn("", vec![("finish", json!({"summary": "Counts rows."}))]),
    ];
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut journey = Journey::open(columns, rows, SHOP, turns_again(&turns));
        journey.press("iCount rows<Enter>1");
        let pane = &journey.app.structure;
        let added: Vec<&str> =
            pane.rows.iter().filter(|row| matches!(row.node, Node::Added(..))).map(|row| pane.name(row)).collect();
        assert_eq!(added, ["count_rows", "clear", "rate_of"]);
        let mark = &pane.marks[&ProjectPath::new("shop/models.py").unwrap()];
        assert_eq!(mark.removed.iter().map(|name| &**name).collect::<Vec<_>>(), ["Order.send"]);
        // Its neighbour is as it was.
        let files = &pane.marks[&ProjectPath::new("shop/files.py").unwrap()];
        assert!(files.symbols.is_empty(), "{:?}", files.symbols);
        insta::assert_snapshot!(format!("added_{columns}x{rows}"), journey.shot());
        journey.press("/clear<Enter><Enter>");
        journey.check_shows(&["def clear(self)"]);
    }
}

fn turns_again(turns: &[Turn]) -> Vec<Turn> {
    turns.iter().map(|Turn(text, calls)| Turn(text, calls.clone())).collect()
}

#[test]
fn the_help_is_searched_by_typing_and_begins_where_one_is() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        journey.press("5?");
        insta::assert_snapshot!(format!("help_{columns}x{rows}"), journey.shot());
        journey.press("theme");
        journey.check_shows(&["▶ T", "List the themes", "Everywhere"]);
        journey.press("<Ctrl-U>accept the hunk and");
        journey.check_shows(&["▶ y", "Hunk of a proposal"]);
        journey.press("<Enter>");
        journey.check_shows(&["It works in: Hunk of a proposal."]);
        journey.press("<Ctrl-U>sessions<Enter>");
        journey.check_shows(&["No session of this project is kept yet."]);
        journey.press("??");
        assert!(journey.app.overlay.is_none());
    }
}

#[test]
fn what_cannot_be_done_is_not_offered() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.tell(Msg::WritesCounted { standing: 0, can_redo: false });
    assert!(!journey.shot().contains("u undo"), "{}", journey.shot());
    journey.press("3");
    assert!(!journey.shot().contains("skip"), "{}", journey.shot());
    journey.press(":");
    journey.press("take the last write");
    assert!(!journey.shot().contains("Take the last write back"), "{}", journey.shot());
    journey.press("<Esc>");
    journey.tell(Msg::WritesCounted { standing: 1, can_redo: false });
    journey.check_shows(&["u undo"]);
    journey.press(":take the last write");
    journey.check_shows(&["▶ Take the last write back"]);
    journey.press("<Esc><Esc>:write again what");
    assert!(!journey.shot().contains("Write again what was taken back"), "{}", journey.shot());
    journey.press("<Esc><Esc>");
    journey.tell(Msg::WritesCounted { standing: 0, can_redo: true });
    journey.press(":write again what");
    journey.check_shows(&["▶ Write again what was taken back"]);
}

#[test]
fn the_first_start_says_what_to_do_and_what_is_missing_at_every_size() {
    for (columns, rows) in [(60, 15), (80, 24), (120, 36)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        journey.app.model.is_missing = true;
        journey.tell(Msg::EnvironmentLooked { is_there: false });
        journey.check_shows(&["flux doctor", "flux demo", "OPENAI_BASE_URL", "no Python environment"]);
        insta::assert_snapshot!(format!("first_start_{columns}x{rows}"), journey.shot());
        journey.press("j");
        assert!(columns == 120 || !journey.shot().contains("flux demo"));
    }
}

#[test]
fn the_prompt_names_a_function_of_this_project() {
    let project = "#- bank/ledger.py\ndef book_entry(account):\n    total = 0\n    total += 1\n    return total\n";
    let mut journey = Journey::open(120, 36, project, Vec::new());
    journey.check_shows(&["Add error handling to book_entry"]);
}

#[test]
fn a_long_prompt_says_how_much_of_it_is_out_of_sight() {
    let mut journey = Journey::open(80, 24, SHOP, Vec::new());
    journey.press("i");
    for at in 0..12 {
        journey.press(&format!("line {at}<Ctrl-J>"));
    }
    journey.press("end");
    journey.check_shows(&["↑"]);
    for _ in 0..12 {
        journey.press("<Up>");
    }
    journey.check_shows(&["line 0", "↓"]);
}

#[test]
fn a_task_that_no_model_took_stands_in_the_prompt_again() {
    let mut journey = Journey::open(120, 36, SHOP, vec![THINKS]);
    journey.press("iMend the sum<Enter>");
    assert_eq!(journey.app.draft, "");
    journey.press("ialso this<Esc>");
    let job = journey.thinking.take().unwrap();
    let why = "no model answers".to_owned();
    journey.tell(Msg::Agent(Event::Model(job, ModelEvent::Failed { why })));
    assert_eq!(journey.app.draft, "Mend the sum\n\nalso this");
    assert_eq!(journey.app.focus, Pane::Prompt);
    // What failed is red, with a sign and the ways out; the status does not say that all is well.
    journey.check_shows(&["✘ no model answers", "Enter sends the task again, /model asks another"]);
    journey.press("<Esc>");
    journey.check_shows(&["✘ scripted: no answer"]);
    journey.turns = [Turn("Done.", Vec::new())].into();
    journey.press("i<Enter>");
    assert!(!journey.shot().contains("no answer"), "{}", journey.shot());
}

#[test]
fn a_light_ground_takes_a_light_theme_unless_somebody_chose() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.app.themes = flux::ui::Themes::built_in(ColorDepth::True).labels();
    journey.tell(Msg::GroundTold { is_light: true });
    assert_eq!(journey.app.theme, "");
    journey.app.follows_ground = true;
    journey.tell(Msg::GroundTold { is_light: false });
    assert_eq!(journey.app.theme, "");
    journey.tell(Msg::GroundTold { is_light: true });
    assert_eq!(journey.app.theme, "paper");
    journey.press("Tg<Enter>");
    assert_eq!(journey.app.theme, "dusk");
    journey.tell(Msg::GroundTold { is_light: true });
    assert_eq!(journey.app.theme, "dusk");
}

#[test]
fn the_filter_counts_what_it_finds_and_says_where_it_finds_nothing() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("/order");
    journey.check_shows(&["/order▏ 4 "]);
    journey.press("<Enter>");
    assert!(journey.app.code.wanted.is_some());
    journey.press("/zz");
    journey.check_shows(&["/orderzz▏ 0 ", "No file and no symbol matches the filter."]);
    assert!(!journey.shot().contains("shop/models.py"), "{}", journey.shot());
    journey.press("<Esc>");
    journey.check_shows(&["Code shop/models.py"]);
}

#[test]
fn a_match_in_the_part_of_a_name_that_is_cut_off_is_marked_at_the_cut() {
    let name = "a_name_that_is_much_longer_than_the_tree_is_wide";
    let mut journey = Journey::open(120, 36, &format!("#- shop/a.py\ndef {name}():\n    return 1\n"), Vec::new());
    let marked = |journey: &mut Journey, filter: &str| -> String {
        journey.press(&format!("1/<Ctrl-U>{filter}"));
        journey.shot();
        let buffer = journey.screen.backend().buffer();
        let row = (0..36).find(|y| (1..12).any(|x| buffer[(x, *y)].symbol() == "ƒ")).expect("a function");
        let is_marked = |x: &u16| buffer[(*x, row)].modifier.contains(ratatui::style::Modifier::UNDERLINED);
        (1..27).filter(is_marked).map(|x| buffer[(x, row)].symbol().to_owned()).collect()
    };
    assert_eq!(marked(&mut journey, "name"), "name");
    assert_eq!(marked(&mut journey, "wide"), "…");
}

#[test]
fn the_help_tells_of_every_sign_that_is_drawn() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut drawn = String::new();
    for entry in walkdir(&root.join("src/ui")) {
        drawn.push_str(&std::fs::read_to_string(entry).unwrap());
    }
    let table = std::fs::read_to_string(root.join("src/app/signs.rs")).unwrap();
    let rows = table.split("signs! {").nth(1).unwrap().lines().filter_map(|line| line.trim().split_once(": "));
    let names: Vec<&str> = rows.map(|(name, _)| name).collect();
    assert_eq!(names.len(), flux::app::SIGNS.len());
    for name in names {
        assert!(drawn.contains(&format!("Sign::{name}.")), "{name} is told of and not drawn");
    }
    let mut journey = Journey::open(200, 60, SHOP, Vec::new());
    journey.press("?sign");
    journey.check_shows(&["◦", "Read by the agent for this task.", "Signs: structure", "↓ G follows"]);
    journey.press("<Enter>");
    journey.check_shows(&["This is a sign that is shown, not a key."]);
}

fn walkdir(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walkdir(&path) } else { vec![path] }).collect()
}

#[test]
fn what_was_read_is_marked_until_the_task_is_over() {
    let turns = vec![
        Turn("", vec![("read_file", json!({"path": "shop/files.py"}))]),
        THINKS,
        Turn("", vec![("finish", json!({"summary": "Nothing to do."}))]),
    ];
    let mut journey = Journey::open(120, 36, SHOP, turns);
    journey.press("iLook at the files<Enter>");
    let marks = |journey: &mut Journey| journey.shot().matches('◦').count();
    assert!(marks(&mut journey) > 0, "{}", journey.shot());
    journey.answer();
    assert_eq!(marks(&mut journey), 0, "{}", journey.shot());
}

#[test]
fn without_a_model_nobody_is_told_to_write_a_task() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut journey = Journey::open(columns, rows, "#- notes.txt\nnothing\n", Vec::new());
        journey.app.model.is_missing = true;
        let shot = journey.shot();
        assert!(!shot.contains("let the model write") && !shot.contains("write a task"), "{shot}");
    }
}

#[test]
fn keys_that_come_before_the_filter_has_its_answer_are_about_what_it_finds() {
    let mut journey = Journey::open(120, 36, &many(), Vec::new());
    journey.holds_rankings = true;
    journey.press("/");
    journey.put(&Input::Paste("work_27".to_owned()));
    journey.press("<Enter><Down><Down><Enter>");
    assert_eq!(journey.app.focus, Pane::Structure);
    let Some(Cmd::Filter(job, question)) = journey.held.pop() else { panic!("nothing was asked") };
    journey.tell(Msg::Filtered(job, filtered(&question, &|| true).unwrap()));
    assert_eq!((selected(&journey), journey.app.focus), ("work_271", Pane::Centre));
    journey.press("1");
    // Given up: nothing is done afterwards.
    journey.press("/<Ctrl-U>");
    journey.put(&Input::Paste("work_281".to_owned()));
    journey.press("<Enter><Enter><Esc>");
    assert!(journey.app.typed_ahead.is_empty());
    assert_eq!(journey.app.focus, Pane::Structure);
}

#[test]
fn the_filter_looks_through_the_project_elsewhere_and_drops_stale_answers() {
    let mut journey = Journey::open(120, 36, &many(), Vec::new());
    journey.holds_rankings = true;
    let before = journey.app.structure.rows.clone();
    journey.press("/");
    journey.put(&Input::Paste("work_27".to_owned()));
    assert!(journey.app.structure.rows == before, "nothing is looked through where keys are answered");
    journey.press("<Ctrl-U>");
    journey.put(&Input::Paste("work_299".to_owned()));
    let asked = std::mem::take(&mut journey.held);
    assert_eq!(asked.len(), 2);
    for cmd in asked {
        let Cmd::Filter(job, question) = cmd else { panic!("something else was asked") };
        journey.tell(Msg::Filtered(job, filtered(&question, &|| true).unwrap()));
    }
    assert_eq!(selected(&journey), "work_299");
    // What is typed on narrows what is there; what the project brings is looked up.
    journey.press("<Enter>");
    journey
        .project
        .files
        .insert(ProjectPath::new("shop/more.py").unwrap(), "def work_2999():\n    return 1\n".to_owned());
    journey.publish();
    assert_eq!((selected(&journey), journey.held.len()), ("work_299", 1));
    let Some(Cmd::Filter(job, question)) = journey.held.pop() else { panic!("nothing was asked") };
    journey.tell(Msg::Filtered(job, filtered(&question, &|| true).unwrap()));
    assert_eq!(selected(&journey), "work_299");
    journey.check_shows(&["work_2999", "/work_299 2"]);
}

#[test]
fn the_footer_says_how_a_filter_and_a_selection_are_left() {
    let mut journey = Journey::open(120, 36, SHOP.trim_start(), Vec::new());
    journey.press("/read_rows<Enter>");
    journey.check_shows(&["Esc clear filter"]);
    journey.press("<Enter>))");
    journey.check_shows(&["selected", "( select less"]);
}

#[test]
fn keys_typed_ahead_of_the_filter_are_dropped_where_the_person_went_elsewhere() {
    let mut journey = Journey::open(120, 36, &many(), Vec::new());
    journey.holds_rankings = true;
    journey.press("/");
    journey.put(&Input::Paste("work_27".to_owned()));
    journey.press("<Enter><Down>4");
    let Some(Cmd::Filter(job, question)) = journey.held.pop() else { panic!("nothing was asked") };
    let selected_check = journey.app.checks.selected;
    journey.tell(Msg::Filtered(job, filtered(&question, &|| true).unwrap()));
    assert_eq!((journey.app.focus, journey.app.checks.selected), (Pane::Checks, selected_check));
    assert_eq!((selected(&journey), journey.app.typed_ahead.len()), ("work_270", 0));
}
