//! What an index costs, as ratios to the least that it can: reading and parsing the same files and keeping nothing. Then
//! what questions cost on a project of a million symbols, made of copies.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use flux::index::{FileEntry, Store};
use flux::sys::{IndexCache, index_once, index_once_in};
use flux::text::{ContentHash, ProjectPath};
use rayon::prelude::*;
use ruff_python_ast::PySourceType;
use ruff_python_parser::parse_unchecked_source;

use super::{compare, ms};

/// Of all its Python files, one behind the other.
const HASH: &str = "687099988b7e61e7693e0cffbcb1e159";
const SYMBOLS: usize = 1_000_000;

pub(crate) fn indexes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench/project");
    let files = sources(&root);
    if files.is_empty() {
        return println!("index: left out, since there is no project; benches/fetch_project.sh fetches it");
    }
    let texts: Vec<u8> = files.values().flat_map(|place| fs::read(place).unwrap()).collect();
    let hash = format!("{:?}", ContentHash::of(&texts));
    if hash != HASH {
        return println!(
            "index: left out, since {} is another project ({hash}); benches/fetch_project.sh",
            root.display()
        );
    }
    let state = tempfile::tempdir().unwrap();
    let cached = || index_once_in(Some(IndexCache::below(state.path(), &root)), root.clone(), Vec::new(), |_, _| ());
    let fresh = || {
        black_box(index_once(root.clone(), Vec::new(), |_, _| ()).unwrap().word_count());
    };
    compare("index against reading and parsing the same files", fresh, || parse_alone(&files));
    cached().unwrap();
    compare("second start against a first one", || drop(black_box(cached().unwrap())), fresh);
    questions(&files);
}

fn sources(root: &Path) -> BTreeMap<ProjectPath, PathBuf> {
    let snapshot = index_once(root.to_path_buf(), Vec::new(), |_, _| ()).unwrap();
    snapshot.files().map(|(path, _)| (path.clone(), path.on_disk(root))).collect()
}

fn parse_alone(files: &BTreeMap<ProjectPath, PathBuf>) {
    let places: Vec<&PathBuf> = files.values().collect();
    places.par_iter().for_each(|place| {
        let text = String::from_utf8_lossy(&fs::read(place).unwrap()).into_owned();
        black_box(parse_unchecked_source(&text, PySourceType::Python));
    });
}

fn questions(files: &BTreeMap<ProjectPath, PathBuf>) {
    let entries: Vec<(&ProjectPath, FileEntry)> =
        files.iter().map(|(path, place)| (path, Store::parse(path, &fs::read(place).unwrap()))).collect();
    let symbols: usize = entries.iter().map(|(_, entry)| entry.symbol_count()).sum();
    let copies = SYMBOLS.div_ceil(symbols);
    let copy = |nth: usize| {
        let entries = entries.iter();
        entries.map(move |(path, entry)| (ProjectPath::new(&format!("copy{nth}/{path}")).unwrap(), entry.clone()))
    };
    let mut store = Store::new(PathBuf::from("/project"));
    let snapshot = store.apply((0..copies).flat_map(copy).collect(), &[]);
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
    let path = ProjectPath::new("copy3/django/db/models/query.py").unwrap();
    timed("the first question for dependents", &|| snapshot.dependents(&path).len());
    timed("dependents of a file", &|| snapshot.dependents(&path).len());
    for query in ["QuerySet.filter", "prefetch_related_objects", "get", "qsflt", "no_such_symbol_anywhere"] {
        timed(&format!("symbols like '{query}'"), &|| snapshot.find_symbol(query, 50).len());
    }
    let begun = Instant::now();
    let changed = Store::parse(&path, b"from django.db import models\nx = QuerySet\n");
    let next = store.apply(vec![(path.clone(), changed)], &[]);
    println!("  one changed file: {:.2} ms", ms(begun.elapsed()));
    let begun = Instant::now();
    let found = next.files_with_word("QuerySet").len() + next.dependents(&path).len();
    println!("  word and dependents after it: {found} in {:.2} ms", ms(begun.elapsed()));
}
