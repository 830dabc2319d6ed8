//! The person's editor: which one, how it is told a line, and what came of it.
//!
//! Knows nothing of the screen; whoever calls has given the terminal away. Invariant: every run ends in one message,
//! and a text comes back only from an editor that says it went well.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::app::{EditorWork, Msg};
use crate::text::ProjectPath;

/// What is run where neither variable is set.
const DEFAULT: &str = "vi";

/// How an editor is told where to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `+LINE FILE`.
    Plus,
    /// `+LINE:COLUMN FILE`.
    PlusColumn,
    /// `FILE:LINE:COLUMN`.
    Colon,
    /// `-g FILE:LINE:COLUMN`.
    Goto,
    /// `--line LINE FILE`.
    Line,
}

/// Editors that take another form than `+LINE`, or that have to be asked to stay until the file is closed.
const FORMS: &[(&[&str], Form, Option<&str>)] = &[
    (&["hx", "helix"], Form::Colon, None),
    (&["kak", "micro"], Form::PlusColumn, None),
    (&["emacs", "emacsclient"], Form::PlusColumn, None),
    (&["code", "code-insiders", "codium", "vscodium", "cursor", "windsurf", "positron"], Form::Goto, Some("--wait")),
    (&["subl", "sublime_text", "zed", "zeditor", "atom"], Form::Colon, Some("--wait")),
    (&["pycharm", "charm", "idea"], Form::Line, Some("--wait")),
    (&["kate"], Form::Line, Some("--block")),
    (&["gvim", "mvim"], Form::Plus, Some("--nofork")),
    (&["gedit", "xed", "pluma"], Form::Plus, Some("--wait")),
];

/// The editor of this environment, split into words.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Editor {
    program: String,
    arguments: Vec<String>,
}

impl Editor {
    fn of_environment(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let set =
            |name: &'static str| variable(name).filter(|value| !value.trim().is_empty()).map(|value| (name, value));
        let (name, value) = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or(("EDITOR", DEFAULT.to_owned()));
        let mut words =
            words(&value).with_context(|| format!("{name} is '{value}', with a quote that is not closed"))?;
        let program = words.remove(0);
        Ok(Self { program, arguments: words })
    }

    /// The words of a call that opens `file` at a place.
    fn call(&self, file: &Path, line: u32, column: u32) -> Vec<OsString> {
        let name = Path::new(&self.program).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let known = FORMS.iter().find(|(names, ..)| names.contains(&&*name));
        let (form, stay) = known.map_or((Form::Plus, None), |(_, form, stay)| (*form, *stay));
        let mut call: Vec<OsString> = self.arguments.iter().map(OsString::from).collect();
        if let Some(stay) = stay.filter(|stay| !self.asks_to_stay(stay)) {
            call.push(stay.into());
        }
        // A name that begins so would be taken for an option.
        let is_option = file.to_string_lossy().starts_with(['-', '+']);
        let file = if is_option { Path::new(".").join(file) } else { file.to_owned() };
        let colon = || {
            let mut place = file.clone().into_os_string();
            place.push(format!(":{line}:{column}"));
            place
        };
        match form {
            Form::Plus => call.extend([format!("+{line}").into(), file.into_os_string()]),
            Form::PlusColumn => call.extend([format!("+{line}:{column}").into(), file.into_os_string()]),
            Form::Colon => call.push(colon()),
            Form::Goto => call.extend(["-g".into(), colon()]),
            Form::Line => call.extend(["--line".into(), line.to_string().into(), file.into_os_string()]),
        }
        call
    }

    fn asks_to_stay(&self, stay: &str) -> bool {
        let short = match stay {
            "--nofork" => "-f",
            _ => "-w",
        };
        self.arguments.iter().any(|argument| argument == stay || argument == short)
    }

