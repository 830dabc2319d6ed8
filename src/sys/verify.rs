//! Runs the project's tests with a change set, in the shadow copy, and finds out which failures are the change's.
//!
//! Knows nothing of who asks. Invariants: the project is only read; a test is held against the change only if it failed
//! with it, passed without it, and failed with it again.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::config::Config;
use super::environment::{find_environment, interpreter};
use super::process::{self, End, Ran};
use super::runner::{Runner, Told, Wanted, last_lines, place_in, prepare, shell, tell_to, test_names, told_in_output};
use super::sandbox::{Cell, Sandbox, usually_hidden};
use super::shadow::{Shadow, ShadowError};
use super::state::{config_folder, project_folder, state_folder};
use crate::agent::{CommandRun, TestsQuestion, ToolAnswer, ToolContext, command_not_run, take_command};
use crate::gate::{FailedTest, Policy, PythonEnvironment, TestRun, Tested};
use crate::index::{ReachingTests, TestNames, View};
use crate::text::{ChangeSet, ProjectPath, Source};

/// How long a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(120);

/// What the configuration says of running.
#[derive(Debug, Clone)]
struct Settings {
    tests_command: Option<String>,
    is_command_foreign: bool,
    tests_timeout: Duration,
    python_environment: Option<PathBuf>,
}

/// Runs what is to be run for one project.
pub(super) struct Verifier {
    root: PathBuf,
    source: Arc<dyn Source>,
    settings: Settings,
    /// What a person has decided: what is said of tests is said by it. It may change at any time.
    pub(super) policy: Mutex<Policy>,
    /// Made at the first run, kept for the next ones. One run at a time.
    shadow: Mutex<Option<Shadow>>,
    /// Tried at the first run.
    sandbox: OnceLock<Sandbox>,
    handle: Handle,
}

/// Why there is no outcome.
enum Broken {
    Stopped,
    Failed(String),
}

impl From<ShadowError> for Broken {
    fn from(error: ShadowError) -> Self {
        match error {
            ShadowError::Stopped => Self::Stopped,
            ShadowError::Failed(why) => Self::Failed(format!("the shadow copy could not be made: {why}")),
        }
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// One run of a runner, with how the process ended.
struct Outcome {
    told: Told,
    end: End,
    output: String,
    took: Duration,
}

/// A run under way: what it runs with, and whom it tells how far it is.
struct Run<'a> {
    verifier: &'a Verifier,
    shadow: &'a mut Shadow,
    runner: Runner,
    environment: PythonEnvironment,
    stop: &'a CancellationToken,
    progress: &'a dyn Fn(usize, usize),
}

impl Verifier {
    pub(super) fn new(root: PathBuf, source: Arc<dyn Source>, config: &Config, handle: Handle) -> Self {
        let settings = Settings {
            tests_command: config.tests_command.clone(),
            is_command_foreign: config.is_tests_command_foreign,
            tests_timeout: config.tests_timeout,
            python_environment: config.python_environment.clone(),
        };
        let policy = config.gate.clone().into();
        Self { root, source, settings, policy, shadow: Mutex::default(), sandbox: OnceLock::new(), handle }
    }

    /// Runs the tests that a question asks for. `progress` hears how many of how many are through.
    pub(super) fn test(
        &self,
        question: &TestsQuestion,
        stop: &CancellationToken,
        progress: &dyn Fn(usize, usize),
    ) -> Tested {
        let started = Instant::now();
        let run = match self.run_tests(question, stop, progress) {
            Ok(run) => run,
            Err(Broken::Stopped) => TestRun { is_stopped: true, ..TestRun::default() },
            Err(Broken::Failed(why)) => TestRun::not_run(format!("the tests could not be run: {why}")),
        };
        let run = TestRun { ms: started.elapsed().as_secs_f64() * 1000.0, ..run };
        let view = View { snapshot: &question.snapshot, pending: &question.change_set, source: &*self.source };
        Tested::new(run, &self.policy.lock().unwrap_or_else(PoisonError::into_inner), view)
    }

