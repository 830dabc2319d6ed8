//! Lessons: what went wrong once on this project, in one sentence, and what was right.
//!
//! Knows nothing of where they are kept. Invariants: what is wrong in the same way at the same place is one lesson; those that a
//! task is told of bear on it and stay within their budget.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::gate::{FailedTest, Issue};
use crate::text::{ContentHash, ProjectPath};

/// Who said that it was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Teacher {
    /// The gate or a tool refused it.
    Refusal,
    /// A test failed with it that passes without it.
    Test,
    /// The person rejected it.
    Person,
}

/// One mistake and, where it is known, what was right in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    pub teacher: Teacher,
    /// The code of an issue, the name of a tool that refused, `failing-test`, `rejected`.
    pub code: String,
    pub path: Option<ProjectPath>,
    /// The symbols it is about, by qualified name where that is known.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// One sentence.
    pub wrong: String,
    /// One sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<String>,
    /// What the model was to do.
    #[serde(default)]
    pub prompt: String,
    /// The code that was wrong; empty where it is not known.
    #[serde(default)]
    pub rejected: String,
    /// The code that was accepted in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
}

/// A lesson that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptLesson {
    /// The same for equal lessons, for as long as the project has them.
    pub id: String,
    pub lesson: Lesson,
    /// How often it was learned.
    pub hit_count: u32,
    /// In RFC 3339.
    pub last_seen: String,
}

/// Longest sentence and longest code that a lesson keeps.
const SENTENCE_CHARS_MAX: usize = 300;
const CODE_CHARS_MAX: usize = 4_000;
/// About 400 tokens.
const TOLD_BYTES_MAX: usize = 1_600;
/// Lessons that one task is told.
const TOLD_MAX: usize = 6;

impl Lesson {
    /// The gate refused an edit for `issue`.
    pub fn of_issue(issue: &Issue) -> Self {
        let (wrong, right) = match issue.message.split_once(". ") {
            Some((wrong, right)) => (wrong, Some(right)),
            None => (&*issue.message, None),
        };
        let symbols = quoted(wrong);
        Self {
            right: right.map(sentence),
            symbols,
            ..Self::new(Teacher::Refusal, issue.code, Some(&issue.path), wrong)
        }
    }

    /// A test failed that passes without the change.
    pub fn of_failing_test<'a>(test: &FailedTest, changed: impl Iterator<Item = &'a ProjectPath>) -> Self {
        let changed: Vec<&ProjectPath> = changed.collect();
        let listed: Vec<&str> = changed.iter().take(3).map(|path| path.as_str()).collect();
        let wrong = format!("a change of {} broke {}: {}", listed.join(", "), test.id, first_line(&test.message));
        let name = test.id.rsplit([':', '.']).next().unwrap_or(&test.id).to_owned();
        // Where the change shows on the way to the error.
        let shows = |path: &&ProjectPath| test.frames.iter().any(|frame| frame.path == path.as_str());
        let path = changed.into_iter().find(shows).or(test.path.as_ref());
        Self { symbols: vec![name], ..Self::new(Teacher::Test, "failing-test", path, &wrong) }
    }

    pub(super) fn new(teacher: Teacher, code: &str, path: Option<&ProjectPath>, wrong: &str) -> Self {
        Self {
            teacher,
            code: code.to_owned(),
            path: path.cloned(),
            symbols: Vec::new(),
            wrong: sentence(wrong),
            right: None,
            prompt: String::new(),
            rejected: String::new(),
            chosen: None,
        }
    }

    pub(super) fn rejecting(mut self, code: &str, prompt: String) -> Self {
        self.rejected = clipped(code, CODE_CHARS_MAX);
        self.prompt = clipped(&prompt, CODE_CHARS_MAX);
        self
    }

    /// What was accepted in its place.
    pub(super) fn corrected(mut self, chosen: &str) -> Self {
        self.chosen = Some(clipped(chosen, CODE_CHARS_MAX));
        self
    }

    /// Equal for lessons that say the same: lines and counts in the sentence do not matter.
    pub fn id(&self) -> String {
        let said: String = self.wrong.chars().filter(|c| !c.is_ascii_digit()).collect();
        let path = self.path.as_ref().map_or("", ProjectPath::as_str);
        let key = format!("{:?}\n{}\n{path}\n{said}", self.teacher, self.code);
        ContentHash::of(key.as_bytes()).to_string()[..8].to_owned()
    }

    /// Takes over what an equal lesson knows more, or knows later.
    pub fn merge(&mut self, later: Self) {
        if later.chosen.is_some() || self.chosen.is_none() {
            (self.prompt, self.rejected, self.chosen) = (later.prompt, later.rejected, later.chosen);
        }
        self.right = later.right.or(self.right.take());
        let more: Vec<String> = later.symbols.into_iter().filter(|symbol| !self.symbols.contains(symbol)).collect();
        self.symbols.extend(more);
    }

    /// In one line, as a task is told it.
    fn told(&self) -> String {
        let place = self.path.as_ref().map_or(String::new(), |path| format!("{path}: "));
        let who = match self.teacher {
            Teacher::Refusal => "",
            Teacher::Test => "tests: ",
            Teacher::Person => "the person: ",
        };
        let mut told = format!("- {who}{place}{}.", self.wrong.trim_end_matches('.'));
        if let Some(right) = &self.right {
            let _ = write!(told, " {}.", right.trim_end_matches('.'));
        }
        told
    }
}

