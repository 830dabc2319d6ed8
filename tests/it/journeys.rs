//! Keys in, screen out: the real state, the real screen and a synchronous outside.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use flux::agent::{
    Event, JobId, Lesson, ModelEvent, Need, Saved, TestsQuestion, ToolCall, Usage, run_tool, understand,
};
use flux::app::pane::structure::{GitState, filtered};
use flux::app::{
    Action, App, Cmd, Decision, EditorWork, Input, ListedSession, ListedWrite, Msg, Pane, Reach, SymbolUse, TakenBack,
    UseKind, WatcherHealth, changed_lines, named, neighbours, rank, recognise, update,
};
use flux::gate::{
    Fix, FixSafety, Issue, Layer, LayerState, NeedsSearch, Overridden, Override, Progress, Report, Severity,
};
use flux::index::{LiveFile, Store};
use flux::text::{ChangeSet, ProjectPath, Source, Span, TextEdit};
use flux::ui::{ColorDepth, Keymap, Screen, Theme, parse_key};
use ratatui::backend::TestBackend;
use serde_json::{Value, json};

use crate::fixture::Fixture;

mod activity;
mod browsing;
mod by_hand;
mod chance;
mod checking;
mod copying;
mod editing;
mod finding;
mod hostile_text;
mod huge;
mod lists;
mod meanwhile;
mod noticing;
mod planning;
mod prompting;
mod reach;
mod recognised;
mod remapped;
mod reviewing;
mod revising;
mod running;
mod sessions;
mod sizes;
mod tested;
mod themes;
mod writes;

const SHOP: &str = r#"
#- shop/__init__.py
"""A small shop."""
#- shop/files.py
"""Reads order files."""

from pathlib import Path


def read_rows(path: Path) -> list[str]:
    """The lines of a file that hold something."""
    rows = []
    for line in path.read_text().splitlines():
        if line.strip():
            rows.append(line)
    return rows


def process_file(path: Path) -> int:
    """Sums up the prices of a file."""
    total = 0
    for row in read_rows(path):
        total += int(row.split(",")[1])
    return total
#- shop/models.py
"""What the shop knows."""


