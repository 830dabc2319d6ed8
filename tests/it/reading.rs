//! Read before write, held against an oracle that knows nothing of how flux remembers: it looks at the answers a model
//! got, and at the disk, and so knows which lines the model can know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use flux::agent::{
    Event, Limits, ModelEvent, Need, ReviewOutcome, Role, Session, ToolCall, Usage, run_tool, understand,
};
use flux::gate::{Issue, Layer, Report, Severity, SymbolPlaces};
use flux::index::FileStructure;
use flux::text::{MemorySource, ProjectPath};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::fixture::Fixture;

/// Of each file: what the model can know of it.
#[derive(Default)]
struct Known {
    /// What stood on disk when it was read; lines count for that content alone.
    at: Option<String>,
    lines: BTreeSet<String>,
}

struct World {
    session: Session,
    source: MemorySource,
    disk: BTreeMap<String, String>,
    /// What each file with pending edits started from.
    base: BTreeMap<String, Option<String>>,
    known: BTreeMap<String, Known>,
    earlier: Vec<(String, String)>,
    dice: Dice,
    /// Makes every line that is written another one.
    number: usize,
    allowed: usize,
    refused: usize,
    log: Vec<String>,
}

fn path(name: &str) -> ProjectPath {
    ProjectPath::new(name).unwrap()
}

fn project() -> BTreeMap<String, String> {
    let mut a = "import os\n\nLIMIT_A = 1\n".to_owned();
    for name in ["one", "two", "three"] {
        a += &format!("\n\ndef {name}(x):\n    {name}_first = x\n    return {name}_first\n");
    }
    for class in ["Red", "Blue"] {
        a += &format!("\n\nclass {class}:\n    {class}_field = 0\n");
        for name in ["get", "put"] {
            a += &format!("\n    def {name}(self, {class}_{name}):\n        return {class}_{name}, '{name}'\n");
        }
    }
    let b: String =
        (0..85).map(|at| format!("def b_{at}(x):\n    b_{at}_first = x\n    return b_{at}_first\n\n\n")).collect();
    let notes: String = (0..30).map(|at| format!("note number {at} of thirty\n")).collect();
    [("a.py", a), ("b.py", b), ("notes.txt", notes)].map(|(name, text)| (name.to_owned(), text)).into()
}

fn lines_of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_end).filter(|line| !line.is_empty())
}

impl World {
    fn new(seed: usize) -> Self {
        let disk = project();
        let mut source = MemorySource::default();
        for (name, text) in &disk {
            source.put(path(name), text);
        }
        let mut world = Self {
            session: Session::new(snapshot(&disk), Limits { turns_max: 10_000, ..Limits::default() }),
            source,
            disk,
            base: BTreeMap::new(),
            known: BTreeMap::new(),
            earlier: Vec::new(),
            dice: Dice::new(seed),
            number: 0,
            allowed: 0,
            refused: 0,
            log: Vec::new(),
        };
        let needs = world.task();
        world.asked(&needs);
        world
    }

    /// Gives a task, up to the first question to the model.
    fn task(&mut self) -> Vec<Need> {
        let needs = self.session.update(Event::Task("go on".to_owned()));
        match needs.as_slice() {
            [Need::Understand(job, inquiry)] => self.session.update(Event::Understood(*job, understand(inquiry))),
            _ => needs,
        }
    }

    /// What the file reads with the pending edits laid over the disk.
    fn view(&self, name: &str) -> Option<String> {
        match self.session.pending().get(&path(name)) {
            Some(change) => change.new.as_ref().map(ToString::to_string),
            None => self.disk.get(name).cloned(),
        }
    }

    /// Whether the disk no longer holds what the pending edits started from.
    fn is_moved(&self, name: &str) -> bool {
        self.base.get(name).is_some_and(|base| base.as_ref() != self.disk.get(name))
    }

    /// Whether the model knows all of `needed`, at the content that stands there.
    fn knows(&self, name: &str, needed: &str) -> bool {
        let Some(known) = self.known.get(name) else { return false };
        let stands = self.base.get(name).cloned().unwrap_or_else(|| self.disk.get(name).cloned());
        !self.is_moved(name) && known.at == stands && lines_of(needed).all(|line| known.lines.contains(line))
    }

