//! What questions cost on a project of a million symbols: copies of one project, each parsed for itself, so that no two
//! share memory.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use flux::app::{PickSource, RankQuestion, rank};
use flux::index::{FileEntry, Snapshot, Store};
use flux::text::ProjectPath;
use rayon::prelude::*;

use super::ms;

const SYMBOLS: usize = 1_000_000;

/// What is typed, letter by letter.
const TYPED: [&str; 5] = ["queryset", "get", "prefetch_related", "qs filter", "QuerySet.filt"];

pub(crate) fn questions(files: &[(ProjectPath, Vec<u8>)]) {
    let mut store = store(files);
    let snapshot = store.snapshot();
    println!("{} symbols in {} files", snapshot.symbol_count(), snapshot.file_count());
    let timed = |what: &str, ask: &dyn Fn() -> usize| {
        let begun = Instant::now();
        let found = ask();
        println!("  {what}: {found} in {:.2} ms", ms(begun.elapsed()));
    };
    timed("the first question for a word", &|| snapshot.files_with_word("QuerySet").len());
    timed("files with a word that many have", &|| snapshot.files_with_word("self").len());
    timed("files with a word that few have", &|| snapshot.files_with_word("prefetch_related_objects").len());
    timed("files with a word that none has", &|| snapshot.files_with_word("no_such_word_anywhere").len());
    let path = ProjectPath::new("copy0/django/db/models/query.py").unwrap();
    timed("the first question for dependents", &|| snapshot.dependents(&path).len());
    timed("dependents of a file", &|| snapshot.dependents(&path).len());
    for query in ["QuerySet.filter", "prefetch_related_objects", "get", "qsflt", "no_such_symbol_anywhere"] {
        timed(&format!("symbols like '{query}'"), &|| snapshot.find_symbol(query, 50).len());
    }
    picked(&snapshot);
    for round in 0..3 {
        let begun = Instant::now();
        let text = format!("from django.db import models\nx{round} = QuerySet\n");
        let changed = Store::parse(&path, text.as_bytes());
        let next = store.apply(vec![(path.clone(), changed)], &[]);
        println!("  one changed file: {:.3} ms", ms(begun.elapsed()));
        let begun = Instant::now();
        let found = next.files_with_word("QuerySet").len();
        println!("  word after it: {found} in {:.3} ms", ms(begun.elapsed()));
        let begun = Instant::now();
        let found = next.dependents(&path).len();
        println!("  dependents after it: {found} in {:.3} ms", ms(begun.elapsed()));
        let begun = Instant::now();
        let found = next.find_symbol("QuerySet.filter", 3).len();
        println!("  symbol after it: {found} in {:.3} ms", ms(begun.elapsed()));
    }
    let begun = Instant::now();
    let added = ProjectPath::new("copy3/django/db/models/query_new.py").unwrap();
    let next = store.apply(vec![(added, Store::parse(&path, b"x = 1\n"))], &[]);
    println!("  one file more: {:.3} ms", ms(begun.elapsed()));
    let begun = Instant::now();
    let found = next.dependents(&path).len();
    println!("  dependents after it: {found} in {:.3} ms", ms(begun.elapsed()));
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
    let entries = (0..copies).flat_map(parsed).collect();
    let mut store = Store::new(PathBuf::from("/project"));
    let begun = Instant::now();
    store.apply(entries, &[]);
    println!("all of them taken in: {:.1} ms", ms(begun.elapsed()));
    store
}

fn picked(snapshot: &Arc<Snapshot>) {
    for typed in TYPED {
        let ends = (0..=typed.len()).chain((0..typed.len()).rev());
        for end in ends {
            let source = PickSource::Project(snapshot.clone());
            let question = RankQuestion { source, query: typed[..end].to_owned(), recent: Arc::default() };
            let begun = Instant::now();
            let ranking = black_box(rank(&question, &|| true)).unwrap();
            let took = ms(begun.elapsed());
            let first = ranking.found.first().map_or("", |found| &found.item.label);
            println!("  picker '{}': {} in {took:.1} ms, first {first}", &typed[..end], ranking.total);
        }
    }
}

/// The project's files and their bytes.
pub(crate) fn read(root: &Path, paths: impl Iterator<Item = ProjectPath>) -> Vec<(ProjectPath, Vec<u8>)> {
    paths.map(|path| (path.clone(), std::fs::read(path.on_disk(root)).unwrap())).collect()
}
