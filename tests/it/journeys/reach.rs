//! What a hunk reaches, listed and gone to.

use flux::app::{ReachKind, Reached};

use super::*;

fn place(kind: ReachKind, path: &str, line: u32, code: &str) -> Reached {
    Reached { kind, path: ProjectPath::new(path).unwrap(), line, code: code.to_owned() }
}

#[test]
fn what_a_hunk_reaches_is_listed_and_gone_to() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = proposed(columns, rows);
        journey.press("L");
        journey.check_shows(&["Nothing in the project is known to use what hunk 1 changes."]);
        journey.reach.places = vec![
            place(ReachKind::Uses, "shop/files.py", 19, "total += parse_row(row)"),
            place(ReachKind::Tests, "tests/test_files.py", 6, "assert process_file(tmp_path / \"a\") == 3"),
        ];
        journey.reach.doubtful_count = 2;
        journey.press("L");
        journey.check_shows(&[
            "What hunk 1 reaches, and perhaps 2 more places",
            "shop/files.py:19",
            "tests/test_files.py:6",
        ]);
        insta::assert_snapshot!(format!("reach_{columns}x{rows}"), journey.shot());
        journey.press("j<Enter>");
        journey.check_shows(&["assert process_file(tmp_path", "Esc goes back to the proposal."]);
        // Nothing is decided while the proposal is out of sight.
        journey.press("y");
        journey.press("<Esc>");
        journey.check_shows(&["hunk 1/3", "3 open"]);
    }
}