    /// Runs a command of the model with what is pending laid over, and takes in what it changed.
    pub(super) fn run_command(&self, command: &str, context: ToolContext, stop: &CancellationToken) -> ToolAnswer {
        match self.command_run(command, &context, stop) {
            Ok(ran) => take_command(ran, context, &*self.source),
            Err(Broken::Stopped) => command_not_run("stopped by the person.", context),
            Err(Broken::Failed(why)) => command_not_run(&format!("the command could not be run: {why}."), context),
        }
    }

    fn command_run(
        &self,
        command: &str,
        context: &ToolContext,
        stop: &CancellationToken,
    ) -> Result<CommandRun, Broken> {
        let environment = find_environment(&self.root, self.settings.python_environment.as_deref());
        let mut shadow = self.shadow.lock().unwrap_or_else(PoisonError::into_inner);
        let shadow = self.opened(&mut shadow)?;
        shadow.lay(&context.pending, &|| stop.is_cancelled())?;
        let child = self.confined(&shell(command), shadow, &environment);
        let started = Instant::now();
        let Ran { end, output } = self.handle.block_on(process::run(child, COMMAND_TIMEOUT, stop, || {}))?;
        let how = match end {
            End::Stopped => return Err(Broken::Stopped),
            End::TimedOut => {
                format!("ended by flux after {} s, the longest a command may take", COMMAND_TIMEOUT.as_secs())
            }
            End::Exited(status) => format!("{status} after {:.1} s", started.elapsed().as_secs_f64()),
        };
        let confinement = self.sandbox.get().map_or_else(Default::default, Sandbox::confinement);
        let mut ended = format!("{how}; it ran in a copy of the project, {}.", confinement.told());
        let left_out = shadow.left_out();
        if !left_out.is_empty() {
            ended.push_str(&format!(" ({left_out})"));
        }
        Ok(CommandRun { ended, output, changed: shadow.changed() })
    }

    /// The copy, made at the first run.
    fn opened<'a>(&self, shadow: &'a mut Option<Shadow>) -> Result<&'a mut Shadow, Broken> {
        if shadow.is_none() {
            *shadow = Some(Shadow::open(&self.root, &shadows(&self.root)?)?);
        }
        shadow.as_mut().ok_or(Broken::Stopped)
    }

    /// Removes the copy.
    pub(super) fn close(&self) {
        // Who still runs holds it, and removes it at its end.
        if let Ok(mut shadow) = self.shadow.try_lock() {
            shadow.take();
        }
    }

    /// A command that runs in the copy, kept from all else as far as can be.
    fn confined(&self, words: &[OsString], shadow: &Shadow, environment: &PythonEnvironment) -> Command {
        let sandbox = self.sandbox.get_or_init(Sandbox::find);
        let cell = Cell { writable: vec![shadow.place().to_path_buf()], hidden: usually_hidden(config_folder().ok()) };
        let interpreter = interpreter(environment).and_then(|python| python.canonicalize().ok());
        let mut needed: Vec<&Path> = vec![&self.root];
        needed.extend(environment.prefix.as_deref());
        needed.extend(interpreter.as_deref());
        needed.extend(environment.folders.iter().map(PathBuf::as_path));
        let mut command = sandbox.command(words, &cell, &needed);
        place_in(&mut command, shadow, &self.root, environment);
        command
    }

    fn run_tests(
        &self,
        question: &TestsQuestion,
        stop: &CancellationToken,
        progress: &dyn Fn(usize, usize),
    ) -> Result<TestRun, Broken> {
        if let Some(command) = self.settings.tests_command.as_ref().filter(|_| self.settings.is_command_foreign) {
            return Ok(TestRun::not_run(format!(
                "the project itself says that its tests are run by `{command}`, which is not done unasked: to trust the \
                 project, add its folder to `trusted` in your own config.toml"
            )));
        }
        let environment = find_environment(&self.root, self.settings.python_environment.as_deref());
        let runner = match Runner::find(&environment, self.settings.tests_command.as_deref()) {
            Ok(runner) => runner,
            Err(why) => return Ok(TestRun::not_run(why)),
        };
        let names = test_names(&self.root, &runner);
        let (wanted, note) = match wanted_of(question, &names, &runner) {
            Ok(wanted) => wanted,
            Err(why) => return Ok(TestRun::not_run(why)),
        };
        let mut shadow = self.shadow.lock().unwrap_or_else(PoisonError::into_inner);
        let shadow = self.opened(&mut shadow)?;
        let mut run = Run { verifier: self, shadow, runner, environment, stop, progress };
        let mut outcome = run.weighed(&question.change_set, wanted)?;
        let confinement = self.sandbox.get().map_or_else(Default::default, Sandbox::confinement);
        outcome.notes.insert(0, format!("{note}, {}", confinement.told()));
        outcome.notes.extend(Some(run.shadow.left_out()).filter(|it| !it.is_empty()));
        Ok(outcome)
    }
}

