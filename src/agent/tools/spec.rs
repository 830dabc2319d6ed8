//! The table of tools: names, arguments and their one-line descriptions. Names are part of the interface.

use serde_json::{Map, Value, json};

use crate::agent::ToolSchema;
use crate::text::edit_distance;

/// Who runs a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Only looks: [`super::run`].
    Look,
    /// Changes what is pending: [`super::run`], then the gate.
    Change,
    /// Runs in a copy of the project; what it changes there is taken like an edit.
    Command,
    /// Answered by the session itself.
    Session,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Text,
    Number,
    Flag,
    Steps,
}

#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    pub(super) is_required: bool,
    description: &'static str,
}

/// One tool of the table.
#[derive(Debug)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(super) arguments: &'static [Argument],
    description: &'static str,
}

const fn required(name: &'static str, description: &'static str) -> Argument {
    Argument { name, takes: Takes::Text, is_required: true, description }
}

const fn optional(name: &'static str, takes: Takes, description: &'static str) -> Argument {
    Argument { name, takes, is_required: false, description }
}

const PATH: Argument = required("path", "Path of the file, relative to the project root, with `/`.");
const SYMBOL: Argument = required(
    "symbol",
    "Qualified name of the symbol, such as `Cart.total`; where several have it, with the line: `Cart.total@41`.",
);
const AFTER: Argument =
    optional("after", Takes::Text, "Symbol behind which the code goes; the best place is found without it.");
const TARGET_CLASS: Argument =
    optional("target_class", Takes::Text, "Class that holds the method; leave it out for a function of the module.");

