//! Elision through the gate's door: what stands for code where code was, and what only speaks of it.

use flux::gate::{Issue, Layer, Severity};

use super::{Project, check, check_passes};

/// Each stands alone where three statements stood.
const STANDS_FOR_CODE: [&str; 105] = [
    "# ... existing code ...",
    "# ...existing code...",
    "# … existing code …",
    "# ... (existing code) ...",
    "# ... rest of the code ...",
    "# ... rest of the code unchanged ...",
    "# ... rest of the function remains the same ...",
    "# rest of the function remains the same",
    "# The rest of the function remains unchanged.",
    "# rest of the class stays as it was",
    "# (rest of the file stays as is)",
    "# Rest of code here",
    "# [rest of the implementation]",
    "# <rest of the code>",
    "# --- rest of the method unchanged ---",
    "# ... other methods ...",
    "# ... (other methods) ...",
    "# ... other methods remain unchanged ...",
    "# other methods unchanged",
    "# Other functions stay the same",
    "# Existing implementation here",
    "# existing code goes here",
    "# [existing code]",
    "# [previous code]",
    "# ... previous code ...",
    "# previous code unchanged",
    "# previous implementation remains",
    "# keep the existing implementation",
    "# Keep existing code as is",
    "# keep existing imports",
    "# leave the rest of the function unchanged",
    "# (unchanged)",
    "# unchanged",
    "# ... unchanged ...",
    "# code unchanged",
    "# same as before",
    "# ... same as before ...",
    "# Same as above",
    "# same code as before",
    "# original code here",
    "# ... original implementation ...",
    "# original logic unchanged",
    "# remaining code",
    "# remaining methods unchanged",
    "# ... remaining methods ...",
    "# remaining implementation stays the same",
    "# omitted for brevity",
    "# ... omitted for brevity ...",
    "# code omitted for brevity",
    "# (rest omitted)",
    "# snip",
    "# ... snip ...",
    "# <snip>",
    "# [snip]",
    "# [...]",
    "# (...)",
    "# ...",
    "# …",
    "# etc.",
    "# ... etc ...",
    "# no changes",
    "# No changes here",
    "# No changes needed below",
    "# no change to the rest of this method",
    "# everything else stays the same",
    "# everything else unchanged",
    "# ... everything else ...",
    "# TODO: implement",
    "# TODO: implement this",
    "# TODO: Add implementation",
    "# Implementation goes here",
    "# your code here",
    "# Add your logic here",
    "# implement me",
    "# placeholder",
    "# Placeholder for the real implementation",
    "# not implemented yet",
    "# ... truncated ...",
    "# code truncated",
    "# ... rest of process_rows unchanged ...",
    "# ... rest of the pricing logic unchanged ...",
    "# include the rest of the original code",
    "# copy the existing code here",
    "# insert existing code here",
    "# continue with existing logic",
    "# ... continues as before ...",
    "# as before",
    "# ... imports unchanged ...",
    "# existing imports",
    "# existing fields",
    "# all other code remains the same",
    "# The above code remains unchanged",
    "# ... same logic ...",
    "# ... código existente ...",
    "# ... resto del código ...",
    "# resto del código sin cambios",
    "# ... restlicher Code ...",
    "# restlicher Code bleibt unverändert",
    "# ... reste du code inchangé ...",
    "# reste du code inchangé",
    "# ... 其余代码保持不变 ...",
    "# 省略",
    "# ... 既存のコード ...",
    "# ... существующий код ...",
    "# остальной код без изменений",
];