/// The lessons that bear on a task, as text for the model, and how many; none for none.
///
/// `task` is what the person wrote, `context` what else is known to bear on it.
pub(super) fn bearing_on(lessons: &[KeptLesson], task: &str, context: &str) -> Option<(String, usize)> {
    let (of_task, of_context) = (words(task), words(context));
    let mut ranked: Vec<(u32, &KeptLesson)> = lessons
        .iter()
        .map(|kept| (weight(&kept.lesson, &of_task, &of_context), kept))
        .filter(|(weight, _)| *weight > 0)
        .map(|(weight, kept)| (weight + kept.hit_count.min(5), kept))
        .collect();
    ranked.sort_by(|one, other| (other.0, &other.1.last_seen).cmp(&(one.0, &one.1.last_seen)));
    let mut told = "Learned on this project before; do not repeat it:".to_owned();
    let mut count = 0;
    for (_, kept) in ranked {
        let line = kept.lesson.told();
        if count < TOLD_MAX && told.len() + line.len() < TOLD_BYTES_MAX {
            told.push('\n');
            told.push_str(&line);
            count += 1;
        }
    }
    (count > 0).then_some((told, count))
}

/// How much a lesson has to do with a task; 0 for nothing.
fn weight(lesson: &Lesson, task: &BTreeSet<&str>, context: &BTreeSet<&str>) -> u32 {
    let names = |text: &str, of: &BTreeSet<&str>| words(text).iter().any(|word| of.contains(word));
    let path = lesson.path.as_ref().map(ProjectPath::as_str);
    let stem = path.and_then(|path| path.rsplit('/').next()).and_then(|name| name.split('.').next());
    let mut weight = 0;
    for symbol in &lesson.symbols {
        let last = symbol.rsplit('.').next().unwrap_or(symbol);
        weight += if task.contains(last) { 8 } else { u32::from(context.contains(last)) * 3 };
    }
    weight += match (path, stem) {
        (Some(path), Some(stem)) if task.contains(path) || (stem.len() > 3 && task.contains(stem)) => 6,
        (Some(path), _) if context.contains(path) => 2,
        _ => 0,
    };
    weight += u32::from(task.contains(&*lesson.code)) * 6;
    // What a person said holds for more than one place.
    weight + u32::from(lesson.teacher == Teacher::Person && names(&lesson.wrong, task)) * 2
}

/// Names, paths and codes; single letters and short words say nothing.
fn words(text: &str) -> BTreeSet<&str> {
    let whole = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '-')));
    let whole = whole.map(|word| word.trim_matches(['.', '-', '/']));
    whole.clone().chain(whole.flat_map(|word| word.split(['.', '/']))).filter(|word| word.len() > 3).collect()
}

/// What stands in single quotes: the names that an issue is about.
fn quoted(text: &str) -> Vec<String> {
    let names = text.split('\'').skip(1).step_by(2).map(|name| name.trim_end_matches("()").to_owned());
    names.filter(|name| !name.is_empty() && name.len() < 80 && !name.contains(char::is_whitespace)).take(4).collect()
}

fn sentence(text: &str) -> String {
    clipped(first_line(text).trim_end_matches('.'), SENTENCE_CHARS_MAX)
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default()
}

fn clipped(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
