//! Deciding on a large proposal by the keyboard alone.

use flux::app::pane::proposal::{Arrangement, ProposalRow};

use ratatui::style::{Color, Modifier};

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
        journey.check_shows(&["hunk 2/3", "needs hunk 1"]);
        journey.press("t");
        journey.check_shows(&["Accepted hunk 2 with what it needs: 1.", "hunk 3/3"]);
        assert_eq!(journey.counts(), [1, 2, 0]);
        assert!(journey.app.review.as_ref().unwrap().hindrance().is_none());
        journey.press("[");
        journey.check_shows(&["needs hunk 1✔"]);
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

/// What is drawn of a line of the proposal that holds this text: each character's colours, and whether it is struck out.
fn cells_of(journey: &mut Journey, text: &str) -> Vec<(Color, Color, Modifier)> {
    journey.screen.draw(&journey.app).unwrap();
    let buffer = journey.screen.backend().buffer();
    let row = |y: u16| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    let found = (0..buffer.area.height).find_map(|y| Some((y, row(y).find(text)?)));
    let Some((y, at)) = found else { panic!("'{text}' is not shown") };
    let column = row(y)[..at].chars().count() as u16;
    let count = text.chars().count() as u16;
    let cells = (column..column + count).map(|x| &buffer[(x, y)]).filter(|cell| cell.symbol() != " ");
    cells.map(|cell| (cell.fg, cell.bg, cell.modifier)).collect()
}

#[test]
fn what_comes_and_goes_is_told_apart_where_there_are_sixteen_colours() {
    let mut journey = proposed(120, 36);
    let theme = Theme::built_in("ansi", ColorDepth::Ansi16).unwrap();
    journey.screen = Screen::new(TestBackend::new(120, 36), theme, Keymap::default()).unwrap();
    let colours = |cells: Vec<(Color, Color, Modifier)>| {
        let mut colours: Vec<Color> = cells.into_iter().map(|(fg, ..)| fg).collect();
        colours.dedup();
        colours
    };
    let added = colours(cells_of(&mut journey, "return int(price)"));
    assert!(added.iter().all(|fg| matches!(fg, Color::Green | Color::LightGreen)), "{added:?}");
    journey.press("]");
    let removed = colours(cells_of(&mut journey, "total += int(row.split(\",\")[1])"));
    assert!(removed.iter().all(|fg| matches!(fg, Color::LightRed | Color::Red)), "{removed:?}");
    // What nobody changes keeps the colours of code.
    assert!(colours(cells_of(&mut journey, "for row in read_rows(path):")).len() > 1);
}

#[test]
fn what_is_rejected_is_out_on_both_sides() {
    for (columns, rows) in [(120, 36), (200, 60)] {
        let mut journey = proposed(columns, rows);
        let (new, old) = ("total += parse_row(row)", "total += int(row.split(\",\")[1])");
        journey.press("]");
        let ground = cells_of(&mut journey, "for row in read_rows(path):")[0].1;
        for text in [new, old] {
            assert!(cells_of(&mut journey, text).iter().all(|(_, bg, _)| *bg != ground), "{text}");
        }
        journey.press("n");
        let is_struck =
            |cells: &[(Color, Color, Modifier)]| cells.iter().all(|cell| cell.2.contains(Modifier::CROSSED_OUT));
        let (new, old) = (cells_of(&mut journey, new), cells_of(&mut journey, old));
        assert!(is_struck(&new) && !is_struck(&old));
        assert!(new.iter().chain(&old).all(|(_, bg, _)| *bg == ground), "{new:?} {old:?}");
        // It is struck out in one quiet colour, what stays has those of code.
        assert!(new.iter().all(|(fg, ..)| *fg == new[0].0) && old.iter().any(|(fg, ..)| *fg != new[0].0));
    }
}

#[test]
fn a_toast_covers_nothing_that_is_looked_at_and_swallows_no_key() {
    for (columns, rows) in [(60, 15), (80, 24), (120, 36), (200, 60)] {
        let mut journey = proposed(columns, rows);
        let centre = journey.app.layout().area(Pane::Centre).unwrap();
        journey.press("yyn");
        journey.check_shows(&["All 3 hunks are decided"]);
        let shot = journey.shot();
        let row = shot.lines().position(|line| line.contains("All 3 hunks are decided")).unwrap();
        assert!(row >= usize::from(centre.y + centre.height - 1), "{shot}");
        journey.press("[");
        assert!(!journey.shot().contains("All 3 hunks are decided"));
        journey.check_shows(&["hunk 2/3"]);
        // While something is written in the prompt, the first row is taken.
        journey.press("xi");
        journey.press("w");
        let shot = journey.shot();
        assert!(shot.lines().any(|line| line.contains("› w")), "{shot}");
    }
}

