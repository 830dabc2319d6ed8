//! `flux run`: one task without the screen. Drives the same session as the workbench.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};

use anyhow::Context;
use flux::agent::{Event, Limits, Need, ReviewOutcome, Session};
use flux::app::{Cmd, Msg};
use flux::sys::{Config, ModelChoice, Outside};
use flux::text::ChangeSet;

use super::trace::{Ending, Trace, TraceFormat};
use late::Late;

mod late;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// What to do, in plain words.
    #[arg(long)]
    task: String,
    /// The project.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// What is written without anyone looking: nothing, or a change set that passes the gate.
    #[arg(long, value_enum, default_value = "none")]
    accept: Accept,
    #[arg(long, value_enum, default_value = "text")]
    format: TraceFormat,
    /// Whether the project's tests are to pass before anything is written; no tests are run so far.
    #[arg(long, value_enum, default_value = "auto")]
    tests: Tests,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Accept {
    None,
    Passing,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Tests {
    Auto,
    Off,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let root = existing_folder(&options.root)?;
    anyhow::ensure!(!options.task.trim().is_empty(), "the task is empty; say what to do with --task \"…\"");
    let faults = Config::load(&root).faults;
    anyhow::ensure!(faults.is_empty(), "{}", faults.join("; "));
    let mut trace = Trace::new(options.format);
    let run = Run { root, model: ModelChoice::Configured, task: options.task.clone(), accept: options.accept };
    let ended = run.drive(&mut trace)?;
    if let Some(change_set) = &ended.proposal {
        trace.diff(change_set);
    }
    if !ended.files.is_empty() {
        trace.applied(&ended.files);
    }
    trace.used(&ended.session);
    trace.done(ended.ending, &ended.summary);
    Ok(ended.exit_code())
}

/// The absolute path of a folder that is there.
pub(crate) fn existing_folder(path: &Path) -> anyhow::Result<PathBuf> {
    let root = path.canonicalize().with_context(|| format!("'{}' cannot be opened", path.display()))?;
    anyhow::ensure!(root.is_dir(), "'{}' is no folder; give the folder of the project", path.display());
    Ok(root)
}

/// One task on one project.
pub(crate) struct Run {
    pub(crate) root: PathBuf,
    pub(crate) model: ModelChoice,
    pub(crate) task: String,
    pub(crate) accept: Accept,
}

/// How it ended.
pub(crate) struct Ended {
    pub(crate) ending: Ending,
    pub(crate) summary: String,
    pub(crate) proposal: Option<ChangeSet>,
    /// What was written.
    pub(crate) files: Vec<String>,
    pub(crate) session: Session,
}

impl Ended {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self.ending {
            Ending::Applied | Ending::Proposed => ExitCode::SUCCESS,
            Ending::Blocked | Ending::Failed => ExitCode::from(super::BLOCKED),
        }
    }
}

/// What one message or need leads to.
enum Course {
    GoOn,
    Over(Ending, String),
}

impl Run {
    pub(crate) fn drive(self, trace: &mut Trace) -> anyhow::Result<Ended> {
        let (sender, msgs) = channel();
        let outside = Outside::start(self.root.clone(), self.model.clone(), sender)?;
        let ended = self.follow(&outside, &msgs, trace);
        outside.close();
        ended
    }

