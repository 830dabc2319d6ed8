//! The lessons of a project: lines that are only ever added, in the user's state folder; what they come to is worked out by reading.
//!
//! Knows nothing of what they teach. Invariants: half a line did not happen; no key is written.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::kept_lines::KeptLines;
use super::state::environment_variable;
use crate::agent::{KeptLesson, Lesson};

/// So many are kept of a project: those that were seen last.
const KEPT_LESSONS: usize = 400;
/// More lines than this are written anew as what they come to.
const LINES_MAX: usize = 4_000;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// Learned so often; 0 where it only completes one that was learned before.
    Learned {
        at: String,
        hits: u32,
        lesson: Lesson,
    },
    Forgotten(String),
    AllForgotten,
}

/// Where the lessons of one project are.
#[derive(Debug, Clone)]
pub struct Lessons {
    lines: KeptLines,
}

const FILE: &str = "lessons.jsonl";

impl Lessons {
    pub fn of(root: &Path) -> anyhow::Result<Self> {
        Ok(Self { lines: KeptLines::of(root, FILE)? })
    }

    /// As [`Lessons::of`], with the state folder named.
    pub fn in_state(root: &Path, state: &Path) -> Self {
        Self { lines: KeptLines::in_state(root, state, FILE) }
    }

    /// All of them, the one that was seen last first. What cannot be read is none.
    pub fn list(&self) -> Vec<KeptLesson> {
        self.read().0
    }

    /// Keeps what was learned, each with whether it only completes one that was learned before.
    pub fn learn(&self, learned: &[(Lesson, bool)]) -> io::Result<()> {
        let at = jiff::Timestamp::now().to_string();
        let line = |(lesson, completes): &(Lesson, bool)| Line::Learned {
            at: at.clone(),
            hits: u32::from(!completes),
            lesson: without_keys(lesson.clone()),
        };
        self.lines.append(&learned.iter().map(line).collect::<Vec<_>>())?;
        let (kept, line_count) = self.read();
        if line_count > LINES_MAX { self.shorten(&kept) } else { Ok(()) }
    }

    /// False where there is none of this id.
    pub fn forget(&self, id: &str) -> io::Result<bool> {
        if !self.list().iter().any(|kept| kept.id == id) {
            return Ok(false);
        }
        self.lines.append(&[Line::Forgotten(id.to_owned())])?;
        Ok(true)
    }

    pub fn forget_all(&self) -> io::Result<()> {
        // The code of what was forgotten goes, too.
        self.lines.append(&[Line::AllForgotten])?;
        self.shorten(&[])
    }

    fn read(&self) -> (Vec<KeptLesson>, usize) {
        let mut kept: BTreeMap<String, KeptLesson> = BTreeMap::new();
        let mut line_count = 0;
        for line in self.lines.read() {
            line_count += 1;
            match line {
                Line::Learned { at, hits, lesson } => {
                    let id = lesson.id();
                    match kept.get_mut(&id) {
                        Some(known) => {
                            known.lesson.merge(lesson);
                            known.hit_count += hits;
                            known.last_seen = at;
                        }
                        None => {
                            let hit_count = hits.max(1);
                            kept.insert(id.clone(), KeptLesson { id, lesson, hit_count, last_seen: at });
                        }
                    }
                }
                Line::Forgotten(id) => drop(kept.remove(&id)),
                Line::AllForgotten => kept.clear(),
            }
        }
        let mut kept: Vec<KeptLesson> = kept.into_values().collect();
        kept.sort_by(|one, other| (&other.last_seen, &other.id).cmp(&(&one.last_seen, &one.id)));
        kept.truncate(KEPT_LESSONS);
        (kept, line_count)
    }

    fn shorten(&self, kept: &[KeptLesson]) -> io::Result<()> {
        let line = |kept: &KeptLesson| Line::Learned {
            at: kept.last_seen.clone(),
            hits: kept.hit_count,
            lesson: kept.lesson.clone(),
        };
        self.lines.replace(&kept.iter().rev().map(line).collect::<Vec<_>>())
    }
}

