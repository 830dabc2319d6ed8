//! The prompt: what completes it, what was written before, what waits for the agent.

use super::*;

#[test]
fn files_and_symbols_are_completed_as_one_types() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        journey.press("iRename @proc");
        journey.check_shows(&["Files and symbols", "process_file", "Enter insert", "Esc close"]);
        insta::assert_snapshot!(format!("completion_{columns}x{rows}"), journey.shot());
        journey.press("<Tab>please @files<Enter>");
        assert_eq!(journey.app.draft, "Rename @shop/files.py::process_file please @shop/files.py ");
        // Esc closes the list alone.
        journey.press("@mod<Esc>");
        assert!(journey.app.prompt.completion.is_none());
        assert_eq!(journey.app.focus, Pane::Prompt);
        assert!(journey.app.draft.ends_with("@mod"));
    }
}

#[test]
fn commands_are_listed_done_and_never_sent() {
    let mut journey = Journey::open(80, 24, SHOP, Vec::new());
    journey.press("i/");
    insta::assert_snapshot!("commands_80x24", journey.shot());
    journey.press("und<Enter>");
    assert_eq!(journey.app.draft, "");
    journey.check_shows(&["nothing was written yet"]);
    journey.press("i/nonsense<Enter>");
    journey.check_shows(&["There is no command /nonsense; a / alone lists them. Nothing was"]);
    assert!(journey.app.session.is_none());
    assert_eq!(journey.app.draft, "/nonsense");
    journey.press("<Ctrl-U>/cost<Enter>");
    journey.check_shows(&["This session took"]);
    // A path is no command.
    journey.press("i/etc/hosts is read<Enter>");
    assert!(journey.app.session.is_some(), "{}", journey.shot());
}

#[test]
fn what_was_written_before_comes_back_and_the_draft_is_not_lost() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.app.prompt.history = vec!["an earlier session".to_owned()];
    journey.press("ifirst<Enter>isecond<Ctrl-J>line<Enter>ifirst<Enter>");
    assert_eq!(journey.prompts, ["first", "second\nline", "first"]);
    journey.press("ihalf<Up>");
    assert_eq!(journey.app.draft, "first");
    journey.press("<Up>");
    assert_eq!(journey.app.draft, "second\nline");
    // Within its lines the key moves the cursor.
    journey.press("<Up>");
    assert_eq!(journey.app.draft, "second\nline");
    journey.press("<Up>");
    assert_eq!(journey.app.draft, "an earlier session");
    journey.press("<Down><Down>");
    assert_eq!(journey.app.draft, "first");
    journey.press("<Down>");
    assert_eq!(journey.app.draft, "half");
    journey.press("<Ctrl-R>earl<Enter>");
    assert_eq!(journey.app.draft, "an earlier session");
}

#[test]
fn a_task_goes_from_the_prompt_to_the_disk() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, three_hunks());
        journey.press("i");
        insta::assert_snapshot!(format!("asked_{columns}x{rows}"), journey.shot());
        journey.press("Parse rows of @files<Enter>in one place<Enter>");
        assert_eq!(journey.app.task, "Parse rows of @shop/files.py in one place");
        journey.check_shows(&["hunk 1/3"]);
        journey.press("yyyw");
        assert!(journey.text_of("shop/files.py").contains("def parse_row"), "{}", journey.shot());
        insta::assert_snapshot!(format!("task_written_{columns}x{rows}"), journey.shot());
        // What was written is taken back by a command as by its key.
        journey.press("i/undo<Enter>");
        assert!(!journey.text_of("shop/files.py").contains("def parse_row"));
        journey.check_shows(&["Took back: shop/files.py, shop/models.py"]);
        insta::assert_snapshot!(format!("undone_{columns}x{rows}"), journey.shot());
    }
}

#[test]
fn a_question_a_command_and_a_held_plan_say_which_keys_answer() {
    let ask = ("ask_user", json!({"question": "Which column holds the price?"}));
    let run = ("run_command", json!({"command": "ls -la"}));
    for (turn, said, focused) in [
        (ask, "Which column holds the price?", "Write the answer; Enter sends it"),
        (run, "May this run? ls -la", "y once, a always in this session"),
    ] {
        for (columns, rows) in [(80, 24), (200, 60)] {
            let mut journey = Journey::open(columns, rows, SHOP, vec![Turn("", vec![turn.clone()]), THINKS]);
            journey.press("ido it<Enter>");
            journey.check_shows(&[said, focused]);
            journey.press("<Esc>");
            journey.check_shows(&[said]);
        }
    }
}

#[test]
fn a_line_is_begun_in_several_ways() {
    let mut journey = Journey::open(80, 24, SHOP, Vec::new());
    journey.press("ia<Ctrl-J>b<Alt-Enter>c\\<Enter>d");
    assert_eq!(journey.app.draft, "a\nb\nc\nd");
}

#[test]
fn a_long_paste_stands_as_a_few_words_until_it_is_sent_or_opened() {
    let mut journey = Journey::open(80, 24, SHOP, Vec::new());
    let text = "line\n".repeat(120);
    journey.press("iLook: ");
    journey.put(&Input::Paste(text.clone()));
    assert_eq!(journey.app.draft, "Look: [pasted 120 lines]");
    journey.press(" now<Enter>");
    assert_eq!(journey.app.task, format!("Look: {text} now"));
    journey.press("i");
    journey.put(&Input::Paste(text.clone()));
    journey.press("<Ctrl-O>");
    assert_eq!(journey.app.draft, text);
    // A few lines stand as they are.
    journey.press("<Esc>i");
    journey.put(&Input::Paste("a\r\nb".to_owned()));
    assert!(journey.app.draft.ends_with("a\nb"));
}

#[test]
fn what_is_added_waits_can_be_changed_and_is_told_with_the_next_turn() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let read = ("read_file", json!({"path": "shop/files.py"}));
        let turns = vec![THINKS, Turn("", vec![read]), Turn("Done.", vec![]), Turn("Then this.", vec![])];
        let mut journey = Journey::open(columns, rows, SHOP, turns);
        journey.press("ido it<Enter>iand the tests<Enter>ino, not the tests<Enter>");
        journey.check_shows(&["⏵ and the tests", "⏵ no, not the tests", "↑ changes it"]);
        insta::assert_snapshot!(format!("queued_{columns}x{rows}"), journey.shot());
        journey.press("i<Up>");
        assert_eq!(journey.app.draft, "no, not the tests");
        journey.press("<Ctrl-U>");
        journey.answer();
        let messages = journey.app.session.as_ref().unwrap().messages();
        let told = |text: &str| messages.iter().any(|message| message.content.contains(text));
        assert!(told("The person adds: and the tests") && !told("no, not"), "{}", journey.shot());
        assert!(journey.app.session.as_ref().unwrap().added().is_empty());
    }
}

#[test]
fn what_still_waits_when_a_task_ends_begins_the_next_and_a_stop_gives_it_back() {
    let mut journey = Journey::open(80, 24, SHOP, vec![THINKS, Turn("Done.", vec![]), Turn("Again.", vec![])]);
    journey.press("ido it<Enter>ithen this<Enter>");
    journey.answer();
    journey.check_shows(&["then this", "Again."]);
    let mut journey = Journey::open(80, 24, SHOP, vec![THINKS]);
    journey.press("ido it<Enter>ithen this<Enter><Esc>");
    journey.check_shows(&["Stopped before anything was edited."]);
    journey.press("<Esc>");
    assert_eq!(journey.app.draft, "then this");
    assert!(journey.thinking.is_some());
}