    /// The model was shown, or wrote, this text of a file.
    fn learns(&mut self, name: &str, text: &str) {
        let stands = self.base.get(name).cloned().unwrap_or_else(|| self.disk.get(name).cloned());
        let known = self.known.entry(name.to_owned()).or_default();
        if known.at != stands {
            *known = Known { at: stands, lines: BTreeSet::new() };
        }
        known.lines.extend(lines_of(text).map(str::to_owned));
    }

    fn asked(&self, needs: &[Need]) -> u64 {
        match needs {
            [Need::AskModel(job, _)] => *job,
            _ => panic!("the model is asked next: {:#?}", self.log),
        }
    }

    /// One call, to its answer.
    fn call(&mut self, job: u64, name: &str, arguments: &Value) -> (String, Vec<Need>) {
        self.log.push(format!("{name} {arguments}"));
        let tool_calls = vec![ToolCall { id: String::new(), name: name.to_owned(), arguments: arguments.to_string() }];
        let finished = ModelEvent::Finished { text: String::new(), tool_calls, usage: Usage::default() };
        let mut needs = self.session.update(Event::Model(job, finished));
        while let [need] = needs.as_slice() {
            let event = match need {
                Need::RunTool(job, call, context) => {
                    Event::ToolDone(*job, run_tool(call, context.clone(), &self.source))
                }
                Need::Check(job, ..) => Event::Checked(*job, self.judged(name == "finish")),
                Need::FindPlaces(job, _, question) => {
                    let unknown = SymbolPlaces::unknown(&question.path, &question.symbol, "nobody judges here");
                    Event::PlacesFound(*job, unknown)
                }
                _ => break,
            };
            needs = self.session.update(event);
        }
        let answer = self.session.messages().iter().rfind(|message| message.role == Role::Tool);
        let answer = answer.map(|message| message.content.clone()).unwrap_or_default();
        self.log.push(format!("    {}", answer.lines().next().unwrap_or_default()));
        (answer, needs)
    }

    /// Every fifth edit is taken back by the gate, for a reason of its own.
    fn judged(&mut self, is_whole: bool) -> Report {
        let issue = Issue {
            layer: Layer::Syntax,
            code: "invalid-syntax",
            severity: Severity::Block,
            path: path("a.py"),
            line: 1,
            span: None,
            message: format!("wrong in case {}", self.number),
            fix: None,
        };
        let issues = if !is_whole && self.dice.roll(5) == 0 { vec![issue] } else { Vec::new() };
        Report::new(issues, [Some(0.1), Some(0.1), Some(0.1), Some(0.1), None, None])
    }

