//! What a change of some symbols reaches: asked of the gate, told by line.

use std::collections::BTreeSet;

use crate::app::{Reach, ReachKind, Reached};
use crate::gate::Gate;
use crate::index::{ReachingTests, TestNames, View, is_test_file};
use crate::text::{ChangeSet, LineIndex, ProjectPath};

/// More places are not told: nobody reads them one by one.
const PLACES_MAX: usize = 2_000;

pub(super) fn reach(gate: &mut Gate, view: View<'_>, path: &ProjectPath, symbols: &[String]) -> Reach {
    let mut places: BTreeSet<Reached> = BTreeSet::new();
    let mut doubtful = BTreeSet::new();
    for symbol in symbols {
        let found = gate.references(view, path, symbol);
        doubtful.extend(found.obstacles.into_iter().map(|obstacle| (obstacle.path, obstacle.line)));
        for (at, spans) in found.places {
            let (Ok(text), Ok(structure)) = (view.text(&at), view.structure(&at)) else { continue };
            let lines = LineIndex::new(&text);
            for span in spans {
                let defined = structure.symbols.iter().find(|defined| defined.name_span == span);
                if at == *path && defined.is_some_and(|defined| *defined.qualname == **symbol) {
                    continue;
                }
                let line = lines.line(span.range().start);
                let code = text[lines.line_span(line).range()].trim().to_owned();
                let kind = match defined {
                    _ if is_test_file(&at) => ReachKind::Tests,
                    Some(_) => ReachKind::Overrides,
                    None => ReachKind::Uses,
                };
                places.insert(Reached { kind, path: at.clone(), line, code });
            }
        }
    }
    let mut file = ChangeSet::default();
    if let Ok(Some(base)) = view.base(path) {
        file.put(path.clone(), Some(base), None);
    }
    if let ReachingTests::Files(tests) = TestNames::default().reaching(view.snapshot, &file) {
        for test in tests.into_iter().filter(|test| test != path) {
            if !places.iter().any(|reached| reached.path == test) {
                places.insert(Reached { kind: ReachKind::Tests, path: test, line: 1, code: String::new() });
            }
        }
    }
    doubtful.retain(|(at, line)| !places.iter().any(|reached| reached.path == *at && reached.line == *line));
    Reach { places: places.into_iter().take(PLACES_MAX).collect(), doubtful_count: doubtful.len() }
}