fn shadows(root: &Path) -> Result<PathBuf, Broken> {
    let state = state_folder().map_err(|error| Broken::Failed(format!("{error:#}")))?;
    Ok(project_folder(&state, root).join("shadows"))
}

/// Which tests are to be run, and a sentence that says so; or why none is.
fn wanted_of(question: &TestsQuestion, names: &TestNames, runner: &Runner) -> Result<(Wanted, String), String> {
    let (snapshot, change_set) = (&question.snapshot, &question.change_set);
    let all = names.all(snapshot, change_set);
    // A command of one's own may find its tests anywhere.
    if all.is_empty() && !matches!(runner, Runner::Configured { .. }) {
        return Err(format!("there are no tests: no file is called {}", names.patterns.join(" or ")));
    }
    let name = runner.name();
    let everything = |why: &str| {
        // What unittest would find by itself depends on how its folders are laid out.
        let files = if matches!(runner, Runner::Unittest { .. }) { all.clone() } else { Vec::new() };
        Ok((Wanted { files, ..Wanted::default() }, format!("all tests were run with {name}{why}")))
    };
    if !question.selection.is_empty() {
        let wanted = selected(&question.selection, &all)?;
        let note = format!("{} was run with {name}", question.selection.join(", "));
        return Ok((wanted, note));
    }
    if change_set.is_empty() {
        return everything("");
    }
    if !runner.chooses() {
        return everything(", the configured command");
    }
    match names.reaching(snapshot, change_set) {
        ReachingTests::All(why) => everything(&format!(", since {why}")),
        ReachingTests::Files(files) if files.is_empty() => {
            Err("no test reaches what is changed: none imports it, itself or by way of another file".to_owned())
        }
        ReachingTests::Files(files) => {
            let count = match files.len() {
                1 => format!("the tests of {}", files[0]),
                count => format!("the tests of {count} files"),
            };
            Ok((Wanted { files, ..Wanted::default() }, format!("{count} that reach the change were run with {name}")))
        }
    }
}

