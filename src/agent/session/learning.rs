//! What the session learns while it works, and what it is told of earlier lessons.
//!
//! Invariant: a lesson is given away once when it is learned, and once more when what was right in its place is known.

use serde_json::Value;

use super::Session;
use crate::agent::lessons::{KeptLesson, Lesson, Teacher, bearing_on};
use crate::agent::tools::{Kind, Spec};
use crate::agent::{Activity, ToolCall, defined_name};
use crate::gate::{FailedTest, Issue};
use crate::text::ProjectPath;

/// What is known and what was learned. Not saved: what is learned is kept by itself.
#[derive(Default)]
pub(super) struct Learning {
    known: Vec<KeptLesson>,
    /// Learned and not given away yet; true for those that were learned before and know more now.
    learned: Vec<(Lesson, bool)>,
    /// Mistakes of this task whose place was not edited with success since.
    open: Vec<(Place, Lesson)>,
    /// Hunks that were made anew, each with what the person has to accept for it to be right.
    redone: Vec<(Lesson, String)>,
}

/// Where an edit was to happen: the file, and the symbol if it names one.
type Place = (String, String);

/// More mistakes than this of one task are not followed up.
const OPEN_MAX: usize = 32;

impl Session {
    /// The lessons of the project, for the tasks to come.
    pub fn know(&mut self, lessons: Vec<KeptLesson>) {
        self.learning.known = lessons;
    }

    /// What was learned since this was asked the last time, each with whether it only completes one that was told before.
    pub fn learned(&mut self) -> Vec<(Lesson, bool)> {
        std::mem::take(&mut self.learning.learned)
    }

    /// What the model is told of earlier lessons when a task begins.
    pub(super) fn lessons_for(&mut self, context: &str) -> Option<String> {
        let task = self.task_text();
        self.learning.open.clear();
        let (told, count) = bearing_on(&self.learning.known, &task, context)?;
        self.note(if count == 1 { "1 lesson".to_owned() } else { format!("{count} lessons") });
        Some(told)
    }

    /// The same once more, for a conversation that was shortened.
    pub(super) fn lessons_again(&self) -> Option<String> {
        bearing_on(&self.learning.known, &self.task_text(), "").map(|(told, _)| told)
    }

    fn task_text(&self) -> String {
        let task = self.activity.iter().rev().find_map(|entry| match entry {
            Activity::Task(text) => Some(text.clone()),
            _ => None,
        });
        task.unwrap_or_default()
    }

    fn prompt_of(&self, call: &ToolCall) -> String {
        let (path, symbol) = place_of(call);
        let what = [call.name.as_str(), &symbol, &path].into_iter().filter(|word| !word.is_empty());
        format!("Task: {}\nChange: {}", self.task_text(), what.collect::<Vec<_>>().join(" "))
    }

    fn learn(&mut self, lesson: Lesson) {
        self.learning.learned.push((lesson, false));
    }

    /// The gate took an edit back.
    pub(super) fn learn_of_issues(&mut self, call: &ToolCall, issues: &[Issue]) {
        let place = place_of(call);
        for issue in issues {
            let mut lesson = Lesson::of_issue(issue).rejecting(&code_of(call), self.prompt_of(call));
            if !place.1.is_empty() && !lesson.symbols.contains(&place.1) {
                lesson.symbols.push(place.1.clone());
            }
            self.learn(lesson.clone());
            self.leave_open(place.clone(), lesson);
        }
    }

    /// A tool refused a call that would have changed something.
    pub(super) fn learn_of_refusal(&mut self, call: &ToolCall, text: &str) {
        let is_change = Spec::named(&call.name).is_some_and(|spec| spec.kind == Kind::Change);
        let Some(why) = text.strip_prefix("Error: ").filter(|_| is_change) else { return };
        let place = place_of(call);
        let path = ProjectPath::new(&place.0).ok();
        let (wrong, right) = match why.split_once(". ") {
            Some((wrong, right)) => (wrong, right.lines().next()),
            None => (why, None),
        };
        let mut lesson = Lesson::new(Teacher::Refusal, &call.name, path.as_ref(), wrong);
        lesson.right = right.map(|right| right.trim_end_matches('.').to_owned());
        lesson.symbols.extend((!place.1.is_empty()).then(|| place.1.clone()));
        let lesson = lesson.rejecting(&code_of(call), self.prompt_of(call));
        self.learn(lesson.clone());
        self.leave_open(place, lesson);
    }