/// Each stands above a statement that was changed, in a file that got shorter elsewhere.
const SPEAKS_OF_CODE: [&str; 74] = [
    "# noqa",
    "# type: ignore",
    "# the total without tax",
    "# keep this in sync with the server",
    "# Honor any existing content-type header.  But if there is no",
    "# Keep the original file open when the TextIOWrapper is",
    "# Include all the other declared fields.",
    "# (plus, include all the other declared fields).",
    "# rest should be empty",
    "# Original function argument names.",
    "# ...most if not all of these classes should really apply to the individual references,",
    "# ~600,000 wakeups, but has the same code paths...)",
    "# Same tests as above; make sure nothing has changed",
    "# XXX What about other special files? (sockets, devices...)",
    "# Also add any other newly added abstract methods.",
    "# The original implementation would die with RecursionError here",
    "# Same test, with two weakrefs to the same object",
    "# Make sure the same file is really the same",
    "# Keep a copy of the old contents",
    "# XXX add tests for other functions that take Message arg.",
    "# A failed reload should leave the original module intact.",
    "# bpo-35726: make copy of record to avoid affecting other handlers in the chain.",
    "# Just use up the rest of this file...",
    "# If current node is a file node and there are unprocessed",
    "# add remaining fields in original order",
    "# Existing rows win over new ones",
    "# Previously this raised KeyError",
    "# the cache keeps the previous value until it expires",
    "# Use the same key for every request",
    "# This must stay the last import: it patches the others",
    "# Do not change the order of these lines",
    "# Skip the rest of the line after a comment sign",
    "# Copy the arguments, since the caller may keep them",
    "# Insert the row unless it exists",
    "# unchanged rows are not written again",
    "# Nothing else to do here",
    "# The other end has closed the connection",
    "# Leave room for the checksum",
    "# Restore the original signal handler",
    "# remaining seconds until the token expires",
    "# previous and next page",
    "# other languages fall back to English",
    "# Same as str.partition, but from the end",
    "# code points above 0x10FFFF are invalid",
    "# keep going until the queue is empty",
    "# everything before the first slash",
    "# not modified since the last request",
    "# omit the header when it is empty",
    "# truncated to 255 characters by the database",
    "# Snippets are rendered in their own context",
    "# the rest goes to the next worker",
    "# Implementation detail of CPython: do not rely on it",
    "# See the existing tests in test_cart for the format",
    "# TODO: support more than one currency",
    "# TODO(anna): drop this once 3.9 is gone",
    "# Placeholder text shown in an empty field",
    "# Dots in names are allowed: a.b.c",
    "# e.g. 1, 2, 3, ...",
    "# (see above)",
    "# Note that \"... existing code ...\" is refused by the gate",
    "# looks for '# rest of the code unchanged' in comments",
    "# The handler stays registered when the same function is added again",
    "# Existing callers pass a list here",
    "# continue with the next row",
    "# Reads the lines that remain",
    "# both sides are identical up to here",
    "# section headers",
    "# Helpers",
    "# Imports",
    "# Constants",
    "# Setup",
    "# Properties",
    "# -----",
    "# =====",
];

fn function(at: usize, body: &str) -> String {
    format!("def f{at}(row):\n{body}    return row\n\n")
}

fn body(at: usize) -> String {
    format!("    row = row + {at}\n    if row > {at}:\n        row = row - 1\n    print(row, {at})\n")
}

fn rules(issues: &[Issue]) -> Vec<&Issue> {
    issues.iter().filter(|issue| issue.layer == Layer::Rules && issue.severity == Severity::Block).collect()
}

#[test]
fn what_stands_in_the_place_of_code_is_refused() {
    let old: String = (0..STANDS_FOR_CODE.len()).map(|at| function(at, &body(at))).collect();
    let new: String = STANDS_FOR_CODE.iter().enumerate().map(|(at, it)| function(at, &format!("    {it}\n"))).collect();
    let report = Project::new(&format!("#- a.py\n{old}")).change(&format!("#- a.py\n{new}"));
    let told: Vec<u32> = rules(&report.issues).iter().map(|issue| issue.line).collect();
    let missed: Vec<&str> =
        (1..).step_by(4).zip(STANDS_FOR_CODE).filter(|(def, _)| !told.contains(&(def + 1))).map(|(_, it)| it).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    assert_eq!(told.len(), STANDS_FOR_CODE.len());
}