    fn names(&self) -> Vec<String> {
        let pending = self.session.pending().iter().map(|(path, _)| path.to_string());
        self.disk.keys().cloned().chain(pending).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// What a look shows is known from now on.
    fn look(&mut self, job: u64) -> Vec<Need> {
        let names = self.names();
        let name = self.dice.pick(&names).clone();
        let line_count = self.view(&name).map_or(1, |text| text.lines().count().max(1));
        let symbols = self.symbols(&name);
        let (tool, arguments) = match self.dice.roll(3) {
            0 => ("read_file", json!({"path": name})),
            1 => {
                let start = 1 + self.dice.roll(line_count);
                ("read_file", json!({"path": name, "start_line": start, "end_line": start + self.dice.roll(40)}))
            }
            _ if symbols.is_empty() => ("read_file", json!({"path": name})),
            _ => ("read_symbol", json!({"path": name, "symbol": self.dice.pick(&symbols)})),
        };
        let was_moved = self.is_moved(&name);
        let (answer, needs) = self.call(job, tool, &arguments);
        if answer.starts_with("Error: ") || (was_moved && tool == "read_symbol") {
            return needs;
        }
        if was_moved {
            // The edits were laid over what stands there now.
            match self.session.pending().get(&path(&name)) {
                Some(_) => drop(self.base.insert(name.clone(), self.disk.get(&name).cloned())),
                None => drop(self.base.remove(&name)),
            }
            self.known.remove(&name);
        }
        let shown: Vec<&str> = answer.lines().filter_map(|line| line.split_once('\t')).map(|(_, line)| line).collect();
        self.learns(&name, &shown.join("\n"));
        needs
    }

    fn symbols(&self, name: &str) -> Vec<String> {
        let text = self.view(name).filter(|_| name.ends_with(".py")).unwrap_or_default();
        let structure = FileStructure::parse(&path(name), &text);
        let code = structure.symbols.iter().filter(|symbol| symbol.kind != flux::index::SymbolKind::Variable);
        code.map(|symbol| symbol.qualname.to_string()).collect()
    }

    /// The lines of a symbol, its decorators included.
    fn text_of(&self, name: &str, qualname: &str) -> String {
        let text = self.view(name).unwrap_or_default();
        let structure = FileStructure::parse(&path(name), &text);
        let of = |symbol: &flux::index::Symbol| {
            let first = symbol.decorator_line.unwrap_or(symbol.line) as usize;
            text.lines().skip(first - 1).take(symbol.end_line as usize + 1 - first).collect::<Vec<_>>().join("\n")
        };
        structure.find(qualname).iter().map(|id| of(structure.symbol(*id))).collect::<Vec<_>>().join("\n")
    }

    /// An edit that is right in itself: the call, the file, what of it has to be known, and what is written.
    fn edit(&mut self) -> (&'static str, Value, String, String, String) {
        self.number += 1;
        let n = self.number;
        let names = self.names();
        let name = self.dice.pick(&names).clone();
        let (text, symbols) = (self.view(&name).unwrap_or_default(), self.symbols(&name));
        let functions: Vec<&String> =
            symbols.iter().filter(|symbol| symbol.starts_with(|c: char| c.is_lowercase())).collect();
        let classes: Vec<&String> =
            symbols.iter().filter(|s| s.starts_with(|c: char| c.is_uppercase()) && !s.contains('.')).collect();
        let kind = self.dice.roll(12);
        let made = |tool, arguments: Value, needed: String, written: String| (tool, arguments, needed, written);
        let (tool, arguments, needed, written) = match kind {
            0 if !functions.is_empty() => {
                let function = *self.dice.pick(&functions);
                let code = format!("def {function}(x):\n    new_{n} = x\n    return new_{n}\n");
                let needed = self.text_of(&name, function);
                made("modify_function", json!({"path": name, "name": function, "code": code}), needed, code)
            }
            1 if symbols.iter().any(|symbol| symbol.contains('.')) => {
                let methods: Vec<&String> = symbols.iter().filter(|symbol| symbol.contains('.')).collect();
                let method = *self.dice.pick(&methods);
                let (class, last) = method.split_once('.').unwrap();
                let code = format!("def {last}(self, m_{n}):\n    return m_{n}, {n}\n");
                let written = code.lines().map(|line| format!("    {line}\n")).collect();
                let arguments = json!({"path": name, "name": last, "target_class": class, "code": code});
                made("modify_function", arguments, self.text_of(&name, method), written)
            }
            2 if !classes.is_empty() => {
                let class = *self.dice.pick(&classes);
                let code = format!("def added_{n}(self):\n    return {n}\n");
                let written = code.lines().map(|line| format!("    {line}\n")).collect();
                let arguments = json!({"path": name, "target_class": class, "code": code});
                made("add_function", arguments, self.text_of(&name, class), written)
            }
            3 if !classes.is_empty() => {
                let class = *self.dice.pick(&classes);
                let code =
                    format!("class {class}:\n    field_{n} = {n}\n\n    def get(self):\n        return {n}, {n}\n");
                made(
                    "modify_class",
                    json!({"path": name, "name": class, "code": code}),
                    self.text_of(&name, class),
                    code,
                )
            }
            4 if !symbols.is_empty() => {
                let symbol = self.dice.pick(&symbols).clone();
                let needed = self.text_of(&name, &symbol);
                made("remove_symbol", json!({"path": name, "symbol": symbol}), needed, String::new())
            }
            5 if !functions.is_empty() => {
                let function = *self.dice.pick(&functions);
                let arguments = json!({"path": name, "symbol": function, "new_name": format!("named_{n}")});
                made("rename_symbol", arguments, self.text_of(&name, function), String::new())
            }
            6 if name.ends_with(".py") => {
                let code = format!("def added_{n}(x):\n    return x, {n}\n");
                made("add_function", json!({"path": name, "code": code}), text, code)
            }
            7 if name.ends_with(".py") => {
                let code = format!("import added_{n}");
                // An import builds on the imports above the code alone.
                let is_code = |line: &&str| ["def ", "class ", "@"].iter().any(|start| line.starts_with(start));
                let above: Vec<&str> = text.lines().take_while(|line| !is_code(line)).collect();
                let is_import = |line: &&str| line.starts_with("import ") || line.starts_with("from ");
                let last = above.iter().rposition(is_import).unwrap_or(0);
                let needed = text.lines().take(last + 1).collect::<Vec<_>>().join("\n");
                made("add_import", json!({"path": name, "code": code}), needed, code)
            }
            8 => {
                let content = format!("written_{n} = {n}\n\n\ndef w_{n}(x):\n    return x, {n}\n");
                made("write_file", json!({"path": name, "content": content}), text, content)
            }
            9 if self.dice.roll(4) == 0 => made("delete_file", json!({"path": name}), text, String::new()),
            9 => {
                let destination = format!("moved_{n}.txt");
                made("move_file", json!({"source": name, "destination": destination}), text, String::new())
            }
            _ => {
                let lines: Vec<&str> = text.lines().collect();
                let at = self.dice.roll(lines.len());
                let search =
                    lines.get(at..(at + 1 + self.dice.roll(3)).min(lines.len())).unwrap_or_default().join("\n");
                // A place of its own, and no blank line that stands anywhere.
                if lines_of(&search).next().is_none() || text.matches(&search).count() != 1 {
                    return self.edit();
                }
                let indent: String = search.chars().take_while(|c| *c == ' ').collect();
                let replace = format!("{indent}edit_{n} = {n}");
                // Quoted as models quote: with blanks at the ends of lines.
                let blanks = if self.dice.roll(3) == 0 { "  \n" } else { "\n" };
                let search = search.replace('\n', blanks);
                made("edit_file", json!({"path": name, "search": search, "replace": replace}), search, replace)
            }
        };
        (tool, arguments, name, needed, written)
    }

    fn change(&mut self, job: u64) -> Vec<Need> {
        let (tool, arguments, name, needed, written) = self.edit();
        if self.view(&name).is_none() {
            let (answer, needs) = self.call(job, tool, &arguments);
            self.follow();
            if !answer.starts_with("Error: ") {
                self.learns(&name, &written);
            }
            return needs;
        }
        let may = self.knows(&name, &needed);
        let before = self.session.pending().clone();
        let (answer, needs) = self.call(job, tool, &arguments);
        let wants_reading = ["was not read yet", "was read only in part", "since it was read"];
        let is_refused = answer.starts_with("Error: ");
        let is_for_reading = is_refused && wants_reading.iter().any(|why| answer.contains(why));
        // What was not read may be wrong in another way besides.
        let is_right = if may { !is_for_reading } else { is_refused && *self.session.pending() == before };
        assert!(is_right, "{tool} {arguments}\nmay be edited: {may}\n{answer}\n{:#?}", self.log);
        if may {
            self.allowed += 1;
        } else {
            self.refused += 1;
        }
        self.follow();
        if !answer.starts_with("Error: ") {
            self.learns(&name, &written);
            if let Some(destination) = arguments["destination"].as_str() {
                self.learns(destination, &needed);
            }
        }
        needs
    }

    /// Edits that are new start from what is on disk now.
    fn follow(&mut self) {
        let pending: Vec<String> = self.session.pending().iter().map(|(path, _)| path.to_string()).collect();
        self.base.retain(|name, _| pending.contains(name));
        for name in pending {
            let stands = self.disk.get(&name).cloned();
            self.base.entry(name).or_insert(stands);
        }
    }

    /// Somebody saves a file, deletes one, or puts an earlier text back.
    fn disk_moves(&mut self) {
        let names: Vec<String> = self.disk.keys().cloned().collect();
        if names.is_empty() {
            return;
        }
        let name = self.dice.pick(&names).clone();
        let text = self.disk[&name].clone();
        self.number += 1;
        let line = format!("# saved {}\n", self.number);
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let new = match self.dice.roll(5) {
            0 => Some(text.clone() + &line),
            1 => {
                // Between definitions, where the file still reads as Python.
                let at = lines.iter().position(|line| line.starts_with("def ")).unwrap_or(0);
                lines.insert(at, &line);
                Some(lines.concat())
            }
            2 => Some(text.clone()),
            3 => self.earlier.iter().rfind(|(earlier, _)| *earlier == name).map(|(_, earlier)| earlier.clone()),
            _ => Some(text.replace('\n', if text.contains('\r') { "\n" } else { "\r\n" }).replace("\r\r", "\r")),
        };
        let Some(new) = new else { return };
        self.log.push(format!("    (the disk: {name}, {} bytes)", new.len()));
        self.earlier.push((name.clone(), text));
        self.source.put(path(&name), &new);
        self.disk.insert(name, new);
        if self.dice.roll(2) == 0 {
            let needs = self.session.update(Event::Snapshot(snapshot(&self.disk)));
            assert!(needs.is_empty());
        }
    }

    /// The model is done; the person takes all of it, or nothing.
    fn finish(&mut self, job: u64) -> Vec<Need> {
        let (_, needs) = self.call(job, "finish", &json!({"summary": "done"}));
        let outcome = match needs.as_slice() {
            [Need::Propose(change_set, _)]
                if self.dice.roll(2) == 0 && !self.names().iter().any(|name| self.is_moved(name)) =>
            {
                for (path, change) in change_set.iter() {
                    let name = path.to_string();
                    match &change.new {
                        Some(new) => {
                            let bytes = change
                                .old
                                .as_ref()
                                .map_or_else(|| new.as_bytes().to_vec(), |old| old.encode(new).unwrap());
                            let text = String::from_utf8(bytes).unwrap();
                            self.source.put(path.clone(), &text);
                            self.disk.insert(name.clone(), text.clone());
                            if let Some(known) = self.known.get_mut(&name) {
                                known.at = Some(text);
                            }
                        }
                        None => {
                            self.source.files.remove(path);
                            self.disk.remove(&name);
                            self.known.remove(&name);
                        }
                    }
                }
                let files = change_set.iter().map(|(path, _)| path.to_string()).collect();
                Some(ReviewOutcome::Written { files, rejected: Vec::new(), edited: Vec::new() })
            }
            [Need::Propose(..)] => Some(ReviewOutcome::Rejected { comment: String::new() }),
            [Need::Finished { .. }] => None,
            _ => return needs,
        };
        if let Some(outcome) = outcome {
            self.log.push(format!("    ({outcome:?})"));
            assert!(self.session.update(Event::Reviewed(outcome)).is_empty());
            self.base.clear();
        }
        self.session.update(Event::Snapshot(snapshot(&self.disk)));
        self.task()
    }

    fn play(&mut self, step_count: usize) {
        self.session.update(Event::Stop);
        let mut needs = self.task();
        for _ in 0..step_count {
            let job = match needs.as_slice() {
                [Need::AskModel(job, _)] => *job,
                // A limit was reached, or a loop seen: the next task goes on.
                _ => {
                    let needs = self.task();
                    self.asked(&needs)
                }
            };
            if self.dice.roll(4) == 0 {
                self.disk_moves();
            }
            needs = match self.dice.roll(10) {
                0..4 => self.look(job),
                9 if self.dice.roll(3) == 0 => self.finish(job),
                _ => self.change(job),
            };
        }
    }
}

fn snapshot(disk: &BTreeMap<String, String>) -> std::sync::Arc<flux::index::Snapshot> {
    let files = disk.iter().map(|(name, text)| (path(name), text.clone())).collect();
    Fixture { files, expectations: Vec::new(), position: None }.snapshot(Path::new("/project"))
}

#[test]
fn what_was_not_read_is_never_edited_and_what_was_read_always_may_be() {
    let case_count = if std::env::var_os("FLUX_SLOW").is_some() { 20_000 } else { 1_000 };
    let play = |seeds: std::ops::Range<usize>| {
        seeds.fold((0, 0), |(allowed, refused), seed| {
            let mut world = World::new(seed);
            world.play(14);
            (allowed + world.allowed, refused + world.refused)
        })
    };
    let (allowed, refused) = std::thread::scope(|scope| {
        let quarter = case_count / 4;
        let parts: Vec<_> = (0..4).map(|at| scope.spawn(move || play(at * quarter..(at + 1) * quarter))).collect();
        parts.into_iter().map(|part| part.join().unwrap()).fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    });
    eprintln!("{case_count} sequences: {allowed} edits of what was read, {refused} of what was not");
    assert!(allowed > case_count && refused > case_count, "{allowed} and {refused}: the oracle saw too little");
}
