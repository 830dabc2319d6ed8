//! Whether what a task asks for holds of a project: symbols, signatures, texts, files, commands.
//!
//! Knows nothing of how the project came to be as it is. Invariant: a check says what it asks and, where it does not
//! hold, why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flux::index::{FileStructure, Symbol, SymbolKind};
use flux::text::ProjectPath;

use super::task::{Checks, files_of};

/// A command that takes longer has failed.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(5);

/// One check and what came of it.
pub(super) struct Checked {
    /// What was asked, in words.
    pub(super) asks: String,
    /// Why it does not hold; nothing where it does.
    pub(super) why: Option<String>,
    /// How many tests a command ran, where it said so.
    pub(super) test_count: u64,
}

/// A project's files, old and new.
pub(super) struct Sides {
    old: BTreeMap<String, Vec<u8>>,
    new: BTreeMap<String, Vec<u8>>,
}

impl Sides {
    pub(super) fn of(given: &Path, copy: &Path) -> anyhow::Result<Self> {
        Ok(Self { old: files_of(given)?, new: files_of(copy)? })
    }

    pub(super) fn into_new(self) -> BTreeMap<String, Vec<u8>> {
        self.new
    }

    fn changed(&self) -> BTreeSet<&str> {
        let paths = self.old.keys().chain(self.new.keys());
        paths.filter(|path| self.old.get(*path) != self.new.get(*path)).map(String::as_str).collect()
    }

