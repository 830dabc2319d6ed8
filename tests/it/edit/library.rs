//! Real code, by the thousand files: what is added lands where it should, what is rewritten as it was stays byte for
//! byte, what is removed and added again leaves the same program, and nothing else moves.
//!
//! Runs with `FLUX_SLOW=1` and `FLUX_LIBRARY` naming a folder of Python files; what lies in a folder `test` or
//! `site-packages` is left out.
//! `FLUX_FILES` takes so many of them, evenly. Python's own `ast` looks at everything as well.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flux::edit::{Operation, Refusal, apply};
use flux::index::{FileStructure, Snapshot, Symbol, SymbolKind, View, indent_of};
use flux::text::{ChangeSet, FileText, MemorySource, ProjectPath};

use super::path;
use oracle::Oracle;
use variant::Variant;

mod moved;
mod oracle;
mod tree;
mod variant;

/// So many files are tried in every variant.
const VARIED_FILES: usize = 200;

/// Files are tried in so many threads.
const STRANDS: usize = 4;

/// The methods that are added, at different indentations.
const PROBES: [&str; 3] = [
    "@property\ndef flux_probe(self):\n    \"\"\"Probes.\n\n    Twice.\n    \"\"\"\n    return 1\n",
    "    def flux_probe(self, x=(1,\n        2)):\n        if x:\n            return '''\nx'''\n        return x",
    "\tasync def flux_probe(self):\n\t\t# Waits.\n\t\treturn 1\n",
];

/// What became of the attempts of one kind.
#[derive(Default)]
struct Tally {
    done: usize,
    /// How many for each reason, and one of them.
    refused: BTreeMap<String, (usize, String)>,
    wrong: Vec<String>,
}

impl Tally {
    fn count(&mut self, place: String, outcome: Result<Result<(), String>, Refusal>) {
        match outcome {
            Ok(Ok(())) => self.done += 1,
            Ok(Err(why)) => self.wrong.push(format!("{place}: {why}")),
            Err(refusal) => {
                let told = refusal.to_string();
                self.refused.entry(reason(&told)).or_insert_with(|| (0, format!("{place}: {told}"))).0 += 1;
            }
        }
    }

    fn join(&mut self, mut other: Self) {
        self.done += other.done;
        for (reason, (count, one)) in other.refused {
            self.refused.entry(reason).or_insert((0, one)).0 += count;
        }
        self.wrong.append(&mut other.wrong);
    }

    fn told(&self) -> String {
        let refused: usize = self.refused.values().map(|(count, _)| count).sum();
        let all = self.done + refused + self.wrong.len();
        let mut told = format!("{} of {all} done, {refused} refused, {} wrong", self.done, self.wrong.len());
        for (reason, (count, one)) in &self.refused {
            told.push_str(&format!(
                "\n    {count} refused: {reason}\n      one is {}",
                one.replace('\n', "\n        ")
            ));
        }
        told
    }
}

/// A refusal without the names and the numbers in it.
fn reason(refusal: &str) -> String {
    let mut reason = String::new();
    for (nth, part) in refusal.lines().next().unwrap_or_default().split(['\'', '`']).enumerate() {
        match nth % 2 {
            0 => reason.extend(part.chars().filter(|c| !c.is_ascii_digit())),
            _ => reason.push('…'),
        }
    }
    reason
}

#[derive(Default)]
struct Tallies {
    files: usize,
    added: Tally,
    rewritten: Tally,
    restored: Tally,
    /// The same for one of four, with the place told by `after`.
    put_back: Tally,
    /// What stands under `if`, `try`, `with` and the like, and all classes, with the place told by `after`.
    within: Tally,
    imported: Tally,
    quoted: Tally,
}

