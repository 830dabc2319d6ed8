//! Which files and symbols the rest of a project builds on.
//!
//! A file counts by who imports it, and how much by what of it they mention; who counts much lends much. It is PageRank
//! (Brin and Page, 1998) over imports, each weighted by the names that are used.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{FileEntry, Snapshot, SymbolId, SymbolKind, words};
use crate::text::ProjectPath;

/// A file, and what others use of it.
#[derive(Debug, Clone)]
pub struct Ranked<'a> {
    pub path: &'a ProjectPath,
    pub entry: &'a FileEntry,
    /// The sum over all files is 1.
    pub weight: f32,
    /// Classes and functions of the module, each with how many of the importing files mention it; the most used first.
    pub used: Vec<(SymbolId, u32)>,
}

const ROUNDS: usize = 12;
/// As in the paper: what a file hands on of its own weight.
const DAMPING: f32 = 0.85;
/// An import alone, whatever is mentioned.
const IMPORT: f32 = 0.5;

impl Snapshot {
    /// All files, those first that the rest builds on most. Work grows with the files and their imports.
    pub fn by_importance(&self) -> Vec<Ranked<'_>> {
        let files: Vec<(&ProjectPath, &FileEntry)> = self.files().map(|(path, entry)| (path, &**entry)).collect();
        let place: FxHashMap<&ProjectPath, usize> =
            files.iter().enumerate().map(|(at, (path, _))| (*path, at)).collect();
        let names: Vec<Vec<(SymbolId, u32)>> = files.iter().map(|(_, entry)| offered(entry)).collect();
        let mut used: Vec<Vec<u32>> = names.iter().map(|names| vec![0; names.len()]).collect();
        let mut edges: Vec<Vec<(usize, f32)>> = Vec::with_capacity(files.len());
        for (path, entry) in &files {
            let imported = self.dependencies_of(path, &entry.structure);
            let mut out = Vec::with_capacity(imported.len());
            for target in imported.iter().filter_map(|path| place.get(path).copied()) {
                let mut mentioned = 0;
                for (at, (_, hash)) in names[target].iter().enumerate() {
                    if entry.words.contains(*hash) {
                        used[target][at] += 1;
                        mentioned += 1;
                    }
                }
                out.push((target, IMPORT + mentioned as f32));
            }
            edges.push(out);
        }
        let weights = spread(&edges);
        let mut ranked: Vec<Ranked<'_>> = (0..files.len())
            .map(|at| {
                let mut of_file: Vec<(SymbolId, u32)> =
                    names[at].iter().zip(&used[at]).map(|((id, _), count)| (*id, *count)).collect();
                of_file.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
                Ranked { path: files[at].0, entry: files[at].1, weight: weights[at], used: of_file }
            })
            .collect();
        ranked.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.path.cmp(b.path)));
        ranked
    }
}

/// What a module offers by name, with the hashes of the names. Overloads are one.
fn offered(entry: &FileEntry) -> Vec<(SymbolId, u32)> {
    let mut seen = FxHashSet::default();
    let symbols = entry.structure.children(None).filter(|(_, symbol)| symbol.kind != SymbolKind::Variable);
    symbols.map(|(id, symbol)| (id, words::hash(&symbol.name))).filter(|(_, hash)| seen.insert(*hash)).collect()
}

fn spread(edges: &[Vec<(usize, f32)>]) -> Vec<f32> {
    let count = edges.len().max(1) as f32;
    let mut weights = vec![1.0 / count; edges.len()];
    for _ in 0..ROUNDS {
        let mut next = vec![0.0_f32; edges.len()];
        let mut kept = 0.0;
        for (weight, out) in weights.iter().zip(edges) {
            let total: f32 = out.iter().map(|(_, weight)| weight).sum();
            if total == 0.0 {
                kept += weight;
            }
            for (target, share) in out {
                next[*target] += weight * share / total;
            }
        }
        // What imports nothing lends to all alike.
        let ground = (1.0 - DAMPING) / count + DAMPING * kept / count;
        next.iter_mut().for_each(|weight| *weight = ground + DAMPING * *weight);
        weights = next;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_use_comes_first_and_the_sum_stays_one() {
        // 0 and 1 import 2, which imports 3.
        let weights = spread(&[vec![(2, 1.0)], vec![(2, 3.0)], vec![(3, 1.0)], Vec::new()]);
        assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-3, "{weights:?}");
        assert!(weights[3] > weights[2] && weights[2] > weights[0], "{weights:?}");
        assert_eq!(weights[0], weights[1]);
    }
}
