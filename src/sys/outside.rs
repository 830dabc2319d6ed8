//! Does what `app` and the agent ask for, off the main thread, and says what happened.
//!
//! Knows nothing of what is on the screen. Invariant: every job ends in exactly one last message, also when it panics;
//! only a model turn that was cancelled says nothing more.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::runtime::Runtime;

use super::config::{Config, keep_theme};
use super::disk::DiskSource;
use super::environment::find_environment;
use super::gate_thread::{Asker, GateThread, Question, Request, Seek, panic_message, tell};
use super::git::GitLooks;
use super::index_cache::IndexCache;
use super::index_thread::{IndexEvent, IndexThread, Watching};
use super::lessons::Lessons;
use super::log::start_log;
use super::model::{Models, Simulation};
use super::newest::Newest;
use super::sessions::{Answer, SessionWriter, Sessions};
use super::shown::{Lookups, start_lookups, start_opener};
use super::sizes::KeptSizes;
use super::standing::Bounds;
use super::verify::Verifier;
use super::write::{Writer, recover};
use crate::agent::{
    Event, Inquiry, JobId, Limits, Need, PlacesQuestion, ToolAnswer, ToolCall, ToolContext, Understanding, run_tool,
    understand,
};
use crate::app::{Cmd, Msg, Sizes, WatcherHealth};
use crate::text::{ProjectPath, ReadError, Source};
use turns::Turns;
use writing::{Writes, recovered_msg};

mod keeping;
mod looking;
mod recognising;
mod turns;
mod verifying;
mod writing;

/// How long all threads together may take to end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Which model answers.
#[derive(Debug, Clone)]
pub enum ModelChoice {
    /// As the environment and the configuration say.
    Configured,
    /// One of those of the configuration, by its name there, or a model of that name at the configured address.
    Named(String),
    /// Plays the answers of a JSONL text in order: no network.
    Recorded(String),
    /// Plays such answers too, with mistakes in them that it corrects by what it is told: no network.
    Simulated(Simulation),
}

/// The threads of one opened project: index with its watcher, gate, and the tasks of model, tools and writing.
pub struct Outside {
    root: PathBuf,
    /// Tells this run's tasks from those of others in the journal.
    run: String,
    msgs: Sender<Msg>,
    source: Arc<dyn Source>,
    index: Arc<Index>,
    gate: Arc<GateThread>,
    models: Models,
    limits: Limits,
    turns: Turns,
    writes: Writes,
    sessions: SessionWriter,
    verifier: Arc<Verifier>,
    lookups: Lookups,
    /// For the code, and for what stands beside a list.
    openers: [Newest<ProjectPath>; 2],
    sizes: Arc<KeptSizes>,
    git: GitLooks,
    runtime: Runtime,
}

impl Outside {
    /// Starts the threads. `root` is absolute. Messages arrive on `msgs` from now on; the first snapshot is one of them.
    pub fn start(root: PathBuf, model: ModelChoice, msgs: Sender<Msg>) -> anyhow::Result<Self> {
        prepare(&root, &msgs);
        let loaded = Config::load(&root);
        for fault in loaded.faults.into_iter().chain(loaded.refused).chain(loaded.notes) {
            tell(&msgs, Msg::Failed { what: "reading the configuration", why: fault });
        }
        Self::start_with(root, model, &loaded.config, msgs)
    }

