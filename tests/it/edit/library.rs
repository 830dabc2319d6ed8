//! Real code, by the thousand files: what is added is found, what is rewritten as it was stays as it was, what is
//! removed again leaves no trace. Runs with `FLUX_SLOW=1` and `FLUX_LIBRARY` naming a folder of Python files.

use std::path::{Path, PathBuf};

use flux::edit::{Operation, Refusal, apply};
use flux::index::{Conflict, FileStructure, Snapshot, SymbolKind, View};
use flux::text::{ChangeSet, FileText, MemorySource, ProjectPath};

use super::path;

/// What became of the attempts of one kind.
#[derive(Default, Debug)]
struct Tally {
    done: usize,
    refused: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, place: &str, outcome: Option<Result<(), String>>) {
        match outcome {
            None => self.refused += 1,
            Some(Ok(())) => self.done += 1,
            Some(Err(why)) => self.wrong.push(format!("{place}: {why}")),
        }
    }
}

/// One file of the library as a project of its own.
struct Page {
    path: ProjectPath,
    source: MemorySource,
    snapshot: Snapshot,
    text: String,
    structure: FileStructure,
}

impl Page {
    fn open(place: &Path) -> Option<Self> {
        let file = FileText::decode(&std::fs::read(place).ok()?).ok()?;
        let path = path("main.py");
        let structure = FileStructure::parse(&path, file.text());
        let mut source = MemorySource::default();
        source.put(path.clone(), file.text());
        let text = file.text().to_owned();
        structure.faults.is_empty().then(|| Self { path, source, snapshot: Snapshot::default(), text, structure })
    }

    fn after(&self, operations: &[Operation]) -> Result<String, Refusal> {
        let mut pending = ChangeSet::default();
        for operation in operations {
            let view = View { snapshot: &self.snapshot, pending: &pending, source: &self.source };
            pending = apply(view, operation)?.change_set;
        }
        Ok(pending.get(&self.path).map_or_else(|| self.text.clone(), |change| change.new_text().to_owned()))
    }

    fn lines(&self, first: u32, last: u32) -> String {
        let lines: Vec<&str> = self.text.split_inclusive('\n').collect();
        lines[first as usize - 1..(last as usize).min(lines.len())].concat()
    }

    /// A method joins a class, is found there, and everything else is where it was; taken out again, nothing is left.
    fn add_method(&self, class: &str) -> Option<Result<(), String>> {
        let code = "@property\ndef flux_probe(self):\n    \"\"\"Probes.\n\n    Twice.\n    \"\"\"\n    return 1\n";
        let add = Operation::AddFunction {
            path: self.path.clone(),
            code: code.to_owned(),
            target_class: Some(class.to_owned()),
            after: None,
        };
        let new = match settled(self.after(std::slice::from_ref(&add)))? {
            Ok(new) => new,
            Err(why) => return Some(Err(why)),
        };
        let structure = FileStructure::parse(&self.path, &new);
        let probe = format!("{class}.flux_probe");
        let names = |structure: &FileStructure| -> Vec<String> {
            structure.symbols.iter().map(|symbol| symbol.qualname.to_string()).filter(|name| *name != probe).collect()
        };
        if structure.find(&probe).len() != 1 || names(&structure) != names(&self.structure) {
            return Some(Err(format!("the method is not in '{class}' alone")));
        }
        let remove = Operation::RemoveSymbol { path: self.path.clone(), symbol: probe };
        let back = self.after(&[add, remove]);
        let bare = |text: &str| -> Vec<String> {
            let mut words: Vec<String> = text.replace("...", "pass").split_whitespace().map(str::to_owned).collect();
            words.sort();
            words
        };
        Some(match back {
            Ok(back) if back == self.text => Ok(()),
            // A body got a line of its own, the file an end of its last line, or there were other gaps than usual.
            Ok(back) if bare(&back) == bare(&self.text) => Ok(()),
            Ok(_) => Err(format!("'{class}' is not what it was")),
            Err(refusal) => Err(refusal.to_string()),
        })
    }

    /// A function that is rewritten as it stands, or as it stands without its indentation, stays byte for byte.
    fn rewrite(&self, id: u32) -> Option<Result<(), String>> {
        let symbol = self.structure.symbol(id);
        let own = self.lines(symbol.decorator_line.unwrap_or(symbol.line), symbol.end_line);
        let name = symbol.qualname.to_string();
        let operation = match symbol.kind {
            SymbolKind::Class => Operation::ModifyClass { path: self.path.clone(), name, code: own },
            _ => Operation::ModifyFunction { path: self.path.clone(), name, code: own, target_class: None },
        };
        Some(settled(self.after(&[operation]))?.and_then(|new| match new == self.text {
            true => Ok(()),
            false => Err(format!("'{}' was changed", symbol.qualname)),
        }))
    }
}

/// Nothing where the name stands for several definitions: then a refusal is right.
fn settled(done: Result<String, Refusal>) -> Option<Result<String, String>> {
    match done {
        Ok(new) => Some(Ok(new)),
        Err(Refusal::Ambiguous(_) | Refusal::Conflict(Conflict::Ambiguous(_))) => None,
        Err(refusal) => Some(Err(refusal.to_string())),
    }
}

