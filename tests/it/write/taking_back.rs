//! Undo, redo and the list, with edits by hand between them.

use super::*;

const BASE: &str = "one\ntwo\nthree\nfour\nfive\n";

#[test]
fn edits_in_other_lines_are_kept() {
    let bench = Bench::new(&[("a.py", BASE.as_bytes())]);
    bench.write(&[("a.py", Some(&BASE.replace("two", "TWO")))]).unwrap();
    fs::write(bench.at("a.py"), BASE.replace("two", "TWO") + "typed\n").unwrap();
    let undone = bench.writer().undo().unwrap();
    assert_eq!(undone.merged, paths(&["a.py"]));
    assert_eq!(bench.text("a.py"), format!("{BASE}typed\n"));
    let redone = bench.writer().redo().unwrap();
    assert_eq!((redone.title.as_str(), redone.merged), ("a task", paths(&["a.py"])));
    assert_eq!(bench.text("a.py"), BASE.replace("two", "TWO") + "typed\n");
    bench.writer().undo().unwrap();
    fs::write(bench.at("a.py"), BASE.replace("two", "mine")).unwrap();
    let failure = bench.writer().redo().unwrap_err();
    let said = "'a.py' at line 2 changed since 'a task' was taken back; writing that again would lose it";
    assert_eq!(failure.to_string(), said);
}

#[test]
fn edits_in_the_very_lines_are_never_lost() {
    let bench = Bench::new(&[("a.py", BASE.as_bytes()), ("b.py", b"b\n")]);
    bench.write(&[("a.py", Some(&BASE.replace("two", "TWO"))), ("b.py", Some("B\n")), ("c.py", Some("c\n"))]).unwrap();
    fs::write(bench.at("a.py"), BASE.replace("two", "mine")).unwrap();
    fs::write(bench.at("c.py"), "mine too\n").unwrap();
    let WriteFailure::ChangedSince { overlaps, .. } = bench.writer().undo().unwrap_err() else { panic!() };
    let line = |text: &str| Some(text.to_owned());
    let there = Overlap {
        path: ProjectPath::new("a.py").unwrap(),
        line: Some(2),
        there: line("mine\n"),
        wanted: line("two\n"),
    };
    let whole =
        Overlap { path: ProjectPath::new("c.py").unwrap(), line: None, there: line("mine too\n"), wanted: None };
    assert_eq!(overlaps, [there, whole]);
    assert_eq!(bench.text("b.py"), "B\n");
    // The rest can still be taken back, and what was by hand made as before is nothing to take back any more.
    bench.writer().undo_write(1, &paths(&["b.py"])).unwrap();
    assert_eq!((bench.text("a.py"), bench.text("b.py")), (BASE.replace("two", "mine"), "b\n".to_owned()));
    fs::write(bench.at("a.py"), BASE).unwrap();
    fs::remove_file(bench.at("c.py")).unwrap();
    assert_eq!(bench.writer().undo().unwrap().paths, paths(&["a.py", "c.py"]));
    assert!(matches!(bench.writer().undo(), Err(WriteFailure::NothingToUndo(_))));
}

#[test]
fn what_was_taken_back_can_be_written_again_until_something_else_is() {
    let bench = Bench::new(&[("a.py", b"1\n")]);
    assert!(matches!(bench.writer().redo(), Err(WriteFailure::NothingToRedo(_))));
    for text in ["2\n", "3\n"] {
        bench.write(&[("a.py", Some(text)), ("new/b.py", Some(text))]).unwrap();
    }
    let there = || (bench.text("a.py"), bench.bytes("new/b.py").is_some());
    bench.writer().undo().unwrap();
    bench.writer().undo().unwrap();
    assert_eq!((there(), bench.at("new").exists()), (("1\n".to_owned(), false), false));
    bench.writer().redo().unwrap();
    assert_eq!(there(), ("2\n".to_owned(), true));
    bench.writer().redo().unwrap();
    assert_eq!(there(), ("3\n".to_owned(), true));
    assert!(matches!(bench.writer().redo(), Err(WriteFailure::NothingToRedo(_))));
    bench.writer().undo().unwrap();
    bench.write(&[("a.py", Some("4\n"))]).unwrap();
    assert!(matches!(bench.writer().redo(), Err(WriteFailure::NothingToRedo(_))));
    // Taken back from the middle of the list.
    assert!(matches!(bench.writer().undo_write(2, &[]), Err(WriteFailure::NoSuchWrite { id: 2 })));
    let failure = bench.writer().undo_write(1, &[]).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "'a.py' at line 1 changed since 'a task' was written; taking that back would lose it"
    );
    bench.writer().undo_write(1, &paths(&["new/b.py"])).unwrap();
    assert_eq!(there(), ("4\n".to_owned(), false));
}