    /// As [`Outside::start`], with a configuration that was read before.
    pub fn start_with(root: PathBuf, model: ModelChoice, config: &Config, msgs: Sender<Msg>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(8)
            .thread_stack_size(16 << 20)
            .thread_name("flux-work")
            .enable_all()
            .build()
            .context("the worker threads cannot be started")?;
        let models = match model {
            ModelChoice::Recorded(jsonl) => Models::recorded(&jsonl),
            ModelChoice::Simulated(simulation) => Models::simulated(simulation),
            ModelChoice::Configured => Models::configured(config),
            ModelChoice::Named(name) => {
                let mut config = config.clone();
                config.choose_model(&name);
                Models::configured(&config)
            }
        };
        runtime.spawn({
            let model = models.current().clone();
            async move { model.look().await }
        });
        let bounds = Bounds { ignore: config.ignore.clone(), writable: config.writable.clone() };
        let source: Arc<dyn Source> = Arc::new(DiskSource::new(root.clone()).within(bounds));
        let environment = {
            let (root, configured, msgs) = (root.clone(), config.python_environment.clone(), msgs.clone());
            let is_told = AtomicBool::new(false);
            move || {
                let found = find_environment(&root, configured.as_deref());
                if is_told.swap(found.prefix.is_none(), Ordering::Relaxed) != found.prefix.is_none() {
                    tell(&msgs, Msg::EnvironmentLooked { is_there: found.prefix.is_some() });
                }
                found
            }
        };
        let policy = (config.gate.clone(), config.memory_bytes_max);
        let gate = GateThread::start(root.clone(), source.clone(), environment, policy, msgs.clone())
            .context("the gate's thread cannot be started")?;
        let gate = Arc::new(gate);
        let index = Index::start(root.clone(), config.ignore.clone(), gate.clone(), msgs.clone())
            .context("the index's thread cannot be started")?;
        let sessions = SessionWriter::start(Sessions::of(&root), Lessons::of(&root), {
            let msgs = msgs.clone();
            Box::new(move |answer| tell(&msgs, session_msg(answer)))
        });
        let sessions = sessions.context("the thread that saves the session cannot be started")?;
        let handle = runtime.handle().clone();
        let verifier = Arc::new(Verifier::new(root.clone(), source.clone(), config, handle));
        let lookups = start_lookups(&source, &msgs).context("a thread that searches cannot be started")?;
        let (watched, no_file) = (Arc::downgrade(&gate), "the thread that opens files cannot be started");
        let look_at = move |path: &ProjectPath| {
            if let Some(gate) = watched.upgrade() {
                gate.look_at(path.clone());
            }
        };
        let code = start_opener(source.clone(), msgs.clone(), look_at).context(no_file)?;
        let beside = start_opener(source.clone(), msgs.clone(), |_| {}).context(no_file)?;
        let openers = [code, beside];
        let run = format!("{}-{}", jiff::Timestamp::now().as_millisecond(), std::process::id());
        let outside = Self {
            root,
            run,
            msgs,
            source,
            index,
            gate,
            models,
            limits: config.limits.clone(),
            turns: Turns::default(),
            writes: Writes::default(),
            sessions,
            verifier,
            lookups,
            openers,
            sizes: Arc::default(),
            git: GitLooks::default(),
            runtime,
        };
        outside.count_writes();
        Ok(outside)
    }
}

impl Outside {
    /// Looks at the disk where nobody tells of changes, since somebody else may have written.
    pub fn look_again(&self) {
        self.index.look_if_nobody_tells();
    }