fn python_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let place = entry.path();
            if place.is_dir() && !place.is_symlink() {
                folders.push(place);
            } else if place.extension().is_some_and(|extension| extension == "py") {
                found.push(place);
            }
        }
    }
    found.sort();
    found
}

/// Adds a method to every class of the file, one after the other; the text, and the classes that took it.
fn with_a_method_in_every_class(page: &Page) -> (String, Vec<String>) {
    let mut pending = ChangeSet::default();
    let mut classes = Vec::new();
    for symbol in page.structure.symbols.iter().filter(|symbol| symbol.kind == SymbolKind::Class) {
        let operation = Operation::AddFunction {
            path: page.path.clone(),
            code: "    def flux_probe(self, x=(1,\n        2)):\n        return x".to_owned(),
            target_class: Some(symbol.qualname.to_string()),
            after: None,
        };
        let view = View { snapshot: &page.snapshot, pending: &pending, source: &page.source };
        if let Ok(applied) = apply(view, &operation) {
            pending = applied.change_set;
            classes.push(symbol.qualname.to_string());
        }
    }
    let text = pending.get(&page.path).map_or(page.text.clone(), |change| change.new_text().to_owned());
    (text, classes)
}

/// Compiles every file and compares the classes that have the method with the list beside it.
const ORACLE: &str = r#"
import ast, pathlib, sys
wrong = 0
count = 0
def walk(node, prefix, found):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            name = prefix + child.name
            if isinstance(child, ast.ClassDef):
                own = [n for n in child.body if isinstance(n, ast.FunctionDef) and n.name == 'flux_probe']
                found.extend([name] * len(own))
                walk(child, name + '.', found)
            else:
                walk(child, name + '.<locals>.', found)
        else:
            walk(child, prefix, found)
for place in sorted(pathlib.Path(sys.argv[1]).glob('*.py')):
    expected = place.with_suffix('.txt').read_text(encoding='utf-8').split('\n')[:-1]
    found = []
    try:
        tree = ast.parse(place.read_bytes())
        compile(tree, str(place), 'exec')
        walk(tree, '', found)
    except SyntaxError as error:
        found = [str(error)]
    count += len(expected)
    if sorted(found) != sorted(expected):
        wrong += 1
        print(place, set(found) ^ set(expected))
print(count, 'methods,', wrong, 'files wrong')
sys.exit(wrong != 0)
"#;

#[test]
fn python_finds_the_methods_where_they_were_put() {
    let library = std::env::var("FLUX_LIBRARY").ok().filter(|_| std::env::var("FLUX_SLOW").is_ok());
    let Some(library) = library else {
        println!("skipped: needs FLUX_SLOW=1 and FLUX_LIBRARY");
        return;
    };
    let out = tempfile::tempdir().unwrap();
    for (number, place) in python_files(Path::new(&library)).iter().enumerate() {
        let Some(page) = Page::open(place) else { continue };
        let (text, classes) = with_a_method_in_every_class(&page);
        let file = FileText::decode(&std::fs::read(place).unwrap()).unwrap();
        std::fs::write(out.path().join(format!("{number:05}.py")), file.encode(&text).unwrap()).unwrap();
        let list: String = classes.iter().map(|class| format!("{class}\n")).collect();
        std::fs::write(out.path().join(format!("{number:05}.txt")), list).unwrap();
    }
    let done = std::process::Command::new("python3").arg("-c").arg(ORACLE).arg(out.path()).output().unwrap();
    println!("{}", String::from_utf8_lossy(&done.stdout));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn real_code_is_edited_without_a_trace() {
    let library = std::env::var("FLUX_LIBRARY").ok().filter(|_| std::env::var("FLUX_SLOW").is_ok());
    let Some(library) = library else {
        println!("skipped: needs FLUX_SLOW=1 and FLUX_LIBRARY");
        return;
    };
    let (mut added, mut rewritten, mut files) = (Tally::default(), Tally::default(), 0);
    for place in python_files(Path::new(&library)) {
        let Some(page) = Page::open(&place) else { continue };
        files += 1;
        let name = place.strip_prefix(&library).unwrap().display().to_string();
        for (id, symbol) in (0..).zip(&page.structure.symbols) {
            if symbol.kind == SymbolKind::Class && symbol.qualname.matches('.').count() < 2 {
                added.count(&name, page.add_method(&symbol.qualname));
            }
            // Every one of a huge file would take a minute.
            if symbol.kind != SymbolKind::Variable && (page.text.len() < 60_000 || id % 16 == 0) {
                rewritten.count(&name, page.rewrite(id));
            }
        }
    }
    let told = |tally: &Tally| format!("{} done, {} refused, {} wrong", tally.done, tally.refused, tally.wrong.len());
    println!("{files} files; methods added: {}; rewritten: {}", told(&added), told(&rewritten));
    let wrong: Vec<&String> = added.wrong.iter().chain(&rewritten.wrong).take(40).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(added.done > 0 && rewritten.done > 0);
}