/// What a model asks for: files, folders, and tests within them by the id that their runner gives them.
fn selected(selection: &[String], all: &[ProjectPath]) -> Result<Wanted, String> {
    let mut wanted = Wanted::default();
    for word in selection {
        let file = word.split("::").next().unwrap_or(word);
        let path = ProjectPath::new(file).ok();
        let below: Vec<&ProjectPath> =
            all.iter().filter(|test| path.as_ref().is_some_and(|it| test.is_in(it))).collect();
        // `tests.test_cart.CartTest.test_total`
        let dotted = |test: &&ProjectPath| {
            let module = test.as_str().trim_end_matches(".py").replace('/', ".");
            word.strip_prefix(&*module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        match (below.is_empty(), all.iter().find(dotted)) {
            (false, _) => {
                wanted.files.extend(below.into_iter().cloned());
                wanted.only.extend(Some(word.clone()).filter(|word| word.contains("::")));
            }
            (true, Some(test)) => {
                wanted.files.push(test.clone());
                wanted.only.extend(
                    Some(word.clone()).filter(|word| word.matches('.').count() > test.as_str().matches('/').count()),
                );
            }
            (true, None) => {
                let names: Vec<&str> = all.iter().take(8).map(ProjectPath::as_str).collect();
                return Err(format!(
                    "'{word}' is no test of this project; its files of tests begin with {}",
                    names.join(", ")
                ));
            }
        }
    }
    Ok(wanted)
}

impl Run<'_> {
    /// Runs the tests with the change; what fails without it too, or no longer when run again, is told apart.
    fn weighed(&mut self, change_set: &ChangeSet, wanted: Wanted) -> Result<TestRun, Broken> {
        let first = self.outcome(change_set, &wanted, self.verifier.settings.tests_timeout)?;
        let timeout = self.verifier.settings.tests_timeout;
        // What does not even start with the change is told as failing, if it does without it.
        let unknown = unknown_of(&first, timeout, &self.runner).filter(|_| self.stillborn(&first).is_none());
        let mut run = TestRun { ran_count: first.told.ended_count, unknown, ..TestRun::default() };
        let failed = self.failed_of(first, timeout);
        if failed.is_empty() {
            return Ok(run);
        }
        if change_set.is_empty() {
            run.failed_before = failed;
            return Ok(run);
        }
        let (before, failed) = self.split(&ChangeSet::default(), &wanted, failed, timeout)?;
        run.failed_before = before;
        if !failed.is_empty() {
            // A test that hangs is not waited for as long once more.
            let (again, steady) = self.split(change_set, &wanted, failed, timeout.min(Duration::from_secs(60)))?;
            run.failed = again;
            run.unsteady = steady.into_iter().map(|test| test.id).collect();
        }
        Ok(run)
    }

    /// Runs tests that failed once more: those that fail again, and those that do not.
    fn split(
        &mut self,
        change_set: &ChangeSet,
        wanted: &Wanted,
        failed: Vec<FailedTest>,
        timeout: Duration,
    ) -> Result<(Vec<FailedTest>, Vec<FailedTest>), Broken> {
        let only: Vec<String> = failed.iter().map(|test| test.id.clone()).collect();
        // A file of tests that the change brings is not there without it.
        let is_there = |path: &ProjectPath| self.verifier.source.read(path).is_ok() || change_set.get(path).is_some();
        let of_failed = |path: &&ProjectPath| failed.iter().any(|test| test.path.as_ref() == Some(*path));
        let named: Vec<ProjectPath> = wanted.files.iter().filter(of_failed).cloned().collect();
        let all_named = failed.iter().all(|test| test.path.as_ref().is_some_and(|path| named.contains(path)));
        let files = if all_named { named } else { wanted.files.clone() };
        let had_files = !files.is_empty();
        let files: Vec<ProjectPath> = files.into_iter().filter(|path| is_there(path)).collect();
        if had_files && files.is_empty() {
            return Ok((Vec::new(), failed));
        }
        let wanted = Wanted { files, only, is_plain: wanted.is_plain };
        let outcome = self.outcome(change_set, &wanted, timeout)?;
        let again: Vec<String> = self.failed_of(outcome, timeout).into_iter().map(|test| test.id).collect();
        Ok(failed.into_iter().partition(|test| again.contains(&test.id)))
    }

    /// What failed in a run. Where it was ended before, what ran then is held to have failed too.
    fn failed_of(&self, outcome: Outcome, timeout: Duration) -> Vec<FailedTest> {
        let stillborn = self.stillborn(&outcome);
        let Outcome { told, end, .. } = outcome;
        let mut failed = told.failed;
        failed.extend(stillborn);
        if !told.is_done {
            let message = match end {
                End::TimedOut => format!("it did not end within {} s", timeout.as_secs()),
                End::Exited(status) => format!("the process of the tests ended while it ran ({status})"),
                End::Stopped => String::new(),
            };
            failed.extend(told.running.into_iter().map(|test| FailedTest { message: message.clone(), ..test }));
        }
        failed
    }

    /// A run that ended by itself before it knew of any test: a conftest that cannot be read, most often.
    fn stillborn(&self, outcome: &Outcome) -> Option<FailedTest> {
        let Outcome { told, end: End::Exited(status), output, .. } = outcome else { return None };
        let is_it = *told == Told::default() && !status.success();
        let said = last_lines(output, 12);
        is_it.then(|| FailedTest {
            id: self.runner.name().to_owned(),
            path: None,
            line: 1,
            message: format!("it does not start: {}\n{said}", said.lines().last().unwrap_or_default()),
            frames: Vec::new(),
        })
    }

    fn outcome(&mut self, change_set: &ChangeSet, wanted: &Wanted, timeout: Duration) -> Result<Outcome, Broken> {
        let outcome = self.outcome_once(change_set, wanted, timeout)?;
        let is_refused = outcome.told.total.is_none() && outcome.output.contains("unrecognized arguments");
        if is_refused && matches!(self.runner, Runner::Pytest { .. }) && !wanted.is_plain {
            // What the project adds belongs to a plugin that is not installed here.
            return self.outcome_once(change_set, &Wanted { is_plain: true, ..wanted.clone() }, timeout);
        }
        Ok(outcome)
    }

    fn outcome_once(&mut self, change_set: &ChangeSet, wanted: &Wanted, timeout: Duration) -> Result<Outcome, Broken> {
        let stop = self.stop;
        self.shadow.lay(change_set, &|| stop.is_cancelled())?;
        let place = prepare(self.shadow, wanted)?;
        let words = self.runner.words(self.shadow, wanted);
        let mut command = self.verifier.confined(&words, self.shadow, &self.environment);
        tell_to(&mut command, self.shadow, wanted);
        let started = Instant::now();
        let mut heard_bytes = 0;
        let is_first = wanted.only.is_empty();
        let tick = || {
            let Some(bytes) = fs::metadata(&place).ok().map(|meta| meta.len()).filter(|len| *len != heard_bytes) else {
                return;
            };
            heard_bytes = bytes;
            let told = read_told(&place);
            if let Some(total) = told.total.filter(|_| is_first) {
                (self.progress)(told.ended_count, total);
            }
        };
        let Ran { end, output } = self.verifier.handle.block_on(process::run(command, timeout, stop, tick))?;
        if end == End::Stopped {
            return Err(Broken::Stopped);
        }
        let mut told = read_told(&place);
        let is_success = matches!(end, End::Exited(status) if status.success());
        if let (Runner::Configured { command }, End::Exited(_)) = (&self.runner, end)
            && told == Told::default()
        {
            told = told_in_output(&output, is_success, command);
        }
        tracing::info!("tests: {words:?} ended with {end:?} after {:?}: {told:?}", started.elapsed());
        Ok(Outcome { told, end, output, took: started.elapsed() })
    }
}

fn read_told(place: &Path) -> Told {
    let text = fs::read(place).unwrap_or_default();
    Told::read(&String::from_utf8_lossy(&text))
}

/// Why not everything is known after a run.
fn unknown_of(outcome: &Outcome, timeout: Duration, runner: &Runner) -> Option<String> {
    let Outcome { told, end, output, took } = outcome;
    let total = told.total.unwrap_or(0);
    match end {
        End::TimedOut => Some(format!(
            "the tests did not end within {} s: {} of {total} ran. A longer time can be set as [tests] timeout_s",
            timeout.as_secs(),
            told.ended_count
        )),
        End::Exited(status) if !told.is_done => Some(format!(
            "{} ended before the tests were through ({status}), after {:.1} s: {}",
            runner.name(),
            took.as_secs_f64(),
            last_lines(output, 6)
        )),
        // A command of one's own that says nothing of its tests is held to its exit status.
        End::Exited(_) if total == 0 && told.failed.is_empty() && told.total.is_some() => {
            Some(format!("{} found no tests where they should be", runner.name()))
        }
        End::Exited(_) | End::Stopped => None,
    }
}
