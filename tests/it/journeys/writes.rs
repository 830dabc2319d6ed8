//! The list of what was written.

use super::*;

fn listed(id: u64, task: u64, title: &str, files: &[(&str, bool)]) -> ListedWrite {
    let files = files.iter().map(|(path, stands)| (ProjectPath::new(path).unwrap(), *stands)).collect();
    ListedWrite { id, task, title: title.to_owned(), time: format!("2026-11-21 14:0{id}"), files }
}

fn with_writes(columns: u16, rows: u16) -> Journey {
    let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
    journey.writes = vec![
        listed(4, 2, "Parse rows in one place", &[("shop/models.py", true)]),
        listed(3, 3, "Say what an order is", &[("shop/models.py", false)]),
        listed(2, 2, "Parse rows in one place", &[("shop/files.py", true), ("tests/test_files.py", true)]),
    ];
    journey
}

#[test]
fn tasks_writes_and_files_are_listed_and_taken_back() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut journey = with_writes(columns, rows);
        journey.press("H");
        insta::assert_snapshot!(format!("listed_{columns}x{rows}"), journey.shot());
    }
    let stands = |journey: &Journey| -> Vec<Vec<bool>> {
        journey.writes.iter().map(|write| write.files.iter().map(|(_, stands)| *stands).collect()).collect()
    };
    let mut journey = with_writes(100, 30);
    // The task, its last write, that one's file, its first write, the first file of it.
    journey.press("Hjjjj<Enter>");
    assert_eq!(stands(&journey), [vec![true], vec![false], vec![false, true]]);
    journey.check_shows(&["Took back: shop/files.py", "shop/files.py  taken back"]);
    journey.press("<Enter>");
    journey.check_shows(&["This was taken back already."]);
    journey.press("k<Enter>");
    assert_eq!(stands(&journey), [vec![true], vec![false], vec![false, false]]);
    journey.press("kkk<Enter>");
    assert_eq!(stands(&journey), [vec![false], vec![false], vec![false, false]]);
    journey.press("<Esc>");
    assert!(journey.app.overlay.is_none() && !journey.has_ended);
}

#[test]
fn a_refusal_is_said_in_place() {
    let mut journey = with_writes(80, 24);
    journey.write_fails =
        Some("'shop/files.py' at line 22 changed since 'Parse rows' was written; taking that back would lose it");
    journey.press("H<Enter>");
    journey.check_shows(&["What was written", "Nothing was taken back: 'shop/files.py' at line 22 changed"]);
    let mut journey = Journey::open(80, 24, SHOP, Vec::new());
    journey.press("H");
    journey.check_shows(&["Nothing was written to this project yet."]);
}