    /// Takes a command and returns at once. What concerns the terminal belongs to its owner.
    pub fn run(&self, cmd: Cmd) {
        match cmd {
            Cmd::OpenFile(path) => self.openers[0].ask(path),
            Cmd::Preview(path) => self.openers[1].ask(path),
            Cmd::Need(need) => self.meet(need),
            Cmd::Prepare => self.gate.prepare(),
            Cmd::Judge(id, change_set, reads) => {
                self.gate.judge(Request { asker: Asker::Review, id, change_set, question: Question::Judge(reads) });
            }
            Cmd::SeekNeeds(id, change_set, hunks) => self.gate.seek_needs(Seek { id, change_set, hunks }),
            Cmd::SeekReach(id, change_set, path, symbols) => self.seek_reach(id, change_set, (path, symbols)),
            Cmd::Recognise(id, change_set, hunks) => self.recognise(id, change_set, hunks),
            Cmd::MarkLines(id, old, new) => self.mark_lines(id, old, new),
            Cmd::Filter(job, question) => self.lookups.filter.ask((job, question)),
            Cmd::ReadSides(id, texts) => self.read_sides(id, texts),
            Cmd::Reread(id, paths) => self.reread(id, paths),
            Cmd::Write { change_set, title, task } => self.write(change_set, title, task),
            Cmd::ListWrites => self.list_writes(),
            Cmd::TakeBack { write, whole_task, paths } => {
                let go = move |writer: &Writer| match whole_task {
                    true => writer.undo_task(Some(write), &paths),
                    false => writer.undo_write(write, &paths),
                };
                self.take_back("undoing", go, Msg::Undone);
            }
            Cmd::Undo => self.take_back("undoing", Writer::undo, Msg::Undone),
            Cmd::Learn(learned) => self.sessions.learn(learned),
            Cmd::Save(records) => self.sessions.save(records),
            Cmd::OpenSession(id) => self.sessions.open(id),
            Cmd::ListSessions => self.sessions.list(),
            Cmd::Redo => self.take_back("redoing", Writer::redo, Msg::Redone),
            Cmd::KeepTheme(name) => {
                self.job("keeping the theme", move || Msg::ThemeKept(keep_theme(&name)), |why| Msg::ThemeKept(Err(why)))
            }
            Cmd::KeepSizes(sizes) => self.keep_sizes(sizes),
            Cmd::Rank(job, question) => self.lookups.ranker.ask((job, question)),
            Cmd::FindNamed(job, question) => self.lookups.names.ask((job, Some(question))),
            Cmd::EndUses(job) => self.end_uses(job),
            Cmd::KeepPrompt(text) => self.keep_prompt(text),
            Cmd::NewSession => self.sessions.begin_anew(),
            Cmd::Export { text, place } => self.export(text, place),
            Cmd::Override(entry) => self.keep_override(entry),
            Cmd::TakeOverrideBack(overridden) => self.take_override_back(overridden),
            Cmd::NextModel => self.next_model(),
            Cmd::ReadGit => self.git.look(&self.runtime, self.root.clone(), self.msgs.clone()),
            Cmd::FindUses(id, path, symbol) => self.find_uses(id, path, symbol),
            Cmd::FindNeighbours(id, snapshot, path) => self.find_neighbours(id, snapshot, path),
            // The terminal's owner has met these before they come here.
            Cmd::OpenEditor(_) | Cmd::Suspend | Cmd::Copy(_) | Cmd::Notify(_) | Cmd::SetMouse(_) | Cmd::Quit => {}
        }
    }

    /// Waits until what was to be saved is, so that nothing is shown that a killed process would not remember; no longer
    /// than this.
    pub fn settle(&self, longest: Duration) {
        self.sessions.settle(longest);
    }

    /// The name of the model, for the status line.
    pub fn model_name(&self) -> &str {
        self.models.current().name()
    }

    /// What one task may take, as the configuration says.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Ends all threads, with one deadline for all of them.
    pub fn close(self) {
        let deadline = Instant::now() + CLOSE_TIMEOUT;
        self.turns.cancel_all();
        self.gate.end();
        self.index.thread.end();
        self.runtime.shutdown_timeout(deadline.saturating_duration_since(Instant::now()));
        let (index, gate, sessions) = (self.index, self.gate, self.sessions.end());
        self.verifier.close();
        // The index holds the gate's other handle, so it ends first: dropping it waits for it.
        join_until(deadline, move || {
            drop(index);
            let _ = sessions.join();
            Arc::into_inner(gate).is_none_or(|gate| gate.into_thread().join().is_ok())
        });
    }