    /// Runs the editor on `file` until it is closed.
    fn run(&self, root: &Path, file: &Path, line: u32, column: u32) -> anyhow::Result<()> {
        let program = &self.program;
        let child = Command::new(program).args(self.call(file, line, column)).current_dir(root).spawn();
        let status = child.and_then(wait_for);
        let status = status.with_context(|| {
            format!("the editor '{program}' cannot be started; set VISUAL or EDITOR to one that is there")
        })?;
        anyhow::ensure!(
            status.success(),
            "the editor '{program}' failed ({status}); VISUAL or EDITOR names another one"
        );
        Ok(())
    }
}

/// The editor that is open.
static OPEN: Mutex<Option<u32>> = Mutex::new(None);
static CLOSED: Condvar = Condvar::new();
/// So long an editor that is told to end has for it.
const END_TIMEOUT: Duration = Duration::from_secs(1);

fn wait_for(mut child: Child) -> std::io::Result<ExitStatus> {
    let open = || OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    *open() = Some(child.id());
    let status = child.wait();
    *open() = None;
    CLOSED.notify_all();
    status
}

/// Ends the editor that is open, where one is: nobody is left who would take its text.
pub fn end_editor() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(id) = *open else { return };
        // It may have ended in this very moment.
        let _ = kill(Pid::from_raw(id as i32), signal);
        let _ = CLOSED.wait_timeout_while(open, END_TIMEOUT, |open| open.is_some());
    }
}

/// Cuts a command into words as a shell does: at spaces, but not within quotes.
fn words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        '\'' => break,
                        quoted => word.push(quoted),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        '"' => break,
                        '\\' => match letters.next()? {
                            escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                            other => word.extend(['\\', other]),
                        },
                        quoted => word.push(quoted),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(letters.next()?),
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    (!words.is_empty()).then_some(words)
}

/// Opens the person's editor on a thread of its own; the terminal has to be the editor's to take.
pub fn open_editor(root: PathBuf, work: EditorWork, msgs: Sender<Msg>) {
    let of_failed = work.clone();
    let for_thread = msgs.clone();
    let started = thread::Builder::new().name("flux-editor".to_owned()).spawn(move || {
        // Nobody listens any more when flux ends meanwhile.
        let _ = for_thread.send(edited(&root, work, |name| std::env::var(name).ok()));
    });
    if let Err(error) = started {
        let why = format!("the editor's thread cannot be started: {error}");
        let _ = msgs.send(match of_failed {
            EditorWork::File { path, .. } => Msg::FileEdited(path, Err(why)),
            EditorWork::Text { id, .. } => Msg::TextEdited(id, Err(why)),
        });
    }
}

fn edited(root: &Path, work: EditorWork, variable: impl Fn(&str) -> Option<String>) -> Msg {
    let editor = Editor::of_environment(variable);
    match work {
        EditorWork::File { path, line, column } => {
            let outcome = editor.and_then(|editor| edit_file(&editor, root, &path, line, column));
            Msg::FileEdited(path, outcome.map_err(|error| format!("{error:#}")))
        }
        EditorWork::Text { id, text, suffix, line } => {
            let outcome = editor.and_then(|editor| edit_text(&editor, root, &text, &suffix, line));
            Msg::TextEdited(id, outcome.map_err(|error| format!("{error:#}; the text stays as it was")))
        }
    }
}

fn edit_file(editor: &Editor, root: &Path, path: &ProjectPath, line: u32, column: u32) -> anyhow::Result<()> {
    anyhow::ensure!(root.join(path.as_str()).exists(), "{path} is no longer there");
    editor.run(root, Path::new(path.as_str()), line, column)
}

