//! Files that change on disk while a proposal is decided on.

use flux::app::Decision;
use flux::text::ReadError;

use super::*;
use crate::dice::Dice;

impl Journey {
    /// Somebody saves a file; the index tells.
    fn save(&mut self, path: &str, text: Option<String>) {
        self.save_untold(path, text);
        self.publish();
    }

    fn save_untold(&mut self, path: &str, text: Option<String>) {
        let path = ProjectPath::new(path).unwrap();
        match text {
            Some(text) => self.project.files.insert(path, text),
            None => self.project.files.remove(&path),
        };
    }

    fn decisions(&self) -> Vec<Decision> {
        self.app.review.as_ref().unwrap().decisions.clone()
    }

    fn conflicts(&self) -> Vec<bool> {
        self.app.review.as_ref().unwrap().hunks.iter().map(|hunk| hunk.conflict.is_some()).collect()
    }
}

const SUM: &str = "        total += int(row.split(\",\")[1])\n";
const PROPOSED: &str = "        total += parse_row(row)\n";
const TYPED: &str = "        total += int(row.split(\";\")[1])\n";

#[test]
fn what_nobody_touched_follows_with_what_was_decided() {
    let mut journey = proposed(120, 36);
    journey.press("[[[yny");
    assert_eq!(journey.decisions(), [Decision::Accepted, Decision::Rejected, Decision::Accepted]);
    journey.press("[n");
    let typed = journey.text_of("shop/files.py").replace("pathlib import Path\n", "pathlib import Path\nimport sys\n");
    journey.save("shop/files.py", Some(typed.clone()));
    journey.check_shows(&["shop/files.py changed on disk meanwhile. 2 hunks still fit.", "hunk 2/3"]);
    assert_eq!(journey.decisions(), [Decision::Accepted, Decision::Rejected, Decision::Accepted]);
    // The old side is what stands there now, so it can be written, and what was typed stays.
    journey.press("w");
    assert!(journey.app.review.is_none(), "{}", journey.shot());
    let written = journey.text_of("shop/files.py");
    assert!(written.contains("import sys\n") && written.contains("def parse_row") && written.contains(SUM));
    assert!(journey.text_of("shop/models.py").contains("wants, priced"));
}

#[test]
fn lines_that_both_changed_are_shown_as_a_conflict() {
    for (columns, rows) in [(80, 24), (160, 45)] {
        let mut journey = proposed(columns, rows);
        journey.press("A");
        let typed = journey.text_of("shop/files.py").replace(SUM, TYPED);
        journey.save("shop/files.py", Some(typed));
        assert_eq!(journey.decisions(), [Decision::Accepted, Decision::Open, Decision::Accepted]);
        journey.press("]");
        insta::assert_snapshot!(format!("conflict_{columns}x{rows}"), journey.shot());
    }
}

#[test]
fn a_conflict_is_decided_on_by_itself() {
    for (key, kept) in [("y", PROPOSED), ("n", TYPED)] {
        let mut journey = proposed(120, 36);
        let typed = journey.text_of("shop/files.py").replace(SUM, TYPED);
        journey.save("shop/files.py", Some(typed));
        assert_eq!(journey.conflicts(), [false, true, false]);
        journey.check_shows(&["1 hunk still fits.", "is in conflict: y takes"]);
        journey.press("A");
        assert_eq!(journey.decisions(), [Decision::Accepted, Decision::Open, Decision::Accepted]);
        journey.check_shows(&["1 hunk is in conflict and stays open"]);
        journey.press("]]]");
        journey.press("[");
        journey.press("s");
        journey.check_shows(&["A hunk in conflict is decided on as one."]);
        journey.press(key);
        journey.check_shows(&[", in conflict (", if key == "y" { "+ takes the place of −" } else { "− stays" }]);
        journey.press("w");
        assert!(journey.app.review.is_none(), "{}", journey.shot());
        assert!(journey.text_of("shop/files.py").contains(kept), "{}", journey.text_of("shop/files.py"));
    }
}