/// All tools that are offered, in the order of DESIGN.md.
pub(crate) const TOOLS: &[Spec] = &[
    Spec {
        name: "read_file",
        kind: Kind::Look,
        arguments: &[
            PATH,
            optional("start_line", Takes::Number, "First line wanted, from 1."),
            optional("end_line", Takes::Number, "Last line wanted."),
        ],
        description: "Shows a file with line numbers; long files come in pieces. Needed before the file is edited.",
    },
    Spec {
        name: "list_files",
        kind: Kind::Look,
        arguments: &[
            optional("path", Takes::Text, "Folder to list; the whole project without it."),
            optional("pattern", Takes::Text, "Part of the path, or a glob such as `test_*.py`."),
        ],
        description: "Lists the project's files: Python files and notebooks with their line counts, then the others.",
    },
    Spec {
        name: "search",
        kind: Kind::Look,
        arguments: &[
            required("pattern", "Text to find, taken literally unless `regex` is true."),
            optional("path", Takes::Text, "File or folder to search in; the whole project without it."),
            optional("regex", Takes::Flag, "Whether the pattern is a regular expression."),
        ],
        description: "Finds lines in the project's files, Python files first.",
    },
    Spec {
        name: "file_structure",
        kind: Kind::Look,
        arguments: &[PATH],
        description: "Shows a file's imports, classes, methods and functions with lines and signatures, without bodies.",
    },
    Spec {
        name: "find_symbol",
        kind: Kind::Look,
        arguments: &[required("query", "Name or part of the name of a class, method or function.")],
        description: "Finds where classes, methods and functions are defined, best match first.",
    },
    Spec {
        name: "read_symbol",
        kind: Kind::Look,
        arguments: &[PATH, SYMBOL],
        description: "Shows the source of one symbol; enough to modify or remove that symbol.",
    },
    Spec {
        name: "find_references",
        kind: Kind::Look,
        arguments: &[PATH, SYMBOL],
        description: "Lists the lines of the project that mention a symbol's name.",
    },
    Spec {
        name: "add_function",
        kind: Kind::Change,
        arguments: &[PATH, required("code", "The whole function, with its decorators."), TARGET_CLASS, AFTER],
        description: "Adds one new function to a module, or one new method to a class.",
    },
    Spec {
        name: "add_class",
        kind: Kind::Change,
        arguments: &[PATH, required("code", "The whole class."), AFTER],
        description: "Adds one new class to a module.",
    },
    Spec {
        name: "modify_function",
        kind: Kind::Change,
        arguments: &[
            PATH,
            required("name", "Name of the function or method as it stands."),
            required("code", "The whole function as it shall be, nothing left out."),
            TARGET_CLASS,
        ],
        description: "Replaces one function or method by the code given.",
    },
    Spec {
        name: "modify_class",
        kind: Kind::Change,
        arguments: &[
            PATH,
            required("name", "Name of the class as it stands."),
            required("code", "The whole class as it shall be, nothing left out."),
        ],
        description: "Replaces one class by the code given; for one method of it use modify_function.",
    },
    Spec {
        name: "remove_symbol",
        kind: Kind::Change,
        arguments: &[PATH, SYMBOL],
        description: "Removes a class, method or function.",
    },
    Spec {
        name: "rename_symbol",
        kind: Kind::Change,
        arguments: &[PATH, SYMBOL, required("new_name", "The new name alone, without class or module.")],
        description: "Renames a class, method or function in the whole project, with everything that uses it; refused \
                      where a use cannot be known.",
    },
    Spec {
        name: "add_import",
        kind: Kind::Change,
        arguments: &[PATH, required("code", "The import, such as `from shop.models import Row`.")],
        description: "Adds an import where it belongs.",
    },
    Spec {
        name: "edit_file",
        kind: Kind::Change,
        arguments: &[
            PATH,
            required("search", "Text that stands exactly once in the file, without line numbers."),
            required("replace", "What comes in its place."),
        ],
        description: "Replaces a piece of text in a file.",
    },
    Spec {
        name: "write_file",
        kind: Kind::Change,
        arguments: &[PATH, required("content", "The whole content of the file.")],
        description: "Creates a file, or replaces one that was read.",
    },
    Spec {
        name: "move_file",
        kind: Kind::Change,
        arguments: &[required("source", "The file as it is named now."), required("destination", "Its new path.")],
        description: "Moves or renames a file; what imports a module follows it.",
    },
    Spec { name: "delete_file", kind: Kind::Change, arguments: &[PATH], description: "Deletes a file." },
    Spec {
        name: "validate",
        kind: Kind::Session,
        arguments: &[],
        description: "Shows the gate's report on all pending edits together.",
    },
    Spec {
        name: "run_tests",
        kind: Kind::Session,
        arguments: &[optional(
            "selection",
            Takes::Text,
            "Files, folders or ids of tests, such as `tests/test_cart.py::test_total`; without it, the tests that reach \
             what is pending.",
        )],
        description: "Runs the project's tests with all pending edits laid over a copy of it. finish runs them as well.",
    },
    Spec {
        name: "run_command",
        kind: Kind::Command,
        arguments: &[required("command", "A command for the shell, such as `ruff check --fix shop`.")],
        description: "Runs a command in a copy of the project with all pending edits, without network; what it changes there \
                      becomes pending. The person may be asked first. Not for tests: use run_tests.",
    },
    Spec {
        name: "update_plan",
        kind: Kind::Session,
        arguments: &[Argument {
            name: "steps",
            takes: Takes::Steps,
            is_required: true,
            description: "All steps of the plan, in order.",
        }],
        description: "Sets the plan. Each step may name its target; targets are checked against the index.",
    },
    Spec {
        name: "ask_user",
        kind: Kind::Session,
        arguments: &[required("question", "One question that only the person can answer.")],
        description: "Asks the person, at most once per task. Look up whatever can be looked up.",
    },
    Spec {
        name: "finish",
        kind: Kind::Session,
        arguments: &[required("summary", "What was changed and why, in a few sentences.")],
        description: "Ends the task: all pending edits are checked together and shown to the person.",
    },
];

/// What only a person is offered, who names the symbol and the module on the screen.
const OF_PERSON: &[Spec] = &[Spec {
    name: "move_symbol",
    kind: Kind::Change,
    arguments: &[
        PATH,
        SYMBOL,
        optional("destination", Takes::Text, "Path of the module that the symbol goes to."),
        optional("after", Takes::Text, "Symbol of the same scope behind which it goes."),
    ],
    description: "Moves a function or class to another module, with what it needs and what uses it, or within its own.",
}];