    fn meet(&self, need: Need) {
        match need {
            Need::Understand(id, inquiry) => self.understand(id, inquiry),
            Need::AskModel(id, request) => self.ask_model(id, request),
            Need::RunTool(id, call, context) => self.run_tool(id, call, context),
            Need::Check(id, change_set, reads) => {
                self.gate.judge(Request { asker: Asker::Agent, id, change_set, question: Question::Judge(reads) });
            }
            Need::FindPlaces(id, change_set, question) => {
                self.gate.judge(Request { asker: Asker::Agent, id, change_set, question: Question::Places(question) });
            }
            Need::RunTests(id, question) => self.run_tests(id, question),
            Need::RunCommand(id, command, context) => self.run_command(id, command, context),
            Need::Cancel(id) => {
                self.turns.cancel(id);
                self.gate.cancel(Asker::Agent, id);
            }
            // These are for the person: whoever owns the screen has met them before they come here.
            Need::Propose(..) | Need::AskPerson(_) | Need::AskLeave(_) | Need::Finished { .. } => {}
        }
    }

    fn understand(&self, id: JobId, inquiry: Inquiry) {
        let task = inquiry.task.clone();
        self.job(
            "looking up what bears on the task",
            move || Msg::Agent(Event::Understood(id, understand(&inquiry))),
            move |why| {
                let told = format!("what bears on the task could not be looked up: {why}");
                Msg::Agent(Event::Understood(id, Understanding { map: None, task: format!("Task: {task}"), told }))
            },
        );
    }

    fn run_tool(&self, id: JobId, call: ToolCall, context: ToolContext) {
        let source = self.source.clone();
        let reads = context.reads.clone();
        self.job(
            "running a tool",
            move || Msg::Agent(Event::ToolDone(id, run_tool(&call, context, &*source))),
            move |why| {
                let text = format!("Error: the tool failed inside flux: {why}");
                Msg::Agent(Event::ToolDone(id, ToolAnswer { text, pending: None, reads, asks: None }))
            },
        );
    }

    fn keep_sizes(&self, sizes: Sizes) {
        let kept = self.sizes.clone();
        let turn = kept.turn();
        self.runtime.spawn_blocking(move || kept.keep(turn, sizes));
    }

    fn reread(&self, id: JobId, paths: Vec<ProjectPath>) {
        let source = self.source.clone();
        let read = move |path: ProjectPath| match source.read(&path) {
            Ok(file) => (path, Ok(Some(file))),
            Err(ReadError::Missing(_)) => (path, Ok(None)),
            Err(error) => (path, Err(error.to_string())),
        };
        self.job(
            "reading the proposal's files again",
            move || Msg::Reread(id, paths.into_iter().map(read).collect()),
            |why| Msg::Failed { what: "reading the proposal's files again", why },
        );
    }

    /// Runs `work` on a worker; a panic becomes what `failed` makes of it.
    fn job(
        &self,
        what: &'static str,
        work: impl FnOnce() -> Msg + Send + 'static,
        failed: impl FnOnce(String) -> Msg + Send + 'static,
    ) {
        let msgs = self.msgs.clone();
        let work = guarded(what, work, failed);
        self.runtime.spawn_blocking(move || tell(&msgs, work()));
    }
}

/// `work`, with a panic turned into what `failed` makes of it.
fn guarded(
    what: &'static str,
    work: impl FnOnce() -> Msg + Send + 'static,
    failed: impl FnOnce(String) -> Msg + Send + 'static,
) -> impl FnOnce() -> Msg + Send + 'static {
    move || {
        std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            let why = panic_message(&*panic);
            tracing::error!("{what}: {why}");
            failed(why)
        })
    }
}

/// What comes before a project is opened: the log, and mending what a crash broke off. [`Outside::start`] does it;
/// whoever calls [`Outside::start_with`] does it first.
pub fn prepare(root: &Path, msgs: &Sender<Msg>) {
    if let Err(error) = start_log() {
        tell(msgs, Msg::Failed { what: "opening the log", why: format!("{error:#}") });
    }
    tracing::info!("flux {} opens {}", env!("CARGO_PKG_VERSION"), root.display());
    match recover(root) {
        Ok(recovered) => recovered.iter().for_each(|write| tell(msgs, recovered_msg(write))),
        Err(failure) => tell(msgs, Msg::Failed { what: "looking after an earlier write", why: failure.to_string() }),
    }
}

