//! What an answer tells beyond yes and no, so that the next call is right.

use serde_json::json;

use super::{Ended, Play, finish, read, turn};

#[test]
fn what_may_not_be_meant_is_told_beside_an_accepted_edit() {
    let mut play =
        Play::gated("\n#- shop.py\nfrom json import dumps, loads\n\n\ndef total(rows):\n    return sum(rows)\n");
    let emptied = json!({"path": "shop.py", "name": "total", "code": "def total(rows):\n    pass\n"});
    let twice = json!({"path": "shop.py", "search": "from json import dumps, loads\n", "replace": "from json import dumps, loads\nfrom json import dumps, loads\n"});
    let other = json!({"path": "shop.py", "search": "    pass", "replace": "    return max(rows)"});
    let turns = [
        read("shop.py"),
        turn(&[("modify_function", emptied)]),
        turn(&[("edit_file", twice)]),
        turn(&[("edit_file", other)]),
        finish(),
    ];
    let ended = play.task("t", &turns);
    let answers = play.answers();
    assert!(answers[1].contains("\nin doubt: ") && answers[1].contains("Write its code out"), "{}", answers[1]);
    // Said once; what is harmless to put right is put right.
    assert!(answers[2].contains("flux mended: Remove the second import of 'dumps'"), "{}", answers[2]);
    assert!(!answers[2].contains("in doubt") && !answers[3].contains("in doubt"), "{answers:#?}");
    assert!(
        matches!(&ended, Ended::Proposed(diff) if diff.contains("+    return max(rows)") && !diff.contains("import")),
        "{ended:?}"
    );
}

#[test]
fn a_call_that_stands_in_the_words_is_asked_for() {
    for words in [
        "```json\n{\"name\": \"edit_file\", \"arguments\": {\"path\": \"a.py\"}}\n```",
        "I change it now:\n\nedit_file({\"path\": \"a.py\", \"search\": \"1\", \"replace\": \"2\"})",
    ] {
        let mut play = Play::new("\n#- a.py\nx = 1\ny = 3\n");
        let edit =
            |old: &str, new: &str| turn(&[("edit_file", json!({"path": "a.py", "search": old, "replace": new}))]);
        let turns = [
            read("a.py"),
            edit("3", "4"),
            json!({"text": words}),
            edit("1", "2"),
            json!({"text": "x is 2, as edit_file says."}),
        ];
        let ended = play.task("t", &turns);
        assert!(matches!(&ended, Ended::Proposed(diff) if diff.contains("+x = 2")), "{ended:?}");
        let told =
            play.session.messages().iter().any(|message| message.content.contains("a call of edit_file as text"));
        assert!(told, "{:#?}", play.session.messages());
    }
}

#[test]
fn an_import_needs_the_head_of_its_file() {
    let body: String = (0..900).map(|at| format!("def f{at}():\n    return {at}\n\n\n")).collect();
    let mut play = Play::new(&format!("\n#- a.py\n\"\"\"Many.\"\"\"\n\nimport os\nimport sys\n\n\n{body}"));
    let import = || turn(&[("add_import", json!({"path": "a.py", "code": "import re"}))]);
    let lines = |first, last| turn(&[("read_file", json!({"path": "a.py", "start_line": first, "end_line": last}))]);
    play.task("t", &[lines(700, 800), import(), lines(1, 3), import(), lines(4, 40), import(), finish()]);
    let answers = play.answers();
    assert!(answers[1].contains("Call read_file with start_line=1 first"), "{}", answers[1]);
    assert!(answers[3].contains("Call read_file with start_line=4 first"), "{}", answers[3]);
    assert!(answers[5].starts_with("a.py: "), "{}", answers[5]);
}
