//! What a judgement, an outline and the uses of a symbol cost on the fixed project.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use flux::app::{NamedQuestion, named};
use flux::gate::{Gate, PythonEnvironment, word_places};
use flux::index::{FileStructure, Snapshot, View};
use flux::sys::{DiskSource, index_once};
use flux::text::{ChangeSet, ProjectPath, Source};
use ruff_python_ast::PySourceType;
use ruff_python_parser::parse_unchecked_source;

use super::compare_often;

const ROUNDS: usize = 7;

/// One that most others use, and one that few do.
const EDITED: [&str; 2] = ["django/db/models/query.py", "django/contrib/humanize/templatetags/humanize.py"];

pub(crate) fn judgements(root: &Path) {
    let snapshot = index_once(root.to_path_buf(), Vec::new(), |_, _| ()).unwrap();
    let source = DiskSource::new(root.to_path_buf());
    let judge = |gate: &mut Gate, path: &ProjectPath, round: usize| {
        let old = source.read(path).unwrap();
        let new = format!("{}\n\ndef newly_made_{round}(number):\n    return number + {round}\n", old.text());
        let mut pending = ChangeSet::default();
        pending.put(path.clone(), Some(old), Some(new.into()));
        black_box(gate.judge(View { snapshot: &snapshot, pending: &pending, source: &source }, None));
    };
    let mut gate = Gate::new(root, PythonEnvironment::default());
    for edited in EDITED {
        let path = ProjectPath::new(edited).unwrap();
        judge(&mut gate, &path, 0);
        let text = fs::read_to_string(path.on_disk(root)).unwrap();
        let mut round = 0;
        compare_often(
            ROUNDS,
            &format!("judging another function in {edited} against parsing that file"),
            || {
                round += 1;
                judge(&mut gate, &path, round);
            },
            || drop(black_box(parse_unchecked_source(&text, PySourceType::Python))),
        );
        compare_often(
            ROUNDS,
            &format!("outline of {edited} against parsing that file"),
            || drop(black_box(FileStructure::parse(&path, &text))),
            || drop(black_box(parse_unchecked_source(&text, PySourceType::Python))),
        );
    }
}

/// Symbols that many files mention.
const USED: [(&str, &str); 2] =
    [("django/db/models/query.py", "QuerySet"), ("django/utils/functional.py", "cached_property")];

/// Where a name stands, which is shown first, and which of these places mean the symbol.
pub(crate) fn uses(root: &Path) {
    let snapshot: Arc<Snapshot> = index_once(root.to_path_buf(), Vec::new(), |_, _| ()).unwrap();
    let source = DiskSource::new(root.to_path_buf());
    for (path, name) in USED {
        let path = ProjectPath::new(path).unwrap();
        let files = snapshot.files_with_word(name);
        let read = || {
            let count = |path: &&ProjectPath| word_places(source.read(path).unwrap().text(), name).count();
            black_box(files.iter().map(count).sum::<usize>());
        };
        let question = NamedQuestion { snapshot: snapshot.clone(), path: path.clone(), name: name.to_owned() };
        let stands = || named(&question, &source, &|| true, &mut |uses| drop(black_box(uses)));
        let files = format!("against reading the {} files that mention it", files.len());
        compare_often(ROUNDS, &format!("where '{name}' stands {files}"), stands, read);
        let mut gate = Gate::new(root, PythonEnvironment::default());
        let pending = ChangeSet::default();
        let view = View { snapshot: &snapshot, pending: &pending, source: &source };
        let mut means = || drop(black_box(gate.references(view, &path, name)));
        compare_often(1, &format!("what means '{name}', asked first, {files}"), &mut means, read);
        compare_often(3, &format!("what means '{name}', asked again, {files}"), &mut means, read);
    }
}