#[test]
fn a_write_that_comes_too_late_leads_to_the_file_as_it_is() {
    let mut journey = proposed(120, 36);
    journey.press("A");
    // Nobody told of it.
    let typed = journey.text_of("shop/models.py").replace("self.number = number", "self.number = number.strip()");
    journey.save_untold("shop/models.py", Some(typed.clone()));
    journey.press("w");
    assert_eq!(journey.text_of("shop/models.py"), typed);
    journey.check_shows(&["shop/models.py changed on disk meanwhile. 1 hunk still fits.", "w writes what is"]);
    journey.press("w");
    assert!(journey.app.review.is_none(), "{}", journey.shot());
    assert_eq!(journey.text_of("shop/models.py"), typed.replace("wants.", "wants, priced."));
}

#[test]
fn what_was_done_by_hand_needs_no_decision() {
    let mut journey = proposed(120, 36);
    let typed = journey.text_of("shop/models.py").replace("wants.", "wants, priced.");
    journey.save("shop/models.py", Some(typed));
    assert_eq!(journey.app.review.as_ref().unwrap().hunks.len(), 2);
    journey.check_shows(&["What was proposed for it stands there already."]);
    let pending = journey.app.session.as_ref().unwrap().pending().clone();
    let done = pending.get(&ProjectPath::new("shop/files.py").unwrap()).unwrap().new_text().to_owned();
    journey.save("shop/files.py", Some(done));
    assert!(journey.app.review.is_none());
    journey.check_shows(&["Nothing is left to decide."]);
}

#[test]
fn a_file_that_was_deleted_meanwhile_is_in_conflict_as_a_whole() {
    let mut journey = proposed(120, 36);
    let text = journey.text_of("shop/models.py").to_owned();
    journey.save("shop/models.py", None);
    assert_eq!(journey.conflicts(), [false, false, true]);
    journey.press("]]");
    journey.check_shows(&["deleted meanwhile", "open, in conflict (deleted now, + proposed)", "was:", "⋯ 13 more"]);
    journey.press("Aw");
    assert!(!journey.project.files.contains_key(&ProjectPath::new("shop/models.py").unwrap()));

    let mut journey = proposed(120, 36);
    journey.save("shop/models.py", None);
    journey.save("shop/models.py", Some(text.clone()));
    assert_eq!(journey.conflicts(), [false, false, false]);
    journey.save("shop/models.py", None);
    journey.press("]]yw");
    assert_eq!(journey.text_of("shop/models.py"), text.replace("wants.", "wants, priced."));
}

#[test]
fn what_is_typed_in_a_file_that_moves_goes_along() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("1/files<Enter><F2>");
    for _ in 0.."files.py".len() {
        journey.press("<Backspace>");
    }
    journey.press("rows.py<Enter>A");
    assert_eq!(journey.conflicts().len(), 3, "{}", journey.shot());
    let typed = journey.text_of("shop/files.py").replace("total = 0\n", "total = 0  # typed\n");
    journey.save("shop/files.py", Some(typed.clone()));
    assert_eq!(journey.decisions(), [Decision::Accepted; 3]);
    journey.press("w");
    assert!(!journey.project.files.contains_key(&ProjectPath::new("shop/files.py").unwrap()), "{}", journey.shot());
    assert_eq!(journey.text_of("shop/rows.py"), typed);
    assert!(journey.text_of("tests/test_files.py").contains("from shop.rows import process_file"));
}

#[test]
fn a_file_that_cannot_be_read_waits() {
    let mut journey = proposed(120, 36);
    journey.press("A");
    let job = journey.app.review.as_ref().unwrap().reread_awaited;
    assert_eq!(job, None);
    // As the outside would: the index tells of another file, which is no text.
    let path = ProjectPath::new("shop/models.py").unwrap();
    let text = journey.text_of("shop/models.py").to_owned();
    journey.project.files.insert(path.clone(), "other\n".to_owned());
    let snapshot = journey.project.snapshot(Path::new("/home/ada/shop"));
    let mut cmds = update(&mut journey.app, Msg::Indexed(snapshot));
    cmds.retain(|cmd| matches!(cmd, Cmd::Reread(..)));
    let [Cmd::Reread(job, paths)] = &cmds[..] else { panic!("{}", cmds.len()) };
    assert_eq!(paths, std::slice::from_ref(&path));
    let why = ReadError::OutsideLink { path: path.clone() }.to_string();
    journey.tell(Msg::Reread(*job, vec![(path, Err(why))]));
    assert_eq!(journey.decisions(), [Decision::Accepted, Decision::Accepted, Decision::Open]);
    journey.press("]]y");
    journey.check_shows(&["nothing of it", "accepted.", "cannot be read now"]);
    journey.save("shop/models.py", Some(text));
    journey.press("]]yw");
    assert!(journey.text_of("shop/models.py").contains("wants, priced."));
}