class Order:
    """What a customer wants."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.lines: list[int] = []

    def total(self) -> int:
        return sum(self.lines)

    async def send(self, *, express: bool = False) -> None:
        raise NotImplementedError


class Basket(Order):
    pass
#- tests/test_files.py
from shop.files import process_file


def test_process_file(tmp_path):
    (tmp_path / "a").write_text("x,1\ny,2\n")
    assert process_file(tmp_path / "a") == 3
"#;

/// One turn of the model: what it says and which tools it calls.
struct Turn(&'static str, Vec<(&'static str, Value)>);

/// As a turn: the model takes its time, until [`Journey::answer`].
const THINKS: Turn = Turn("(thinks)", Vec::new());

struct Journey {
    app: App,
    screen: Screen<TestBackend>,
    project: Fixture,
    turns: VecDeque<Turn>,
    /// Judgements that were asked for and are not yet answered, when `holds_judgements`.
    held: Vec<Cmd>,
    holds_judgements: bool,
    /// The sides of a proposal are not parsed until somebody does.
    holds_sides: bool,
    /// Long lists are not ranked until somebody does.
    holds_rankings: bool,
    holds_uses: bool,
    /// How many searches for uses nobody wanted any more.
    ended_uses: usize,
    write_fails: Option<&'static str>,
    /// The watcher is faster than the writer.
    indexes_first: bool,
    has_ended: bool,
    /// The question that the model thinks about, after a turn of [`THINKS`].
    thinking: Option<JobId>,
    /// Tests that are to be run, until somebody says what came of them.
    testing: Option<(JobId, TestsQuestion)>,
    /// A command that runs.
    running: Option<(JobId, String)>,
    /// The list of what was written, the last one first.
    writes: Vec<ListedWrite>,
    /// The session as its log tells of it.
    saved: Saved,
    learned: Vec<(Lesson, bool)>,
    /// What any hunk reaches.
    reach: Reach,
    /// What was opened in the editor, and the text that it leaves.
    git: BTreeMap<ProjectPath, GitState>,
    opened: Vec<EditorWork>,
    editor_leaves: Result<String, String>,
    sessions: Vec<ListedSession>,
    /// The files before the last write.
    before: Option<BTreeMap<ProjectPath, String>>,
    /// What is remembered of the prompt.
    prompts: Vec<String>,
    /// The conversation that was written last.
    exported: String,
    /// What a person let pass.
    overrides: Vec<Override>,
    /// The theme in the configuration.
    kept_theme: Option<String>,
    kept_sizes: Option<flux::app::Sizes>,
    copied: Option<String>,
    notices: Vec<String>,
}

impl Journey {
    fn open(columns: u16, rows: u16, project: &str, turns: Vec<Turn>) -> Self {
        let mut journey = Self::opening(columns, rows, project, turns);
        journey.tell(Msg::IndexProgressed { done: 2, total: 4 });
        journey.publish();
        journey.tell(Msg::WatcherChanged(WatcherHealth::Live));
        journey
    }

    /// Before anything is known of the project.
    fn opening(columns: u16, rows: u16, project: &str, turns: Vec<Turn>) -> Self {
        let theme = Theme::built_in("dusk", ColorDepth::True).unwrap();
        let screen = Screen::new(TestBackend::new(columns, rows), theme, Keymap::default()).unwrap();
        let mut app = App::new(Path::new("/home/ada/shop"), columns, rows);
        app.model.name = "scripted".to_owned();
        Self {
            app,
            screen,
            project: Fixture::parse(project),
            turns: turns.into(),
            held: Vec::new(),
            holds_judgements: false,
            holds_sides: false,
            holds_rankings: false,
            holds_uses: false,
            ended_uses: 0,
            write_fails: None,
            indexes_first: false,
            has_ended: false,
            thinking: None,
            testing: None,
            running: None,
            writes: Vec::new(),
            saved: Saved::default(),
            learned: Vec::new(),
            git: BTreeMap::new(),
            reach: Reach::default(),
            opened: Vec::new(),
            editor_leaves: Ok(String::new()),
            sessions: Vec::new(),
            before: None,
            prompts: Vec::new(),
            exported: String::new(),
            overrides: Vec::new(),
            kept_theme: None,
            kept_sizes: None,
            copied: None,
            notices: Vec::new(),
        }
    }

    fn publish(&mut self) {
        let snapshot = self.project.snapshot(Path::new("/home/ada/shop"));
        self.tell(Msg::Indexed(snapshot));
    }

    /// Presses keys: letters as they are, others as `<Enter>`.
    fn press(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(first) = rest.chars().next() {
            let name = match rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
                Some((name, after)) => {
                    rest = after;
                    name.to_owned()
                }
                None => {
                    rest = &rest[first.len_utf8()..];
                    first.to_string().replace(' ', "Space")
                }
            };
            self.put(&Input::Key(parse_key(&name).unwrap_or_else(|| panic!("no key: {name}"))));
        }
    }

    fn put(&mut self, input: &Input) {
        match self.screen.action(&self.app, input) {
            Some(action) => self.tell(Msg::Act(action)),
            None => self.tell(Msg::Input(input.clone())),
        }
    }

    fn tell(&mut self, msg: Msg) {
        let mut msgs = VecDeque::from([msg]);
        while let Some(msg) = msgs.pop_front() {
            for cmd in update(&mut self.app, msg) {
                msgs.extend(self.perform(cmd));
            }
        }
    }

    /// The model answers what it thought about.
    fn answer(&mut self) {
        let job = self.thinking.take().expect("the model was not asked");
        for msg in self.turn(job) {
            self.tell(msg);
        }
    }

    fn turn(&mut self, id: JobId) -> Vec<Msg> {
        let Turn(text, calls) = self.turns.pop_front().unwrap_or(Turn("I am done.", Vec::new()));
        let call = |(at, (name, arguments)): (usize, (&str, Value))| ToolCall {
            id: format!("call_{at}"),
            name: name.to_owned(),
            arguments: arguments.to_string(),
        };
        let usage = Usage { prompt_tokens: 1_200, completion_tokens: 80, cost: Some(0.004), estimated: false };
        let tool_calls = calls.into_iter().enumerate().map(call).collect();
        let text = text.to_owned();
        let events = [ModelEvent::Text(text.clone()), ModelEvent::Finished { text, tool_calls, usage }];
        events.map(|event| Msg::Agent(Event::Model(id, event))).into()
    }

    fn perform(&mut self, cmd: Cmd) -> Vec<Msg> {
        let source = self.project.source();
        match cmd {
            Cmd::OpenFile(path) | Cmd::Preview(path) => {
                let read = source.read(&path).map(|text| Arc::new(LiveFile::new(path.clone(), text)));
                vec![Msg::FileOpened(path, read.map_err(|error| error.to_string()))]
            }
            Cmd::Need(Need::Understand(id, inquiry)) => {
                vec![Msg::Agent(Event::Understood(id, understand(&inquiry)))]
            }
            Cmd::Need(Need::AskModel(id, _)) if self.turns.front().is_some_and(|turn| turn.0 == THINKS.0) => {
                self.turns.pop_front();
                self.thinking = Some(id);
                Vec::new()
            }
            Cmd::Need(Need::AskModel(id, _)) => self.turn(id),
            Cmd::Need(Need::RunTool(id, call, context)) => {
                vec![Msg::Agent(Event::ToolDone(id, run_tool(&call, context, &source)))]
            }
            Cmd::Need(Need::Check(id, change_set, _)) => {
                vec![Msg::Agent(Event::Checked(id, self.judge(&change_set)))]
            }
            Cmd::Need(Need::FindPlaces(id, _, question)) => {
                vec![Msg::Agent(Event::PlacesFound(id, self.places(&question.symbol)))]
            }
            Cmd::Judge(..) if self.holds_judgements => {
                self.held.push(cmd);
                Vec::new()
            }
            Cmd::Judge(id, change_set, _) => vec![Msg::Judged(id, self.judge(&change_set))],
            Cmd::SeekNeeds(id, change_set, hunks) => {
                let mut search = NeedsSearch::new(&change_set, &hunks);
                while let Some(question) = search.question() {
                    search.take(&judged(&self.project, &question));
                }
                vec![Msg::NeedsFound(id, Some(search.needs()))]
            }
            Cmd::SeekReach(id, ..) => vec![Msg::ReachFound(id, self.reach.clone())],
            Cmd::ReadSides(..) if self.holds_sides => {
                self.held.push(cmd);
                Vec::new()
            }
            Cmd::ReadSides(id, texts) => {
                let parsed = texts.into_iter().map(|(path, text)| Arc::new(LiveFile::new(path, text)));
                vec![Msg::SidesRead(id, parsed.collect())]
            }
            Cmd::MarkLines(id, old, new) => vec![Msg::LinesMarked(id, changed_lines(&old, &new))],
            Cmd::Recognise(id, change_set, hunks) => vec![Msg::Recognised(id, recognise(&change_set, &hunks))],
            Cmd::Reread(id, paths) => {
                let read = |path: ProjectPath| (path.clone(), Ok(source.read(&path).ok()));
                vec![Msg::Reread(id, paths.into_iter().map(read).collect())]
            }
            Cmd::Write { change_set, .. } => self.write(&change_set),
            Cmd::Rank(..) | Cmd::Filter(..) if self.holds_rankings => {
                self.held.push(cmd);
                Vec::new()
            }
            Cmd::Filter(job, question) => vec![Msg::Filtered(job, filtered(&question, &|| true).unwrap())],
            Cmd::Rank(job, question) => vec![Msg::Ranked(job, rank(&question, &|| true).unwrap())],
            Cmd::KeepPrompt(text) => {
                self.prompts.push(text);
                Vec::new()
            }
            Cmd::NewSession => Vec::new(),
            Cmd::Export { text, place } => {
                self.exported = text;
                vec![Msg::Exported(Ok(place.unwrap_or_else(|| "/state/flux/said.md".to_owned())))]
            }
            Cmd::Override(entry) => {
                self.overrides.push(entry);
                vec![Msg::OverrideKept(Ok(()))]
            }
            Cmd::TakeOverrideBack(overridden) => {
                self.overrides.remove(overridden.by);
                vec![Msg::OverrideTakenBack(Ok(()))]
            }
            Cmd::Copy(text) => {
                self.copied = Some(text);
                Vec::new()
            }
            Cmd::Notify(text) => {
                self.notices.push(text);
                Vec::new()
            }
            Cmd::SetMouse(_) => Vec::new(),
            Cmd::KeepSizes(sizes) => {
                self.kept_sizes = Some(sizes);
                Vec::new()
            }
            Cmd::KeepTheme(name) => {
                self.kept_theme = Some(name);
                vec![Msg::ThemeKept(Ok(()))]
            }
            Cmd::NextModel => vec![Msg::ModelChosen(None)],
            Cmd::Undo => match self.before.take() {
                Some(files) => {
                    let changed = |path: &&ProjectPath| files.get(*path) != self.project.files.get(*path);
                    let paths = self.project.files.keys().filter(changed).cloned().collect();
                    self.project.files = files;
                    let snapshot = self.project.snapshot(Path::new("/home/ada/shop"));
                    vec![
                        Msg::Undone(Ok(TakenBack { paths, merged: Vec::new() })),
                        Msg::Indexed(snapshot),
                        Msg::WritesCounted { standing: 0, can_redo: true },
                    ]
                }
                None => vec![Msg::Undone(Err("nothing was written yet".to_owned()))],
            },
            Cmd::ListWrites => vec![Msg::WritesListed(Ok(self.writes.clone()))],
            Cmd::TakeBack { write, whole_task, paths } => self.take_back(write, whole_task, &paths),
            Cmd::Learn(learned) => {
                self.learned.extend(learned);
                Vec::new()
            }
            Cmd::Save(records) => {
                // As a line of the log.
                self.saved.take_line(&serde_json::to_vec(&records).unwrap());
                Vec::new()
            }
            Cmd::OpenSession(_) => vec![Msg::SessionOpened(Ok(Arc::new(self.saved.clone())))],
            Cmd::ListSessions => vec![Msg::SessionsListed(self.sessions.clone())],
            Cmd::Redo => vec![Msg::Redone(Err("nothing was taken back yet".to_owned()))],
            Cmd::ReadGit => vec![Msg::GitRead(self.git.clone())],
            Cmd::FindUses(..) if self.holds_uses => {
                self.held.push(cmd);
                Vec::new()
            }
            Cmd::FindUses(id, path, symbol) => {
                let text = self.project.files.get(&path).cloned().unwrap_or_default();
                let name = symbol.rsplit('.').next().unwrap_or_default();
                let uses = (1..).zip(text.lines()).filter(|(_, line)| line.contains(name));
                let kind = UseKind::Meant;
                let one =
                    |(line, text): (u32, &str)| SymbolUse { kind, path: path.clone(), line, text: text.to_owned() };
                vec![Msg::UsesFound(id, Ok(uses.map(one).collect()))]
            }
            Cmd::FindNamed(id, question) => {
                let mut told = Vec::new();
                named(&question, &self.project.source(), &|| true, &mut |uses| told.push(Msg::NamedFound(id, uses)));
                told
            }
            Cmd::EndUses(_) => {
                self.ended_uses += 1;
                Vec::new()
            }
            Cmd::FindNeighbours(id, snapshot, path) => vec![Msg::NeighboursFound(id, neighbours(&snapshot, &path))],
            Cmd::OpenEditor(work) => {
                self.opened.push(work.clone());
                vec![match work {
                    EditorWork::File { path, .. } => Msg::FileEdited(path, self.editor_leaves.clone().map(drop)),
                    EditorWork::Text { id, .. } => Msg::TextEdited(id, self.editor_leaves.clone()),
                }]
            }
            Cmd::Suspend => vec![Msg::Continued],
            Cmd::Quit => {
                self.has_ended = true;
                Vec::new()
            }
            Cmd::Need(Need::RunTests(id, question)) => {
                self.testing = Some((id, question));
                Vec::new()
            }
            Cmd::Need(Need::RunCommand(id, command, _)) => {
                self.running = Some((id, command));
                Vec::new()
            }
            Cmd::Need(_) | Cmd::Prepare => Vec::new(),
        }
    }

    /// What the gate says, with what is let pass.
    fn judge(&self, change_set: &ChangeSet) -> Report {
        let mut left = Vec::new();
        let mut overridden = Vec::new();
        let ms = [Some(0.1), Some(0.4), Some(3.6), Some(0.2), None, None];
        for issue in judged(&self.project, change_set).issues {
            let covers = |entry: &Override| entry.code == issue.code && entry.covers_file(&issue.path);
            match self.overrides.iter().position(covers) {
                Some(by) => overridden.push(Overridden { issue, reason: self.overrides[by].reason.clone(), by }),
                None => left.push(issue),
            }
        }
        let mut report = Report::new(left, ms);
        report.overridden = overridden;
        report
    }

    fn write(&mut self, change_set: &ChangeSet) -> Vec<Msg> {
        if let Some(why) = self.write_fails {
            return vec![Msg::Written(Err(why.to_owned()))];
        }
        let source = self.project.source();
        for (path, change) in change_set.iter() {
            if source.read(path).ok().map(|file| file.hash()) != change.base_hash() {
                return vec![Msg::Written(Err(format!("'{path}' changed on disk since the proposal was made")))];
            }
        }
        self.before = Some(self.project.files.clone());
        for (path, change) in change_set.iter() {
            match &change.new {
                Some(text) => self.project.files.insert(path.clone(), text.to_string()),
                None => self.project.files.remove(path),
            };
        }
        let paths = change_set.iter().map(|(path, _)| path.clone()).collect();
        let mut msgs = vec![Msg::Written(Ok(paths)), Msg::Indexed(self.project.snapshot(Path::new("/home/ada/shop")))];
        if self.indexes_first {
            msgs.reverse();
        }
        msgs.push(Msg::WritesCounted { standing: 1, can_redo: false });
        msgs
    }

    fn take_back(&mut self, write: u64, whole_task: bool, only: &[ProjectPath]) -> Vec<Msg> {
        let mut taken = Vec::new();
        for listed in &mut self.writes {
            if listed.id != write && !(whole_task && listed.task == write) {
                continue;
            }
            for (path, stands) in &mut listed.files {
                if only.is_empty() || only.contains(path) {
                    *stands = false;
                    taken.push(path.clone());
                }
            }
        }
        if let Some(why) = self.write_fails {
            return vec![Msg::Undone(Err(why.to_owned()))];
        }
        vec![Msg::Undone(Ok(TakenBack { paths: taken, merged: Vec::new() }))]
    }

    /// The judgements that were held back, answered in the order of `order`.
    fn answer_held(&mut self, order: &[usize]) {
        let held = std::mem::take(&mut self.held);
        for at in order {
            if let Cmd::Judge(id, change_set, _) = held[*at].clone() {
                self.tell(Msg::Judged(id, judged(&self.project, &change_set)));
            }
        }
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        let theme = Theme::built_in("dusk", ColorDepth::True).unwrap();
        self.screen = Screen::new(TestBackend::new(columns, rows), theme, Keymap::default()).unwrap();
        self.tell(Msg::Input(Input::Resized { columns, rows }));
    }

    fn shot(&mut self) -> String {
        self.screen.draw(&self.app).unwrap();
        let buffer = self.screen.backend().buffer();
        let row = |y| {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += (unicode_width::UnicodeWidthStr::width(symbol) as u16).max(1);
            }
            line.trim_end().to_owned()
        };
        (0..buffer.area.height).map(row).collect::<Vec<_>>().join("\n")
    }

    fn check_shows(&mut self, texts: &[&str]) {
        let shot = self.shot();
        for text in texts {
            assert!(shot.contains(text), "'{text}' is missing in:\n{shot}");
        }
    }

    fn text_of(&self, path: &str) -> &str {
        &self.project.files[&ProjectPath::new(path).unwrap()]
    }
}

/// A gate that knows two things: `parse_row` must be defined where it is used, and `pars_row` is a slip.
fn judged(project: &Fixture, change_set: &ChangeSet) -> Report {
    let mut issues = Vec::new();
    for (path, change) in change_set.iter() {
        let text = change.new_text();
        if let Some(at) = text.lines().position(|line| line.contains("parse_row(") && !line.contains("def "))
            && !text.contains("def parse_row")
        {
            issues.push(Issue {
                layer: Layer::Tool,
                code: "unresolved-reference",
                severity: Severity::Block,
                path: path.clone(),
                line: at as u32 + 1,
                span: None,
                message: "'parse_row' is not defined".to_owned(),
                fix: None,
            });
        }
        if let Some(at) = text.find("pars_row") {
            let span = Span::new(at, at + "pars_row".len());
            let edits = vec![TextEdit { span, text: "parse_row".to_owned() }];
            let title = "Replace 'pars_row' by 'parse_row'".to_owned();
            issues.push(Issue {
                layer: Layer::Tool,
                code: "unresolved-reference",
                severity: Severity::Warn,
                path: path.clone(),
                line: text[..at].lines().count() as u32,
                span: Some(span),
                message: "Name 'pars_row' is not defined. Did you mean 'parse_row(row: str) -> int' or 'row'?"
                    .to_owned(),
                fix: Some(Fix { title, safety: FixSafety::Suggested, edits }),
            });
        }
    }
    assert!(!project.files.is_empty());
    Report::new(issues, [Some(0.1), Some(0.4), Some(3.6), Some(0.2), None, None])
}

fn edit(path: &str, search: &str, replace: &str) -> (&'static str, Value) {
    ("edit_file", json!({"path": path, "search": search, "replace": replace}))
}

/// A task that ends in a proposal of three hunks in two files; the second needs the first.
fn three_hunks() -> Vec<Turn> {
    let steps = json!({"steps": [
        {"title": "read files.py", "action": "read", "target": "shop/files.py"},
        {"title": "parse rows in one place", "action": "modify", "target": "shop/files.py::process_file"},
        {"title": "say what an order is", "action": "modify", "target": "shop/models.py::Order"}]});
    let parse_row = "def parse_row(row: str) -> int:\n    name, _, price = row.partition(\",\")\n\n    return int(price)\n\n\ndef read_rows(path: Path) -> list[str]:";
    vec![
        Turn(
            "I read both files first.",
            vec![
                ("update_plan", steps),
                ("read_file", json!({"path": "shop/files.py"})),
                ("read_file", json!({"path": "shop/models.py"})),
            ],
        ),
        Turn(
            "Now the edits.",
            vec![
                edit("shop/files.py", "def read_rows(path: Path) -> list[str]:", parse_row),
                edit("shop/files.py", "total += int(row.split(\",\")[1])", "total += parse_row(row)"),
                edit(
                    "shop/models.py",
                    "\"\"\"What a customer wants.\"\"\"",
                    "\"\"\"What a customer wants, priced.\"\"\"",
                ),
            ],
        ),
        Turn("", vec![("finish", json!({"summary": "process_file parses its rows in one place."}))]),
    ]
}

fn proposed(columns: u16, rows: u16) -> Journey {
    let mut journey = Journey::open(columns, rows, SHOP, three_hunks());
    journey.press("iParse rows in one place<Enter>");
    assert!(journey.app.review.is_some(), "no proposal:\n{}", journey.shot());
    journey
}

#[test]
fn a_first_frame_stands_before_the_index() {
    let mut journey = Journey::opening(120, 36, SHOP, Vec::new());
    journey.tell(Msg::IndexProgressed { done: 412, total: 1885 });
    insta::assert_snapshot!("first_frame_120x36", journey.shot());
}

#[test]
fn browsing_shows_the_source_of_what_is_selected() {
    for (columns, rows) in [(80, 24), (120, 36), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        journey.press("jj<Enter>jj");
        insta::assert_snapshot!(format!("browse_{columns}x{rows}"), journey.shot());
        journey.press("2");
        journey.check_shows(&["def process_file(path: Path) -> int:", "shop/files.py"]);
    }
}

#[test]
fn a_proposal_is_shown_at_every_size() {
    for (columns, rows) in [(80, 24), (100, 30), (120, 36), (200, 60)] {
        let mut journey = proposed(columns, rows);
        insta::assert_snapshot!(format!("proposal_{columns}x{rows}"), journey.shot());
    }
}

#[test]
fn what_is_accepted_is_written_and_what_is_rejected_is_not() {
    let mut journey = proposed(120, 36);
    journey.press("yyn");
    insta::assert_snapshot!("decided_120x36", journey.shot());
    journey.press("w");
    assert!(journey.text_of("shop/files.py").contains("total += parse_row(row)"));
    assert!(journey.text_of("shop/models.py").contains("What a customer wants.\"\"\""));
    insta::assert_snapshot!("written_120x36", journey.shot());
    journey.check_shows(&["Wrote shop/files.py; 1 hunk was left out", "parse_row"]);
}

#[test]
fn what_was_written_shows_also_when_the_index_knows_of_it_first() {
    let mut journey = proposed(120, 36);
    journey.indexes_first = true;
    journey.press("ynn");
    journey.press("w");
    journey.check_shows(&["Wrote shop/files.py; 2 hunks were left out", "Code shop/files.py"]);
    let shown = journey.shot();
    let path = ProjectPath::new("shop/models.py").unwrap();
    journey.project.files.insert(path, "class Order:\n    pass\n".to_owned());
    journey.publish();
    assert!(journey.shot().contains("Code shop/files.py"), "the view stays where it is:\n{shown}");
}

#[test]
fn a_combination_that_does_not_hold_is_blocked_and_says_which_hunk_it_needs() {
    for (columns, rows) in [(80, 24), (120, 36), (200, 60)] {
        let mut journey = proposed(columns, rows);
        journey.press("ny");
        insta::assert_snapshot!(format!("blocked_{columns}x{rows}"), journey.shot());
        journey.press("w");
        journey.check_shows(&["The gate blocks this: Hunk 2 needs hunk 1:", "hunk 2/3"]);
        assert!(!journey.text_of("shop/files.py").contains("parse_row"));
        journey.press("tw");
        assert!(journey.text_of("shop/files.py").contains("def parse_row"), "{}", journey.shot());
    }
}

#[test]
fn what_is_let_pass_and_what_is_mended_is_told_in_short() {
    let mut journey = proposed(120, 36);
    journey.holds_judgements = true;
    journey.press("ny");
    let Some(Cmd::Judge(id, change_set, _)) = journey.held.last().cloned() else { panic!("nothing is judged") };
    let issue = |line| {
        let blocked = judged(&journey.project, &change_set).issues.remove(0);
        Issue { line, message: "'parse_row' is not defined. Did you mean 'row'?".to_owned(), ..blocked }
    };
    let let_pass = |line| Overridden { issue: issue(line), reason: "the loader binds it".to_owned(), by: 0 };
    let mut report = Report::new(Vec::new(), [Some(0.1), Some(0.4), Some(3.6), Some(0.2), None, None]);
    report.overridden = vec![let_pass(19), let_pass(25)];
    report.mended = vec![Issue { message: "Name 'totl' is not defined. Did you mean 'total'?".to_owned(), ..issue(3) }];
    journey.tell(Msg::Judged(id, report));
    journey.check_shows(&["2 overridden", "shop/files.py:25, 31", "Overridden: the loader", "✔ Mends what is wrong"]);
    assert!(!journey.shot().contains("Did you mean"));
}

#[test]
fn only_the_newest_judgement_counts_and_a_write_waits_for_it() {
    let mut journey = proposed(120, 36);
    journey.holds_judgements = true;
    journey.press("nyw");
    journey.check_shows(&["judging"]);
    assert_eq!(journey.held.len(), 1);
    journey.press("[[y");
    journey.answer_held(&[1, 0]);
    assert!(journey.app.review.as_ref().is_some_and(|review| review.awaited.is_none() && review.hindrance().is_none()));
    // A further decision took the order to write back.
    assert!(!journey.text_of("shop/files.py").contains("parse_row"));
    journey.press("uyw");
    let last = journey.held.len() - 1;
    journey.answer_held(&[last]);
    assert!(journey.text_of("shop/files.py").contains("def parse_row"));
}

#[test]
fn what_is_known_so_far_is_shown_and_never_as_passed_and_a_write_waits_for_the_whole() {
    let mut journey = proposed(120, 36);
    journey.holds_judgements = true;
    journey.press("nyw");
    let Some(Cmd::Judge(id, ..)) = journey.held.last().cloned() else { panic!("nothing is judged") };
    let mut report = Report::new(Vec::new(), [Some(0.1), Some(0.4), Some(3.6), Some(0.2), None, None]);
    report.progress = Some(Progress { judged: 1_234, total: 4_700 });
    report.layers[2].state = LayerState::Running;
    journey.tell(Msg::JudgedSoFar(id, report.clone()));
    journey.check_shows(&["1,234 of 4,700 files", "judging"]);
    journey.tell(Msg::JudgedSoFar(id + 1, Report { progress: Some(Progress { judged: 7, total: 9 }), ..report }));
    journey.check_shows(&["1,234 of 4,700 files"]);
    assert!(!journey.text_of("shop/files.py").contains("parse_row"));
    journey.answer_held(&[0]);
    assert!(!journey.shot().contains("4,700"));
}

#[test]
fn what_is_accepted_is_judged_again_when_the_project_changes() {
    let mut journey = proposed(120, 36);
    journey.press("A");
    journey.holds_judgements = true;
    journey.publish();
    journey.press("w");
    journey.check_shows(&["judging"]);
    journey.publish();
    assert_eq!(journey.held.len(), 2);
    journey.answer_held(&[0]);
    assert!(!journey.text_of("shop/files.py").contains("parse_row"));
    journey.publish();
    journey.answer_held(&[0]);
    assert!(journey.text_of("shop/files.py").contains("def parse_row"));
}

#[test]
fn a_comment_that_meets_a_write_is_kept() {
    let mut journey = proposed(120, 36);
    journey.app.is_writing = true;
    journey.press("imore<Enter>");
    assert_eq!(journey.app.draft, "more");
    journey.app.is_writing = false;
    journey.press("<Enter>");
    assert_eq!(journey.app.draft, "");
}

#[test]
fn nothing_is_written_without_an_accepted_hunk() {
    let mut journey = proposed(120, 36);
    journey.press("w");
    journey.check_shows(&["No hunk is accepted yet"]);
    journey.press("nnn");
    assert!(journey.app.review.is_some());
    journey.press("w");
    assert!(journey.app.review.is_none());
    journey.check_shows(&["Nothing was written."]);
}

#[test]
fn a_write_that_fails_keeps_the_decisions() {
    let mut journey = proposed(120, 36);
    journey.write_fails = Some("shop/files.py changed on disk; press x and ask again");
    journey.press("Aw");
    journey.check_shows(&["Nothing was written: shop/files.py changed on disk", "3 of 3 accepted"]);
    journey.write_fails = None;
    journey.press("w");
    assert!(journey.text_of("shop/models.py").contains("priced"));
}

#[test]
fn a_hunk_is_split_and_a_decision_taken_back() {
    let mut journey = proposed(200, 60);
    journey.press("s");
    journey.check_shows(&["hunk 1/4"]);
    journey.press("u");
    journey.check_shows(&["hunk 1/3"]);
    journey.press("yu");
    journey.check_shows(&["0 of 3 accepted"]);
}

#[test]
fn a_comment_sends_the_proposal_back() {
    let mut journey = proposed(120, 36);
    journey.press("CName it differently<Enter>");
    // The model has nothing to add, so the same proposal comes back.
    assert!(journey.app.review.is_some());
    journey.check_shows(&["Name it differently"]);
    assert!(!journey.text_of("shop/files.py").contains("parse_row"));
}

#[test]
fn a_proposal_is_discarded_by_the_second_press_alone() {
    let mut journey = proposed(120, 36);
    journey.press("x");
    journey.check_shows(&["discards the proposal", "Proposal"]);
    journey.press("jx");
    journey.check_shows(&["discards the proposal"]);
    journey.press("x");
    journey.check_shows(&["The proposal was discarded. Nothing was written."]);
}

#[test]
fn the_help_names_every_key() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        journey.press("?");
        insta::assert_snapshot!(format!("help_{columns}x{rows}"), journey.shot());
        journey.press("?");
        journey.check_shows(&["Structure"]);
    }
}

#[test]
fn too_small_a_terminal_gets_a_sentence() {
    let mut journey = Journey::open(20, 5, SHOP, Vec::new());
    insta::assert_snapshot!("tiny_20x5", journey.shot());
    for (columns, rows) in [(1, 1), (3, 2), (59, 40), (60, 14), (60, 15), (90, 15), (119, 22), (400, 120)] {
        let mut journey = proposed(120, 36);
        journey.resize(columns, rows);
        journey.press("yn<Tab><Tab>?");
        journey.shot();
        // Nothing is decided that cannot be seen.
        let is_too_small = columns < 60 || rows < 15;
        let review = journey.app.review.as_ref().unwrap();
        assert_eq!(review.count(Decision::Open), if is_too_small { 3 } else { 1 });
    }
}

#[test]
fn a_project_without_python_says_what_to_do() {
    let mut journey = Journey::open(120, 36, "#- README.md\nNothing here.\n", Vec::new());
    insta::assert_snapshot!("no_python_120x36", journey.shot());
}

#[test]
fn the_filter_finds_symbols_and_files() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("/total");
    insta::assert_snapshot!("filter_120x36", journey.shot());
    journey.press("<Esc>");
    journey.check_shows(&["models.py"]);
}

#[test]
fn a_file_saved_from_outside_shows_without_a_key() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("jj<Enter>jj");
    let path = ProjectPath::new("shop/files.py").unwrap();
    let text = journey.project.files[&path].replace("def process_file", "def process_folder");
    journey.project.files.insert(path, text);
    journey.publish();
    journey.check_shows(&["process_folder", "def process_folder(path: Path) -> int:"]);
}

#[test]
fn leaving_asks_while_something_waits() {
    let mut journey = proposed(120, 36);
    journey.press("q");
    journey.check_shows(&["Leave flux?", "A proposal waits"]);
    journey.press("n");
    assert!(!journey.has_ended && journey.app.overlay.is_none());
    journey.press("qy");
    assert!(journey.has_ended);
    let mut idle = Journey::open(120, 36, SHOP, Vec::new());
    idle.press("q");
    assert!(idle.has_ended);
}

#[test]
fn nothing_of_a_file_reaches_the_terminal_as_a_control() {
    let project = "#- evil.py\n# \u{1b}]0;owned\u{7}\u{1b}[2J \u{202e}gnp\u{9b}31m\tx\ndef f():\n    pass\n";
    let turn = Turn("\u{1b}[31mred\u{7} \u{202e}", vec![("read_file", json!({"path": "\u{1b}[2J"}))]);
    let mut journey = Journey::open(120, 36, project, vec![turn]);
    journey.press("i\u{7f}go<Enter>1<Enter>");
    journey.put(&Input::Paste("\u{1b}[2Jx".to_owned()));
    journey.press("2");
    let shot = journey.shot();
    assert!(shot.contains("␛]0;owned␇"), "{shot}");
    let is_unsafe = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(!shot.contains(is_unsafe), "{shot:?}");
}

#[test]
fn a_hundred_thousand_rows_are_walked_and_only_the_window_is_drawn() {
    let mut fixture = String::new();
    for file in 0..100 {
        fixture.push_str(&format!("#- pkg/m{file:03}.py\n"));
        for function in 0..1_000 {
            fixture.push_str(&format!("def f{function}(): pass\n"));
        }
    }
    let mut journey = Journey::open(120, 36, &fixture, Vec::new());
    let mut store = Store::new("/big".into());
    let parsed = journey.project.files.iter().map(|(path, text)| (path.clone(), Store::parse(path, text.as_bytes())));
    journey.tell(Msg::Indexed(store.apply(parsed.collect(), &[])));
    journey.press("g");
    for _ in 0..100 {
        journey.press("jl");
        let row = journey.app.structure.selected;
        journey.tell(Msg::Act(Action::Fold));
        assert_eq!(journey.app.structure.selected, row);
        journey.tell(Msg::Act(Action::Unfold));
        let next = journey.app.structure.rows.len();
        assert!(next > row);
        let path = journey.app.structure.rows.iter().skip(row + 1).position(|other| other.depth == 1);
        journey.app.structure.select(path.map_or(next - 1, |at| row + at), 30);
    }
    assert!(journey.app.structure.rows.len() > 100_000);
    journey.press("G");
    journey.check_shows(&["f999"]);
}

#[test]
fn the_last_task_comes_back_into_an_empty_prompt() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("iSay hello<Enter>i<Up>, twice");
    assert_eq!(journey.app.draft, "Say hello, twice");
    journey.press("<Ctrl-J>and\u{e9}<Up>x");
    assert_eq!(journey.app.draft, "Say xhello, twice\nand\u{e9}");
}

#[test]
fn an_issue_leads_to_its_hunk() {
    let mut journey = proposed(120, 36);
    journey.press("ny4<Enter>");
    assert_eq!(journey.app.focus, Pane::Centre);
    assert_eq!(journey.app.proposal.as_ref().and_then(|proposal| proposal.hunk()), Some(1));
}

#[test]
fn the_mouse_selects_scrolls_and_folds() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    let press = |column, row| Input::Mouse { action: flux::app::MouseAction::Press, column, row };
    let row = journey.shot().lines().position(|line| line.contains("files.py")).unwrap() as u16;
    journey.put(&press(3, row));
    journey.check_shows(&["process_file"]);
    journey.put(&press(60, 10));
    assert_eq!(journey.app.focus, Pane::Centre);
    journey.put(&Input::Mouse { action: flux::app::MouseAction::ScrollDown, column: 60, row: 10 });
    assert!(journey.app.code.top > 0);
}