fn edit_text(editor: &Editor, root: &Path, text: &str, suffix: &str, line: u32) -> anyhow::Result<String> {
    let file = tempfile::Builder::new().prefix("flux-").suffix(suffix).tempfile();
    let file = file.context("no file for the editor can be made")?.into_temp_path();
    std::fs::write(&file, text).context("the file for the editor cannot be written")?;
    editor.run(root, &file, line, 1)?;
    let mut edited = std::fs::read_to_string(&file).context("what the editor left cannot be read")?;
    // Editors end a file with a line end; that is not the person's.
    if !text.ends_with('\n') && edited.ends_with('\n') {
        edited.pop();
    }
    Ok(edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(editor: &str) -> String {
        let editor = Editor::of_environment(|name| (name == "EDITOR").then(|| editor.to_owned())).unwrap();
        let words = editor.call(Path::new("shop/cart.py"), 7, 3);
        let words: Vec<&str> = words.iter().map(|word| word.to_str().unwrap()).collect();
        format!("{} {}", editor.program, words.join(" "))
    }

    #[test]
    fn each_editor_is_told_the_line_in_its_own_form() {
        assert_eq!(call(" "), "vi +7 shop/cart.py");
        assert_eq!(call("/usr/bin/nvim -R"), "/usr/bin/nvim -R +7 shop/cart.py");
        assert_eq!(call("nano"), "nano +7 shop/cart.py");
        assert_eq!(call("hx"), "hx shop/cart.py:7:3");
        assert_eq!(call("emacsclient -t"), "emacsclient -t +7:3 shop/cart.py");
        assert_eq!(call("code"), "code --wait -g shop/cart.py:7:3");
        assert_eq!(call("code -w"), "code -w -g shop/cart.py:7:3");
        assert_eq!(call("subl"), "subl --wait shop/cart.py:7:3");
        assert_eq!(call("gvim -f"), "gvim -f +7 shop/cart.py");
        assert_eq!(call("unheard-of"), "unheard-of +7 shop/cart.py");
    }

    #[test]
    fn words_are_cut_as_a_shell_does() {
        let cut = |command: &str| words(command).map(|words| words.join("|"));
        assert_eq!(cut("  a 'b c'\\ d \"e \\\" f\"  ").as_deref(), Some("a|b c d|e \" f"));
        assert_eq!(cut("''").as_deref(), Some(""));
        assert_eq!(cut("a 'b"), None);
        assert_eq!(cut("   "), None);
    }

    #[test]
    fn an_editor_that_cannot_be_started_is_named_with_the_way_out() {
        let work = EditorWork::Text { id: 4, text: "x = 1".into(), suffix: ".py".into(), line: 1 };
        let msg = edited(Path::new("/"), work, |_| Some("/does/not/exist".into()));
        let Msg::TextEdited(4, Err(why)) = msg else { panic!("another message") };
        assert!(why.contains("'/does/not/exist' cannot be started; set VISUAL or EDITOR"), "{why}");
    }

    #[test]
    fn a_text_comes_back_as_it_was_left_and_a_failure_leaves_it() {
        let run = |script: &str| {
            let work = EditorWork::Text { id: 1, text: "x = 1".into(), suffix: ".py".into(), line: 1 };
            let editor = format!("sh -c '{script}' editor");
            match edited(Path::new("/"), work, |_| Some(editor.clone())) {
                Msg::TextEdited(1, outcome) => outcome,
                _ => panic!("another message"),
            }
        };
        // The words behind the script are the line and the file.
        assert_eq!(run("echo \"y = 2\" > \"$2\""), Ok("y = 2".to_owned()));
        assert_eq!(run("case \"$2\" in *.py) echo \"$1\" > \"$2\";; esac"), Ok("+1".to_owned()));
        assert!(run("exit 3").unwrap_err().contains("exit status: 3"));
        assert!(run("rm \"$2\"").unwrap_err().contains("cannot be read"));
    }

    #[test]
    fn a_name_like_an_option_is_a_file() {
        let editor = Editor { program: "vi".into(), arguments: Vec::new() };
        assert_eq!(editor.call(Path::new("-c.py"), 1, 1).last(), Some(&OsString::from("./-c.py")));
    }
}
