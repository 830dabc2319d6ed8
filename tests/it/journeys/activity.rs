//! What the agent does: unfolded, read as markdown, searched, written to a file.

use super::*;

const SAID: &str = "# What I found\n\nThe *reader* in `files.py` is **plain**, see [the guide](https://example.org/guide).\n\n\
- rows are split by hand\n  - and again\n- prices are `int`\n\n1. first\n2. second\n\n> a note\n\n\
| name | what it holds |\n|---|---|\n| rows | lines of the file |\n| total | the sum of all prices of all rows |\n\n\
```python\ndef total(rows):\n\treturn sum(rows)\n```\nDone \u{1b}[31mred\u{1b}[0m.";

fn read() -> (&'static str, Value) {
    ("read_file", json!({"path": "shop/files.py"}))
}

fn told(columns: u16, rows: u16) -> Journey {
    let turns =
        vec![Turn("I read.", vec![read()]), Turn(SAID, vec![read(), edit("a.py", "x", "y\nz")]), Turn("End.", vec![])];
    let mut journey = Journey::open(columns, rows, SHOP, turns);
    journey.press("iLook at the files<Enter>");
    journey
}

#[test]
fn the_models_text_is_read_as_markdown() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = told(columns, rows);
        journey.press("5k");
        if columns == 80 {
            journey.press("kkk");
        }
        insta::assert_snapshot!(format!("markdown_{columns}x{rows}"), journey.shot());
        assert!(!journey.shot().contains('\u{1b}'));
    }
}

#[test]
fn a_call_unfolds_to_its_arguments_and_its_whole_answer() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = told(columns, rows);
        journey.press("5kkk<Enter>");
        journey.check_shows(&["arguments", "answer"].map(|_| "answer"));
        insta::assert_snapshot!(format!("unfolded_{columns}x{rows}"), journey.shot());
        journey.press("<Enter>");
        assert!(!journey.shot().contains("  answer"), "{}", journey.shot());
        // What comes while one looks up does not move the view, and is counted.
        journey.press("g");
        let before = journey.shot();
        journey.tell(Msg::Failed { what: "looking", why: "nobody knows".to_owned() });
        journey.press("<F3>");
        let now = journey.shot();
        let lines = |shot: &str| shot.lines().filter(|line| line.contains("Look at the files")).count();
        assert_eq!(lines(&before), lines(&now));
        if rows == 24 {
            journey.check_shows(&["↓ 1 new"]);
        }
        journey.press("G");
        journey.check_shows(&["looking: nobody knows"]);
    }
}

#[test]
fn a_text_is_found_and_the_conversation_is_written_to_a_file() {
    let mut journey = told(120, 36);
    journey.press("5/PRICES");
    journey.check_shows(&["/PRICES"]);
    journey.press("<Enter>nN<Esc>");
    assert!(journey.app.activity.search.is_none());
    journey.press("/nowhere to be");
    journey.check_shows(&["Nothing of it holds this text."]);
    journey.press("<Esc>X");
    journey.check_shows(&["The conversation stands in /state/flux/said.md"]);
    assert!(journey.exported.contains("## Look at the files\n"), "{}", journey.exported);
    assert!(journey.exported.contains("- ✔ `read_file shop/files.py`\n\n```json\n"), "{}", journey.exported);
}

#[test]
fn thinking_aloud_is_one_line_until_it_is_unfolded() {
    let mut journey = Journey::open(120, 36, SHOP, vec![THINKS]);
    journey.press("ido it<Enter>");
    let job = journey.thinking.unwrap();
    let thought = "First the files.\nThen the tests.".to_owned();
    journey.tell(Msg::Agent(Event::Model(job, ModelEvent::Reasoning(thought))));
    journey.check_shows(&["∴ thought  Then the tests."]);
    journey.press("5k<Enter>");
    journey.check_shows(&["│ First the files."]);
}

#[test]
fn a_match_is_counted_and_brought_into_view() {
    let mut journey = told(80, 24);
    journey.press("5/sum of all");
    journey.check_shows(&["/sum of all▏ 1 of 1", "the sum of all prices"]);
    journey.press("<Ctrl-U>files");
    let count = journey.app.activity.search.as_ref().map_or(0, |search| search.count);
    assert!(count > 1, "{}", journey.shot());
    journey.check_shows(&[&format!("{count} of {count}")]);
    journey.press("<Enter>n");
    journey.check_shows(&[&format!("1 of {count}")]);
}
