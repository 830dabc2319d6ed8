//! Real packages with their real tests: a model makes one operator of a method mean something else, the gate has nothing
//! to say, and the `tests` layer names a test that really fails, before anything is written.
//!
//! Runs with `FLUX_VERIFY` naming folders of packages with their tests (separated as in `PATH`), and `FLUX_PYTHON` an
//! environment in which they pass; `FLUX_SYMBOLS` tries so many functions of each, 12 without it.

use flux::agent::{Activity, Limits, ModelEvent, Need, Phase, Session, ToolCall, Usage};
use flux::gate::Layer;
use flux::index::SymbolKind;
use serde_json::{Value, json};

use super::*;

/// What is put for what: behaviour changes, types hardly ever do.
const SWAPS: [(&str, &str); 12] = [
    (" == ", " != "),
    (" != ", " == "),
    (" not in ", " in "),
    (" is not None", " is None"),
    (" is None", " is not None"),
    (" < ", " >= "),
    (" > ", " <= "),
    (" + ", " - "),
    (" and ", " or "),
    ("return True", "return False"),
    ("return False", "return True"),
    ("if not ", "if "),
];

/// One line of a function, to be changed.
struct Slip {
    path: ProjectPath,
    symbol: String,
    search: String,
    replace: String,
}

/// How a slip ended.
#[derive(Debug, Default)]
struct Count {
    by_gate: usize,
    by_tests: usize,
    passed: usize,
    unknown: usize,
}

fn slips(opened: &Opened) -> Vec<Slip> {
    let mut found = Vec::new();
    let is_code = |path: &&ProjectPath| {
        !path
            .as_str()
            .split('/')
            .any(|part| part.starts_with("test") || matches!(part, "docs" | "examples" | "setup.py"))
    };
    for (path, entry) in opened.snapshot.files().filter(|(path, _)| is_code(path)) {
        let text = std::fs::read_to_string(path.on_disk(&opened.root)).unwrap_or_default();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let of_functions = |kind| matches!(kind, SymbolKind::Function | SymbolKind::Method);
        for symbol in entry.structure.symbols.iter().filter(|symbol| of_functions(symbol.kind)) {
            if symbol.qualname.contains("<locals>") {
                continue;
            }
            let range = symbol.line as usize..symbol.end_line as usize;
            let slip = lines.get(range).into_iter().flatten().find_map(|line| {
                let code = line.trim_start();
                let is_statement = ["return ", "if ", "elif ", "while "].iter().any(|head| code.starts_with(head));
                let (from, to) = SWAPS.iter().find(|(from, _)| is_statement && line.contains(from))?;
                (text.matches(line).count() == 1).then(|| (line.to_string(), line.replacen(from, to, 1)))
            });
            if let Some((search, replace)) = slip {
                found.push(Slip { path: path.clone(), symbol: symbol.qualname.to_string(), search, replace });
            }
        }
    }
    // An order that looks random and is the same in every run.
    found.sort_by_key(|slip| ContentHash::of(format!("{}{}", slip.path, slip.symbol).as_bytes()));
    found
}

/// The recorded model: it reads the function, changes the line, and is done.
fn turn(slip: &Slip, at: usize) -> Vec<ToolCall> {
    let call = |name: &str, arguments: Value| ToolCall {
        id: format!("c{at}"),
        name: name.to_owned(),
        arguments: arguments.to_string(),
    };
    let path = slip.path.as_str();
    match at {
        0 => vec![call("read_symbol", json!({"path": path, "symbol": slip.symbol}))],
        1 => vec![call("edit_file", json!({"path": path, "search": slip.search, "replace": slip.replace}))],
        _ => vec![call("finish", json!({"summary": "done"}))],
    }
}

/// Plays one task to the point where its tests were run, or to its end.
fn play(opened: &Opened, slip: &Slip) -> Session {
    let mut session = Session::new(opened.snapshot.clone(), Limits::default());
    session.verify_with_tests(true);
    let mut needs = session.update(Event::Task("make it faster".to_owned()));
    let mut at = 0;
    loop {
        for need in std::mem::take(&mut needs) {
            match need {
                // Nothing to say, or the tests were told: that is all that is wanted.
                Need::AskModel(..) if at > 2 => return session,
                Need::Propose(..) | Need::Finished { .. } => return session,
                Need::AskModel(job, _) => {
                    let tool_calls = turn(slip, at);
                    at += 1;
                    let said = ModelEvent::Finished { text: String::new(), tool_calls, usage: Usage::default() };
                    needs.extend(session.update(Event::Model(job, said)));
                }
                need => opened.outside.run(Cmd::Need(need)),
            }
        }
        if needs.is_empty() {
            let msg = opened.msgs.recv_timeout(Duration::from_secs(600)).unwrap();
            if let Msg::Agent(event) = msg {
                needs = session.update(event);
            }
        }
    }
}