#[test]
fn the_list_says_what_stands() {
    let bench = Bench::new(&[("a.py", b"1\n"), ("b.py", b"1\n")]);
    assert_eq!(bench.writer().applied(), Ok(Vec::new()));
    bench.write(&[("a.py", Some("2\n")), ("b.py", Some("2\n"))]).unwrap();
    bench.write(&[("a.py", Some("3\n"))]).unwrap();
    bench.writer().undo_write(1, &paths(&["b.py"])).unwrap();
    let shown = || -> Vec<(u64, Vec<bool>)> {
        let writes = bench.writer().applied().unwrap();
        writes.iter().map(|write| (write.id, write.files.iter().map(|(_, stands)| *stands).collect())).collect()
    };
    assert_eq!(shown(), [(2, vec![true]), (1, vec![true, false])]);
    bench.writer().redo().unwrap();
    assert_eq!(shown(), [(2, vec![true]), (1, vec![true, true])]);
    assert!(bench.writer().applied().unwrap()[0].time.parse::<jiff::Timestamp>().is_ok());
}

#[test]
fn a_task_written_in_several_goes_is_taken_back_as_one_or_not_at_all() {
    let bench = Bench::new(&[("a.py", BASE.as_bytes()), ("gone.py", b"gone\n")]);
    let write = |task: &str, changes: &[(&str, Option<&str>)]| {
        let change_set = bench.change_set(changes);
        bench.writer().write_for_task(&change_set, task, Some(task.to_owned())).unwrap();
    };
    let text = |path: &str| bench.bytes(path).map(|bytes| String::from_utf8(bytes).unwrap());
    let texts = || ["a.py", "gone.py", "new/b.py", "c.py"].map(text);
    let before = texts();
    write("one", &[("a.py", Some(&BASE.replace("two", "TWO"))), ("gone.py", None), ("new/b.py", Some("b\n"))]);
    write("other", &[("c.py", Some("c\n"))]);
    let twice = BASE.replace("two", "Two!").replace("four", "FOUR");
    write("one", &[("a.py", Some(&twice)), ("new/b.py", Some("b, b\n"))]);
    let tasks: Vec<(u64, u64)> = bench.writer().applied().unwrap().iter().map(|write| (write.id, write.task)).collect();
    assert_eq!(tasks, [(3, 1), (2, 2), (1, 1)]);
    let after = texts();
    // Typed in the lines of its first write: none of the task is taken back.
    fs::write(bench.at("new/b.py"), "typed\n").unwrap();
    assert!(matches!(bench.writer().undo_task(None, &[]), Err(WriteFailure::ChangedSince { .. })));
    assert_eq!(text("a.py").unwrap(), twice);
    fs::write(bench.at("new/b.py"), "b, b\n").unwrap();
    // Typed elsewhere: that stays.
    fs::write(bench.at("a.py"), format!("{twice}typed\n")).unwrap();
    let undone = bench.writer().undo_task(Some(1), &[]).unwrap();
    assert_eq!((undone.title.as_str(), &undone.merged), ("one", &paths(&["a.py"])));
    assert_eq!(undone.paths, paths(&["a.py", "gone.py", "new/b.py"]));
    let [a, rest @ ..] = texts();
    assert_eq!((a.unwrap(), &rest[..2], bench.at("new").exists()), (format!("{BASE}typed\n"), &before[1..3], false));
    assert_eq!(text("c.py").unwrap(), "c\n");
    assert!(matches!(bench.writer().undo_task(Some(3), &[]), Err(WriteFailure::NoSuchWrite { id: 3 })));
    // And made again as one.
    let redone = bench.writer().redo().unwrap();
    assert_eq!(redone.paths, paths(&["a.py", "gone.py", "new/b.py"]));
    fs::write(bench.at("a.py"), text("a.py").unwrap().replace("typed\n", "")).unwrap();
    assert_eq!(texts(), after);
    // One file of all its writes.
    bench.writer().undo_task(Some(3), &paths(&["a.py"])).unwrap();
    assert_eq!((text("a.py").unwrap(), text("new/b.py").unwrap()), (BASE.to_owned(), "b, b\n".to_owned()));
}

