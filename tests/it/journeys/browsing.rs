//! Walking through the structure and the code.

use super::*;

fn opened_at(journey: &Journey) -> (&str, u32) {
    match journey.opened.last() {
        Some(EditorWork::File { path, line, .. }) => (path.as_str(), *line),
        _ => panic!("no file was opened in the editor"),
    }
}

#[test]
fn the_editor_opens_at_what_is_selected() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("E");
    journey.check_shows(&["No file is in view"]);
    journey.press("/process_file<Enter>E");
    assert_eq!(opened_at(&journey), ("shop/files.py", 15));
    journey.editor_leaves = Err("the editor 'ed' cannot be started".to_owned());
    journey.press("E");
    journey.check_shows(&["the editor 'ed' cannot be started"]);
}