/// Whether one test passes in a copy that has nothing to do with flux; of what does not start: whether it finds its tests.
fn passes(copy: &Path, prefix: &Path, id: &str) -> bool {
    let id = if id == "pytest" { "--collect-only" } else { id };
    let places = std::env::join_paths([copy.join("src"), copy.to_path_buf()]).unwrap();
    let mut command = std::process::Command::new(prefix.join("bin/python"));
    command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", id]).current_dir(copy);
    command.env("PYTHONPATH", places).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap().status.success()
}

/// Content, size and times of every file: also when the system last changed anything about it.
#[cfg(unix)]
fn times(root: &Path) -> BTreeMap<PathBuf, (ContentHash, u64, i64, i64, i64, i64)> {
    use std::os::unix::fs::MetadataExt;

    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let place = entry.unwrap().path();
            let meta = place.symlink_metadata().unwrap();
            if meta.is_dir() {
                folders.push(place.clone());
            }
            let content = if meta.is_file() { std::fs::read(&place).unwrap() } else { Vec::new() };
            let times = (meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec());
            found.insert(place, (ContentHash::of(&content), meta.len(), times.0, times.1, times.2, times.3));
        }
    }
    found
}

#[cfg(unix)]
#[test]
fn what_breaks_a_test_of_a_real_package_is_named_before_anything_is_written() {
    let (Some(packages), Some(prefix)) = (std::env::var_os("FLUX_VERIFY"), std::env::var_os("FLUX_PYTHON")) else {
        eprintln!("skipped: FLUX_VERIFY and FLUX_PYTHON name no packages and no environment");
        return;
    };
    let prefix = PathBuf::from(prefix).canonicalize().unwrap();
    let wanted = std::env::var("FLUX_SYMBOLS").ok().and_then(|text| text.parse::<usize>().ok()).unwrap_or(12);
    for root in std::env::split_paths(&packages) {
        let root = root.canonicalize().unwrap();
        let before = times(&root);
        let config = Config {
            python_environment: Some(prefix.clone()),
            // What is made to loop for ever is not waited for as long.
            tests_timeout: Duration::from_secs(60),
            ..Config::default()
        };
        let opened = Opened::on(root.clone(), &config, None);
        let copy = tempfile::tempdir().unwrap();
        let copied = std::process::Command::new("cp").arg("-a").arg(root.join(".")).arg(copy.path()).status().unwrap();
        assert!(copied.success());
        let mut count = Count::default();
        for slip in slips(&opened).iter().take(wanted) {
            let started = std::time::Instant::now();
            let session = play(&opened, slip);
            let took = started.elapsed().as_secs_f64();
            let Some(report) = session.report().filter(|_| !session.pending().is_empty()) else {
                count.by_gate += 1;
                eprintln!("gate    {} {} ({took:.1} s)", slip.path, slip.symbol);
                continue;
            };
            let failing: Vec<&str> = report
                .issues
                .iter()
                .filter(|issue| issue.code == "failing-test")
                .filter_map(|issue| issue.message.strip_prefix("Test ")?.split(" fails: ").next())
                .collect();
            match (failing.first(), report.layers[Layer::Tests as usize].state) {
                (Some(id), LayerState::Blocked) => {
                    count.by_tests += 1;
                    assert!(session.phase() != Phase::Reviewing, "what breaks a test was proposed");
                    let told =
                        |entry: &&Activity| matches!(entry, Activity::Call { answer, .. } if answer.contains(id));
                    assert!(session.activity().iter().find(told).is_some(), "the model is not told of {id}");
                    // Without flux: the very test, with the change and without it.
                    let place = slip.path.on_disk(copy.path());
                    let old = std::fs::read_to_string(&place).unwrap();
                    assert!(passes(copy.path(), &prefix, id), "{id} fails on the project as it is");
                    std::fs::write(&place, old.replacen(&slip.search, &slip.replace, 1)).unwrap();
                    assert!(!passes(copy.path(), &prefix, id), "{id} passes with the change");
                    std::fs::write(&place, old).unwrap();
                    eprintln!(
                        "tests   {} {} ({took:.1} s): {} fail, the first {id}",
                        slip.path,
                        slip.symbol,
                        failing.len()
                    );
                }
                (_, LayerState::Passed) => {
                    count.passed += 1;
                    eprintln!("passed  {} {} ({took:.1} s)", slip.path, slip.symbol);
                }
                (_, state) => {
                    count.unknown += 1;
                    let of_tests = report.issues.iter().find(|issue| issue.layer == Layer::Tests);
                    let why = of_tests.map_or("", |issue| &issue.message);
                    eprintln!("{state:?} {} {} ({took:.1} s): {why}", slip.path, slip.symbol);
                }
            }
            assert!(times(&root) == before, "the project was touched");
        }
        eprintln!("{}: {count:?}, {} files untouched", root.display(), before.len());
        assert!(count.by_tests > 0, "no test of {} fails", root.display());
        opened.outside.close();
        assert!(times(&root) == before, "the project was touched at the end");
    }
}
