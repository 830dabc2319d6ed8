//! Modules of real projects, moved one by one: whoever imported one before imports it still.
//!
//! Runs with `FLUX_SLOW=1` and `FLUX_LIBRARY` naming a project; `FLUX_FILES` moves so many of its modules, evenly.

use std::collections::BTreeSet;
use std::path::Path;

use flux::edit::{Operation, apply};
use flux::index::{FileStructure, Store, View};
use flux::text::{ChangeSet, FileText, MemorySource, ProjectPath};

use super::{file_count, library, none_wrong, python_files};

struct Project {
    source: MemorySource,
    store: Store,
}

impl Project {
    fn open(root: &Path) -> Self {
        let (mut source, mut parsed) = (MemorySource::default(), Vec::new());
        for place in python_files(root) {
            let bytes = std::fs::read(&place).unwrap();
            let Some(path) = ProjectPath::below(root, &place) else { continue };
            let Ok(file) = FileText::decode(&bytes) else { continue };
            source.files.insert(path.clone(), file.into());
            parsed.push((path.clone(), Store::parse(&path, &bytes)));
        }
        let mut store = Store::new(root.to_path_buf());
        store.apply(parsed, &[]);
        Self { source, store }
    }

    /// Moves a module; how many files followed and how many were told, or what went wrong.
    fn check(&mut self, source: &ProjectPath, destination: &ProjectPath) -> Result<(usize, usize), String> {
        let snapshot = self.store.apply(Vec::new(), &[]);
        let importers: BTreeSet<ProjectPath> = snapshot.dependents(source).into_iter().collect();
        let operation = Operation::MoveFile { source: source.clone(), destination: destination.clone() };
        let view = View { snapshot: &snapshot, pending: &ChangeSet::default(), source: &self.source };
        let applied = apply(view, &operation).map_err(|refusal| refusal.to_string())?;
        let (mut changed, mut removed, mut back) = (Vec::new(), Vec::new(), Vec::new());
        for (path, change) in applied.change_set.iter() {
            match &change.new {
                Some(new) => {
                    let faults = FileStructure::parse(path, new).faults;
                    if let Some(fault) =
                        faults.first().filter(|_| FileStructure::parse(path, change.old_text()).faults.is_empty())
                    {
                        return Err(format!("{path}:{}: {}", fault.line, fault.message));
                    }
                    changed.push((path.clone(), Store::parse(path, new.as_bytes())));
                }
                None => removed.push(path.clone()),
            }
            if change.old.is_some() {
                back.push((path.clone(), Store::parse(path, change.old_text().as_bytes())));
            }
        }
        let now = self.store.apply(changed, &removed);
        let still: BTreeSet<ProjectPath> = now.dependents(destination).into_iter().collect();
        let own = (snapshot.dependencies(source).len(), now.dependencies(destination).len());
        self.store.apply(back, std::slice::from_ref(destination));
        let told: String = applied.notes.into_iter().filter(|note| note.starts_with("Look at")).collect();
        let lost: Vec<&ProjectPath> = importers
            .iter()
            .filter(|path| *path != source && !still.contains(*path) && !told.contains(&format!("'{path}'")))
            .collect();
        if !lost.is_empty() {
            return Err(format!("{lost:?} import it no more"));
        }
        if own.1 < own.0 {
            return Err(format!("it imported {} files, and {} now", own.0, own.1));
        }
        Ok((applied.change_set.len() - 2, told.matches("'").count() / 2))
    }
}

#[test]
fn modules_of_real_code_move_with_their_importers() {
    let Some(library) = library() else { return };
    let mut project = Project::open(&library);
    let modules: Vec<ProjectPath> =
        project.source.files.keys().filter(|path| !path.file_name().starts_with("__")).cloned().collect();
    let step = (modules.len() / file_count(modules.len())).max(1);
    let (mut moves, mut followed, mut left, mut wrong) = (0, 0, 0, Vec::new());
    for (nth, source) in modules.iter().step_by(step).enumerate() {
        // Beside itself, or one folder up.
        let folder = match nth % 2 {
            0 => source.folder(),
            _ => source.folder().rsplit_once('/').map_or(source.folder(), |(folder, _)| folder),
        };
        let Ok(destination) = ProjectPath::new(&format!("{folder}/flux_moved.py")) else { continue };
        match project.check(source, &destination) {
            Ok((count, told)) => (followed, left) = (followed + count, left + told),
            Err(why) => wrong.push(format!("{source} to {destination}: {why}")),
        }
        moves += 1;
    }
    println!("{moves} modules moved, {followed} files followed, {left} told, {} wrong", wrong.len());
    none_wrong(&wrong);
}
