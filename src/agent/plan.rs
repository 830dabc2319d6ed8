//! The plan: steps bound to symbols, checked like code, done by evidence.

mod editing;
mod fate;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ToolCall;
use crate::index::{FileStructure, Snapshot, Symbol};
use crate::text::{ChangeSet, LineIndex, ProjectPath, hunks_of};
pub use editing::PlanEdit;
pub use fate::Fate;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepAction {
    Read,
    Add,
    Modify,
    Remove,
    Rename,
    Test,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    Waiting,
    Running,
    /// What it promises came, and the gate has still something against what is pending.
    Open,
    Done,
    Failed,
    /// The person does not want it.
    Skipped,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub title: String,
    pub action: StepAction,
    /// `path::Qual.name` or a path.
    pub target: Option<String>,
    pub state: StepState,
    /// What shows that it is done, or why it failed.
    pub evidence: Option<String>,
    /// The agent waits for the person once it is done.
    pub hold: bool,
    /// The person added or changed it: it stays when the model plans anew.
    pub of_person: bool,
    /// What became of its edits; `None`: they are still being made, or there are none.
    #[serde(default)]
    pub fate: Option<Fate>,
    /// What was written of them was taken back.
    #[serde(default)]
    pub is_taken_back: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub steps: Vec<Step>,
}

const STEPS_MAX: usize = 50;

/// What a plan is checked against: the project as it would be.
pub(super) struct PlanView<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) pending: &'a ChangeSet,
}

impl PlanView<'_> {
    fn structure(&self, path: &ProjectPath) -> Option<FileStructure> {
        match self.pending.get(path) {
            Some(change) => change.new.as_ref().map(|text| FileStructure::parse(path, text)),
            None => self.snapshot.file(path).map(|entry| (*entry.structure).clone()),
        }
    }

    /// `path::Qual.name` of a symbol that is named without its file, where only one is meant.
    fn address(&self, qualname: &str) -> Option<String> {
        let found = self.snapshot.find_symbol(qualname, 3);
        let mut exact = found.iter().filter(|located| &*located.symbol.qualname == qualname);
        let first = exact.next()?;
        exact.next().is_none().then(|| format!("{}::{qualname}", first.path))
    }
}

/// A target, taken apart.
fn parts(target: &str) -> Option<(ProjectPath, Option<&str>)> {
    let (path, qualname) = match target.split_once("::") {
        Some((path, qualname)) => (path, Some(qualname)),
        None => (target, None),
    };
    ProjectPath::new(path).ok().map(|path| (path, qualname))
}

impl Plan {
    /// Reads and checks the steps a model wrote. Steps that stand in `old` keep their state.
    pub(super) fn parse(written: Option<&Value>, view: &PlanView<'_>, old: &Self) -> Result<Self, String> {
        // Some models write the list as text once more.
        let unquoted = written.and_then(Value::as_str).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let steps = unquoted
            .as_ref()
            .or(written)
            .and_then(Value::as_array)
            .ok_or("'steps' has to be a list of {title, action, target?}.")?;
        if steps.is_empty() || steps.len() > STEPS_MAX {
            return Err(format!("a plan has 1 to {STEPS_MAX} steps."));
        }
        let mut plan = Self::default();
        let mut problems: Vec<String> = Vec::new();
        for (at, value) in steps.iter().enumerate() {
            match step_of_value(value).and_then(|step| plan.checked(step, view)) {
                Ok(step) => plan.steps.push(step),
                Err(why) => problems.push(format!("step {}: {why}", at + 1)),
            }
        }
        if !problems.is_empty() {
            return Err(format!("the plan does not fit the project: {}", problems.join(" ")));
        }
        plan.keep(old);
        plan.advance();
        Ok(plan)
    }

    /// Takes over what is known of the steps that stand in `old` too, and what the person wanted.
    fn keep(&mut self, old: &Self) {
        let is_same = |earlier: &Step, step: &Step| {
            earlier.title == step.title
                || step.target.is_some() && earlier.action == step.action && earlier.target == step.target
        };
        for step in &mut self.steps {
            if let Some(earlier) = old.steps.iter().find(|earlier| is_same(earlier, step)) {
                let title = if earlier.of_person { &earlier.title } else { &step.title };
                *step = Step { title: title.clone(), ..earlier.clone() };
            }
        }
        for (at, earlier) in old.steps.iter().enumerate().filter(|(_, step)| step.of_person) {
            let is_there = self.steps.iter().any(|step| is_same(earlier, step));
            if !is_there && !matches!(earlier.state, StepState::Done | StepState::Skipped) {
                self.steps.insert(at.min(self.steps.len()), earlier.clone());
            }
        }
    }

