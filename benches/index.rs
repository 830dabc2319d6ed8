//! What an index costs, as ratios to the least that it can: reading and parsing the same files and keeping nothing.

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
use super::judging::{judgements, uses};
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

/// What is measured on the fixed project: `does` says which parts are asked for.
pub(crate) fn measures(does: impl Fn(&str) -> bool) {
    if !["index", "questions", "judgements", "uses"].iter().any(|part| does(part)) {
        return;
    }
    let (root, files) = match project() {
        Ok(project) => project,
        Err(why) => {
            println!("index, judgements, uses, questions: left out, since {why}");
            std::process::exit(1);
        }
    };
    if does("index") {
        indexes(&root, &files);
    }
    if does("judgements") {
        judgements(&root);
    }
    if does("uses") {
        uses(&root);
    }
    if does("questions") {
        questions(&read(&root, files.into_keys()));
    }
}

fn indexes(root: &Path, files: &BTreeMap<ProjectPath, PathBuf>) {
    let state = tempfile::tempdir().unwrap();
    let index = |cache| index_once_in(cache, root.to_path_buf(), Vec::new(), |_, _| ()).unwrap();
    let cached = || drop(black_box(index(Some(IndexCache::below(state.path(), root)))));
    let fresh = || {
        black_box(index(None).word_count());
    };
    compare("index against reading and parsing the same files", fresh, || parse_alone(files));
    cached();
    compare("second start against a first one", cached, fresh);
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
