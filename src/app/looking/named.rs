//! Where the name of a symbol stands: what is shown while it is found out which of those places mean the symbol.
//!
//! Asks the words of the project and the texts of the files that have this one. Knows nothing of what a place means.

use std::sync::Arc;

use super::{SymbolUse, UseKind};
use crate::gate::word_places;
use crate::index::Snapshot;
use crate::text::{LineIndex, ProjectPath, Source};

/// Nobody looks through more places that may mean anything.
const PLACES_MAX: usize = 5_000;
/// So many are told at once, and then each time there are several times as many.
const FIRST_PLACES: usize = 100;
const TIMES_MORE: usize = 6;
/// So much of a line is shown.
const LINE_CHARS_MAX: usize = 200;

/// A name that is looked for, in this file first.
#[derive(Clone)]
pub struct NamedQuestion {
    pub snapshot: Arc<Snapshot>,
    pub path: ProjectPath,
    pub name: String,
}

/// Looks for a name and tells of the places that were found so far, again and again until all are there, or as many as
/// anybody looks at. Reads files: not for the main thread. Ends when `is_wanted` says that nobody waits for it any more.
pub fn named(
    question: &NamedQuestion,
    source: &dyn Source,
    is_wanted: &dyn Fn() -> bool,
    told: &mut dyn FnMut(Vec<SymbolUse>),
) {
    let (own, name) = (&question.path, &*question.name);
    let others = question.snapshot.files_with_word(name).into_iter().filter(|path| *path != own);
    let (mut uses, mut next) = (Vec::new(), FIRST_PLACES);
    for path in std::iter::once(own).chain(others) {
        if !is_wanted() {
            return;
        }
        // What cannot be read cannot be shown either.
        let Ok(file) = source.read(path) else { continue };
        let text = file.text();
        let lines = LineIndex::new(text);
        let mut at_lines: Vec<u32> = word_places(text, name).map(|at| lines.line(at)).collect();
        at_lines.dedup();
        let one =
            |line| SymbolUse { kind: UseKind::Named, path: path.clone(), line, text: line_text(text, &lines, line) };
        uses.extend(at_lines.into_iter().map(one));
        if uses.len() >= PLACES_MAX {
            break;
        }
        if uses.len() >= next {
            told(uses.clone());
            next = uses.len() * TIMES_MORE;
        }
    }
    uses.truncate(PLACES_MAX);
    told(uses);
}

/// A line as it is shown.
pub fn line_text(text: &str, lines: &LineIndex, line: u32) -> String {
    let line = text.get(lines.line_span(line).range()).unwrap_or_default();
    line.trim().chars().take(LINE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::index::Store;
    use crate::text::{FileText, MemorySource, ReadError};

    /// Counts the files that are read.
    #[derive(Default)]
    struct Counted {
        texts: MemorySource,
        reads: AtomicUsize,
    }

    impl Source for Counted {
        fn read(&self, path: &ProjectPath) -> Result<Arc<FileText>, ReadError> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.texts.read(path)
        }

        fn same_but_case(&self, path: &ProjectPath) -> Option<ProjectPath> {
            self.texts.same_but_case(path)
        }
    }

    fn project(count: usize, text: impl Fn(usize) -> String) -> (Counted, NamedQuestion) {
        let (mut source, mut store) = (Counted::default(), Store::new("/p".into()));
        let path = |nth: usize| ProjectPath::new(&format!("m{nth:05}.py")).unwrap();
        (0..count).for_each(|nth| source.texts.put(path(nth), &text(nth)));
        let parsed = (0..count).map(|nth| (path(nth), Store::parse(&path(nth), text(nth).as_bytes())));
        let snapshot = store.apply(parsed.collect(), &[]);
        (source, NamedQuestion { snapshot, path: path(700), name: "wanted".to_owned() })
    }

    #[test]
    fn no_more_is_read_than_mentions_the_name() {
        for count in [1_000, 2_000, 4_000, 8_000] {
            let text = |nth: usize| {
                ["unwanted = 1\n", "x = wanted\n"][usize::from(nth.is_multiple_of(100) && nth < 1_000)].to_owned()
            };
            let (source, question) = project(count, text);
            let mut told = Vec::new();
            named(&question, &source, &|| true, &mut |uses| told.push(uses));
            let [uses] = &told[..] else { panic!("told {} times", told.len()) };
            assert_eq!((uses.len(), source.reads.load(Ordering::Relaxed)), (10, 10));
            assert_eq!(
                (uses[0].path.as_str(), uses[1].path.as_str()),
                ("m00700.py", "m00000.py"),
                "its own file first"
            );
            named(&question, &source, &|| false, &mut |_| panic!("nobody wants to know"));
            assert_eq!(source.reads.load(Ordering::Relaxed), 10);
        }
    }

    #[test]
    fn what_many_files_mention_is_told_early_and_in_few_parts() {
        let (source, question) = project(4_000, |_| "wanted = 1\n\nwanted(wanted)\n".to_owned());
        let mut told: Vec<(usize, usize)> = Vec::new();
        named(&question, &source, &|| true, &mut |uses| told.push((uses.len(), source.reads.load(Ordering::Relaxed))));
        assert_eq!(told, [(100, 50), (600, 300), (3_600, 1_800), (PLACES_MAX, PLACES_MAX / 2)]);
    }
}