    /// `modify` needs an existing target, `add` a free name; earlier steps count.
    fn checked(&self, mut step: Step, view: &PlanView<'_>) -> Result<Step, String> {
        let Some(mut target) = step.target.clone() else { return Ok(step) };
        if parts(&target).is_some_and(|(path, qualname)| qualname.is_none() && path.extension().is_empty()) {
            if let Some(address) = view.address(&target) {
                target = address;
                step.target = Some(target.clone());
            } else if !matches!(step.action, StepAction::Read | StepAction::Test | StepAction::Other) {
                return Err(format!("'{target}' is no target; write it as `path::Qual.name`."));
            }
        }
        let Some((path, qualname)) = parts(&target) else {
            return Err(format!("'{target}' is no target; write it as `path::Qual.name`."));
        };
        let (action, by_plan) = (step.action, self.comes_before(&target));
        let needs_it =
            matches!(action, StepAction::Read | StepAction::Modify | StepAction::Remove | StepAction::Rename);
        let structure = view.structure(&path);
        match (qualname, &structure) {
            (_, None) if needs_it && path.is_python() && !by_plan => {
                Err(format!("'{path}' does not exist. Look with list_files."))
            }
            (Some(qualname), Some(structure)) => {
                let found = structure.find(qualname);
                match found.first().map(|id| structure.symbol(*id)) {
                    Some(symbol) if action == StepAction::Add => Err(format!(
                        "{} '{qualname}' already exists in '{path}' at line {}. Make it a modify step.",
                        symbol.kind.word(),
                        symbol.line
                    )),
                    None if needs_it && !by_plan => {
                        Err(format!("'{path}' has no symbol '{qualname}'. Look with file_structure."))
                    }
                    _ => Ok(step),
                }
            }
            _ => Ok(step),
        }
    }

    /// Whether an earlier step adds the target, or the class or file it stands in.
    fn comes_before(&self, target: &str) -> bool {
        self.steps.iter().any(|step| {
            step.action == StepAction::Add && step.target.as_deref().is_some_and(|added| target.starts_with(added))
        })
    }

    /// The answer to a plan that the model made.
    pub(super) fn told(&self) -> String {
        format!("plan of {} steps; every target fits the project\n{}", self.steps.len(), self.listed())
    }

    /// The steps as the model is told of them, a line each.
    pub(super) fn listed(&self) -> String {
        let line = |(number, step): (usize, &Step)| {
            let mark = match step.state {
                StepState::Done => "done",
                StepState::Failed => "failed",
                StepState::Running => "now",
                StepState::Waiting => "to do",
                StepState::Open => "done, but the gate has something against it",
                StepState::Skipped => "skipped by the person",
            };
            let target = step.target.as_ref().map(|target| format!(" {target}")).unwrap_or_default();
            format!("{number}. {} [{mark}]{target}", step.title)
        };
        (1..).zip(&self.steps).map(line).collect::<Vec<_>>().join("\n")
    }

    /// The first step that is not done is the one that runs.
    fn advance(&mut self) {
        let mut is_found = false;
        for step in &mut self.steps {
            if matches!(step.state, StepState::Waiting | StepState::Running) {
                step.state = if is_found { StepState::Waiting } else { StepState::Running };
                is_found = true;
            }
        }
    }

    /// A reading tool was answered: steps that wanted to see that are done.
    pub(super) fn saw(&mut self, call: &ToolCall) {
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
        let Some(path) = arguments.get("path").and_then(Value::as_str) else { return };
        let Ok(path) = ProjectPath::new(path) else { return };
        for step in self.steps.iter_mut().filter(|step| step.action == StepAction::Read) {
            if step.target.as_deref().and_then(parts).is_some_and(|(target, _)| target == path) {
                step.done(format!("{} {path}", call.name));
            }
        }
        self.advance();
    }

    /// An edit went in: steps whose target it hit have what they promise; those it took back do not. They are done once
    /// the gate has nothing against what is pending: [`Plan::settle`].
    pub(super) fn changed(&mut self, old: &ChangeSet, new: &ChangeSet) {
        for step in &mut self.steps {
            let Some((path, qualname)) = step.target.as_deref().and_then(parts) else { continue };
            let step_set = new.since(old, &path);
            let (before, after) = (step_set.get(&path), new.get(&path));
            let Some(change) = before else {
                let was_met = matches!(step.state, StepState::Done | StepState::Open);
                if after.is_none() && old.get(&path).is_some() && was_met {
                    (step.state, step.fate) = (StepState::Waiting, None);
                }
                continue;
            };
            let structure = FileStructure::parse(&path, change.new_text());
            let symbol = qualname.and_then(|name| structure.find(name).first().map(|id| structure.symbol(*id)));
            let evidence = match (step.action, qualname, symbol) {
                (StepAction::Add, Some(name), Some(symbol)) => Some(format!("{name} at line {}", symbol.line)),
                (StepAction::Modify, Some(name), Some(symbol)) if is_hit(symbol, &step_set) => {
                    Some(format!("{name}, lines {}–{}", symbol.line, symbol.end_line))
                }
                (StepAction::Remove | StepAction::Rename, Some(name), None) => Some(format!("{name} is gone")),
                (StepAction::Add | StepAction::Modify | StepAction::Test | StepAction::Other, None, _) => {
                    Some(format!("{path} changed"))
                }
                (StepAction::Remove, None, _) if change.new.is_none() => Some(format!("{path} deleted")),
                _ => None,
            };
            if let Some(evidence) = evidence {
                step.meet(StepState::Open, evidence);
            }
        }
        self.advance();
    }