    fn text(&self, path: &str) -> Option<String> {
        self.new.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

impl Checks {
    /// Asks all of it of `copy`, which was made from the given project.
    pub(super) fn ask(&self, sides: &Sides, copy: &Path, answer: &str) -> Vec<Checked> {
        let mut all = vec![ask("nothing is there twice", nothing_twice(sides))];
        if let Some(files) = &self.changed {
            all.push(ask(&format!("changed are {}", listed(files)), same_files(sides, files)));
        }
        for address in &self.exists {
            all.push(ask(&format!("{address} is there"), found(sides, address).map(drop)));
        }
        for address in &self.missing {
            let outcome = match found(sides, address) {
                Ok(_) => Err("it is there".to_owned()),
                Err(_) => Ok(()),
            };
            all.push(ask(&format!("{address} is not there"), outcome));
        }
        for (address, wanted) in &self.signature {
            all.push(ask(&format!("{address} is {wanted}"), signature(sides, address, wanted)));
        }
        for (place, pieces) in &self.holds {
            for piece in pieces {
                let outcome = found(sides, place)
                    .and_then(|text| if text.contains(piece) { Ok(()) } else { Err("it does not".to_owned()) });
                all.push(ask(&format!("{place} holds '{piece}'"), outcome));
            }
        }
        for (place, pieces) in &self.lacks {
            for piece in pieces {
                let outcome = found(sides, place)
                    .and_then(|text| if text.contains(piece) { Err("it holds it".to_owned()) } else { Ok(()) });
                all.push(ask(&format!("{place} lacks '{piece}'"), outcome));
            }
        }
        for piece in &self.answer {
            let is_said = answer.to_lowercase().contains(&piece.to_lowercase());
            let outcome = if is_said { Ok(()) } else { Err(format!("it reads: {answer}")) };
            all.push(ask(&format!("the answer holds '{piece}'"), outcome));
        }
        all.extend(self.commands.iter().map(|command| run(command, copy)));
        all
    }
}

fn ask(asks: &str, outcome: Result<(), String>) -> Checked {
    Checked { asks: asks.to_owned(), why: outcome.err(), test_count: 0 }
}

fn listed(files: &[String]) -> String {
    if files.is_empty() { "no files".to_owned() } else { files.join(", ") }
}

fn same_files(sides: &Sides, wanted: &[String]) -> Result<(), String> {
    let (changed, wanted) = (sides.changed(), wanted.iter().map(String::as_str).collect::<BTreeSet<_>>());
    if changed == wanted {
        return Ok(());
    }
    let names = |paths: Vec<&&str>| paths.into_iter().copied().collect::<Vec<_>>().join(", ");
    let (more, fewer) = (names(changed.difference(&wanted).collect()), names(wanted.difference(&changed).collect()));
    Err(format!("also changed: {}; not changed: {}", or_none(&more), or_none(&fewer)))
}

fn or_none(names: &str) -> &str {
    if names.is_empty() { "none" } else { names }
}

fn structure_of(path: &str, text: &str) -> Result<FileStructure, String> {
    let path = ProjectPath::new(path).map_err(|error| error.to_string())?;
    Ok(FileStructure::parse(&path, text))
}

/// The text of a symbol or file.
fn found(sides: &Sides, address: &str) -> Result<String, String> {
    let (path, qualname) = address.split_once("::").map_or((address, None), |(path, name)| (path, Some(name)));
    let text = sides.text(path).ok_or_else(|| format!("there is no file {path}"))?;
    let Some(qualname) = qualname else { return Ok(text) };
    let structure = structure_of(path, &text)?;
    let ids = structure.find(qualname);
    if ids.is_empty() {
        return Err(format!("{path} has no {qualname}"));
    }
    let of = |symbol: &Symbol| text.get(symbol.span.range()).unwrap_or_default().to_owned();
    Ok(ids.into_iter().map(|id| of(structure.symbol(id))).collect::<Vec<_>>().join("\n"))
}

fn signature(sides: &Sides, address: &str, wanted: &str) -> Result<(), String> {
    found(sides, address)?;
    let (path, qualname) = address.split_once("::").ok_or("a signature needs `path::Qual.name`")?;
    let structure = structure_of(path, &sides.text(path).unwrap_or_default())?;
    let signatures: Vec<&str> =
        structure.find(qualname).into_iter().map(|id| &*structure.symbol(id).signature).collect();
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match signatures.iter().any(|written| plain(written) == plain(wanted)) {
        true => Ok(()),
        false => Err(format!("it is {}", signatures.join(", "))),
    }
}

/// Whether a changed file defines something more often than it did, and more than once. Accessors and overloads may.
fn nothing_twice(sides: &Sides) -> Result<(), String> {
    let counted = |path: &str, bytes: Option<&Vec<u8>>| -> Result<BTreeMap<String, usize>, String> {
        let text = String::from_utf8_lossy(bytes.map_or(&[][..], Vec::as_slice));
        let structure = structure_of(path, &text)?;
        let mut counts = BTreeMap::new();
        let may_repeat = |symbol: &Symbol| {
            symbol.is_conditional
                || symbol.decorators.iter().any(|name| name.contains('.') || name.contains("overload"))
        };
        let defined = structure.symbols.iter().filter(|s| s.kind != SymbolKind::Variable && !may_repeat(s));
        for name in defined.map(|symbol| symbol.qualname.to_string()) {
            *counts.entry(name).or_default() += 1;
        }
        for import in structure.imports.iter().filter(|import| import.is_top_level && !import.is_conditional) {
            for name in &import.names {
                *counts.entry(format!("import of {}", name.bound())).or_default() += 1;
            }
        }
        Ok(counts)
    };
    for path in sides.changed().into_iter().filter(|path| path.ends_with(".py")) {
        let old = counted(path, sides.old.get(path))?;
        for (name, count) in counted(path, sides.new.get(path))? {
            if count > 1 && count > old.get(&name).copied().unwrap_or(0) {
                return Err(format!("{path} has {name} {count} times"));
            }
        }
    }
    Ok(())
}

/// Whether two Python files differ only in how imports are gathered in statements and in blank lines.
pub(super) fn says_the_same(path: &str, one: &[u8], other: &[u8]) -> bool {
    let plain = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let structure = structure_of(path, &text).ok()?;
        let (mut code, mut end, mut names) = (String::new(), 0, BTreeSet::new());
        for import in structure.imports.iter().filter(|import| import.is_top_level && !import.is_conditional) {
            code.push_str(text.get(end..import.span.range().start)?);
            end = import.span.range().end;
            names.extend(
                import
                    .names
                    .iter()
                    .map(|name| (import.level, import.module.clone(), name.name.clone(), name.alias.clone())),
            );
        }
        code.push_str(text.get(end..)?);
        let lines: Vec<String> = code.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
        Some((names, lines))
    };
    path.ends_with(".py") && plain(one).is_some_and(|plain_one| Some(plain_one) == plain(other))
}

fn run(line: &str, copy: &Path) -> Checked {
    let mut checked = ask(&format!("'{line}' ends well"), Ok(()));
    match output_of(line, copy) {
        Ok((true, said)) => checked.test_count = tests_in(&said),
        Ok((false, said)) => checked.why = Some(last_words(&said)),
        Err(why) => checked.why = Some(why),
    }
    checked
}

/// Whether the command ended with 0, and what it said.
fn output_of(line: &str, copy: &Path) -> Result<(bool, String), String> {
    let mut words = line.split_whitespace();
    let program = words.next().ok_or("the command is empty")?;
    // To a file, so that a command that says much does not wait for a reader.
    let said = tempfile::tempfile().map_err(|error| error.to_string())?;
    let second = said.try_clone().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .args(words)
        .current_dir(copy)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .stdout(said.try_clone().map_err(|error| error.to_string())?)
        .stderr(second)
        .spawn()
        .map_err(|error| format!("it cannot be started: {error}"))?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        if started.elapsed() > COMMAND_TIMEOUT {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("it took longer than {} s", COMMAND_TIMEOUT.as_secs()));
        }
        std::thread::park_timeout(POLL);
    };
    Ok((status.success(), text_of(said)))
}

fn text_of(mut file: std::fs::File) -> String {
    use std::io::{Read as _, Seek as _};
    let mut bytes = Vec::new();
    let _ = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn last_words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join(" / ")
}

/// How many tests a runner says that it ran: `Ran 5 tests`, `5 passed`.
fn tests_in(said: &str) -> u64 {
    let words: Vec<&str> = said.split_whitespace().collect();
    words
        .windows(2)
        .find_map(|pair| match pair {
            ["Ran", count] => count.parse().ok(),
            [count, passed] if passed.starts_with("passed") => count.parse().ok(),
            _ => None,
        })
        .unwrap_or(0)
}
