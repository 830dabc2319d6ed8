//! `flux run`: one task without the screen. Drives the same session as the workbench.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::Context;
use flux::agent::{Activity, Event, ModelEvent, Need, ReviewOutcome, Session};
use flux::app::{Cmd, Msg};
use flux::gate::Verdict;
use flux::sys::{Config, ModelChoice, Outside};
use flux::text::ChangeSet;

use super::trace::{Ending, Trace, TraceFormat};
use late::Late;
use resumed::{Opened, SAVE_WAIT};

mod late;
mod resumed;

/// How often the limit of time is looked at while nothing happens.
const TICK: Duration = Duration::from_millis(250);

#[derive(clap::Args)]
pub(crate) struct Options {
    /// What to do, in plain words. With a session: what to go on with, or what to say about its proposal.
    #[arg(long, required_unless_present_any = ["goes_on", "resume"])]
    task: Option<String>,
    /// Goes on with the session of this project that was used last.
    #[arg(long = "continue", conflicts_with = "resume")]
    goes_on: bool,
    /// Goes on with this session.
    #[arg(long, value_name = "SESSION")]
    resume: Option<String>,
    /// The project.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// What is written without anyone looking: nothing, or a change set that passes the gate.
    #[arg(long, value_enum, default_value = "none")]
    accept: Accept,
    #[arg(long, value_enum, default_value = "text")]
    format: TraceFormat,
    /// Asks this model: one of `[models]` in the configuration, or a model of the configured server.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Whether the tests that reach the change are run, in a copy of the project, before it is proposed.
    #[arg(long, value_enum, default_value = "auto")]
    tests: Tests,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Accept {
    None,
    Passing,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Tests {
    Auto,
    Off,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let root = existing_folder(&options.root)?;
    let task = options.task.clone();
    let is_empty = task.as_ref().is_some_and(|task| task.trim().is_empty());
    anyhow::ensure!(!is_empty, "the task is empty; say what to do with --task \"…\"");
    let kept = match options.goes_on || options.resume.is_some() {
        true => Kept::In(options.resume.clone()),
        false => Kept::Anew,
    };
    let loaded = Config::load(&root);
    let (faults, allowed_commands) = (loaded.faults, loaded.config.allowed_commands);
    anyhow::ensure!(faults.is_empty(), "{}", faults.join("; "));
    let mut trace = Trace::new(options.format);
    let (task, accept) = (task.unwrap_or_default(), options.accept);
    let model = options.model.clone().map_or(ModelChoice::Configured, ModelChoice::Named);
    let run = Run { root, model, task, accept, kept, tests: options.tests, allowed_commands };
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
    /// Empty where a session is gone on with and there is nothing to say.
    pub(crate) task: String,
    pub(crate) accept: Accept,
    pub(crate) kept: Kept,
    pub(crate) tests: Tests,
    /// Commands that run without being asked for.
    pub(crate) allowed_commands: Vec<String>,
}

/// Where the session is kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    Nowhere,
    /// In a log of its own.
    Anew,
    /// In the log of a session that is gone on with; without an id of the one that was used last.
    In(Option<String>),
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

/// What is answered where nobody is there.
fn unattended(need: &Need, trace: &mut Trace) -> &'static str {
    match need {
        Need::AskLeave(command) => {
            trace.text(&format!("? may this run: {command}"));
            "nobody is here to allow it; [commands] allow in the person's own configuration would."
        }
        Need::AskPerson(question) => {
            trace.text(&format!("? {question}"));
            "Nobody is here to answer. Decide from the code, and say in finish what you decided."
        }
        _ => "",
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
        outside.run(Cmd::Prepare);
        let mut ended = self.follow(&outside, &msgs, trace);
        if let Ok(ended) = &mut ended {
            self.save(&mut ended.session, &outside);
        }
        outside.close();
        ended
    }

    fn follow(&self, outside: &Outside, msgs: &Receiver<Msg>, trace: &mut Trace) -> anyhow::Result<Ended> {
        let Opened { mut session, mut needs, mut goes_on } = self.opened(outside, msgs, trace)?;
        session.verify_with_tests(self.tests == Tests::Auto);
        session.allow_commands(&self.allowed_commands);
        let mut ended = (None, Vec::new());
        let mut late = Late::default();
        let started_at = Instant::now();
        loop {
            if !session.is_resuming()
                && let Some(resumed) = goes_on.take()
            {
                needs = match resumed.first_needs(self, &mut session, std::mem::take(&mut needs)) {
                    Ok(needs) => needs,
                    Err((ending, summary)) => {
                        let proposal = (!session.pending().is_empty()).then(|| session.pending().clone());
                        return Ok(Ended { ending, summary, proposal, files: Vec::new(), session });
                    }
                };
            }
            self.save(&mut session, outside);
            trace.follow(&session);
            for need in std::mem::take(&mut needs) {
                if let Course::Over(ending, summary) = self.meet(need, outside, &mut session, trace, &mut ended.0) {
                    let (proposal, files) = ended;
                    return Ok(Ended { ending, summary, proposal, files, session });
                }
            }
            let msg = match msgs.recv_timeout(TICK) {
                Ok(msg) => msg,
                Err(RecvTimeoutError::Timeout) => Msg::Ticked { now_ms: 0 },
                Err(RecvTimeoutError::Disconnected) => anyhow::bail!("the workers ended before the task did"),
            };
            let now_ms = started_at.elapsed().as_millis() as u64;
            needs = session.update(Event::Ticked { now_ms });
            match msg {
                _ if !needs.is_empty() => {}
                Msg::Indexed(snapshot) => needs = session.update(Event::Snapshot(snapshot)),
                Msg::Agent(event) => {
                    if let Event::Model(_, ModelEvent::Retrying { why, wait_ms, attempt }) = &event {
                        trace.waits(why, *wait_ms, *attempt);
                    }
                    if let Event::Checked(_, report) = &event
                        && !report.cancelled
                        && session.is_waiting_for(&event)
                    {
                        trace.checked(report);
                    }
                    if let Event::TestsProgressed(_, done, total) = &event
                        && session.is_waiting_for(&event)
                    {
                        trace.tests_progressed(*done, *total);
                    }
                    let is_tested = matches!(event, Event::Tested(..)) && session.is_waiting_for(&event);
                    needs = session.update(event);
                    // What passes is told with the proposal.
                    if let Some(report) = session.report().filter(|_| is_tested && session.is_blocked()) {
                        trace.tested(report);
                    }
                }
                Msg::Written(Ok(paths)) => {
                    ended.1 = paths.iter().map(ToString::to_string).collect();
                    let outcome =
                        ReviewOutcome::Written { files: ended.1.clone(), rejected: Vec::new(), edited: Vec::new() };
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

    /// What the undo list says of what is written.
    fn title(&self, session: &Session) -> String {
        let task = session.activity().iter().rev().find_map(|entry| match entry {
            Activity::Task(task) => Some(task.clone()),
            _ => None,
        });
        task.filter(|_| self.task.is_empty()).unwrap_or_else(|| self.task.clone())
    }

    /// Saves what became of the session, before anything is told or begun that builds on it.
    fn save(&self, session: &mut Session, outside: &Outside) {
        if self.kept != Kept::Nowhere {
            let records = session.unsaved(None);
            if !records.is_empty() {
                outside.run(Cmd::Save(records));
                outside.settle(SAVE_WAIT);
            }
            let learned = session.learned();
            if !learned.is_empty() {
                outside.run(Cmd::Learn(learned));
            }
        }
    }

    /// Waits for the index, then opens a session on it.
    fn opened(&self, outside: &Outside, msgs: &Receiver<Msg>, trace: &mut Trace) -> anyhow::Result<Opened> {
        let is_resumed = matches!(self.kept, Kept::In(_));
        if let Kept::In(id) = &self.kept {
            outside.run(Cmd::OpenSession(id.clone()));
        }
        let (mut snapshot, mut saved) = (None, None);
        loop {
            match msgs.recv().context("the workers ended before the project was indexed")? {
                Msg::Indexed(found) => {
                    let (files, symbols) = (found.file_count(), found.symbol_count());
                    let (root, model) = (self.root.display(), outside.model_name());
                    trace.text(&format!("{root}: {files} Python files, {symbols} symbols; model: {model}"));
                    snapshot = Some(found);
                }
                Msg::SessionOpened(opened) => saved = Some(opened.map_err(|why| anyhow::anyhow!(why))?),
                Msg::Failed { what, why } if what.contains("index") => anyhow::bail!("{what}: {why}"),
                Msg::Failed { what, why } => super::complain(&anyhow::anyhow!("{what}: {why}")),
                _ => {}
            }
            if let Some(found) = snapshot.take_if(|_| !is_resumed || saved.is_some()) {
                return Ok(Opened::new(self, outside.limits(), found, saved.take(), trace));
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
                if report.verdict() == Verdict::Block {
                    let why = "Not written: the gate blocks it on the project as it is now.";
                    return Course::Over(Ending::Blocked, why.to_owned());
                }
                if !report.is_complete() {
                    let why = "Not written: the gate could not judge all of it, and nobody is here to decide.";
                    return Course::Over(Ending::Proposed, why.to_owned());
                }
                outside.run(Cmd::Write { change_set, title: self.title(session), task: 1 });
            }
            need @ (Need::AskPerson(_) | Need::AskLeave(_)) => {
                let answer = unattended(&need, trace);
                // The answer brings the next needs; they are met as those of the call were.
                let needs = session.update(Event::Answered(answer.to_owned()));
                self.save(session, outside);
                for need in needs {
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
            | Need::RunTests(..)
            | Need::RunCommand(..)
            | Need::Cancel(_)) => {
                outside.run(Cmd::Need(need));
            }
        }
        Course::GoOn
    }
}
