//! What cannot have been wrong before: it speaks of a name that no old text has.
//!
//! Knows nothing of types. Invariant: where this is said, the old side has nothing that the finding could be compared with.

use super::{line_text, words};
use crate::gate::found::{ABSTRACT, Found, INVENTED, MISFIT, PASSED_ON, UNSEEN};
use crate::gate::project::{Project, has_word};
use crate::text::ProjectPath;

/// Whether the old side of `path` need not be asked about a finding of its new text.
pub(super) fn is_novel(project: &Project<'_>, path: &ProjectPath, found: &Found) -> bool {
    let Some(sides) = project.changed.get(path) else { return false };
    // These are looked for in what the change newly writes, and nowhere else.
    if matches!(found.rule, INVENTED | UNSEEN | MISFIT | PASSED_ON | ABSTRACT) {
        return true;
    }
    let text = sides.new_text.get(found.start as usize..found.end as usize).unwrap_or_default();
    let Some(name) = name_in(found.rule, text) else { return false };
    let line = line_text(&sides.new_text, found.start);
    found.message.contains(&format!("`{name}`"))
        && !project.changed.values().any(|sides| has_word(&sides.old_text, name))
        && !sides.old_text.contains(line)
}

/// The name that a finding of `rule` is about, in the text it stands at.
fn name_in<'t>(rule: &str, text: &'t str) -> Option<&'t str> {
    match rule {
        "unresolved-reference" | "unresolved-attribute" => words(text).last(),
        "unknown-argument" => words(text).next(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::gate::{Gate, PythonEnvironment, Verdict};
    use crate::index::{Store, View};
    use crate::text::{ChangeSet, FileText, MemorySource, ProjectPath};

    #[test]
    fn the_old_side_is_asked_where_what_is_wrong_may_have_been_so_before() {
        let clean = "class Cart:\n    def total(self):\n        return 1\n\nx = Cart()\n";
        let broken = clean.replace("return 1", "return missing");
        for (old, added, is_asked) in [
            (clean, "x.totl()\n", false),
            (clean, "totl()\n", false),
            (clean, "x.total(tax=1)\n", false),
            (clean, "x.Cart()\n", true),
            (&broken, "x.totl()\n", true),
        ] {
            let path = ProjectPath::new("shop.py").unwrap();
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("shop.py"), old).unwrap();
            let mut store = Store::new(folder.path().to_path_buf());
            let snapshot = store.apply(vec![(path.clone(), Store::parse(&path, old.as_bytes()))], &[]);
            let file = Arc::new(FileText::decode(old.as_bytes()).unwrap());
            let mut pending = ChangeSet::default();
            pending.put(path.clone(), Some(file), Some(format!("{old}{added}").into()));
            let mut gate = Gate::new(folder.path(), PythonEnvironment::default());
            gate.refresh(&snapshot);
            let source = MemorySource::default();
            let report = gate.judge(View { snapshot: &snapshot, pending: &pending, source: &source }, None);
            assert_eq!(report.verdict(), Verdict::Block, "{added} {:?}", report.issues);
            assert_eq!(gate.old.contains_key(&path), is_asked, "{added}");
        }
    }
}