fn session_msg(answer: Answer) -> Msg {
    match answer {
        Answer::Opened(opened) => Msg::SessionOpened(opened),
        Answer::Listed(sessions) => Msg::SessionsListed(sessions),
        Answer::Failed(why) => Msg::Failed { what: "saving the session", why },
    }
}

/// The index thread, and whether it is told of changes or has to look for itself.
struct Index {
    thread: IndexThread,
    is_told: Arc<AtomicBool>,
}

impl Index {
    fn start(
        root: PathBuf,
        ignore: Vec<String>,
        gate: Arc<GateThread>,
        msgs: Sender<Msg>,
    ) -> std::io::Result<Arc<Self>> {
        let is_told = Arc::new(AtomicBool::new(false));
        let told = is_told.clone();
        let sink = move |event| {
            if let IndexEvent::WatcherChanged(health) = &event {
                told.store(*health == WatcherHealth::Live, Ordering::Relaxed);
            }
            pass_on(event, &gate, &msgs);
        };
        let cache = IndexCache::of(&root);
        let thread = IndexThread::start(root, ignore, cache, Watching::Told, sink)?;
        Ok(Arc::new(Self { thread, is_told }))
    }

    /// After flux's own writes: where the system tells of them, there is nothing to do.
    fn look_if_nobody_tells(&self) {
        if !self.is_told.load(Ordering::Relaxed) {
            self.thread.rescan();
        }
    }
}

/// What became of the index goes on to the gate and to whoever listens.
fn pass_on(event: IndexEvent, gate: &GateThread, msgs: &Sender<Msg>) {
    let msg = match event {
        IndexEvent::Progressed { done, total } => Msg::IndexProgressed { done, total },
        IndexEvent::Indexed(update) => {
            // The gate first: whoever asks it after this message is judged on this snapshot.
            gate.refresh(update.snapshot.clone(), &update.changed);
            Msg::Indexed(update.snapshot)
        }
        IndexEvent::WatcherChanged(health) => Msg::WatcherChanged(health),
        IndexEvent::Failed(why) => {
            gate.index_failed(&why);
            // What is shown from now on is no longer true to the disk.
            tell(msgs, Msg::WatcherChanged(WatcherHealth::Off(why.clone())));
            Msg::Failed { what: "indexing the project", why }
        }
    };
    tell(msgs, msg);
}

/// Lets `join` wait for threads, unless it takes longer than until `deadline`: then they end with the process.
fn join_until(deadline: Instant, join: impl FnOnce() -> bool + Send + 'static) {
    let (ended, end) = std::sync::mpsc::channel();
    let waiter = std::thread::Builder::new().name("flux-close".to_owned()).spawn(move || {
        let _ = ended.send(join());
    });
    if waiter.is_ok() && end.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_err() {
        tracing::warn!("a thread did not end in time");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Policy, PythonEnvironment};
    use crate::text::MemorySource;

    #[test]
    fn an_index_that_failed_is_not_shown_as_live() {
        let (msgs_in, msgs) = std::sync::mpsc::channel();
        let source = Arc::new(MemorySource::default());
        let (root, policy) = (PathBuf::from("/nowhere"), (Policy::default(), u64::MAX));
        let gate = GateThread::start(root, source, PythonEnvironment::default, policy, msgs_in.clone()).unwrap();
        pass_on(IndexEvent::Failed("out of memory".to_owned()), &gate, &msgs_in);
        let Ok(Msg::WatcherChanged(health)) = msgs.recv() else { panic!("another message") };
        assert_eq!(health, WatcherHealth::Off("out of memory".to_owned()));
        assert!(matches!(msgs.recv(), Ok(Msg::Failed { .. })));
        gate.end();
        gate.into_thread().join().unwrap();
    }
}
