//! Parses arguments and hands over: `cli/` holds one file for each subcommand, `run.rs` is the workbench.

mod cli;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A judgement makes and drops hundreds of thousands of small values on two threads: with the system's allocator it takes a tenth longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A terminal workbench in which a language model works on a Python code base and cannot break it.
#[derive(Parser)]
#[command(name = "flux", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    /// The project to open; without one, the folder you are in.
    root: Option<PathBuf>,
    /// Goes on with the session of this project that was used last.
    #[arg(long = "continue", conflicts_with = "resume")]
    goes_on: bool,
    /// Goes on with this session; without one, shows the list of this project's sessions.
    #[arg(long, value_name = "SESSION", num_args = 0..=1)]
    resume: Option<Option<String>>,
    /// Asks this model first: one of `[models]` in the configuration, or a model of the configured server.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// The workbench on a fresh copy of a sample project, with a recorded model: no key, no network.
    Demo(cli::demo::Options),
    /// One task without the screen.
    Run(cli::run::Options),
    /// Gives tasks to a model and checks what it made of them.
    Eval(cli::eval::Options),
    /// The gate alone: judges edits, writes nothing.
    Check(cli::check::Options),
    /// What the code of an issue means, with an example that blocks and one that passes.
    Explain(cli::explain::Options),
    /// The structure of one file.
    Outline(cli::outline::Options),
    /// Builds the index and says what is in it.
    Index(cli::index::Options),
    /// Keeps the index live and tells of each change.
    Watch(cli::watch::Options),
    /// What was learned on the project.
    Lessons(cli::lessons::Options),
    /// The sessions that can be gone on with.
    Sessions(cli::sessions::Options),
    /// Takes the last write back.
    Undo(cli::undo::Options),
    /// Writes again what was taken back last.
    Redo(cli::undo::RedoOptions),
    /// A command of flux's own, kept from the network and from writing elsewhere.
    #[command(hide = true)]
    Confined(cli::confined::Options),
    /// Says what works here: model, Python environment, watcher, terminal.
    Doctor(cli::doctor::Options),
}

/// The shape of what a subcommand prints.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For a person.
    Text,
    /// One JSON value.
    Json,
    /// One JSON value a line.
    Jsonl,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        None => {
            let opening = match (arguments.goes_on, arguments.resume) {
                (true, _) => run::Opening::Session(None),
                (false, Some(Some(id))) => run::Opening::Session(Some(id)),
                (false, Some(None)) => run::Opening::Sessions,
                (false, None) => run::Opening::Fresh,
            };
            run::workbench(&arguments.root.unwrap_or_else(|| ".".into()), opening, arguments.model)
        }
        Some(Command::Demo(options)) => cli::demo::run(&options),
        Some(Command::Run(options)) => cli::run::run(&options),
        Some(Command::Eval(options)) => cli::eval::run(&options),
        Some(Command::Check(options)) => cli::check::run(&options),
        Some(Command::Explain(options)) => cli::explain::run(&options),
        Some(Command::Outline(options)) => cli::outline::run(&options),
        Some(Command::Index(options)) => cli::index::run(&options),
        Some(Command::Watch(options)) => cli::watch::run(&options),
        Some(Command::Lessons(options)) => cli::lessons::run(&options),
        Some(Command::Sessions(options)) => cli::sessions::run(&options),
        Some(Command::Undo(options)) => cli::undo::run(&options),
        Some(Command::Redo(options)) => cli::undo::redo(&options),
        Some(Command::Confined(options)) => cli::confined::run(&options),
        Some(Command::Doctor(options)) => cli::doctor::run(&options),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            cli::complain(&error);
            ExitCode::from(cli::WRONG_USE)
        }
    }
}
