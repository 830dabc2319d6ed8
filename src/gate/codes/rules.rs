//! The codes of the `rules` layer.

use super::{Code, Example};
use crate::gate::{Layer, Severity};

const TOTAL: &str = "
#- shop/cart.py
def total(rows, tax):
    net = sum(rows)
    gross = net + net * tax
    return round(gross, 2)
";

pub(super) const CODES: &[Code] = &[
    Code {
        id: "unread-file",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "A model edits a file that it has not read at this very content",
        why: "What a model has not seen it makes up: it overwrites what somebody else has just written, or code that it \
              has only guessed.",
        way_out: "Read the file, or the symbol, and send the edit again.",
        example: Example::Untold("it depends on what the model has read, not on the code; `flux check` never tells it"),
    },
    Code {
        id: "bad-edit",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "An edit names a file that cannot be edited",
        why: "The path leaves the project, stands twice in one edit, is to be deleted and is not there, or holds no text. \
              The edit cannot be meant, so nothing of it is judged.",
        way_out: "Give each file once, by its path below the root of the project.",
        example: Example::Untold("it is about a line of `--edits`, not about code"),
    },
    Code {
        id: "elided-code",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "A comment stands in the place of code",
        why: "A comment like `# ... existing code ...` is a note to the reader of a chat. In a file it is a hole: the code \
              that it stands for is lost.",
        way_out: "Write the code out, or edit only the symbol that changes.",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/cart.py
def total(rows, tax):
    # ... existing code ...
    return round(sum(rows), 3)
",
            right: "
#- shop/cart.py
def total(rows, tax):
    net = sum(rows)
    gross = net + net * tax
    # The existing callers expect cents.
    return round(gross, 3)
",
        },
    },
    Code {
        id: "emptied-body",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "A function that had code has a placeholder for a body now",
        why: "`pass`, `...` or `raise NotImplementedError` in the place of working code deletes it silently: callers still \
              find the function, and get nothing from it.",
        way_out: "Write the body out. To take the function away, remove it and change its callers.",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/cart.py
def total(rows, tax):
    ...
",
            right: "
#- shop/cart.py
def total(rows, tax):
    return round(sum(rows) * (1 + tax), 2)
",
        },
    },
    Code {
        id: "placeholder-body",
        layer: Layer::Rules,
        severity: Severity::Warn,
        title: "A new function says that it is still to be written",
        why: "Callers find the function and get nothing from it. It blocks where code went for it.",
        way_out: "Write the body out, or leave the function for later.",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/vat.py
def rate(country):
    # TODO: look the rate up
    pass
",
            right: "
#- shop/vat.py
class Rate:
    def of(self, country):
        raise NotImplementedError
",
        },
    },
    Code {
        id: "markdown-fence",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "A markdown fence is left in the file",
        why: "The fence belongs to the answer that the code came in. Python cannot read it.",
        way_out: "Give the code alone. The fix takes the fence out.",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/vat.py
```python
RATE = 0.19
```
",
            right: "
#- shop/vat.py
RATE = 0.19
USAGE = '''
```python
RATE
```
'''
",
        },
    },
    Code {
        id: "merge-marker",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "A merge marker is left in the file",
        why: "A conflict was not decided: both sides stand in the file, and Python can read neither.",
        way_out: "Keep one side and remove the markers.",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/vat.py
<<<<<<< ours
RATE = 0.19
=======
RATE = 0.07
>>>>>>> theirs
",
            right: "
#- shop/vat.py
RATE = 0.19
",
        },
    },
    Code {
        id: "line-numbers",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "Line numbers are left in front of the code",
        why: "They come from a listing. Python cannot read them.",
        way_out: "Give the code alone.",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/vat.py
1 | RATE = 0.19
2 | def vat(net):
3 |     return net * RATE
",
            right: "
#- shop/vat.py
RATE = 0.19
def vat(net):
    return net * RATE
",
        },
    },
    Code {
        id: "diff-signs",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "Signs of a diff are left in the file",
        why: "A diff was written where the text itself belongs: `+`, `-` and `@@` are no Python.",
        way_out: "Give the code as it is to be.",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/vat.py
@@ -1,2 +1,2 @@
-RATE = 0.16
+RATE = 0.19
",
            right: "
#- shop/vat.py
RATE = 0.19
",
        },
    },
    Code {
        id: "typographic-quote",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "A typographic quote stands where Python wants a plain one",
        why: "Only ' and \" open a string in Python. Typographic quotes are for prose, and fine within a string.",
        way_out: "Use ' or \".",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/vat.py
NAME = \u{201c}value added tax\u{201d}
",
            right: "
#- shop/vat.py
NAME = 'the \u{201c}value added\u{201d} tax'
",
        },
    },
    Code {
        id: "typographic-sign",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "A space, dash or bracket that a text program made",
        why: "It looks like the sign that is meant, and Python does not take it.",
        way_out: "Write the plain sign.",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/vat.py
RATE = 3 \u{2212} 1
",
            right: "
#- shop/vat.py
RATE = 3 - 1
",
        },
    },
    Code {
        id: "markup-tag",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "A tag of the message is left in the file",
        why: "It belongs to the message that the code came in, and is no Python.",
        way_out: "Give the code alone. The fix removes the tags.",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/vat.py
<file>
RATE = 19
</file>
",
            right: "
#- shop/vat.py
RATE = 19
",
        },
    },
    Code {
        id: "chat-text",
        layer: Layer::Rules,
        severity: Severity::Block,
        title: "A sentence stands where a statement should",
        why: "It belongs to the message that the code came in, and is no Python.",
        way_out: "Give the code alone, or make a comment of it.",
        example: Example::Shown {
            old: TOTAL,
            wrong: "
#- shop/vat.py
Here is the updated file:

RATE = 19
",
            right: "
#- shop/vat.py
# The rate of this year.
RATE = 19
",
        },
    },
];
