//! What reviewers would otherwise have to say again and again: arrows, fences, words, sizes, forgotten files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use flux::app::KEYS;

/// Each room and the rooms it may import. DESIGN: arrows point down, siblings do not see each other.
const ARROWS: [(&str, &[&str]); 8] = [
    ("text", &[]),
    ("index", &["text"]),
    ("gate", &["text", "index"]),
    ("edit", &["text", "index"]),
    ("agent", &["text", "index", "gate", "edit"]),
    ("app", &["text", "index", "gate", "edit", "agent"]),
    ("ui", &["text", "index", "gate", "agent", "app"]),
    ("sys", &["text", "index", "gate", "agent", "app"]),
];

/// Each fenced crate (a trailing `_` stands for a family) and the only room that may name it.
const FENCES: [(&str, &str); 16] = [
    ("imara_diff", "text"),
    ("ruff_python_parser", "index"),
    ("tree_sitter", "index"),
    ("tree_sitter_python", "index"),
    ("ty_", "gate"),
    ("ruff_db", "gate"),
    ("salsa", "gate"),
    ("ratatui", "ui"),
    ("syntect", "ui"),
    ("two_face", "ui"),
    ("tui_textarea", "ui"),
    ("pulldown_cmark", "ui"),
    ("tokio", "sys"),
    ("notify", "sys"),
    ("async_openai", "sys"),
    ("crossterm", "sys"),
];

/// Names that say nothing of what a file owns.
const VAGUE_NAMES: [&str; 7] = ["utils", "util", "helpers", "helper", "common", "manager", "types"];

/// Synonyms of flux's own words, as parts of identifiers. The analysis engine's `Diagnostic` is met in the gate only.
const SYNONYMS: [(&str, &str); 2] = [("finding", "issue"), ("diagnostic", "issue")];

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

/// Files and functions that are larger for now. These lists only shrink.
const LARGE_FILES: [&str; 0] = [];
const LONG_FUNCTIONS: [&str; 0] = [];

fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let place = entry.unwrap().path();
            if place.is_dir() {
                folders.push(place);
            } else if place.extension().is_some_and(|extension| extension == "rs") {
                let name = place.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(&place).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

fn room_of(name: &str) -> Option<&'static str> {
    let first = name.strip_prefix("src/")?.split('/').next()?;
    ARROWS.iter().map(|(room, _)| *room).find(|room| *room == first)
}

/// The part of a file that is not its own tests.
fn production(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text)
}

/// The lines that hold code: no comment, no blank.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with("//")
    })
}

/// Whether `line` names the crate `name` at the head of a path.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + name.len()..];
        let heads = !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '.' || c == '"');
        let ends = if name.ends_with('_') {
            after.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').starts_with("::")
        } else {
            after.starts_with("::")
        };
        heads && ends
    })
}

fn complain(what: &str, places: &[String]) {
    assert!(places.is_empty(), "{what}:\n  {}", places.join("\n  "));
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        let Some(room) = room_of(&name) else { continue };
        let (_, allowed) = ARROWS.iter().find(|(other, _)| *other == room).unwrap();
        for (at, line) in code_lines(&text) {
            for (other, _) in ARROWS.iter().filter(|(other, _)| *other != room && !allowed.contains(other)) {
                if line.contains(&format!("crate::{other}::")) || line.contains(&format!("crate::{other};")) {
                    wrong.push(format!("{name}:{}: {room} must not see {other}", at + 1));
                }
            }
        }
    }
    complain("arrows that do not point down", &wrong);
}

/// A module by its path below `src`, as `app/picker`, and the code of its file.
fn modules() -> Vec<(String, String)> {
    let path = |name: &str| {
        name.strip_prefix("src/").unwrap_or(name).trim_end_matches(".rs").trim_end_matches("/mod").to_owned()
    };
    sources("src").into_iter().map(|(name, text)| (path(&name), production(&text).to_owned())).collect()
}

