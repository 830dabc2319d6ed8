//! Deciding on a large proposal by the keyboard alone.

use flux::app::pane::proposal::ProposalRow;

use super::*;

/// A module in which [`changed`] makes five hunks: two in one method, one in another, two in functions.
fn module(number: usize) -> String {
    let filler = |name: &str| -> String { (0..8).map(|at| format!("        {name}_{at} = {at}\n")).collect() };
    let rows = filler("row");
    format!(
        "\"\"\"Part {number}.\"\"\"\n\n\nclass Part{number}:\n    def first(self):\n        begin = 1\n{rows}        end = 1\n        \
         return begin + end\n\n    def second(self):\n        middle = 1\n        return middle\n\n\ndef load_{number}():\n    \
         here = 1\n    return here\n\n\nclass Other{number}:\n    def only(self):\n{rows}        return row_0\n\n\ndef \
         store_{number}():\n    there = 1\n    return there\n"
    )
}

fn changed(text: &str) -> String {
    text.replace("= 1\n", "= 2\n").replace("row_1 = 2", "row_1 = 1")
}

/// A proposal of 60 hunks in 12 files.
fn sixty(columns: u16, rows: u16) -> Journey {
    let path = |number: usize| format!("parts/part_{number:02}.py");
    let fixture: String = (0..12).map(|number| format!("#- {}\n{}", path(number), module(number))).collect();
    let read = (0..12).map(|number| ("read_file", json!({"path": path(number)}))).collect();
    let write = |number| ("write_file", json!({"path": path(number), "content": changed(&module(number))}));
    let write = (0..12).map(write).collect();
    let turns =
        vec![Turn("", read), Turn("", write), Turn("", vec![("finish", json!({"summary": "Two instead of one."}))])];
    let mut journey = Journey::open(columns, rows, &fixture, turns);
    journey.press("iMake each one a two<Enter>");
    let hunk_count = journey.app.review.as_ref().map_or(0, |review| review.hunks.len());
    assert_eq!(hunk_count, 60, "{}", journey.shot());
    journey
}

impl Journey {
    fn counts(&self) -> [usize; 3] {
        let review = self.app.review.as_ref().unwrap();
        [Decision::Open, Decision::Accepted, Decision::Rejected].map(|decision| review.count(decision))
    }

    fn hunk(&self) -> usize {
        self.app.proposal.as_ref().and_then(|proposal| proposal.hunk()).unwrap()
    }
}

#[test]
fn sixty_hunks_in_twelve_files_take_one_key_each() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = sixty(columns, rows);
        insta::assert_snapshot!(format!("sixty_{columns}x{rows}"), journey.shot());
        for decided in 0..60 {
            assert_eq!(journey.hunk(), decided);
            journey.check_shows(&[&format!("hunk {}/60", decided + 1)]);
            journey.press(if decided % 4 == 3 { "n" } else { "y" });
            assert_eq!(journey.counts()[0], 59 - decided);
        }
        assert_eq!(journey.counts(), [0, 45, 15]);
        journey.check_shows(&["All 60 hunks are decided: w writes the 45 accepted"]);
        insta::assert_snapshot!(format!("sixty_decided_{columns}x{rows}"), journey.shot());
        journey.press("w");
        assert!(journey.app.review.is_none(), "{}", journey.shot());
        assert!(journey.text_of("parts/part_00.py").contains("end = 2"));
        assert!(journey.text_of("parts/part_00.py").contains("here = 1"));
    }
}

#[test]
fn a_symbol_a_file_and_the_rest_take_one_key_each() {
    let mut journey = sixty(200, 60);
    // A method with two hunks, though its class has three.
    journey.press("f");
    assert_eq!((journey.counts(), journey.hunk()), ([58, 2, 0], 2));
    journey.press("d");
    assert_eq!((journey.counts(), journey.hunk()), ([57, 2, 1], 3));
    journey.press("r");
    assert_eq!((journey.counts(), journey.hunk()), ([55, 2, 3], 5));
    journey.press("a");
    assert_eq!((journey.counts(), journey.hunk()), ([50, 7, 3], 10));
    // Where nothing is open, all of it is meant.
    journey.press("[a");
    assert_eq!((journey.counts(), journey.hunk()), ([50, 7, 3], 10));
    journey.press("[r");
    assert_eq!((journey.counts(), journey.hunk()), ([50, 2, 8], 10));
    journey.press("A");
    assert_eq!(journey.counts(), [0, 52, 8]);
    journey.press("R");
    assert_eq!(journey.counts(), [0, 0, 60]);
    journey.check_shows(&["All 60 hunks are decided: w ends without writing."]);
    journey.press("uu");
    assert_eq!(journey.counts(), [50, 2, 8]);
}

#[test]
fn the_heading_of_a_class_stands_for_all_in_it() {
    let mut journey = sixty(200, 60);
    let proposal = journey.app.proposal.as_ref().unwrap();
    let names: Vec<&str> = proposal.groups.iter().take(3).map(|group| &*group.qualname).collect();
    assert_eq!(names, ["Part0", "Part0.first", "Part1"]);
    assert_eq!(proposal.rows[1], ProposalRow::Gap { count: 1 });
    let heading = proposal.rows.iter().position(|row| *row == ProposalRow::Symbol(0)).unwrap();
    journey.press("g");
    (0..heading).for_each(|_| journey.press("j"));
    journey.check_shows(&["class Part0", "method Part0.first"]);
    journey.press("d");
    assert_eq!((journey.counts(), journey.hunk()), ([57, 0, 3], 3));
}

/// A chain: the third hunk needs the second, which needs the first.
#[test]
fn one_key_takes_a_hunk_with_all_it_needs() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = proposed(columns, rows);
        journey.press("]");
        journey.check_shows(&["hunk 2/3", "needs 1"]);
        journey.press("t");
        journey.check_shows(&["Accepted hunk 2 with what it needs: 1.", "hunk 3/3"]);
        assert_eq!(journey.counts(), [1, 2, 0]);
        assert!(journey.app.review.as_ref().unwrap().hindrance().is_none());
        journey.press("[");
        journey.check_shows(&["needs 1✔"]);
        insta::assert_snapshot!(format!("needs_{columns}x{rows}"), journey.shot());
        journey.press("u");
        assert_eq!(journey.counts(), [3, 0, 0]);
        journey.press("[t");
        journey.check_shows(&["Accepted hunk 1: it needs no other."]);
        // A need that was rejected is taken as well: it was asked for.
        journey.press("[nt");
        assert_eq!(journey.counts(), [1, 2, 0]);
    }
}

#[test]
fn a_hunk_is_taken_with_what_it_needs_once_that_is_known() {
    let mut journey = proposed(120, 36);
    let review = journey.app.review.as_mut().unwrap();
    let (known, id) = (std::mem::take(&mut review.needs), 9_999);
    review.needs_awaited = Some(id);
    journey.press("]t");
    journey.check_shows(&["What hunk 2 needs is still being found out"]);
    assert_eq!(journey.counts(), [3, 0, 0]);
    journey.tell(Msg::NeedsFound(id, Some(known)));
    assert_eq!(journey.counts(), [1, 2, 0]);
}