#[test]
fn in_any_order_of_keys_and_saves_nothing_typed_is_lost() {
    let (mut saves, mut conflicts, mut writes) = (0, 0, 0);
    for number in 0..60 {
        let mut dice = Dice::new(number);
        let mut journey = proposed(100, 30);
        let mut typed: Vec<(&str, String)> = Vec::new();
        for step in 0..24 {
            if dice.roll(3) == 0 {
                // A line of somebody's own comes between others, or in the place of one.
                let path = ["shop/files.py", "shop/models.py"][dice.roll(2)];
                let mut lines: Vec<String> = journey.text_of(path).split_inclusive('\n').map(str::to_owned).collect();
                let at = dice.roll(lines.len());
                let end = if dice.roll(2) == 0 && !lines[at].contains("typed") { at + 1 } else { at };
                let line = format!("# typed {step}\n");
                lines.splice(at..end, [line.clone()]);
                typed.push((path, line));
                journey.save_untold(path, Some(lines.concat()));
                saves += 1;
                if dice.roll(3) > 0 {
                    journey.publish();
                }
            } else {
                let here = journey.app.proposal.as_ref().and_then(|proposal| proposal.hunk());
                let is_conflict = here.is_some_and(|here| journey.app.review.as_ref().unwrap().is_in_conflict(here));
                let key = ["y", "n", "A", "a", "s", "u", "w", "]", "["][dice.roll(9)];
                conflicts += usize::from(is_conflict);
                // Who takes the proposal's side there has seen what goes.
                journey.press(if is_conflict && key == "y" { "]" } else { key });
            }
            for (path, line) in &typed {
                assert!(journey.text_of(path).contains(line), "case {number} step {step}: {line}{}", journey.shot());
            }
            if journey.app.review.is_none() {
                writes += 1;
                break;
            }
        }
    }
    assert!(saves > 100 && conflicts > 20 && writes > 5, "{saves} {conflicts} {writes}");
}

#[test]
fn who_sends_it_back_has_the_model_read_what_changed() {
    let mut journey = proposed(120, 36);
    let typed = journey.text_of("shop/files.py").replace(SUM, TYPED);
    journey.save("shop/files.py", Some(typed));
    journey.turns = [
        Turn("", vec![edit("shop/files.py", "return rows", "return list(rows)")]),
        Turn("", vec![("read_file", json!({"path": "shop/files.py"}))]),
        Turn("", vec![("finish", json!({"summary": "Half of it."}))]),
    ]
    .into();
    journey.press("CLess of it<Enter>");
    let session = journey.app.session.as_ref().unwrap();
    let said = session.messages().iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n");
    assert!(said.contains("Somebody changed 'shop/files.py' on disk meanwhile."), "{said}");
    assert!(said.contains("'shop/files.py' was not read yet"), "{said}");
    let path = ProjectPath::new("shop/files.py").unwrap();
    let new = session.pending().get(&path).unwrap().new_text();
    assert!(new.contains(TYPED) && new.contains("def parse_row"), "{new}");
}

#[test]
fn a_symbol_that_is_selected_may_go() {
    let mut journey = Journey::open(100, 30, SHOP, Vec::new());
    journey.press("1/Basket<Enter><Enter>");
    journey.save("shop/models.py", Some("class Order:\n    pass\n".to_owned()));
    journey.check_shows(&["Nothing matches."]);
    journey.press("1<Esc>");
    journey.save("shop/models.py", Some(String::new()));
    journey.check_shows(&["models.py"]);
}

#[test]
fn a_reading_that_nobody_waits_for_changes_nothing() {
    let mut journey = proposed(100, 30);
    let path = ProjectPath::new("shop/models.py").unwrap();
    journey.tell(Msg::Reread(9_999, vec![(path.clone(), Ok(None))]));
    assert_eq!(journey.conflicts(), [false, false, false]);
    // While the accepted hunks are being written, the writer looks for itself.
    journey.press("A");
    journey.app.is_writing = true;
    let job = 10_000;
    journey.app.review.as_mut().unwrap().reread_awaited = Some(job);
    journey.tell(Msg::Reread(job, vec![(path, Ok(None))]));
    assert_eq!(journey.conflicts(), [false, false, false]);
}
