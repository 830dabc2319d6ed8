//! What questions cost on a project of a million symbols, as ratios to looking at everything once, on all processors and
//! without any table: copies of one project, each parsed for itself, so that no two share memory.
//!
//! Who types waits for nothing that comes within 100 ms (Miller, "Response time in man-computer conversational
//! transactions", 1968); a frame at 60 Hz is 16 ms.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flux::app::{PickSource, RankQuestion, rank};
use flux::index::{FileEntry, Snapshot, Store};
use flux::text::ProjectPath;
use rayon::prelude::*;

use super::{compare_often, ms};

const SYMBOLS: usize = 1_000_000;
/// A save is measured on as many files as on all of them.
const FEW_FILES: usize = 10_000;
const ROUNDS: usize = 3;

/// What is typed letter by letter, and taken back the same way.
const TYPED: [&str; 5] = ["queryset", "get", "prefetch_related", "qs filter", "QuerySet.filt"];
const SYMBOLS_ASKED: [&str; 4] = ["QuerySet.filter", "get", "qsflt", "no_such_symbol_anywhere"];
const WORDS_ASKED: [&str; 3] = ["self", "prefetch_related_objects", "no_such_word_anywhere"];

pub(crate) fn questions(files: &[(ProjectPath, Vec<u8>)]) {
    let mut store = store(files);
    let snapshot = store.snapshot();
    println!("questions to {} symbols in {} files", snapshot.symbol_count(), snapshot.file_count());
    let path = ProjectPath::new("copy0/django/db/models/query.py").unwrap();
    let look = || {
        black_box(names_with(&snapshot, b"queryset"));
    };
    let first = |what: &str, ask: &dyn Fn() -> usize| {
        let what = format!("the first question for {what}, once for a project, against a look at every name");
        let ask = || {
            black_box(ask());
        };
        compare_often(1, &what, ask, look);
    };
    first("a word", &|| snapshot.files_with_word("QuerySet").len());
    first("a symbol", &|| snapshot.find_symbol("QuerySet", 50).len());
    first("dependents", &|| snapshot.dependents(&path).len());
    let called = || drop(black_box(snapshot.symbols_called("get")));
    compare_often(ROUNDS, "symbols called 'get' against a look at every name", called, look);
    let look_through = |word: &str| {
        black_box(snapshot.files().filter(|(_, file)| file.has_word(word)).count());
    };
    for typed in TYPED {
        pick(&snapshot, typed, look);
    }
    for query in SYMBOLS_ASKED {
        let ask = || drop(black_box(snapshot.find_symbol(query, 50)));
        compare_often(ROUNDS, &format!("symbols like '{query}' against a look at every name"), ask, look);
    }
    for word in WORDS_ASKED {
        let ask = || drop(black_box(snapshot.files_with_word(word)));
        compare_often(ROUNDS, &format!("files with '{word}' against asking every file"), ask, || look_through(word));
    }
    let ask = || drop(black_box(snapshot.dependents(&path)));
    compare_often(ROUNDS, "dependents of a file against asking every file for its name", ask, || look_through("query"));
    saves(&mut store, &path);
}

/// What a save costs on few and on many files: the snapshot, and a word and a symbol asked of it.
fn saves(store: &mut Store, path: &ProjectPath) {
    let mut small = Store::new(PathBuf::from("/project"));
    let snapshot = store.snapshot();
    let few = snapshot.files().take(FEW_FILES).map(|(path, entry)| (path.clone(), FileEntry::clone(entry)));
    let few = small.apply(few.collect(), &[]);
    few.prepare();
    few.find_symbol("QuerySet", 1);
    let save = |store: &mut Store, round: &mut usize| {
        *round += 1;
        let text = format!("from django.db import models\nx{round} = QuerySet\n");
        let next = store.apply(vec![(path.clone(), Store::parse(path, text.as_bytes()))], &[]);
        next.prepare();
        black_box(next.symbols_called("QuerySet").len());
    };
    let (mut many_round, mut few_round) = (0, 0);
    let what = format!("a save among {} files against one among {FEW_FILES}", snapshot.file_count());
    compare_often(21, &what, || save(store, &mut many_round), || save(&mut small, &mut few_round));
}

/// Ranks the list of all files and symbols for each letter that is typed and taken back.
fn pick(snapshot: &Arc<Snapshot>, typed: &str, look: impl Fn()) {
    let ends = || (1..=typed.len()).chain((1..typed.len()).rev());
    let mut slowest = (Duration::ZERO, 0);
    let keys = || {
        for end in ends() {
            let source = PickSource::Project(snapshot.clone());
            let question = RankQuestion { source, query: typed[..end].to_owned(), recent: Arc::default() };
            let begun = Instant::now();
            black_box(rank(&question, &|| true));
            slowest = slowest.max((begun.elapsed(), end));
        }
    };
    let what = format!("{} keys for '{typed}' against as many looks at every name", ends().count());
    compare_often(ROUNDS, &what, keys, || ends().for_each(|_| look()));
    let begun = Instant::now();
    look();
    let ratio = slowest.0.as_secs_f64() / begun.elapsed().as_secs_f64();
    println!(
        "  the slowest of them, '{}', against one: {:.0} ms, ratio {ratio:.2}",
        &typed[..slowest.1],
        ms(slowest.0)
    );
}

/// How many names have these letters in this order: the least that a search without tables does.
fn names_with(snapshot: &Snapshot, letters: &[u8]) -> usize {
    let of_file = |entry: &FileEntry| {
        let symbols = entry.structure.symbols.iter();
        let fits = symbols.filter(|symbol| {
            let mut name = symbol.qualname.bytes().map(|byte| byte.to_ascii_lowercase());
            letters.iter().all(|letter| name.any(|byte| byte == *letter))
        });
        fits.count()
    };
    snapshot.parts().par_iter().map(|part| part.files().iter().map(|(_, entry)| of_file(entry)).sum::<usize>()).sum()
}

fn store(files: &[(ProjectPath, Vec<u8>)]) -> Store {
    let parsed = |copy: usize| -> Vec<(ProjectPath, FileEntry)> {
        let files = files.par_iter();
        let parsed = files
            .map(|(path, bytes)| (ProjectPath::new(&format!("copy{copy}/{path}")).unwrap(), Store::parse(path, bytes)));
        parsed.collect()
    };
    let first = parsed(0);
    let symbols: usize = first.iter().map(|(_, entry)| entry.symbol_count()).sum();
    let copies = SYMBOLS.div_ceil(symbols);
    let mut store = Store::new(PathBuf::from("/project"));
    store.apply((0..copies).flat_map(parsed).collect(), &[]);
    store
}

/// The project's files and their bytes.
pub(crate) fn read(root: &Path, paths: impl Iterator<Item = ProjectPath>) -> Vec<(ProjectPath, Vec<u8>)> {
    paths.map(|path| (path.clone(), std::fs::read(path.on_disk(root)).unwrap())).collect()
}