impl Tallies {
    fn all_mut(&mut self) -> [(&'static str, &mut Tally); 7] {
        [
            ("method added", &mut self.added),
            ("replaced by itself", &mut self.rewritten),
            ("removed and added", &mut self.restored),
            ("removed and put back", &mut self.put_back),
            ("under a condition, or a class, put back", &mut self.within),
            ("import added", &mut self.imported),
            ("lines quoted inexactly", &mut self.quoted),
        ]
    }

    fn into_all(mut self) -> [(&'static str, Tally); 7] {
        self.all_mut().map(|(kind, tally)| (kind, std::mem::take(tally)))
    }
}

/// One file of the library as a project of its own.
struct Page {
    name: String,
    path: ProjectPath,
    bytes: Vec<u8>,
    file: Arc<FileText>,
    source: MemorySource,
    snapshot: Snapshot,
    structure: FileStructure,
}

impl Page {
    /// Nothing for what is no text, or no Python of today.
    fn open(name: &str, bytes: Vec<u8>) -> Option<Self> {
        let file = Arc::new(FileText::decode(&bytes).ok()?);
        let path = path("main.py");
        let structure = FileStructure::parse(&path, file.text());
        let mut source = MemorySource::default();
        source.files.insert(path.clone(), file.clone());
        let (name, snapshot) = (name.to_owned(), Snapshot::default());
        structure.faults.is_empty().then_some(Self { name, path, bytes, file, source, snapshot, structure })
    }

    fn apply(&self, pending: &ChangeSet, operation: &Operation) -> Result<ChangeSet, Refusal> {
        let view = View { snapshot: &self.snapshot, pending, source: &self.source };
        Ok(apply(view, operation)?.change_set)
    }

    /// The text as it would be, and its bytes as they would be written.
    fn outcome(&self, pending: &ChangeSet) -> (String, Vec<u8>) {
        let new = pending.get(&self.path).map_or(self.file.text(), |change| change.new_text());
        (new.to_owned(), self.file.encode(new).expect("it can be written"))
    }

    fn after(&self, operation: &Operation) -> Result<(String, Vec<u8>), Refusal> {
        self.apply(&ChangeSet::default(), operation).map(|pending| self.outcome(&pending))
    }

    /// The source of a definition as it stands, with the comments above it and at its end if `with_comments`.
    fn source_of(&self, symbol: &Symbol, with_comments: bool) -> String {
        let lines = tree::lines_of(self.file.text());
        let mut first = symbol.decorator_line.unwrap_or(symbol.line) as usize - 1;
        let indent = indent_of(lines[first]);
        let belongs = |at: usize| {
            let is_for_all = at < 2 && (lines[at].starts_with("#!") || lines[at].contains("coding"));
            lines[at].trim_start().starts_with('#') && indent_of(lines[at]) == indent && !is_for_all
        };
        while with_comments && first > 0 && belongs(first - 1) {
            first -= 1;
        }
        let mut end = symbol.end_line as usize;
        let trails = |line: &&str| {
            line.trim().is_empty() || (line.trim_start().starts_with('#') && indent_of(line).len() > indent.len())
        };
        if with_comments {
            let trail = lines[end..].iter().take_while(|line| trails(line)).count();
            end += lines[end..end + trail].iter().rposition(|line| !line.trim().is_empty()).map_or(0, |at| at + 1);
        }
        lines[first..end].concat()
    }

    /// A name that addresses this definition alone.
    fn address(&self, symbol: &Symbol) -> String {
        match self.structure.find(&symbol.qualname).len() {
            1 => symbol.qualname.to_string(),
            _ => format!("{}@{}", symbol.qualname, symbol.line),
        }
    }

    fn place(&self, what: &str) -> String {
        format!("{}: {what}", self.name)
    }

    fn symbols(&self) -> impl Iterator<Item = (usize, &Symbol)> {
        self.structure.symbols.iter().enumerate()
    }

    /// The number of a class among all classes of the file; nothing for the module.
    fn class_number(&self, id: Option<u32>) -> Option<usize> {
        let is_class = |symbol: &&Symbol| symbol.kind == SymbolKind::Class;
        id.map(|id| self.structure.symbols[..id as usize].iter().filter(is_class).count())
    }

    /// Every line of the old bytes is there still, but for one that had to be opened or filled.
    fn lines_lost(&self, new: &[u8]) -> usize {
        let mut left: Vec<&[u8]> = new.split_inclusive(|byte| *byte == b'\n').collect();
        left.sort_unstable();
        let mut old: Vec<&[u8]> = self.bytes.split_inclusive(|byte| *byte == b'\n').collect();
        old.sort_unstable();
        let mut left = left.into_iter().peekable();
        let is_lost = |line: &&&[u8]| {
            while left.next_if(|other| other < *line).is_some() {}
            left.next_if(|other| other == *line).is_none()
        };
        old.iter().filter(is_lost).count()
    }

    fn add_methods(&self, tallies: &mut Tallies, oracle: &mut Oracle) {
        let classes = self.symbols().filter(|(_, symbol)| symbol.kind == SymbolKind::Class);
        for (number, (_, class)) in classes.enumerate() {
            let operation = Operation::AddFunction {
                path: self.path.clone(),
                code: PROBES[number % PROBES.len()].to_owned(),
                target_class: Some(self.address(class)),
                after: None,
            };
            let outcome = self.after(&operation).map(|(new, bytes)| {
                oracle.ask(self, &class.qualname, Some(number), &bytes);
                if self.lines_lost(&bytes) > 1 {
                    return Err("other lines were changed".to_owned());
                }
                tree::is_added(self.file.text(), &new, number)
            });
            tallies.added.count(self.place(&class.qualname), outcome);
        }
    }

    fn rewrite(&self, tally: &mut Tally) {
        let definitions = self.symbols().filter(|(_, symbol)| symbol.kind != SymbolKind::Variable);
        for (id, symbol) in definitions {
            let code = self.source_of(symbol, id % 2 == 0);
            let plain: String = tree::lines_of(&code).iter().map(|line| format!("{}\n", tree::bare(line))).collect();
            let mut forms = vec![code];
            forms.extend(Some(plain).filter(|plain| *plain != forms[0]));
            for code in forms {
                let (path, name) = (self.path.clone(), self.address(symbol));
                let operation = match symbol.kind {
                    SymbolKind::Class => Operation::ModifyClass { path, name, code },
                    _ => Operation::ModifyFunction { path, name, code, target_class: None },
                };
                let outcome = self.after(&operation).map(|(_, bytes)| match bytes == self.bytes {
                    true => Ok(()),
                    false => Err("was changed".to_owned()),
                });
                tally.count(self.place(&symbol.qualname), outcome);
            }
        }
    }

    /// Functions of the module and methods, each removed and added again.
    fn restore(&self, tallies: &mut Tallies, oracle: &mut Oracle) {
        for (id, symbol) in self.symbols() {
            let class = symbol.parent.map(|id| self.structure.symbol(id));
            let is_free = class.is_none_or(|class| class.kind == SymbolKind::Class) && !symbol.is_conditional;
            if !is_free || !matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method) {
                continue;
            }
            let add = |after: Option<String>| Operation::AddFunction {
                path: self.path.clone(),
                code: self.source_of(symbol, true),
                target_class: class.map(|class| self.address(class)),
                after,
            };
            let remove = Operation::RemoveSymbol { path: self.path.clone(), symbol: self.address(symbol) };
            let scope = self.class_number(symbol.parent);
            let place = self.place(&symbol.qualname);
            let removed = match self.apply(&ChangeSet::default(), &remove) {
                Ok(removed) => removed,
                Err(refusal) => {
                    tallies.restored.count(place, Err(refusal));
                    continue;
                }
            };
            let outcome = self.apply(&removed, &add(None)).map(|pending| {
                let (new, bytes) = self.outcome(&pending);
                oracle.ask_restored(self, &symbol.qualname, scope, &bytes);
                tree::lines_differ(self.file.text(), &new)
                    .map_or_else(|| tree::is_moved(self.file.text(), &new, scope, symbol.span.start), Err)
            });
            tallies.restored.count(place.clone(), outcome);
            let Some(before) = self.sibling_before(symbol).filter(|_| id % 4 == 0) else { continue };
            let outcome = self.apply(&removed, &add(Some(before.name.to_string()))).map(|pending| {
                let new = self.outcome(&pending).0;
                tree::is_put_back(self.file.text(), &new, scope, (before.span.start, symbol.span.start))
            });
            tallies.put_back.count(place, outcome);
        }
    }

    /// Classes of the module, and what stands under a condition, each removed and put behind what stands in front of it.
    fn put_back_within(&self, tally: &mut Tally) {
        for (_, symbol) in self.symbols() {
            let class = symbol.parent.map(|id| self.structure.symbol(id));
            let is_reachable = match symbol.kind {
                SymbolKind::Class => class.is_none(),
                SymbolKind::Function | SymbolKind::Method => {
                    symbol.is_conditional && class.is_none_or(|class| class.kind == SymbolKind::Class)
                }
                SymbolKind::Variable => false,
            };
            let siblings = self.structure.children(symbol.parent).map(|(_, sibling)| sibling);
            let before =
                siblings.filter(|sibling| sibling.span.end <= symbol.span.start).last().filter(|_| is_reachable);
            let starts = |before: &Symbol| (before.span.start, symbol.span.start);
            let is_beside = |before: &&Symbol| tree::stand_in_one_block(self.file.text(), starts(before));
            let Some(before) = before.filter(is_beside) else { continue };
            let after = Some(format!("{}@{}", before.name, before.line));
            let (path, code) = (self.path.clone(), self.source_of(symbol, true));
            let target_class = class.map(|class| self.address(class));
            let add = match symbol.kind {
                SymbolKind::Class => Operation::AddClass { path, code, after },
                _ => Operation::AddFunction { path, code, target_class, after },
            };
            let remove = Operation::RemoveSymbol { path: self.path.clone(), symbol: self.address(symbol) };
            let removed = self.apply(&ChangeSet::default(), &remove);
            let outcome = removed.and_then(|removed| self.apply(&removed, &add)).map(|pending| {
                let (new, _) = self.outcome(&pending);
                tree::lines_differ(self.file.text(), &new)
                    .map_or_else(|| tree::is_put_behind(self.file.text(), &new, starts(before)), Err)
            });
            tally.count(self.place(&symbol.qualname), outcome);
        }
    }

    /// The last symbol in front of this one, in its scope.
    fn sibling_before(&self, symbol: &Symbol) -> Option<&Symbol> {
        let siblings = || self.structure.children(symbol.parent).map(|(_, sibling)| sibling);
        let before = siblings().filter(|sibling| sibling.span.start < symbol.span.start).last()?;
        let is_alone = siblings().filter(|sibling| sibling.name == before.name).count() == 1;
        (is_alone && !before.is_conditional).then_some(before)
    }

    /// Lines of one function of three, quoted as models quote them, one of them changed: it alone is changed, or nothing is.
    fn quote(&self, tally: &mut Tally) {
        let text = self.file.text();
        let lines = tree::lines_of(text);
        let functions = self.symbols().filter(|(_, symbol)| {
            matches!(symbol.kind, SymbolKind::Function | SymbolKind::Method) && symbol.end_line > symbol.line + 1
        });
        for (id, symbol) in functions.filter(|(id, _)| id % 3 == 0) {
            let first = symbol.line as usize + id % 2;
            let last = (first + 1 + id % 5).min(symbol.end_line as usize);
            let block = &lines[first - 1..last];
            let changed = first - 1 + id % block.len();
            if lines[changed].trim().is_empty() || lines[changed].trim_end().ends_with('\\') {
                continue;
            }
            let (bare, end) = (lines[changed].trim_end(), &lines[changed][lines[changed].trim_end().len()..]);
            let new_line = format!("{bare}  # flux{end}");
            let mut new_block = block.to_vec();
            new_block[changed - (first - 1)] = &new_line;
            // What changes in a line may bring the file's usual line end to it, and to it alone.
            let usual_end = if end.is_empty() { "" } else { self.file.line_ending().as_str() };
            let (before, behind) = (lines[..changed].concat(), lines[changed + 1..].concat());
            let expected = [end, usual_end].map(|end| format!("{before}{bare}  # flux{end}{behind}"));
            let distortion = tree::DISTORTIONS[id % tree::DISTORTIONS.len()];
            let (search, replace) = (distortion(block), distortion(&new_block));
            let begins = lines[..first - 1].concat().len();
            let is_elsewhere =
                text.find(&search).is_some_and(|at| !(begins..begins + block.concat().len()).contains(&at));
            if search == replace || is_elsewhere {
                continue;
            }
            let operation = Operation::EditFile { path: self.path.clone(), search, replace };
            // Where the line goes on in a string, or behind it, the change is another one.
            let outcome = match self.after(&operation) {
                Err(Refusal::BadCode(_)) => continue,
                outcome => outcome.map(|(new, _)| match expected.contains(&new) {
                    true => Ok(()),
                    false => Err(format!("was done otherwise at line {}", changed + 1)),
                }),
            };
            tally.count(self.place(&symbol.qualname), outcome);
        }
    }

    fn import(&self, tally: &mut Tally, oracle: &mut Oracle) {
        for code in [
            "from __future__ import annotations",
            "import flux_probe",
            "from os import flux_probe",
            "from . import flux_probe",
        ] {
            let operation = Operation::AddImport { path: self.path.clone(), code: code.to_owned() };
            let outcome = self.apply(&ChangeSet::default(), &operation).map(|pending| {
                oracle.ask(self, code, None, &self.outcome(&pending).1);
                match self.apply(&pending, &operation) {
                    Ok(again) if again == pending => Ok(()),
                    _ => Err("a second time it was not the same".to_owned()),
                }
            });
            tally.count(self.place(code), outcome);
        }
    }

    fn try_all(&self, tallies: &mut Tallies, oracle: &mut Oracle) {
        tallies.files += 1;
        self.add_methods(tallies, oracle);
        self.rewrite(&mut tallies.rewritten);
        self.restore(tallies, oracle);
        self.put_back_within(&mut tallies.within);
        self.import(&mut tallies.imported, oracle);
        self.quote(&mut tallies.quoted);
    }
}

fn python_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let place = entry.path();
            if place.is_dir() && !place.is_symlink() {
                let is_left_out = |place: &PathBuf| place.ends_with("test") || place.ends_with("site-packages");
                folders.extend(Some(place).filter(|place| !is_left_out(place)));
            } else if place.extension().is_some_and(|extension| extension == "py") {
                found.push(place);
            }
        }
    }
    found.sort();
    found
}

