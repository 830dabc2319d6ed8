//! Proposals larger than anybody reads: nothing is parsed where keys are answered, and the screen holds.

use super::*;

/// A file that is moved: its old side goes as a whole, its new side comes. Nothing of it is parsed yet.
fn moved(columns: u16, rows: u16, text: &str) -> Journey {
    let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
    journey.project.files.insert(ProjectPath::new("shop/from.py").unwrap(), text.to_owned());
    journey.publish();
    journey.holds_sides = true;
    journey.press("1/from.py<Enter><F2><Ctrl-U>shop/onto.py<Enter>");
    assert!(journey.app.review.is_some(), "{}", journey.shot());
    journey
}

/// Every row of the frame is as wide as the screen, and what the proposal holds does not stand outside its pane.
fn check_holds(journey: &mut Journey, keys: &str) {
    let shot = journey.shot();
    let columns = usize::from(journey.app.columns);
    assert_eq!(shot.lines().count(), usize::from(journey.app.rows), "{keys}:\n{shot}");
    for line in shot.lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= columns, "{keys}: {line}");
    }
    let proposal = journey.app.proposal.as_ref();
    let is_parsed = proposal
        .is_some_and(|pane| pane.files.iter().any(|file| file.new.as_ref().is_some_and(|side| side.live.is_some())));
    assert!(!is_parsed, "{keys}: parsed where keys are answered");
}

#[test]
fn a_hunk_of_a_hundred_thousand_lines_is_walked_through() {
    let text: String = (0..100_000).map(|at| format!("x{at} = {at}\n")).collect();
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut journey = moved(columns, rows, &text);
        for keys in ["G", "g", "<PageDown>", "v", "G", "v", "]", "[", "o", "s", "n", "u", "e"] {
            journey.press(keys);
            check_holds(&mut journey, keys);
        }
        journey.press("2G");
        journey.check_shows(&["x99999 = 99999"]);
        // What is drawn is what is in view: no more rows are laid than the lines that there are.
        assert!(journey.app.proposal.as_ref().unwrap().rows.len() <= 200_010);
        journey.press("Aw");
        assert_eq!(journey.text_of("shop/onto.py").lines().count(), 100_000);
    }
}

#[test]
fn a_line_of_a_megabyte_is_reviewed_like_any_other() {
    let text = format!("short = 1\nlong = \"{}\"\nlast = 2\n", "ab cd ".repeat(180_000));
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut journey = moved(columns, rows, &text);
        // It moved, so it is folded.
        journey.press("]<Enter>");
        journey.check_shows(&["short = 1", "long = \"ab cd", "last = 2"]);
        for keys in ["j", "j", "j", "v", "n", "u", "G", "e", "<End>x", "<Esc>", "y"] {
            journey.press(keys);
            check_holds(&mut journey, keys);
        }
        journey.press("Aw");
        assert_eq!(journey.text_of("shop/onto.py").len(), text.len(), "{}", journey.shot());
    }
}

#[test]
fn colours_and_symbols_come_when_a_proposal_is_parsed() {
    let mut journey = Journey::open(120, 36, SHOP, three_hunks());
    journey.holds_sides = true;
    journey.press("iParse rows in one place<Enter>");
    journey.press("]");
    assert!(!journey.shot().contains("in process_file"), "{}", journey.shot());
    let held = std::mem::take(&mut journey.held);
    journey.holds_sides = false;
    for cmd in held {
        for msg in journey.perform(cmd) {
            journey.tell(msg);
        }
    }
    journey.check_shows(&["hunk 2/3", "in process_file"]);
    // What was parsed is not parsed again.
    journey.holds_sides = true;
    journey.press("e<End># checked<Ctrl-S>");
    let parsed = |cmd: &Cmd| matches!(cmd, Cmd::ReadSides(_, texts) if texts.len() == 1);
    assert!(journey.held.iter().any(parsed));
}
