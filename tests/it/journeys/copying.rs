//! What is copied, what is said for a while, and how a person who looks elsewhere is called.

use super::*;

#[test]
fn what_is_selected_is_copied() {
    let mut journey = Journey::open(160, 45, SHOP, three_hunks());
    let mut copied = |keys: &str| {
        journey.press(keys);
        journey.copied.take()
    };
    assert_eq!(copied("jY").as_deref(), Some("shop/__init__.py"));
    assert_eq!(copied("jljY").as_deref(), Some("shop/files.py::read_rows"));
    assert!(copied("2Y").is_some_and(|text| text.starts_with("def read_rows") && text.ends_with("return rows\n")));
    assert_eq!(copied("2)Y").as_deref(), Some("read_rows"));
    assert_eq!(copied("5Y"), None);
    assert_eq!(copied("iParse rows in one place<Enter>5Y").as_deref(), Some("Now the edits."));
    let hunk = copied("2]Y").unwrap();
    assert_eq!(hunk, "-        total += int(row.split(\",\")[1])\n+        total += parse_row(row)\n");
    assert_eq!(copied("3Y").as_deref(), Some("read files.py"));
}

#[test]
fn what_is_too_large_for_a_terminal_is_said_and_not_copied() {
    let large = format!("#- shop/large.py\ndef large():\n{}", "    print('a line')\n".repeat(5_000));
    let mut journey = Journey::open(160, 45, &large, Vec::new());
    journey.press("jljY");
    assert_eq!(journey.copied.take().as_deref(), Some("shop/large.py::large"));
    journey.press("2Y");
    assert_eq!(journey.copied, None);
    journey.check_shows(&["too large to be copied: 101 kB,", "terminals take 74 kB."]);
}

#[test]
fn a_sentence_goes_by_itself_and_takes_no_key() {
    let mut journey = Journey::open(160, 45, SHOP, Vec::new());
    journey.press("5Y");
    journey.check_shows(&["Nothing is selected here"]);
    journey.tell(Msg::Ticked { now_ms: 5_900 });
    assert!(journey.app.toast.is_some());
    journey.tell(Msg::Ticked { now_ms: 6_000 });
    assert!(journey.app.toast.is_none() && journey.app.due_ms().is_none());
    for line in [2, 3] {
        let why = format!("config.toml line {line}: no");
        journey.tell(Msg::Failed { what: "reading the configuration", why });
    }
    journey.check_shows(&["line 2: no", "line 3: no"]);
    journey.press("1j");
    assert_eq!(journey.app.structure.selected, 1, "the key was not lost");
}

#[test]
fn who_looks_elsewhere_is_called_when_a_proposal_waits() {
    for is_away in [true, false] {
        let mut journey = Journey::open(160, 45, SHOP, three_hunks());
        journey.put(&if is_away { Input::FocusLost } else { Input::FocusGained });
        journey.press("iParse rows in one place<Enter>");
        let wanted: &[&str] = if is_away { &["shop: a proposal of 3 hunks waits for you"] } else { &[] };
        assert_eq!(journey.notices, wanted);
        journey.press("ynu");
        assert_eq!(journey.notices.len(), wanted.len(), "once");
    }
}
