//! Symbols of real packages under another name or in another module: their own tests pass afterwards, or it was refused
//! with a reason.
//!
//! Runs with `FLUX_RENAME` naming a package's folder with its tests, and `FLUX_PYTHON` an environment in which they pass;
//! `FLUX_SYMBOLS` takes so many symbols, 100 without it, `FLUX_RENAME_FROM` the number of the first roll of the dice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use flux::edit::{Operation, apply};
use flux::gate::{Gate, PythonEnvironment};
use flux::index::{SymbolKind, View};
use flux::sys::{DiskSource, index_once};
use flux::text::{ChangeSet, ProjectPath};

/// One symbol that is tried.
struct Tried {
    path: ProjectPath,
    symbol: String,
    new_name: String,
}

fn passes(root: &Path, prefix: &Path) -> bool {
    let places = std::env::join_paths([root.join("src"), root.to_path_buf()]).unwrap();
    Command::new(prefix.join("bin/python"))
        .args(["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", "--tb=line"])
        .current_dir(root)
        .env("PYTHONPATH", places)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .map(|output| {
            if !output.status.success() {
                let told = String::from_utf8_lossy(&output.stdout);
                let last: Vec<&str> = told.lines().rev().take(6).collect();
                eprintln!("{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
            }
            output.status.success()
        })
        .unwrap()
}

/// All symbols but those of tests, in an order that looks random and is the same in every run.
fn symbols(root: &Path) -> Vec<Tried> {
    let snapshot = index_once(root.to_path_buf(), Vec::new(), |_, _| {}).unwrap();
    let mut found = Vec::new();
    for (path, entry) in snapshot.files() {
        let is_test =
            path.as_str().split('/').any(|part| part.starts_with("test") || part == "docs" || part == "conftest.py");
        for symbol in entry.structure.symbols.iter().filter(|_| !is_test) {
            let is_tried = symbol.kind != SymbolKind::Variable && !symbol.qualname.contains("<locals>");
            if is_tried && !symbol.name.starts_with("__") {
                let new_name = match symbol.kind {
                    SymbolKind::Class => format!("{}Anew", symbol.name),
                    _ => format!("{}_anew", symbol.name),
                };
                found.push(Tried { path: path.clone(), symbol: symbol.qualname.to_string(), new_name });
            }
        }
    }
    found.dedup_by(|a, b| (&a.path, &a.symbol) == (&b.path, &b.symbol));
    found.sort_by_key(|tried| {
        let spelled = format!("{}{}", tried.path, tried.symbol);
        spelled
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    });
    found
}

#[test]
fn tests_of_real_packages_pass_under_new_names() {
    let (Some(folder), Some(prefix)) = (std::env::var_os("FLUX_RENAME"), std::env::var_os("FLUX_PYTHON")) else {
        eprintln!("skipped: FLUX_RENAME and FLUX_PYTHON name no package and no environment");
        return;
    };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let prefix = PathBuf::from(prefix).canonicalize().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-a").arg(PathBuf::from(folder).join(".")).arg(copy.path()).status().unwrap();
    assert!(copied.success());
    let root = copy.path().canonicalize().unwrap();
    assert!(passes(&root, &prefix), "the tests fail before anything was changed");
    let source = DiskSource::new(root.clone());
    let snapshot = index_once(root.clone(), Vec::new(), |_, _| {}).unwrap();
    let environment = PythonEnvironment { prefix: Some(prefix.clone()), version: None, folders: Vec::new() };
    let mut gate = Gate::new(&root, environment);
    let (mut renamed, mut broken) = (0, Vec::new());
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let all = symbols(&root);
    let first = number("FLUX_RENAME_FROM").unwrap_or(0);
    let mut tried_count = 0;
    let moves = std::env::var_os("FLUX_MOVE").is_some();
    let modules: Vec<ProjectPath> = all.iter().map(|tried| tried.path.clone()).collect();
    let fits = |tried: &&Tried| !moves || !tried.symbol.contains('.');
    for tried in all.iter().filter(fits).skip(first).take(number("FLUX_SYMBOLS").unwrap_or(100)) {
        tried_count += 1;
        let pending = ChangeSet::default();
        let view = View { snapshot: &snapshot, pending: &pending, source: &source };
        let started = std::time::Instant::now();
        let renaming = match moves {
            true => gate.references(view, &tried.path, &tried.symbol),
            false => gate.rename(view, &tried.path, &tried.symbol, &tried.new_name),
        };
        let took = started.elapsed().as_millis();
        if let Some(obstacle) = renaming.obstacles.first() {
            let more = renaming.obstacles.len();
            eprintln!(
                "refused {} {} ({more}, {took} ms): {}:{} {}",
                tried.path, tried.symbol, obstacle.path, obstacle.line, obstacle.why
            );
            let kind: String = obstacle.why.split('\'').step_by(2).collect::<Vec<_>>().join("…");
            *refused.entry(kind).or_default() += 1;
            continue;
        }
        let (path, symbol, places) = (tried.path.clone(), tried.symbol.clone(), renaming.places);
        let operation = match moves {
            // A new module beside it, and any other.
            true => {
                let others: Vec<&ProjectPath> = modules.iter().filter(|module| **module != path).collect();
                let beside = ProjectPath::new(&format!("{}/moved_anew.py", path.folder())).unwrap();
                let destination =
                    if tried_count % 2 == 0 { beside } else { others[tried_count % others.len()].clone() };
                Operation::MoveSymbol { path, symbol, destination, places }
            }
            false => Operation::RenameSymbol { path, symbol, new_name: tried.new_name.clone(), places },
        };
        let applied = match apply(view, &operation) {
            Ok(applied) => applied,
            Err(refusal) => {
                eprintln!("refused {} {} ({took} ms): {refusal}", tried.path, tried.symbol);
                let told = refusal.to_string();
                *refused.entry(told.split('\'').step_by(2).collect::<Vec<_>>().join("…")).or_default() += 1;
                continue;
            }
        };
        let report = gate.judge(View { pending: &applied.change_set, ..view }, None);
        if let Some(issue) = report.blocking().next() {
            eprintln!("BLOCKED {} {}: {}:{} {}", tried.path, tried.symbol, issue.path, issue.line, issue.message);
            *refused.entry("the gate blocks it".to_owned()).or_default() += 1;
            continue;
        }
        for (path, change) in applied.change_set.iter() {
            std::fs::write(root.join(path.as_str()), change.new_text()).unwrap();
        }
        if passes(&root, &prefix) {
            renamed += 1;
            eprintln!("done    {} {} ({took} ms): {}", tried.path, tried.symbol, applied.notes.join(" "));
        } else {
            eprintln!("BROKEN  {} {} ({took} ms)", tried.path, tried.symbol);
            broken.push(format!("{} {}", tried.path, tried.symbol));
        }
        for (path, change) in applied.change_set.iter() {
            match change.old {
                Some(_) => std::fs::write(root.join(path.as_str()), change.old_text()).unwrap(),
                None => std::fs::remove_file(root.join(path.as_str())).unwrap(),
            }
        }
    }
    let reasons: usize = refused.values().sum();
    eprintln!("{tried_count} symbols: {renamed} done and their tests pass, {reasons} refused, {} broken", broken.len());
    for (kind, count) in &refused {
        eprintln!("  {count:>4} {kind}");
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
