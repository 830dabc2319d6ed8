//! What models quote wrongly: it is done where nothing is guessed, else the answer holds what the next call has to quote.

use super::{edited, path};
use flux::edit::Operation;

const FILE: &str = r#""""Shelves."""

class Shelf:
    """A shelf."""

    def __init__(self, dict, protocol=None, writeback=False,
                 keyencoding="utf-8"):
        self.dict = dict
        self._protocol = protocol
        self.writeback = writeback
        self.cache = {}
        self.keyencoding = keyencoding

    def __len__(self):
        return len(self.dict)

    def __contains__(self, key):
        return key.encode(self.keyencoding) in self.dict

    @property
    def size(self):
        # how many there are
        return len(self.dict) * 2

    def __getitem__(self, key):
        try:
            value = self.cache[key]
        except KeyError:
            f = BytesIO(self.dict[key.encode(self.keyencoding)])
            value = Unpickler(f).load()
        return value

    def sync(self):
        if self.writeback and self.cache:
            self.writeback = False
            for key, entry in self.cache.items():
                self[key] = entry
            self.writeback = True
            self.cache = {}
        if hasattr(self.dict, 'sync'):
            self.dict.sync()
"#;

fn edit(search: &str, replace: &str) -> Result<String, String> {
    let (path, search, replace) = (path("main.py"), search.to_owned(), replace.to_owned());
    edited(FILE, &Operation::EditFile { path, search, replace }).map_err(|refusal| refusal.to_string())
}

/// The lines that a refusal quotes at its first place.
fn quoted(refusal: &str) -> String {
    let lines = refusal.lines().skip_while(|line| !line.starts_with("1. ")).skip(1);
    let is_quoted = |line: &&str| !line.starts_with("2. ") && !line.starts_with("Quote the lines");
    lines.take_while(is_quoted).map(|line| format!("{}\n", line.split_once("| ").unwrap().1)).collect()
}

/// Refused; the first place is the lines that were meant, and what it is told to differ in is told.
#[track_caller]
fn check_mended(search: &str, meant: (usize, usize), told: &str) {
    let refusal = edit(search, "pass").unwrap_err();
    let lines: Vec<&str> = FILE.split_inclusive('\n').collect();
    assert_eq!(quoted(&refusal), lines[meant.0 - 1..meant.1].concat(), "{refusal}");
    assert!(refusal.contains(told), "{refusal}");
    // That, quoted back as it was told, with its numbers, is found.
    let told: Vec<&str> = refusal.lines().skip_while(|line| !line.starts_with("1. ")).collect();
    let numbered = told[1..meant.1 + 2 - meant.0].join("\n") + "\n";
    let new = edit(&numbered, "    x = 1\n");
    let is_found = new.as_ref().map_or_else(|why| why.contains("would no longer parse"), |new| new.contains("x = 1"));
    assert!(is_found, "{numbered}: {new:?}");
}