#[test]
fn the_first_key_over_a_toast_takes_the_toast_alone_away() {
    let mut journey = Journey::open(120, 36, SHOP, vec![THINKS]);
    journey.press("ido it<Enter>3e");
    journey.check_shows(&["There is no step yet; o adds one."]);
    journey.press("<Esc>");
    assert_eq!(journey.app.phase(), flux::agent::Phase::Thinking);
    assert!(!journey.shot().contains("There is no step"));
    journey.press("<Esc>");
    assert_eq!(journey.app.phase(), flux::agent::Phase::Idle);
}

#[test]
fn what_the_agent_does_is_said_on_the_smallest_screen() {
    let mut journey = proposed(60, 15);
    journey.check_shows(&["◆ review"]);
    let mut journey = Journey::open(60, 15, SHOP, vec![THINKS]);
    journey.press("ido it<Enter>");
    journey.check_shows(&["thinking"]);
}

#[test]
fn what_blocks_is_said_where_one_looks_with_the_key_that_leads_out() {
    for (columns, rows) in [(80, 24), (120, 36), (200, 60)] {
        let mut journey = proposed(columns, rows);
        journey.press("ny");
        journey.check_shows(&[
            "1 open  ✘ blocked",
            "✘ blocked: 1 issue · hunk 2 needs hunk 1: 4 Enter, then t takes both",
        ]);
        journey.press("[");
        journey.check_shows(&["hunk 2 needs hunk 1: t takes both"]);
        insta::assert_snapshot!(format!("blocked_{columns}x{rows}"), journey.shot());
        journey.press("t");
        assert!(!journey.shot().contains("blocked"), "{}", journey.shot());
    }
}

#[test]
fn what_was_written_is_seen_to_have_passed_until_something_else_is_under_way() {
    let mut journey = proposed(120, 36);
    journey.press("Aw4");
    journey.check_shows(&["as written", "✔ Tool validation", "✔ Approval"]);
    insta::assert_snapshot!("checks_written_120x36", journey.shot());
    journey.turns = [THINKS].into();
    journey.press("iand now<Enter>");
    assert!(!journey.shot().contains("as written") && !journey.shot().contains("✔ Approval"), "{}", journey.shot());
}

#[test]
fn code_and_structure_show_one_place_after_a_discard_whatever_the_index_told_meanwhile() {
    let mut journey = Journey::open(80, 24, SHOP, three_hunks());
    journey.press("/files.py<Enter><Enter>");
    journey.press("<Esc>iParse rows in one place<Enter>");
    journey.press("]");
    journey.publish();
    journey.press("xx");
    let (marked, cursor) = (journey.app.code.marked, journey.app.code.cursor);
    assert!(marked.is_some_and(|(first, last)| (first..=last).contains(&cursor)), "{marked:?} {cursor}");
}

#[test]
fn a_proposal_shown_alone_on_a_wide_screen_stands_side_by_side() {
    let mut journey = proposed(200, 60);
    let arrangement = |journey: &Journey| journey.app.proposal.as_ref().unwrap().arrangement;
    assert_eq!(arrangement(&journey), Arrangement::Unified);
    journey.press("z");
    assert_eq!(arrangement(&journey), Arrangement::SideBySide);
    journey.press("z");
    assert_eq!(arrangement(&journey), Arrangement::Unified);
}

#[test]
fn what_changed_within_a_line_stands_out_in_both_arrangements() {
    let mut journey = proposed(200, 60);
    for _ in ["unified", "side by side"] {
        let line = cells_of(&mut journey, "total += parse_row(row)");
        let grounds = |from: usize, to: usize| -> Vec<Color> { line[from..to].iter().map(|cell| cell.1).collect() };
        // Blanks are left out.
        let (same, changed) = (grounds(0, 7), grounds(7, 16));
        assert!(same.iter().all(|ground| *ground == same[0]) && changed.iter().all(|ground| *ground != same[0]));
        journey.press("v");
    }
}
