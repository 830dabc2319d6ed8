//! Pieces of text that a file's structure holds: names, signatures, what an import says.
//!
//! All pieces of one file share one allocation, and a name is the end of its qualified name: a million symbols are a
//! few allocations for each file, not several for each symbol.
//! Invariant: a piece never changes, and two are equal when they read alike, wherever they stand.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};

/// A piece of text; as cheap to copy as a pointer.
#[derive(Clone, Default)]
pub struct Spelling {
    /// Filled when the last piece of its file is known, and before anyone else sees it.
    all: Arc<OnceLock<Box<str>>>,
    start: u32,
    len: u32,
}

/// Collects the pieces of one file, or cuts a text into them.
#[derive(Default)]
pub(super) struct Spellings {
    all: Arc<OnceLock<Box<str>>>,
    text: String,
    /// Where the next piece of a text that is cut begins.
    at: usize,
}

impl Spellings {
    /// The pieces of a text that is known.
    pub(super) fn of(text: &str) -> Self {
        Self { all: Arc::new(OnceLock::from(Box::from(text))), text: String::new(), at: 0 }
    }

    /// The next bytes of a text that is known, if that is a piece of it.
    pub(super) fn next(&mut self, len: u32) -> Option<Spelling> {
        let range = self.at..self.at + len as usize;
        self.all.get()?.get(range.clone())?;
        self.at = range.end;
        Some(self.place(range))
    }

    pub(super) fn is_used_up(&self) -> bool {
        self.all.get().is_some_and(|all| all.len() == self.at)
    }

    pub(super) fn add(&mut self, piece: &str) -> Spelling {
        self.written(|text| text.push_str(piece))
    }

    /// The piece that `write` puts at the end of the text.
    pub(super) fn written(&mut self, write: impl FnOnce(&mut String)) -> Spelling {
        let start = self.text.len();
        write(&mut self.text);
        self.place(start..self.text.len())
    }

    /// The qualified name of `name` in `parent`, and the part of it that is the name.
    pub(super) fn qualified(&mut self, parent: Option<(&Spelling, &str)>, name: &str) -> (Spelling, Spelling) {
        let start = self.text.len();
        if let Some((parent, joint)) = parent {
            self.text.extend_from_within(parent.range());
            self.text.push_str(joint);
        }
        let name_start = self.text.len();
        self.text.push_str(name);
        (self.place(start..self.text.len()), self.place(name_start..self.text.len()))
    }

    /// From now on the pieces can be read.
    pub(super) fn finish(self) {
        // It is filled here alone.
        let _ = self.all.set(self.text.into());
    }

    fn place(&self, range: Range<usize>) -> Spelling {
        // Files over 4 GiB are refused where they are read.
        Spelling { all: self.all.clone(), start: range.start as u32, len: range.len() as u32 }
    }
}

impl Spelling {
    /// The last bytes of the piece, if that is a piece of it.
    pub(super) fn ending(&self, len: u32) -> Option<Self> {
        let before = self.len.checked_sub(len)?;
        self.is_char_boundary(before as usize).then(|| Self { all: self.all.clone(), start: self.start + before, len })
    }

    fn range(&self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

impl Deref for Spelling {
    type Target = str;

    fn deref(&self) -> &str {
        self.all.get().map_or("", |all| &all[self.range()])
    }
}

impl From<&str> for Spelling {
    fn from(text: &str) -> Self {
        let mut spellings = Spellings::default();
        let spelling = spellings.add(text);
        spellings.finish();
        spelling
    }
}

impl From<&Spelling> for Box<str> {
    fn from(spelling: &Spelling) -> Self {
        (**spelling).into()
    }
}

impl Serialize for Spelling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl AsRef<str> for Spelling {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Spelling {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Spelling {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Spelling {}

impl PartialOrd for Spelling {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Spelling {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Spelling {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Debug for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
