//! What the papers say is what the program does.

use std::fs;
use std::path::Path;

use flux::app::key_table_markdown;
use flux::gate::code_table_markdown;

fn paper(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn readme_holds_the_key_table() {
    let table = key_table_markdown();
    assert!(paper("README.md").contains(table.trim()), "README.md's keys are not those of the program:\n{table}");
}

#[test]
fn readme_holds_the_code_table() {
    let table = code_table_markdown();
    assert!(paper("README.md").contains(table.trim()), "README.md's codes are not those of the gate:\n{table}");
}

#[test]
fn every_room_is_drawn_and_every_drawn_room_exists() {
    let architecture = paper("ARCHITECTURE.md");
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() && entry.file_name() != "cli" {
            let row = format!("| `{}` |", entry.file_name().display());
            assert!(architecture.contains(&row), "ARCHITECTURE.md has no row {row}");
        }
    }
    let rooms =
        architecture.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |")).map(|(room, _)| room);
    for room in rooms {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room).is_dir(), "there is no room {room}");
    }
}

#[test]
fn readme_names_every_subcommand() {
    let readme = paper("README.md");
    let main = paper("src/main.rs");
    let commands = main.lines().filter_map(|line| line.trim().split_once("(cli::")?.1.split_once("::Options)"));
    let mut count = 0;
    for (command, _) in commands {
        assert!(readme.contains(&format!("`flux {command}")), "README.md says nothing of `flux {command}`");
        count += 1;
    }
    assert!(count >= 8, "the subcommands are not found in src/main.rs");
}

#[test]
fn readme_gives_a_model_as_the_program_says_it() {
    let way_out = flux::app::NO_MODEL.split_once(": ").unwrap().1;
    let readme = paper("README.md").replace('`', "");
    assert!(readme.contains(way_out), "README.md does not say: {way_out}");
}