    /// The tests were run on what is pending: steps that wanted that are done when all of them pass.
    pub(super) fn tested(&mut self, is_passed: bool, said: &str) {
        let is_open = |step: &&mut Step| step.state != StepState::Skipped && step.state != StepState::Done;
        for step in self.steps.iter_mut().filter(|step| step.action == StepAction::Test).filter(is_open) {
            match is_passed {
                true => step.done(said.to_owned()),
                false => step.evidence = Some(said.to_owned()),
            }
        }
        self.advance();
    }

    /// What the gate says of what is pending: steps that have what they promise are done, or not yet.
    pub(super) fn settle(&mut self, is_open: bool) {
        for step in self.steps.iter_mut().filter(|step| step.state == StepState::Open && !is_open) {
            step.state = StepState::Done;
        }
        self.advance();
    }

    /// Steps that promise an edit which has not come.
    pub(super) fn unfulfilled(&self) -> Vec<&str> {
        self.steps
            .iter()
            .filter(|step| step.target.is_some() && step.promises_an_edit())
            .filter(|step| matches!(step.state, StepState::Waiting | StepState::Running | StepState::Failed))
            .map(|step| step.title.as_str())
            .collect()
    }

    /// The task is over: what was promised and not done has failed.
    pub(super) fn close(&mut self, failed: bool) {
        let is_over = |step: &Step| matches!(step.state, StepState::Done | StepState::Skipped);
        for step in self.steps.iter_mut().filter(|step| !is_over(step)) {
            step.hold = false;
            if step.state == StepState::Open {
                // What the gate has against it is told beside.
                continue;
            }
            let promised = step.target.is_some() && step.promises_an_edit();
            if step.state == StepState::Running && failed || promised && !failed {
                step.state = StepState::Failed;
                step.evidence = Some("no edit did this".to_owned());
            } else if !failed && step.action == StepAction::Other {
                step.done("told in the summary".to_owned());
            } else {
                step.state = StepState::Waiting;
            }
        }
    }
}

impl Plan {
    /// The task goes on after all.
    pub(super) fn open_again(&mut self) {
        for step in self.steps.iter_mut().filter(|step| step.state == StepState::Failed) {
            step.state = StepState::Waiting;
            step.evidence = None;
        }
    }
}

impl Step {
    fn new(title: String) -> Self {
        let (action, state) = (StepAction::Other, StepState::Waiting);
        Self {
            title,
            action,
            target: None,
            state,
            evidence: None,
            hold: false,
            of_person: false,
            fate: None,
            is_taken_back: false,
        }
    }

    fn done(&mut self, evidence: String) {
        self.meet(StepState::Done, evidence);
    }

    /// What was skipped stays skipped.
    fn meet(&mut self, state: StepState, evidence: String) {
        if self.state != StepState::Skipped {
            self.state = state;
            self.evidence = Some(evidence);
            (self.fate, self.is_taken_back) = (None, false);
        }
    }

    fn promises_an_edit(&self) -> bool {
        matches!(self.action, StepAction::Add | StepAction::Modify | StepAction::Remove | StepAction::Rename)
    }
}

/// Whether the lines that a step changed touch the symbol.
fn is_hit(symbol: &Symbol, step: &ChangeSet) -> bool {
    let text = step.iter().next().map_or("", |(_, change)| change.new_text());
    let lines = LineIndex::new(text);
    let (first, last) = (lines.line(symbol.span.range().start), symbol.end_line);
    hunks_of(step)
        .iter()
        .flat_map(|hunk| &hunk.runs)
        // Where lines only went, the place they went from counts.
        .any(|run| run.new.start < last && run.new.end.max(run.new.start + 1) >= first)
}

fn step_of_value(value: &Value) -> Result<Step, String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let title = value
        .as_str()
        .or_else(|| text("title"))
        .ok_or("it has no title.")?
        .chars()
        .take(200)
        .collect::<String>()
        .replace(['\n', '\r'], " ");
    let action = match text("action").map(str::to_lowercase).as_deref() {
        None | Some("other") => StepAction::Other,
        Some("read") => StepAction::Read,
        Some("add") => StepAction::Add,
        Some("modify") => StepAction::Modify,
        Some("remove") => StepAction::Remove,
        Some("rename") => StepAction::Rename,
        Some("test") => StepAction::Test,
        Some(other) => {
            return Err(format!("'{other}' is no action; take read, add, modify, remove, rename, test or other."));
        }
    };
    let target = text("target").map(|target| target.trim_end_matches("()").to_owned());
    Ok(Step { action, target, ..Step::new(title) })
}