    fn leave_open(&mut self, place: Place, lesson: Lesson) {
        let open = &mut self.learning.open;
        if open.len() < OPEN_MAX && !code_is_empty(&lesson) {
            open.push((place, lesson));
        }
    }

    /// An edit was accepted: what was wrong at its place before has its right counterpart now.
    pub(super) fn learn_right(&mut self, call: &ToolCall) {
        let (place, chosen) = (place_of(call), code_of(call));
        if chosen.is_empty() {
            return;
        }
        let (met, left) = std::mem::take(&mut self.learning.open).into_iter().partition(|(open, _)| *open == place);
        self.learning.open = left;
        let met: Vec<(Place, Lesson)> = met;
        let completed = met.into_iter().filter(|(_, lesson)| lesson.rejected != chosen);
        self.learning.learned.extend(completed.map(|(_, lesson)| (lesson.corrected(&chosen), true)));
    }

    pub(super) fn learn_of_tests(&mut self, failed: &[FailedTest]) {
        for test in failed {
            let lesson = Lesson::of_failing_test(test, self.pending.iter().map(|(path, _)| path));
            let prompt = format!("Task: {}", self.task_text());
            self.learn(lesson.rejecting("", prompt));
        }
    }

    /// The person wants a hunk made anew, for a reason.
    pub(super) fn learn_of_comment(&mut self, path: &ProjectPath, lines: &str, comment: &str) {
        let prompt = format!("Task: {}\nChange: {path}", self.task_text());
        let lesson = Lesson::new(Teacher::Person, "rejected", Some(path), comment).rejecting(lines, prompt);
        self.learn(lesson.clone());
        self.learning.redone.push((lesson, String::new()));
    }

    /// What the hunk that was made anew reads now.
    pub(super) fn redone_as(&mut self, lines: &str) {
        if let Some((_, chosen)) = self.learning.redone.last_mut() {
            lines.clone_into(chosen);
        }
    }

    /// The person rejected hunks, or all of a proposal; `told` begins with the path of each.
    pub(super) fn learn_of_rejections(&mut self, rejected: &[String]) {
        for told in rejected {
            let path = told.split(' ').next().and_then(|path| ProjectPath::new(path).ok());
            let place = told.lines().next().unwrap_or_default().trim_end_matches(':');
            let lines: Vec<&str> = told.lines().filter_map(|line| line.strip_prefix('+')).collect();
            let wrong = format!("this change was rejected: {place}");
            let prompt = format!("Task: {}\nChange: {place}", self.task_text());
            let lesson = Lesson::new(Teacher::Person, "rejected", path.as_ref(), &wrong);
            self.learn(lesson.rejecting(&lines.join("\n"), prompt));
        }
    }

    /// What was made anew and is not among what was rejected was right.
    pub(super) fn learn_of_written(&mut self, rejected: &[String]) {
        for (lesson, chosen) in std::mem::take(&mut self.learning.redone) {
            let first = chosen.lines().next().unwrap_or_default().trim();
            let is_rejected = rejected.iter().any(|told| !first.is_empty() && told.contains(first));
            if !chosen.is_empty() && !is_rejected && chosen != lesson.rejected {
                self.learning.learned.push((lesson.corrected(&chosen), true));
            }
        }
    }
}

fn code_is_empty(lesson: &Lesson) -> bool {
    lesson.rejected.trim().is_empty()
}

fn argument(call: &ToolCall, names: &[&str]) -> String {
    let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
    let text = |name: &&str| arguments.get(*name).and_then(Value::as_str).map(str::to_owned);
    names.iter().find_map(text).unwrap_or_default()
}

fn place_of(call: &ToolCall) -> Place {
    let class = argument(call, &["target_class"]);
    let name = argument(call, &["name", "symbol"]);
    let name = if name.is_empty() { defined_name(&argument(call, &["code"])).unwrap_or_default() } else { name };
    let symbol = if class.is_empty() || name.contains('.') { name } else { format!("{class}.{name}") };
    (argument(call, &["path", "source"]), symbol)
}

fn code_of(call: &ToolCall) -> String {
    argument(call, &["code", "replace", "content", "new_name"])
}