#[test]
fn what_speaks_of_code_passes() {
    let count = SPEAKS_OF_CODE.len();
    let old: String = (0..count).map(|at| function(at, &body(at))).collect();
    let new: String = SPEAKS_OF_CODE
        .iter()
        .enumerate()
        .map(|(at, it)| function(at, &format!("    {it}\n{}", body(at).replace("row + ", "row * "))))
        .collect();
    let spare = function(count, &body(count));
    let old = format!("#- a.py\n{old}{spare}");
    let report = Project::new(&old).change(&format!("#- a.py\n{new}"));
    assert!(rules(&report.issues).is_empty(), "{:#?}", report.issues);
    // And in a file that is written anew.
    let report = Project::new("#- b.py\n").change(&format!("#- a.py\n{new}"));
    assert!(rules(&report.issues).is_empty(), "{:#?}", report.issues);
}

#[test]
fn the_same_words_pass_where_no_code_is_gone() {
    // Those that may speak of what follows them: nothing is lost, so nothing is left out.
    let loose = ["# same as before", "# unchanged", "# ...", "# other cases", "# TODO: implement", "# snip"];
    let old: String = (0..loose.len()).map(|at| function(at, &body(at))).collect();
    let new: String =
        loose.iter().enumerate().map(|(at, it)| function(at, &format!("    {it}\n{}", body(at)))).collect();
    check_passes(&format!("#- a.py\n{old}"), &format!("#- a.py\n{new}"));
    check_passes(&format!("#- a.py\n{new}"), &format!("#- a.py\n{}", new.replace("row + 1", "row + 2")));
}

const SHOP: &str = "
#- a.py
class Cart:
    \"\"\"A cart.

    Holds rows and sums them up.
    \"\"\"
    def total(self, rows):
        found = 0
        for row in rows:
            found += row
        return found

    def empty(self):
        self.rows = []

def sort(rows):
    rows = list(rows)
    rows.sort()
    return rows
";

