//! `flux explain`: what a code means, from the gate's own registry.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use flux::gate::{Code, Example, Layer, Severity, code, codes, nearest_code};
use serde::Serialize;

use super::paint::{Hue, Paint};
use crate::Format;

/// So many columns a sentence takes.
const COLUMNS_MAX: usize = 96;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The code of an issue, as `flux check` prints it; without one, all of them are listed.
    code: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// One code in JSON.
#[derive(Serialize)]
struct Explained {
    code: &'static str,
    title: &'static str,
    layer: &'static str,
    severity: &'static str,
    why: &'static str,
    way_out: &'static str,
    example: Option<Shown>,
    /// Why there is no example.
    no_example: Option<&'static str>,
}

#[derive(Serialize)]
struct Shown {
    old: &'static str,
    wrong: &'static str,
    right: &'static str,
}

impl Explained {
    fn new(code: &'static Code) -> Self {
        let (example, no_example) = match code.example {
            Example::Shown { old, wrong, right } => {
                let [old, wrong, right] = [old, wrong, right].map(str::trim_start);
                (Some(Shown { old, wrong, right }), None)
            }
            Example::Untold(why) => (None, Some(why)),
        };
        Self {
            code: code.id,
            title: code.title,
            layer: code.layer.id(),
            severity: code.severity.word(),
            why: code.why,
            way_out: code.way_out,
            example,
            no_example,
        }
    }
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let paint = Paint::of_stdout();
    let told = match &options.code {
        Some(wanted) => {
            let Some(code) = code(wanted.trim()) else {
                let near = nearest_code(wanted).map_or(String::new(), |near| format!(" Did you mean '{near}'?"));
                anyhow::bail!("there is no code '{wanted}'.{near} `flux explain` alone lists them all");
            };
            match options.format {
                Format::Text => text(code, paint),
                Format::Json | Format::Jsonl => serde_json::to_string(&Explained::new(code))? + "\n",
            }
        }
        None => match options.format {
            Format::Text => list(paint),
            Format::Json => serde_json::to_string(&codes().map(Explained::new).collect::<Vec<_>>())? + "\n",
            Format::Jsonl => {
                let lines: Result<Vec<String>, _> =
                    codes().map(|code| serde_json::to_string(&Explained::new(code))).collect();
                lines?.join("\n") + "\n"
            }
        },
    };
    // Who has closed the pipe has read enough.
    let _ = io::stdout().lock().write_all(told.as_bytes());
    Ok(ExitCode::SUCCESS)
}

fn hue(severity: Severity) -> Hue {
    match severity {
        Severity::Block => Hue::Bad,
        Severity::Warn => Hue::Warn,
    }
}

fn list(paint: Paint) -> String {
    let widest = codes().map(|code| code.id.len()).max().unwrap_or_default();
    let mut told = String::new();
    for layer in Layer::ALL {
        for (at, code) in codes().filter(|code| code.layer == layer).enumerate() {
            if at == 0 {
                let gap = if told.is_empty() { "" } else { "\n" };
                let _ = writeln!(told, "{gap}{}", paint.paint(Hue::Bold, layer.title()));
            }
            let id = paint.paint(hue(code.severity), &format!("{:<widest$}", code.id));
            let _ = writeln!(told, "  {id}  {}", code.title);
        }
    }
    told
}

fn text(code: &Code, paint: Paint) -> String {
    let verb = match code.severity {
        Severity::Block => "blocks",
        Severity::Warn => "is shown, never blocks by itself",
    };
    let mut told = format!(
        "{} · {} · {verb}\n{}\n\n",
        paint.paint(hue(code.severity), code.id),
        code.layer.title(),
        paint.paint(Hue::Bold, code.title)
    );
    for (head, sentence) in [("Why", code.why), ("Way out", code.way_out)] {
        let _ = writeln!(told, "{}\n{}", paint.paint(Hue::Accent, head), wrapped(sentence));
    }
    match code.example {
        Example::Shown { old, wrong, right } => {
            let told_hue = hue(code.severity);
            for (hue, head, files) in [
                (Hue::Accent, "The project", old),
                (told_hue, "A change that is told", wrong),
                (Hue::Good, "One that is not", right),
            ] {
                let _ = writeln!(told, "{}\n{}", paint.paint(hue, head), files_told(files, paint));
            }
        }
        Example::Untold(why) => {
            let _ = writeln!(told, "{}\n{}", paint.paint(Hue::Accent, "No example"), wrapped(&format!("{why}.")));
        }
    }
    told.truncate(told.trim_end().len());
    told.push('\n');
    told
}

/// The files of an example below their names.
fn files_told(files: &str, paint: Paint) -> String {
    let mut told = String::new();
    for line in files.trim_matches('\n').lines() {
        match line.strip_prefix("#- ") {
            Some(name) => {
                let _ = writeln!(told, "  {}", paint.paint(Hue::Dim, &format!("# {name}")));
            }
            None if line.is_empty() => told.push('\n'),
            None => {
                let _ = writeln!(told, "  {line}");
            }
        }
    }
    told
}

fn wrapped(sentence: &str) -> String {
    let mut told = String::from(" ");
    let mut column = 1;
    for word in sentence.split_whitespace() {
        let width = word.chars().count() + 1;
        if column + width > COLUMNS_MAX {
            told.push_str("\n ");
            column = 1;
        }
        column += width;
        let _ = write!(told, " {word}");
    }
    told.push('\n');
    told
}
