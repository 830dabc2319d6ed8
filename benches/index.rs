//! What an index costs, as ratios to the least that it can: reading and parsing the same files and keeping nothing. Then
//! what questions cost on a project of a million symbols, made of copies.

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use flux::sys::{IndexCache, index_once, index_once_in};
use flux::text::{ContentHash, ProjectPath};
use rayon::prelude::*;
use ruff_python_ast::PySourceType;
use ruff_python_parser::parse_unchecked_source;

use super::compare;
use super::questions::{questions, read};

/// Of all its Python files, one behind the other.
const HASH: &str = "687099988b7e61e7693e0cffbcb1e159";

/// The fixed project and its files, or why there is none.
fn project() -> Result<(PathBuf, BTreeMap<ProjectPath, PathBuf>), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench/project");
    let files = sources(&root);
    if files.is_empty() {
        return Err("there is no project; benches/fetch_project.sh fetches it".to_owned());
    }
    let texts: Vec<u8> = files.values().flat_map(|place| fs::read(place).unwrap()).collect();
    let hash = format!("{:?}", ContentHash::of(&texts));
    if hash != HASH {
        return Err(format!("{} is another project ({hash}); benches/fetch_project.sh fetches it", root.display()));
    }
    Ok((root, files))
}

pub(crate) fn indexes() {
    let (root, files) = match project() {
        Ok(project) => project,
        Err(why) => return println!("index: left out, since {why}"),
    };
    let state = tempfile::tempdir().unwrap();
    let cached = || index_once_in(Some(IndexCache::below(state.path(), &root)), root.clone(), Vec::new(), |_, _| ());
    let fresh = || {
        black_box(index_once(root.clone(), Vec::new(), |_, _| ()).unwrap().word_count());
    };
    compare("index against reading and parsing the same files", fresh, || parse_alone(&files));
    cached().unwrap();
    compare("second start against a first one", || drop(black_box(cached().unwrap())), fresh);
}

pub(crate) fn asks() {
    match project() {
        Ok((root, files)) => questions(&read(&root, files.into_keys())),
        Err(why) => println!("questions: left out, since {why}"),
    }
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
