//! What the tree shows of a proposal.

use std::collections::BTreeMap;
use std::ops::Range;

use super::ProposalPane;
use crate::app::Review;
use crate::app::pane::structure::FileMark;
use crate::index::SymbolKind;
use crate::text::ProjectPath;

impl ProposalPane {
    /// What the structure pane shows of the proposal, by file.
    pub fn marks(&self, review: &Review) -> BTreeMap<ProjectPath, FileMark> {
        let mut marks: BTreeMap<ProjectPath, FileMark> = BTreeMap::new();
        for hunk in &review.hunks {
            let (old, new) = (self.old_side(&hunk.path), self.new_side(&hunk.path));
            let (old, new) = (old.map(|live| &live.structure), new.map(|live| &live.structure));
            let mark = marks.entry(hunk.path.clone()).or_insert_with(|| {
                let mut mark = FileMark::default();
                if let Some(change) = review.change_set.get(&hunk.path) {
                    mark.created = change.old.is_none();
                    mark.deleted = change.new.is_none();
                    // A side that is too large to be looked into says nothing of what is added.
                    if mark.created == old.is_none() && mark.deleted == new.is_none() {
                        mark.take_sides(old, new);
                    }
                }
                mark
            });
            mark.hunk_count += 1;
            let Some(old) = old else { continue };
            let lines = |run: &Range<u32>| run.start + 1..=run.end;
            for run in &hunk.runs {
                let before = lines(&run.old).filter_map(|line| Some(old.symbol(old.symbol_at(line)?)));
                let after = new
                    .into_iter()
                    .flat_map(|new| lines(&run.new).filter_map(|line| Some(new.symbol(new.symbol_at(line)?))));
                let changed = before.chain(after).filter(|symbol| symbol.kind != SymbolKind::Variable);
                mark.symbols.extend(changed.map(|symbol| Box::from(&symbol.qualname)));
            }
            // What is added or gone has a mark of its own.
            mark.symbols
                .retain(|name| !mark.removed.contains(name) && mark.added.iter().all(|one| one.qualname != *name));
        }
        marks
    }
}