/// Which modules beside `module` it names, it or what lies in its folder; what is named through their folder does not count.
fn neighbours_named(modules: &[(String, String)], module: &str) -> Vec<String> {
    let (folder, own) = module.rsplit_once('/').unwrap_or(("", module));
    let beside =
        modules.iter().filter_map(|(path, _)| path.strip_prefix(folder)?.trim_start_matches('/').split('/').next());
    let beside: BTreeSet<&str> = beside.filter(|name| !name.is_empty() && *name != own).collect();
    let inside = |path: &str| path == module || path.starts_with(&format!("{module}/"));
    let names = |name: &&str| {
        modules.iter().filter(|(path, _)| inside(path)).any(|(path, text)| {
            let depth = path[module.len()..].matches('/').count();
            let near = format!("use {}{name}::", "super::".repeat(depth + 1));
            let far = format!(
                "crate::{}{name}::",
                if folder.is_empty() { String::new() } else { folder.replace('/', "::") + "::" }
            );
            code_lines(text).any(|(_, line)| line.trim_start().starts_with(&near) || line.contains(&far))
        })
    };
    beside.into_iter().filter(names).map(|name| format!("{folder}/{name}")).collect()
}

#[test]
fn no_two_neighbours_need_each_other() {
    let modules = modules();
    let arrows: BTreeMap<&str, Vec<String>> =
        modules.iter().map(|(path, _)| (&**path, neighbours_named(&modules, path))).collect();
    let mut wrong = Vec::new();
    for start in arrows.keys() {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = vec![start];
        while let Some(module) = open.pop() {
            for next in arrows.get(module).into_iter().flatten() {
                if reached.insert(&**next) {
                    open.push(next);
                }
            }
        }
        if reached.contains(start) {
            let on_the_way = reached
                .iter()
                .filter(|other| arrows.get(*other).is_some_and(|next| next.iter().any(|next| next == start)));
            wrong.push(format!("{start}: named again by {:?}", on_the_way.collect::<Vec<_>>()));
        }
    }
    complain("modules that need each other", &wrong);
}

#[test]
fn every_key_that_is_named_is_in_the_table() {
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        for head in [".key(\"", "keys.of(\""] {
            for (at, _) in production(&text).match_indices(head) {
                let row = text[at + head.len()..].split('"').next().unwrap_or_default();
                if !KEYS.iter().any(|known| known.name == row) {
                    wrong.push(format!("{name}: '{row}'"));
                }
            }
        }
    }
    complain("keys that are in no row of the table", &wrong);
}

#[test]
fn crates_stay_behind_their_fences() {
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        for (at, line) in code_lines(&text) {
            for (krate, room) in FENCES {
                if names_crate(line, krate) && room_of(&name) != Some(room) {
                    wrong.push(format!("{name}:{}: {krate} belongs to {room}", at + 1));
                }
            }
        }
    }
    complain("crates outside their fences", &wrong);
}

#[test]
fn only_one_file_knows_the_model_client() {
    let wrong: Vec<String> = sources("src")
        .into_iter()
        .filter(|(name, text)| {
            !name.starts_with("src/sys/model") && code_lines(text).any(|(_, line)| names_crate(line, "async_openai"))
        })
        .map(|(name, _)| name)
        .collect();
    complain("async-openai outside sys/model", &wrong);
}

#[test]
fn files_and_functions_stay_small() {
    let mut wrong = Vec::new();
    let (mut large, mut long) = (BTreeSet::new(), BTreeSet::new());
    for (name, text) in sources("src") {
        let text = production(&text);
        let count = code_lines(text).count();
        if count > FILE_LINES_MAX {
            large.insert(name.clone());
            if !LARGE_FILES.contains(&name.as_str()) {
                wrong.push(format!("{name}: {count} code lines, at most {FILE_LINES_MAX}"));
            }
        }
        for (function, lines) in functions(text) {
            if lines > FUNCTION_LINES_MAX {
                let function = format!("{name}:{function}");
                if !LONG_FUNCTIONS.contains(&function.as_str()) {
                    wrong.push(format!("{function}: {lines} lines, at most {FUNCTION_LINES_MAX}"));
                }
                long.insert(function);
            }
        }
    }
    wrong.extend(LARGE_FILES.iter().filter(|name| !large.contains(**name)).map(|name| format!("{name}: off the list")));
    wrong.extend(
        LONG_FUNCTIONS.iter().filter(|name| !long.contains(**name)).map(|name| format!("{name}: off the list")),
    );
    complain("sizes", &wrong);
}