impl Spec {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        TOOLS.iter().chain(OF_PERSON).find(|tool| tool.name == name)
    }

    /// `path, code, target_class?`.
    pub(super) fn signature(&self) -> String {
        let names: Vec<String> = self
            .arguments
            .iter()
            .map(|argument| format!("{}{}", argument.name, if argument.is_required { "" } else { "?" }))
            .collect();
        names.join(", ")
    }

    fn schema(&self) -> ToolSchema {
        let mut properties = Map::new();
        for argument in self.arguments {
            let mut property = match argument.takes {
                Takes::Text => json!({"type": "string"}),
                Takes::Number => json!({"type": "integer", "minimum": 1}),
                Takes::Flag => json!({"type": "boolean"}),
                Takes::Steps => steps_schema(),
            };
            property["description"] = Value::from(argument.description);
            properties.insert(argument.name.to_owned(), property);
        }
        let needed: Vec<&str> =
            self.arguments.iter().filter(|argument| argument.is_required).map(|argument| argument.name).collect();
        let parameters = json!({
            "type": "object",
            "properties": properties,
            "required": needed,
            "additionalProperties": false,
        });
        ToolSchema { name: self.name, description: self.description, parameters }
    }
}

fn steps_schema() -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "title": {"type": "string", "description": "What the step does, in a few words."},
                "action": {"type": "string", "enum": ["read", "add", "modify", "remove", "rename", "test", "other"]},
                "target": {"type": "string", "description": "`path::Qual.name`, or the path of a file."},
            },
            "required": ["title", "action"],
            "additionalProperties": false,
        },
    })
}

pub(crate) fn schemas() -> Vec<ToolSchema> {
    TOOLS.iter().map(Spec::schema).collect()
}

/// What other workbenches call a tool, as a whole or word by word.
const OTHER_WORDS: &[(&str, &[&str])] = &[
    ("edit_file", &["str_replace", "replace_in_file", "apply_edit", "apply_patch", "apply_diff", "replace", "patch"]),
    ("write_file", &["create_file", "save_file", "new_file", "add_file"]),
    ("read_file", &["open_file", "view_file", "show_file", "get_file", "view", "cat", "open", "read"]),
    ("search", &["grep", "find_text", "search_files", "search_code", "find_in_files"]),
    ("list_files", &["ls", "list_dir", "list_directory", "glob", "find_files", "list"]),
    ("add_import", &["import", "insert_import", "create_import"]),
    ("run_command", &["bash", "shell", "execute_command", "execute", "terminal"]),
    ("finish", &["done", "submit", "complete", "attempt_completion", "final_answer"]),
    ("modify", &["update", "replace", "change", "edit", "rewrite", "overwrite", "set"]),
    ("add", &["create", "insert", "new", "append", "define"]),
    ("remove", &["delete", "drop", "erase"]),
    ("function", &["method", "func", "def"]),
    (
        "remove_symbol",
        &["remove_function", "delete_function", "remove_method", "delete_method", "remove_class", "delete_class"],
    ),
    ("rename_symbol", &["rename", "rename_function", "rename_method", "rename_class", "rename_variable"]),
];

/// The tool that is meant by what a model wrote: by another word for it, or the nearest in spelling.
pub(crate) fn nearest_name(written: &str) -> &'static str {
    let mut written = written.to_lowercase().replace('-', "_");
    let own_word = |word: &str| OTHER_WORDS.iter().find(|(_, others)| others.contains(&word)).map(|(own, _)| *own);
    if Spec::named(&written).is_none() {
        written = own_word(&written).map_or_else(
            || written.split('_').map(|word| own_word(word).unwrap_or(word)).collect::<Vec<_>>().join("_"),
            str::to_owned,
        );
    }
    TOOLS.iter().map(|tool| tool.name).min_by_key(|name| edit_distance(&written, name)).unwrap_or("read_file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_name() {
        assert_eq!(nearest_name("readFile"), "read_file");
        assert_eq!(nearest_name("edit-file"), "edit_file");
        for (written, meant) in [
            ("update_function", "modify_function"),
            ("replace_method", "modify_function"),
            ("edit_class", "modify_class"),
            ("create_function", "add_function"),
            ("insert_method", "add_function"),
            ("delete_function", "remove_symbol"),
            ("delete_symbol", "remove_symbol"),
            ("str_replace", "edit_file"),
            ("create_file", "write_file"),
            ("rename", "rename_symbol"),
            ("submit", "finish"),
            ("edit_file", "edit_file"),
        ] {
            assert_eq!(nearest_name(written), meant, "{written}");
        }
    }
}
