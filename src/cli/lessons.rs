//! `flux lessons`: what was learned on a project.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use flux::agent::{KeptLesson, Teacher};
use flux::sys::{Lessons, local_time};
use serde_json::json;

use super::printable;
use crate::Format;

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: Option<What>,
    /// The project.
    #[arg(long, value_name = "DIR", default_value = ".", global = true)]
    root: PathBuf,
    #[arg(long, value_enum, default_value = "text", global = true)]
    format: Format,
}

#[derive(clap::Subcommand)]
enum What {
    /// All of them, the one that was seen last first.
    List,
    /// Forgets one.
    Delete { id: String },
    /// Forgets all.
    Clear,
    /// Pairs of what was wrong and what was right, one JSON value a line, for training a model: prompt, chosen, rejected.
    Export,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let lessons = Lessons::of(&super::run::existing_folder(&options.root)?)?;
    // A closed pipe is no reason to fail.
    match &options.what {
        None | Some(What::List) => drop(list(&lessons.list(), options.format)),
        Some(What::Delete { id }) => {
            anyhow::ensure!(lessons.forget(id)?, "there is no lesson '{id}'; flux lessons lists them");
        }
        Some(What::Clear) => lessons.forget_all()?,
        Some(What::Export) => drop(export(&lessons.list())),
    }
    Ok(ExitCode::SUCCESS)
}

fn list(lessons: &[KeptLesson], format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let value = |kept: &KeptLesson| {
        let lesson = &kept.lesson;
        json!({
            "id": kept.id, "teacher": lesson.teacher, "code": lesson.code, "path": lesson.path, "symbols": lesson.symbols,
            "wrong": lesson.wrong, "right": lesson.right, "hits": kept.hit_count, "last_seen": kept.last_seen,
            "has_pair": lesson.chosen.is_some(),
        })
    };
    match format {
        Format::Json => return writeln!(out, "{}", lessons.iter().map(value).collect::<serde_json::Value>()),
        Format::Jsonl => return lessons.iter().try_for_each(|kept| writeln!(out, "{}", value(kept))),
        Format::Text if lessons.is_empty() => return writeln!(out, "nothing was learned on this project yet"),
        Format::Text => {}
    }
    for kept in lessons {
        let lesson = &kept.lesson;
        let who = match lesson.teacher {
            Teacher::Refusal => "refused",
            Teacher::Test => "test",
            Teacher::Person => "person",
        };
        let place = lesson.path.as_ref().map_or(String::new(), |path| format!("{path}: "));
        let (time, code) = (local_time(&kept.last_seen), printable(&lesson.code));
        writeln!(out, "{}  {time}  {:>3}×  {who} {code}", kept.id, kept.hit_count)?;
        writeln!(out, "    {}", printable(&format!("{place}{}", lesson.wrong)))?;
        if let Some(right) = &lesson.right {
            writeln!(out, "    → {}", printable(right))?;
        }
    }
    Ok(())
}

fn export(lessons: &[KeptLesson]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    // The first that was learned first, as it happened.
    for kept in lessons.iter().rev() {
        let lesson = &kept.lesson;
        if let Some(chosen) = lesson.chosen.as_ref().filter(|_| !lesson.rejected.is_empty()) {
            let pair = json!({"prompt": lesson.prompt, "chosen": chosen, "rejected": lesson.rejected});
            writeln!(out, "{pair}")?;
        }
    }
    Ok(())
}