/// The files of the library that can be tried in a spelling, evenly thinned out to `count`.
fn some_files(folder: &Path, count: usize, variant: Variant) -> Vec<PathBuf> {
    let fits = |place: &PathBuf| {
        let spelled = variant.of(&std::fs::read(place).unwrap());
        spelled.is_some_and(|bytes| Page::open("", bytes).is_some())
    };
    let all: Vec<PathBuf> = python_files(folder).into_iter().filter(fits).collect();
    let step = (all.len() as f64 / count as f64).max(1.0);
    (0..)
        .map(|nth| (f64::from(nth) * step) as usize)
        .take_while(|at| *at < all.len())
        .map(|at| all[at].clone())
        .collect()
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn library() -> Option<PathBuf> {
    let library = std::env::var("FLUX_LIBRARY").ok().filter(|_| std::env::var("FLUX_SLOW").is_ok());
    if library.is_none() {
        println!("skipped: needs FLUX_SLOW=1 and FLUX_LIBRARY");
    }
    library.map(PathBuf::from)
}

fn file_count(usual: usize) -> usize {
    std::env::var("FLUX_FILES").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// Tries every `STRANDS`th of the files, with a Python of its own: the tallies, its figures, and what it saw wrong.
fn strand(library: &Path, files: &[PathBuf], variant: Variant, nth: usize) -> (Tallies, [usize; 2], Vec<String>) {
    let mut tallies = Tallies::default();
    let mut oracle = Oracle::start();
    for place in files.iter().skip(nth).step_by(STRANDS) {
        let name = place.strip_prefix(library).unwrap().display().to_string();
        let Some(bytes) = variant.of(&std::fs::read(place).unwrap()) else { continue };
        if let Some(page) = Page::open(&format!("{name} ({variant:?})"), bytes) {
            page.try_all(&mut tallies, &mut oracle);
        }
    }
    let (figures, wrong) = oracle.finish();
    (tallies, figures, wrong)
}

/// Tries all files in one spelling, tells the figures, and gives what went wrong.
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
fn tried(library: &Path, files: &[PathBuf], variant: Variant) -> Vec<String> {
    let strands: Vec<_> = std::thread::scope(|scope| {
        let strands: Vec<_> =
            (0..STRANDS).map(|nth| scope.spawn(move || strand(library, files, variant, nth))).collect();
        strands.into_iter().map(|strand| strand.join().unwrap()).collect()
    });
    let (mut tallies, mut python, mut wrong) = (Tallies::default(), [0, 0], Vec::new());
    for (strand, figures, seen) in strands {
        tallies.files += strand.files;
        for ((_, tally), (_, more)) in tallies.all_mut().into_iter().zip(strand.into_all()) {
            tally.join(more);
        }
        python = [python[0] + figures[0], python[1] + figures[1]];
        wrong.extend(seen);
    }
    // In one piece: other spellings are tried at the same time.
    let mut told = format!("{variant:?}: {} files\n", tallies.files);
    for (kind, tally) in tallies.all_mut() {
        told.push_str(&format!("  {kind}: {}\n", tally.told()));
        wrong.extend(tally.wrong.iter().map(|why| format!("{kind}: {why}")));
    }
    println!("{told}  python saw {} texts, {} wrong", python[0], python[1]);
    assert!(tallies.added.done > 0 && tallies.rewritten.done > 0 && tallies.restored.done > 0);
    wrong
}

#[track_caller]
fn none_wrong(wrong: &[String]) {
    let some: Vec<&String> = wrong.iter().take(60).collect();
    assert!(wrong.is_empty(), "{} wrong: {some:#?}", wrong.len());
}

#[test]
fn real_code_is_edited_without_a_trace() {
    let Some(library) = library() else { return };
    none_wrong(&tried(&library, &some_files(&library, file_count(usize::MAX), Variant::AsItIs), Variant::AsItIs));
}

/// The same over some of the files, each in that spelling.
#[track_caller]
fn check_spelling(variant: Variant) {
    let Some(library) = library() else { return };
    none_wrong(&tried(&library, &some_files(&library, file_count(VARIED_FILES), variant), variant));
}

#[test]
fn real_code_with_crlf_is_edited_without_a_trace() {
    check_spelling(Variant::CrLf);
}

#[test]
fn real_code_with_a_byte_order_mark_is_edited_without_a_trace() {
    check_spelling(Variant::Bom);
}

#[test]
fn real_code_in_latin_1_is_edited_without_a_trace() {
    check_spelling(Variant::Latin1);
}

#[test]
fn real_code_with_tabs_is_edited_without_a_trace() {
    check_spelling(Variant::Tabs);
}

#[test]
fn real_code_with_mixed_line_ends_is_edited_without_a_trace() {
    check_spelling(Variant::MixedEnds);
}

#[test]
fn real_code_without_a_last_line_end_is_edited_without_a_trace() {
    check_spelling(Variant::NoFinalNewline);
}

#[test]
fn real_code_with_page_breaks_is_edited_without_a_trace() {
    check_spelling(Variant::FormFeeds);
}