/// Each function of a formatted file with its number of lines.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let head = code.split('(').next().unwrap_or("");
        let Some(name) = head.split("fn ").nth(1).filter(|_| !code.starts_with("//") && !head.contains('"')) else {
            continue;
        };
        let indent = &line[..line.len() - code.len()];
        let end = lines[at..].iter().position(|line| {
            line.strip_prefix(indent).is_some_and(|rest| rest == "}" || rest.ends_with(" }") || rest.ends_with(';'))
        });
        if let Some(end) = end {
            found.push((name.split('<').next().unwrap_or(name).to_owned(), end + 1));
        }
    }
    found
}

#[test]
fn names_say_what_a_thing_is() {
    let mut wrong = Vec::new();
    for (name, text) in sources("src") {
        let stem = Path::new(&name).file_stem().and_then(|stem| stem.to_str()).unwrap();
        if VAGUE_NAMES.contains(&stem) {
            wrong.push(format!("{name}: a name that says nothing"));
        }
        for (at, line) in code_lines(&text) {
            let lower = line.to_ascii_lowercase();
            for (synonym, word) in SYNONYMS {
                if lower.contains(synonym) && !name.starts_with("src/gate/") {
                    wrong.push(format!("{name}:{}: '{synonym}' is called {word} here", at + 1));
                }
            }
        }
    }
    complain("names", &wrong);
}

#[test]
fn every_file_opens_with_what_it_owns() {
    let wrong: Vec<String> = sources("src")
        .into_iter()
        .chain(sources("tests"))
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(name, _)| name)
        .collect();
    complain("files without a header", &wrong);
}

#[test]
fn nothing_is_left_for_later() {
    let markers =
        [["to", "do!("].concat(), ["unimple", "mented!("].concat(), ["db", "g!("].concat(), ["#[ig", "nore"].concat()];
    // A test that another one runs, in a process that it kills or in a place that it makes.
    let is_run_by_another = |line: &str| line.contains(&[markers[3].as_str(), " = \"it is "].concat());
    let mut wrong = Vec::new();
    for (name, text) in sources("src").into_iter().chain(sources("tests")) {
        for (at, line) in code_lines(&text) {
            if markers.iter().any(|marker| line.contains(marker.as_str())) && !is_run_by_another(line) {
                wrong.push(format!("{name}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    complain("left for later", &wrong);
}

#[test]
fn no_file_is_forgotten() {
    let mut wrong = Vec::new();
    let all: Vec<(String, String)> = sources("src").into_iter().chain(sources("tests")).collect();
    for (name, _) in &all {
        let place = PathBuf::from(name);
        let (stem, folder) = (place.file_stem().unwrap().to_str().unwrap(), place.parent().unwrap());
        if matches!(stem, "main" | "lib") {
            continue;
        }
        let (module, above) = if stem == "mod" {
            (folder.file_name().unwrap().to_str().unwrap(), folder.parent().unwrap())
        } else {
            (stem, folder)
        };
        let above = above.to_str().unwrap();
        let owners =
            [format!("{above}/mod.rs"), format!("{above}/main.rs"), format!("{above}/lib.rs"), format!("{above}.rs")];
        let declared = all
            .iter()
            .filter(|(owner, _)| owners.contains(owner))
            .any(|(_, text)| text.lines().any(|line| line.trim_start().ends_with(&format!("mod {module};"))));
        if !declared {
            wrong.push(name.clone());
        }
    }
    complain("files that no module declares", &wrong);
}