#[test]
fn a_wrong_quotation_is_answered_with_the_right_one() {
    for (search, meant, told) in [
        // Paraphrased, out of date, forgotten.
        ("    def __len__(self):\n        return len(self.data)\n", (14, 15), "1. lines 14-15, line 15 differs:"),
        ("        self.cache = {}\n        self.keyencoding = encoding\n", (11, 12), "line 12 differs"),
        ("        return len(dict)", (15, 15), "1. line 15 differs:"),
        ("        # count of items\n        return len(self.dict) * 2", (23, 23), "`# count of items` not there"),
        (
            "            value = self.cache[key]\n            f = BytesIO(self.dict[key.encode(self.keyencoding)])\n            value = Unpickler(f).load()",
            (27, 30),
            "1. lines 27-30, line 28 left out in your text:",
        ),
        ("    def size(self):\n        return len(self.dict) * 2", (21, 23), "line 22 left out in your text"),
        (
            "    @cached_property\n    def __len__(self):\n        return len(self.dict)\n",
            (14, 15),
            "`@cached_property` not there",
        ),
        (
            "    def __len__(self):\n        return len(self.dict)\n    def __contains__(self, key):",
            (14, 17),
            "line 16 left out in your text",
        ),
        ("    def __len__(self):\n\n        return len(self.dict)", (14, 15), "a blank line not there"),
        // Left out.
        (
            "    def sync(self):\n        ...\n        if hasattr(self.dict, 'sync'):\n            self.dict.sync()",
            (33, 41),
            "It leaves lines out by `...`",
        ),
        (
            "    def sync(self):\n        # ... existing code ...\n        if hasattr(self.dict, 'sync'):",
            (33, 40),
            "lines 34-39 left out in your text",
        ),
        // Another way of writing.
        (
            "        self._protocol = protocol\\n        self.writeback = writeback",
            (9, 9),
            "It holds `\\n` as two characters",
        ),
        ("        if hasattr(self.dict, \\'sync\\'):", (40, 40), "It holds quotes behind backslashes"),
        ("        if hasattr(self.dict, \"sync\"):", (40, 40), "1. line 40 differs:"),
        ("        if self.writeback &amp;&amp; self.cache:", (34, 34), "It holds HTML entities"),
        ("        if hasattr(self.dict, \u{2018}sync\u{2019}):", (40, 40), "It holds typographic quotes"),
        ("    def __init__(self, dict, protocol = None, writeback = False,", (6, 6), "1. line 6 differs:"),
        ("        Return Key.Encode(self.keyencoding) in self.dict", (18, 18), "1. line 18 differs:"),
        // Of the message.
        ("14:     def __len__(self):\n15:         return len(self.dict)", (14, 15), "It holds line numbers"),
        ("-    def __len__(self):\n-        return len(self.dict)", (14, 15), "It looks like a diff"),
        (
            "<<<<<<< SEARCH\n    def __contains__(self, key):\n        return key.encode(self.keyencoding) in self.dict\n=======",
            (17, 18),
            "It holds the marks",
        ),
        ("<search>        return key.encode(self.keyencoding) in self.dict</search>", (18, 18), "It holds tags"),
    ] {
        check_mended(search, meant, told);
    }
}

#[test]
fn a_quotation_that_can_be_read_in_one_way_is_taken() {
    let new = FILE.replace("self.writeback = writeback", "self.writeback = True");
    for (search, replace) in [
        (
            "        self._protocol = protocol   \n        self.writeback = writeback  ",
            "        self._protocol = protocol\n        self.writeback = True",
        ),
        (
            "\t\tself._protocol = protocol\n\t\tself.writeback = writeback",
            "\t\tself._protocol = protocol\n\t\tself.writeback = True",
        ),
        ("self._protocol = protocol\nself.writeback = writeback", "self._protocol = protocol\nself.writeback = True"),
        (
            "self._protocol = protocol\n        self.writeback = writeback",
            "self._protocol = protocol\n        self.writeback = True",
        ),
        (
            "    9\t        self._protocol = protocol\n   10\t        self.writeback = writeback",
            "        self._protocol = protocol\n        self.writeback = True",
        ),
        (
            "     9| \u{20}       self._protocol = protocol\n    10|         self.writeback = writeback",
            "     9|         self._protocol = protocol\n    10|         self.writeback = True",
        ),
        (
            "   9→        self._protocol = protocol\n  10→        self.writeback = writeback",
            "   9→        self._protocol = protocol\n  10→        self.writeback = True",
        ),
        ("```python\n        self.writeback = writeback\n```", "        self.writeback = True"),
    ] {
        assert_eq!(edit(search, replace).as_deref(), Ok(&*new), "{search}");
    }
}

#[test]
fn what_fits_nowhere_or_in_several_places_is_said() {
    let refusal =
        edit("    def save(self, path):\n        with open(path) as f:\n            f.write(self.data)\n", "")
            .unwrap_err();
    assert_eq!(
        refusal,
        "The search text is not in 'main.py'. Nothing in the file is like it. Read the file again and quote it exactly."
    );
    let refusal = edit("self.cache = {}", "").unwrap_err();
    assert!(
        refusal.contains("\n1. line 11, in 'Shelf.__init__': `self.cache = {}`\n2. line 39, in 'Shelf.sync': "),
        "{refusal}"
    );
}
