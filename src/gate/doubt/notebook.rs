//! Doubts about the names and the packages of a notebook: its kernel brings some, its commands make others, and its cells
//! run in whatever order a person likes.

use super::Doubt;
use crate::gate::bindings::module_names;
use crate::gate::project::has_word;

/// What IPython puts into every notebook, beside the results by number.
const OF_KERNEL: [&str; 16] = [
    "display",
    "get_ipython",
    "exit",
    "quit",
    "In",
    "Out",
    "_",
    "__",
    "___",
    "_i",
    "_ii",
    "_iii",
    "_ih",
    "_oh",
    "_dh",
    "_exit_code",
];
/// Commands that make names which they do not spell.
const MAKES_ANY_NAME: [&str; 6] = ["run", "pylab", "load", "store", "macro", "recall"];
/// Commands that make modules, or go where others are.
const MAKES_MODULES: [&str; 10] =
    ["pip", "conda", "mamba", "micromamba", "uv", "cd", "pushd", "run", "system", "writefile"];

impl Doubt<'_, '_> {
    /// Whether a notebook may have a name that its code does not bind before it is read.
    pub(super) fn notebook_may_have(&self, name: &str) -> bool {
        let Some(notebook) = self.project.notebook(self.path) else { return false };
        let is_result = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
        OF_KERNEL.contains(&name)
            || name.strip_prefix('_').is_some_and(|rest| is_result(rest.strip_prefix('i').unwrap_or(rest)))
            || notebook.commands().any(|line| has_word(line, name) || is_command(line, &MAKES_ANY_NAME))
            || module_names(&self.lens.tree.syntax().body).contains(name)
    }

    /// Whether the place stands in a cell that is there to show an error.
    pub(super) fn is_meant_to_fail(&self) -> bool {
        self.project.notebook(self.path).is_some_and(|notebook| notebook.may_raise(self.found.start as usize))
    }

    /// Whether a notebook gets packages, or writes modules, while it runs.
    pub(super) fn notebook_makes_modules(&self) -> bool {
        self.project.notebook(self.path).is_some_and(|notebook| {
            notebook.has_foreign_cells()
                || notebook.commands().any(|line| line.contains('!') || is_command(line, &MAKES_MODULES))
        })
    }
}

/// Whether a line gives one of the commands `names`: `%run`, `x = %run`, `%%run`.
fn is_command(line: &str, names: &[&str]) -> bool {
    let command = line.split_once('%').map_or("", |(_, command)| command.trim_start_matches('%'));
    let end = command.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(command.len());
    names.contains(&&command[..end])
}