/// What happens to the one file of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Write,
    /// Made from the file as it was at the very beginning.
    StaleWrite,
    TypeElsewhere,
    TypeThere,
    Undo,
    Redo,
}

impl Happens {
    fn run(self, bench: &Bench, stale: &ChangeSet) {
        let text = bench.text("a.py");
        // Whether it is done or refused is not the question here.
        let _ = match self {
            Self::Write => bench.write(&[("a.py", Some(&text.replace("three", "three()")))]).map(|_| ()),
            Self::StaleWrite => bench.writer().write(stale, "stale").map(|_| ()),
            Self::TypeElsewhere => {
                fs::write(bench.at("a.py"), format!("typed elsewhere\n{text}")).unwrap();
                Ok(())
            }
            Self::TypeThere => {
                fs::write(bench.at("a.py"), text.replace("three", "typed three")).unwrap();
                Ok(())
            }
            Self::Undo => bench.writer().undo().map(|_| ()),
            Self::Redo => bench.writer().redo().map(|_| ()),
        };
    }
}

#[test]
fn in_every_order_no_byte_that_a_person_typed_is_lost() {
    use Happens::{Redo, StaleWrite, TypeElsewhere, TypeThere, Undo, Write};
    let mut orders = vec![Vec::new()];
    for happens in [Write, StaleWrite, TypeElsewhere, TypeThere, Undo, Redo] {
        let put = |order: &Vec<Happens>, at: usize| {
            let mut longer = order.clone();
            longer.insert(at, happens);
            longer
        };
        orders = orders.iter().flat_map(|order| (0..=order.len()).map(move |at| put(order, at))).collect();
    }
    assert_eq!(orders.len(), 720);
    for order in orders {
        let bench = Bench::new(&[("a.py", BASE.as_bytes())]);
        let stale = bench.change_set(&[("a.py", Some(&BASE.replace("four", "FOUR")))]);
        for (at, happens) in order.iter().enumerate() {
            happens.run(&bench, &stale);
            let text = bench.text("a.py");
            for (typed, mark) in [(TypeElsewhere, "typed elsewhere\n"), (TypeThere, "typed three")] {
                assert_eq!(text.contains(mark), order[..=at].contains(&typed), "{order:?} at {at}: {text}");
            }
        }
    }
}

#[test]
fn the_program_lists_takes_back_and_writes_again() {
    let bench = Bench::new(&[("a.py", b"1\n"), ("b.py", b"1\n")]);
    let root = bench.root.path().canonicalize().unwrap();
    let flux = |arguments: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_flux"));
        program.args(arguments).arg("--root").arg(&root).env("XDG_STATE_HOME", bench.state.path());
        let done = program.output().unwrap();
        (done.status.code(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    assert_eq!(flux(&["undo", "--list"]).1, "nothing was written to this project yet\n");
    let writer = Writer::with_state(&root, &bench.state.path().join("flux")).unwrap();
    writer.write(&bench.change_set(&[("a.py", Some("2\n")), ("b.py", Some("2\n"))]), "double it").unwrap();
    assert_eq!(flux(&["undo", "--write", "1", "--file", "b.py"]).1, "took back: double it\n  b.py\n");
    let (_, list, _) = flux(&["undo", "--list"]);
    assert!(
        list.starts_with("   1  20") && list.ends_with("  double it\n      a.py\n      b.py  (taken back)\n"),
        "{list}"
    );
    assert_eq!(flux(&["redo"]).1, "wrote again: double it\n  b.py\n");
    fs::write(bench.at("b.py"), "mine\n").unwrap();
    let said = "b.py:1\n  stands there now:\n  | mine\n  would take its place:\n  | 1\n\
                flux: 'b.py' at line 1 changed since 'double it' was written; taking that back would lose it\n";
    assert_eq!(flux(&["undo"]), (Some(1), String::new(), said.to_owned()));
    assert_eq!(flux(&["undo", "--file", "b.py"]).0, Some(2));
    // A task of two writes.
    for text in ["3\n", "4\n"] {
        let change_set = bench.change_set(&[("c.py", Some(text))]);
        writer.write_for_task(&change_set, "in two goes", Some("x".to_owned())).unwrap();
    }
    let (_, list, _) = flux(&["undo", "--list"]);
    assert!(list.contains("in two goes  (same task as 4)\n"), "{list}");
    assert_eq!(flux(&["undo", "--task"]).1, "took back: in two goes\n  c.py\n");
    assert_eq!(bench.bytes("c.py"), None);
}
