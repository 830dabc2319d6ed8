//! Whole files, and the paths that are closed.

use flux::edit::{Operation, Refusal};

use super::{add_function, check, check_refused, done, edited, path};
use crate::fixture::Fixture;

fn write(raw: &str, content: &str) -> Operation {
    Operation::WriteFile { path: path(raw), content: content.to_owned() }
}

fn move_file(source: &str, destination: &str) -> Operation {
    Operation::MoveFile { source: path(source), destination: path(destination) }
}

fn delete(raw: &str) -> Operation {
    Operation::DeleteFile { path: path(raw) }
}

const PROJECT: &str = "
#- shop/files.py
x = 1
#- README.md
Words.
";

#[test]
fn a_file_is_created_or_replaced() {
    let fixture = Fixture::parse(PROJECT);
    let pending =
        done(&fixture, &[write("shop/new.py", "```python\ny = 2\n```"), write("README.md", "```\nx\n```")]).unwrap();
    let created = pending.get(&path("shop/new.py")).unwrap();
    assert_eq!((created.old.is_none(), created.new_text()), (true, "y = 2\n"));
    assert_eq!(pending.get(&path("README.md")).unwrap().new_text(), "```\nx\n```");
    check(&write("main.py", "a = 1\nb = 2\n"), "x = 1\r\n", "a = 1\r\nb = 2\r\n");
}

#[test]
fn a_text_that_does_not_parse_is_refused_with_its_line() {
    let refusal = edited("x = 1\n", &write("main.py", "x = 1\ny = (\n")).unwrap_err();
    assert!(matches!(refusal, Refusal::BadCode(_)));
    assert!(refusal.to_string().starts_with("With this, 'main.py' would no longer parse. Line "), "{refusal}");
    // What did not parse before may stay so.
    check(&write("main.py", "y = (\n"), "x = (\n", "y = (\n");
}

#[test]
fn a_file_is_moved_and_deleted() {
    let fixture = Fixture::parse(PROJECT);
    let pending = done(&fixture, &[move_file("shop/files.py", "shop/rows.py"), delete("README.md")]).unwrap();
    assert_eq!(pending.len(), 3);
    assert!(pending.get(&path("shop/files.py")).unwrap().new.is_none());
    assert_eq!(pending.get(&path("shop/rows.py")).unwrap().new_text(), "x = 1\n");
    assert!(pending.get(&path("README.md")).unwrap().new.is_none());
    let nothing = done(&fixture, &[write("a.txt", "x"), delete("a.txt")]).unwrap();
    assert!(nothing.is_empty());
    let back = done(&fixture, &[move_file("shop/files.py", "a.py"), move_file("a.py", "shop/files.py")]).unwrap();
    assert!(back.is_empty());
}

#[test]
fn files_in_the_way_or_not_there_are_named() {
    let fixture = Fixture::parse(PROJECT);
    for (operation, expected) in [
        (
            delete("shop/file.py"),
            "'shop/file.py' does not exist. Nearest: 'shop/files.py'. Use write_file to create it.",
        ),
        (
            move_file("README.md", "shop/files.py"),
            "'shop/files.py' is there already. Choose another destination, or delete it first.",
        ),
        (write("README.md/x.py", "x"), "'README.md' is a file, so 'README.md/x.py' cannot be created in it."),
        (
            Operation::AddImport { path: path("README.md"), code: "import os".into() },
            "'README.md' is no Python file. Use edit_file instead.",
        ),
    ] {
        assert_eq!(done(&fixture, &[operation]).unwrap_err().to_string(), expected);
    }
    check_refused(
        &Operation::AddClass { path: path("other.py"), code: "class A: pass".into(), after: None },
        "",
        "'other.py' does not exist. Use write_file to create it, list_files to see what is there.",
    );
    assert!(edited("", &add_function("", "def f(): pass")).is_ok());
}

#[test]
fn closed_folders_are_refused() {
    for raw in [".git/config", "a/.GIT/hooks/pre-commit", ".flux/config.toml", "sub/.hg/x"] {
        for operation in [write(raw, "x"), delete(raw), move_file("main.py", raw), move_file(raw, "x")] {
            let refusal = edited("x = 1\n", &operation).unwrap_err();
            assert!(matches!(refusal, Refusal::NotAllowed(_)), "{raw}: {refusal:?}");
        }
    }
    assert!(edited("", &write(".gitignore", "x\n")).is_ok());
}
