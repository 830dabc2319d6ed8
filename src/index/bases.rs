//! What a class derives from, and the classes of many files by name.
//!
//! Names alone are compared: two classes called alike are one to whoever asks by name.

use rustc_hash::FxHashMap;

use super::{FileStructure, Import, ImportedName, Spelling, Symbol, SymbolId, SymbolKind};
use crate::text::ProjectPath;

/// The classes of many files: which are called by a name, and which derive from one that is.
#[derive(Debug, Default)]
pub struct ClassTable {
    paths: Vec<ProjectPath>,
    called: FxHashMap<Spelling, Vec<Place>>,
    below: FxHashMap<Box<str>, Vec<Place>>,
}

/// A class and its file.
pub type ClassPlace<'s> = (&'s ProjectPath, SymbolId);

/// The number of a file among the table's, and a class in it.
type Place = (u32, SymbolId);

impl ClassTable {
    pub fn new<'a>(files: impl Iterator<Item = (&'a ProjectPath, &'a FileStructure)>) -> Self {
        let mut table = Self::default();
        for (path, structure) in files {
            let count = table.paths.len();
            for (id, class) in (0..).zip(&structure.symbols).filter(|(_, symbol)| symbol.kind == SymbolKind::Class) {
                if table.paths.len() == count {
                    table.paths.push(path.clone());
                }
                let place = (count as u32, id);
                table.called.entry(class.name.clone()).or_default().push(place);
                for base in own_bases(path, structure, class) {
                    match table.below.get_mut(base) {
                        Some(places) => places.push(place),
                        None => drop(table.below.insert(base.into(), vec![place])),
                    }
                }
            }
        }
        table
    }

    /// The classes called `name`, in the order of the files.
    pub fn called(&self, name: &str) -> Vec<ClassPlace<'_>> {
        self.placed(self.called.get(name))
    }

    /// The classes right below one that is called `base`, in the order of the files.
    pub fn below(&self, base: &str) -> Vec<ClassPlace<'_>> {
        self.placed(self.below.get(base))
    }

    fn placed(&self, places: Option<&Vec<Place>>) -> Vec<ClassPlace<'_>> {
        places.into_iter().flatten().map(|(file, id)| (&self.paths[*file as usize], *id)).collect()
    }
}

/// The bases of a class under the names that the project gives them: `Cart` for `OldCart` after
/// `from .carts import Cart as OldCart`.
pub fn own_bases<'s>(path: &ProjectPath, structure: &'s FileStructure, class: &'s Symbol) -> Vec<&'s str> {
    let is_own = |import: &Import| {
        let first = import.module.as_deref().and_then(|module| module.split('.').next()).unwrap_or_default();
        import.level > 0 || path.folder().split('/').any(|folder| folder == first)
    };
    let known = |base| {
        let mut names = structure.imports.iter().flat_map(|import| import.names.iter().map(move |name| (import, name)));
        let is_alias =
            |(import, name): &(&Import, &ImportedName)| name.alias.as_deref() == Some(base) && is_own(import);
        names.find(is_alias).map_or(base, |(_, name)| &name.name)
    };
    bases(&class.signature).into_iter().map(known).collect()
}

/// The last names of a class's bases: `Model` and `Generic` for `(db.Model, Generic[T], metaclass=M)`.
pub fn bases(signature: &str) -> Vec<&str> {
    let paths = listed(signature)
        .filter(|base| !base.contains('='))
        .map(|base| base.split(['[', '(']).next().unwrap_or_default().trim());
    let names = paths.map(|path| path.rsplit('.').next().unwrap_or_default());
    names.filter(|name| !name.is_empty() && *name != "object").collect()
}

/// What stands between the commas of the parentheses.
pub fn listed(signature: &str) -> impl Iterator<Item = &str> {
    split(signature.split_once('(').and_then(|(_, rest)| inside(rest)).unwrap_or_default())
}

/// The text up to the parenthesis that closes what is open before it.
pub fn inside(text: &str) -> Option<&str> {
    let mut nesting = Nesting { depth: 1, quote: None };
    text.char_indices().find_map(|(at, c)| {
        nesting.take(c);
        (nesting.depth == 0).then(|| &text[..at])
    })
}

/// The parts between the commas that stand in no parentheses and no quotes.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut nesting = Nesting::default();
    text.split(move |c: char| {
        nesting.take(c);
        nesting.quote.is_none() && nesting.depth == 0 && c == ','
    })
}

/// What is open at a place of a signature.
#[derive(Default)]
struct Nesting {
    depth: i32,
    quote: Option<char>,
}

impl Nesting {
    fn take(&mut self, c: char) {
        match (self.quote, c) {
            (Some(open), _) => self.quote = self.quote.filter(|_| c != open),
            (None, '"' | '\'') => self.quote = Some(c),
            (None, '(' | '[' | '{') => self.depth += 1,
            (None, ')' | ']' | '}') => self.depth -= 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{FileEntry, Snapshot, Store};

    fn parsed(files: &[(&str, &str)]) -> Vec<(ProjectPath, FileEntry)> {
        let path = |path: &str| ProjectPath::new(path).unwrap();
        files.iter().map(|(name, text)| (path(name), Store::parse(&path(name), text.as_bytes()))).collect()
    }

    fn told(snapshot: &Snapshot, name: &str) -> Vec<String> {
        let shown = |(path, id): ClassPlace<'_>| format!("{path}:{id}");
        let called = snapshot.classes(|classes| classes.called(name)).into_iter().map(shown);
        called.chain(snapshot.classes(|classes| classes.below(name)).into_iter().map(shown)).collect()
    }

    #[test]
    fn classes_are_known_by_name_and_by_what_they_derive_from_whatever_changed_since() {
        let first = [
            ("shop/a.py", "class Cart:\n    class Row(Base, object): ...\n"),
            ("shop/b.py", "from shop.a import Cart as Old\nclass New(Old, metaclass=M): ...\n"),
            ("shop/c.py", "class Cart(list[int], lib.Base): ...\n"),
        ];
        let mut store = Store::new("/p".into());
        let snapshot = store.apply(parsed(&first), &[]);
        assert_eq!(told(&snapshot, "Cart"), ["shop/a.py:0", "shop/c.py:0", "shop/b.py:0"]);
        assert_eq!(told(&snapshot, "Base"), ["shop/a.py:1", "shop/c.py:0"]);
        assert!(told(&snapshot, "object").is_empty() && told(&snapshot, "Old").is_empty());
        let changed = [("shop/c.py", "x = 1\nclass Bill(Cart): ...\n"), ("shop/0.py", "class Cart: ...\n")];
        let next = store.apply(parsed(&changed), &[ProjectPath::new("shop/b.py").unwrap()]);
        let mut anew = Store::new("/p".into());
        let fresh = anew.apply(parsed(&[first[0], changed[0], changed[1]]), &[]);
        for name in ["Cart", "Base", "Old", "Row", "New", "Bill", "list"] {
            assert_eq!(told(&next, name), told(&fresh, name), "{name}");
        }
        // What was before stays as it was.
        assert_eq!(told(&snapshot, "Cart").len(), 3);
    }
}