#[test]
fn strings_and_dots_stand_for_code_too() {
    check(
        Layer::Rules,
        SHOP,
        "
#- a.py
class Cart:
    \"\"\"... existing docstring ...\"\"\"
    # ^^^ stands in the place of code
    def total(self, rows):
        found = 0
        ...
        # ^^^ The statement '...' stands in the place of code
        return found

    def empty(self):
        self.rows = []

def sort(rows):
# ^^^ its body is a placeholder now
    raise NotImplementedError(\"TODO: implement\")
",
    );
    check(
        Layer::Rules,
        SHOP,
        "
#- a.py
class Cart:
    \"\"\"A cart.\"\"\"
    def total(self, rows):
    # ^^^ its body is a placeholder now
        \"\"\"The sum of the rows.\"\"\"

    def empty(self):
    # ^^^ its body is a placeholder now
        ...

def sort(rows):
    return sorted(rows)
",
    );
}

#[test]
fn functions_that_are_meant_to_do_nothing_pass() {
    check_passes(
        SHOP,
        "
#- a.py
from abc import abstractmethod
from typing import Protocol, overload

class Cart:
    \"\"\"A cart.\"\"\"
    @abstractmethod
    def total(self, rows):
        ...

    def empty(self):
        # The rows are kept by the session now.
        pass

class Source(Protocol):
    def rows(self) -> list: ...

@overload
def sort(rows: list) -> list: ...
@overload
def sort(rows: set) -> list: ...
def sort(rows, first: tuple[int, ...] = ..., table=None):
    return table[..., 0] if table else sorted(rows)
",
    );
    check_passes(
        SHOP,
        &SHOP.replace(
            "    rows = list(rows)\n    rows.sort()\n    return rows\n",
            "    raise NotImplementedError('sort() is gone since 3.0: use sorted()')\n",
        ),
    );
    // What stood there is in another file now.
    check_passes(
        SHOP,
        &format!(
            "{}#- b.py\nfrom a import Cart\n\nclass Summing(Cart):\n    def total(self, rows):\n        found = 0\n        for row in rows:\n            found += row\n        return found\n",
            SHOP.replace(
                "        found = 0\n        for row in rows:\n            found += row\n        return found\n",
                "        raise NotImplementedError\n"
            )
        ),
    );
}

#[test]
fn what_a_message_leaves_in_a_file_is_named_by_its_kind() {
    for (code, text) in [
        ("chat-text", "Here is the updated file:\n\nx = 1\n"),
        ("chat-text", "x = 1\n\nThis change keeps the old behaviour.\n"),
        ("markup-tag", "<file path=\"a.py\">\nx = 1\n</file>\n"),
        ("merge-marker", "<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n"),
        ("merge-marker", "------- SEARCH\nx = 1\n=======\nx = 2\n+++++++ REPLACE\n"),
        ("diff-signs", "*** Begin Patch\n*** Update File: a.py\n+x = 1\n"),
        ("line-numbers", "1\u{2192}x = 1\n2\u{2192}y = 2\n"),
        ("line-numbers", "1| x = 1\n2| y = 2\n"),
        ("typographic-sign", "x =\u{a0}1 \u{2013} 2\n"),
        ("typographic-sign", "x\u{200b} = 1\n"),
        ("markdown-fence", "~~~python\nx = = 1\n~~~\n"),
        ("elided-code", "x = 1\n// ... existing code ...\n"),
        ("elided-code", "x = 1\n/* rest of the file unchanged */\n"),
        ("elided-code", "x = 1\n<rest of the code>\n"),
    ] {
        let report = Project::new("#- b.py\n").change(&format!("#- a.py\n{text}"));
        let codes: Vec<&str> = rules(&report.issues).iter().map(|issue| issue.code).collect();
        assert!(codes.contains(&code), "{codes:?} lacks {code} for {text:?}");
    }
}

#[test]
fn what_stands_in_a_string_is_left_alone() {
    let text = "NOTE = \"\"\"\n```python\nx = 1\n```\n<file>\n<<<<<<< HEAD\n1: one\n2: two\n\u{201c}Here it is\u{201d}\n\"\"\"\n";
    check_passes("#- b.py\n", &format!("#- a.py\n{text}"));
    let report = Project::new("#- b.py\n").change(&format!("#- a.py\n{text}x = = 1\n"));
    assert!(rules(&report.issues).is_empty(), "{:#?}", report.issues);
}

#[test]
fn while_code_is_left_out_nothing_is_said_of_what_used_it() {
    let report = Project::new(
        "
#- cart.py
class Cart:
    def total(self):
        rows = list(self.rows)
        return sum(rows)

    def clear(self):
        self.rows = []
#- report.py
from cart import Cart

def report(cart: Cart):
    return cart.total()
",
    )
    .change("#- cart.py\n# ... existing code ...\n");
    let told: Vec<(&str, String)> = report.blocking().map(|issue| (issue.code, issue.path.to_string())).collect();
    assert_eq!(told, [("elided-code", "cart.py".to_owned())]);
}

#[test]
fn what_type_checkers_alone_see_has_no_body() {
    let old = "
import typing

class Path:
    def cwd(self):
        first = os.getcwd()
        for part in first.split('/'):
            print(part)
        return first

    def home(self):
        first = os.getcwd()
        for part in first.split('/'):
            print(part, first)
        return first
";
    let declared = "
import typing

class Path(metaclass=Wraps):
    if typing.TYPE_CHECKING:
        def cwd(self) -> str: ...
        def new(self) -> str: ...
";
    let report = Project::new(old).change(declared);
    assert!(!report.issues.iter().any(|issue| issue.code.ends_with("-body")), "{:?}", report.issues);
    let left_out = declared.replace("    if typing.TYPE_CHECKING:\n", "    if typing.FAST:\n");
    let report = Project::new(old).change(&left_out);
    assert!(report.issues.iter().any(|issue| issue.code == "emptied-body"), "{:?}", report.issues);
}