    fn follow(&self, outside: &Outside, msgs: &Receiver<Msg>, trace: &mut Trace) -> anyhow::Result<Ended> {
        let mut session = self.opened(outside, msgs, trace)?;
        let mut ended = (None, Vec::new());
        let mut late = Late::default();
        let mut needs = session.update(Event::Task(self.task.clone()));
        loop {
            trace.follow(&session);
            for need in std::mem::take(&mut needs) {
                if let Course::Over(ending, summary) = self.meet(need, outside, &mut session, trace, &mut ended.0) {
                    let (proposal, files) = ended;
                    return Ok(Ended { ending, summary, proposal, files, session });
                }
            }
            match msgs.recv().context("the workers ended before the task did")? {
                Msg::Indexed(snapshot) => needs = session.update(Event::Snapshot(snapshot)),
                Msg::Agent(event) => {
                    if let Event::Checked(_, report) = &event
                        && !report.cancelled
                        && session.is_waiting_for(&event)
                    {
                        trace.checked(report);
                    }
                    needs = session.update(event);
                }
                Msg::Written(Ok(paths)) => {
                    ended.1 = paths.iter().map(ToString::to_string).collect();
                    let outcome = ReviewOutcome::Written { files: ended.1.clone(), rejected: Vec::new() };
                    session.update(Event::Reviewed(outcome));
                    let (proposal, files) = ended;
                    let summary = session.summary().to_owned();
                    return Ok(Ended { ending: Ending::Applied, summary, proposal, files, session });
                }
                msg @ (Msg::Written(Err(_)) | Msg::Reread(..) | Msg::Judged(..)) => {
                    let course = match &mut ended.0 {
                        Some(proposal) => late.take(msg, self, outside, &mut session, proposal),
                        None => Course::GoOn,
                    };
                    if let Course::Over(ending, summary) = course {
                        let (proposal, files) = ended;
                        return Ok(Ended { ending, summary, proposal, files, session });
                    }
                }
                Msg::Failed { what, why } => super::complain(&anyhow::anyhow!("{what}: {why}")),
                _ => {}
            }
        }
    }

    /// Waits for the index, then opens a session on it.
    fn opened(&self, outside: &Outside, msgs: &Receiver<Msg>, trace: &mut Trace) -> anyhow::Result<Session> {
        loop {
            match msgs.recv().context("the workers ended before the project was indexed")? {
                Msg::Indexed(snapshot) => {
                    let (files, symbols) = (snapshot.file_count(), snapshot.symbol_count());
                    let (root, model) = (self.root.display(), outside.model_name());
                    trace.text(&format!("{root}: {files} Python files, {symbols} symbols; model: {model}"));
                    return Ok(Session::new(snapshot, Limits::default()));
                }
                Msg::Failed { what, why } if what.contains("index") => anyhow::bail!("{what}: {why}"),
                Msg::Failed { what, why } => super::complain(&anyhow::anyhow!("{what}: {why}")),
                _ => {}
            }
        }
    }

    fn meet(
        &self,
        need: Need,
        outside: &Outside,
        session: &mut Session,
        trace: &mut Trace,
        proposal: &mut Option<ChangeSet>,
    ) -> Course {
        match need {
            Need::Propose(change_set, report) => {
                trace.proposed(session, &report);
                *proposal = Some(change_set.clone());
                if self.accept == Accept::None {
                    return Course::Over(Ending::Proposed, session.summary().to_owned());
                }
                if !report.is_complete() {
                    let why = "Not written: the gate could not judge all of it, and nobody is here to decide.";
                    return Course::Over(Ending::Proposed, why.to_owned());
                }
                outside.run(Cmd::Write { change_set, title: self.task.clone(), task: 1 });
            }
            Need::AskPerson(question) => {
                trace.text(&format!("? {question}"));
                let answer = "Nobody is here to answer. Decide from the code, and say in finish what you decided.";
                // The answer brings the next needs; they are met as those of the call were.
                for need in session.update(Event::Answered(answer.to_owned())) {
                    if let Course::Over(ending, summary) = self.meet(need, outside, session, trace, proposal) {
                        return Course::Over(ending, summary);
                    }
                }
            }
            Need::Finished { summary, failed: false } => {
                let ending = if self.accept == Accept::None { Ending::Proposed } else { Ending::Applied };
                return Course::Over(ending, summary);
            }
            Need::Finished { summary, failed: true } => {
                let is_blocked = session.is_blocked();
                *proposal = (!session.pending().is_empty()).then(|| session.pending().clone());
                return Course::Over(if is_blocked { Ending::Blocked } else { Ending::Failed }, summary);
            }
            need @ (Need::Understand(..)
            | Need::AskModel(..)
            | Need::RunTool(..)
            | Need::Check(..)
            | Need::FindPlaces(..)
            | Need::Cancel(_)) => {
                outside.run(Cmd::Need(need));
            }
        }
        Course::GoOn
    }
}