/// A lesson without what looks like a key, or is the model's.
fn without_keys(mut lesson: Lesson) -> Lesson {
    let own = environment_variable("OPENAI_API_KEY").filter(|key| key.len() >= 8);
    let clean = |text: &mut String| {
        if let Some(key) = own.as_deref().filter(|key| text.contains(*key)) {
            *text = text.replace(key, HIDDEN);
        }
        *text = hide_keys(text);
    };
    let texts = [&mut lesson.wrong, &mut lesson.prompt, &mut lesson.rejected];
    texts.into_iter().chain(&mut lesson.right).chain(&mut lesson.chosen).for_each(clean);
    lesson
}

const HIDDEN: &str = "(a key)";
/// What keys of the usual providers begin with.
const KEY_BEGINNINGS: [&str; 9] = ["sk-", "sk_", "ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "AKIA", "AIza"];

fn hide_keys(text: &str) -> String {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_key(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let is_key = word.len() >= 16 && KEY_BEGINNINGS.iter().any(|beginning| word.starts_with(beginning));
        out.push_str(if is_key { HIDDEN } else { word });
        let other = behind.find(is_of_key).unwrap_or(behind.len());
        out.push_str(&behind[..other]);
        rest = &behind[other..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(wrong: &str, chosen: Option<&str>) -> Lesson {
        let lesson = serde_json::json!({
            "teacher": "refusal", "code": "unresolved-attribute", "path": "a.py", "wrong": wrong, "rejected": "x.lines()",
            "chosen": chosen,
        });
        serde_json::from_value(lesson).unwrap()
    }

    #[test]
    fn equal_lessons_are_one_and_the_correction_completes_it() {
        let folder = tempfile::tempdir().unwrap();
        let lessons = Lessons::in_state(Path::new("/project"), folder.path());
        lessons.learn(&[(lesson("no 'lines' at line 3", None), false)]).unwrap();
        lessons.learn(&[(lesson("no 'lines' at line 14", None), false), (lesson("other", None), false)]).unwrap();
        lessons.learn(&[(lesson("no 'lines' at line 14", Some("x.line()")), true)]).unwrap();
        let listed = lessons.list();
        assert_eq!((listed.len(), listed[0].hit_count), (2, 2));
        assert_eq!(listed[0].lesson.chosen.as_deref(), Some("x.line()"));
        // A crash in the middle of a line loses that line alone.
        let whole = std::fs::read(&lessons.lines.file).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&lessons.lines.file, &whole[..cut]).unwrap();
            lessons.learn(&[(lesson("last", None), false)]).unwrap();
            assert_eq!(lessons.list()[0].lesson.wrong, "last", "{cut}");
        }
        assert!(lessons.forget(&lessons.list()[0].id).unwrap() && !lessons.forget("nothing").unwrap());
        assert!(lessons.list().iter().all(|kept| kept.lesson.wrong != "last"));
        lessons.forget_all().unwrap();
        assert!(lessons.list().is_empty() && std::fs::read(&lessons.lines.file).unwrap().is_empty());
    }

    #[test]
    fn only_so_many_lines_are_kept_and_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let lessons = Lessons::in_state(Path::new("/project"), folder.path());
        let word = |at: usize| format!("word{}", "x".repeat(at % 600));
        let many: Vec<(Lesson, bool)> = (0..LINES_MAX + 1).map(|at| (lesson(&word(at), None), false)).collect();
        lessons.learn(&many).unwrap();
        assert_eq!(lessons.list().len(), KEPT_LESSONS);
        assert_eq!(std::fs::read_to_string(&lessons.lines.file).unwrap().lines().count(), KEPT_LESSONS);
        let key = "sk-proj-abcdefghijklmnop1234";
        lessons.learn(&[(lesson(&format!("key = '{key}', sk-learn stays"), None), false)]).unwrap();
        let text = std::fs::read_to_string(&lessons.lines.file).unwrap();
        assert!(!text.contains(key) && text.contains("'(a key)', sk-learn stays"));
    }
}
