//! The analysis engine, embedded: what it says about a file, with proposed text in memory over the disk.
//!
//! Knows nothing of change sets and of what counts as an issue. Invariant: one warm database for a project, and
//! nothing outside this file and its folder sees it.

mod ahead;
mod concern;
mod database;
mod lens;
mod overlay;
mod overloads;
mod roots;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use ruff_db::Db as _;
use ruff_db::files::{File, system_path_to_file};
use ruff_db::parsed::parsed_module;
use ruff_db::source::source_text;
use ruff_db::system::{SystemPath, SystemPathBuf};
use salsa::{CancellationToken, Database as _};
use ty_python_semantic::{Db as SemanticDb, SemanticModel};

use ahead::Ahead;
pub(super) use concern::Concern;
use database::{Database, found_in, structure_in, syntax_in};
pub(super) use lens::Lens;
use overlay::{Laid, Layer};

use super::environment::PythonEnvironment;
use super::environment_words::EnvironmentWords;
use super::forgetting::forget_aside;
use super::found::Found;
use super::pulse::Ended;
use super::syntax::EXPRESSION_DEPTH_MAX;
use crate::index::FileStructure;
use crate::text::{ChangeSet, ContentHash, ProjectPath};

/// The engine's recursion needs more than a thread has by default.
pub(super) const STACK_BYTES: usize = ruff_db::STACK_SIZE;

/// So much stack the engine takes for one level of an expression, in a build without optimisation.
pub(super) const LEVEL_BYTES: usize = 40 << 10;

/// Which rules of the engine are asked: those whose breach is broken code, not doubtful typing.
const RULES: &[&str] = &[
    "unresolved-import",
    "unresolved-reference",
    "unresolved-attribute",
    "missing-argument",
    "unknown-argument",
    "too-many-positional-arguments",
    "parameter-already-assigned",
    "positional-only-parameter-as-kwarg",
    overloads::NO_OVERLOAD,
    "call-non-callable",
    "not-subscriptable",
    "not-iterable",
    "invalid-context-manager",
];

/// What ends the queries under way, from another thread; nothing where no judgement runs.
pub(super) type Running = Arc<Mutex<Vec<CancellationToken>>>;

/// Why the engine has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Someone asked it to stop.
    Cancelled,
    /// It failed on this file; what it said.
    Failed(String),
}

/// Which texts of a change set are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

/// The engine over one project.
pub(super) struct Engine {
    root: SystemPathBuf,
    environment: PythonEnvironment,
    /// The paths that were laid over it so far.
    edited: BTreeSet<SystemPathBuf>,
    db: Database,
    /// The paths that are laid over the disk now.
    laid: BTreeSet<SystemPathBuf>,
    /// Nothing where there is no second thread to be had.
    ahead: Option<Ahead>,
    running: Running,
    search_folders: Vec<SystemPathBuf>,
    words: Arc<OnceLock<EnvironmentWords>>,
    /// The same of the standard library's sources, made when first asked for.
    library_words: OnceLock<EnvironmentWords>,
    /// When each folder of the environment last got or lost a package, as it was at the beginning.
    installed_at: Vec<Option<SystemTime>>,
    /// The files that it failed to look into, since that was last asked.
    failures: RefCell<BTreeSet<ProjectPath>>,
}

impl Engine {
    /// `root` is absolute; `files` are those of the project that may be edited.
    pub(super) fn new<'a>(
        root: &Path,
        files: impl IntoIterator<Item = &'a ProjectPath>,
        environment: &PythonEnvironment,
        running: Running,
    ) -> Self {
        let root = SystemPathBuf::from_path_buf(root.to_path_buf())
            .unwrap_or_else(|root| SystemPathBuf::from(root.to_string_lossy().into_owned()));
        let files: Vec<_> = files.into_iter().map(|path| root.join(path.as_str())).collect();
        let db = Database::new(&root, &files, environment, RULES);
        let search_folders = db.search_folders();
        let mut engine = Self {
            root,
            environment: environment.clone(),
            edited: BTreeSet::new(),
            db,
            laid: BTreeSet::new(),
            ahead: Ahead::start(EXPRESSION_DEPTH_MAX as usize * LEVEL_BYTES),
            running,
            search_folders,
            words: Arc::default(),
            library_words: OnceLock::new(),
            installed_at: Vec::new(),
            failures: RefCell::default(),
        };
        engine.installed_at = engine.last_installed();
        engine.read_environment();
        engine
    }

    /// Whether packages came to the `environment` or left it: what is known of it is no longer true.
    pub(super) fn is_outdated(&self, environment: &PythonEnvironment) -> bool {
        let is_first = || !self.has_packages() && database::has_packages(environment, &*self.db.system);
        self.installed_at != self.last_installed() || is_first()
    }

    fn last_installed(&self) -> Vec<Option<SystemTime>> {
        let changed_at = |folder: &SystemPathBuf| folder.as_std_path().metadata().and_then(|data| data.modified()).ok();
        self.installed().map(changed_at).collect()
    }

    /// The folders of the environment.
    fn installed(&self) -> impl Iterator<Item = &SystemPathBuf> {
        self.search_folders.iter().filter(|folder| !self.is_own(folder))
    }

    /// Whether a folder where modules are looked for is the project's own, not that of an environment within it.
    fn is_own(&self, folder: &SystemPath) -> bool {
        folder.starts_with(&self.root) && !self.db.packages.iter().any(|packages| packages.as_path() == folder)
    }

    /// The folders within the project, but for its root, below which modules are looked for and of which the index knows
    /// nothing.
    pub(super) fn inner_folders(&self) -> Vec<ProjectPath> {
        let inner = |folder: &SystemPathBuf| {
            let folder = folder.strip_prefix(&self.root).ok().filter(|folder| folder.file_name() != Some("src"))?;
            ProjectPath::new(folder.as_str()).ok()
        };
        self.search_folders.iter().filter_map(inner).collect()
    }

    /// Whether there is anything where packages could be: without, nothing is known of them.
    pub(super) fn has_packages(&self) -> bool {
        !self.db.packages.is_empty()
    }

    /// Begins a judgement: from now on it can be ended from elsewhere. A cancellation that came after the query it was meant
    /// for is forgotten.
    pub(super) fn begin(&self) {
        let _ = self.guarded(|| self.db.search_folders().len());
        self.failures.take();
        *self.running() = vec![self.db.cancellation_token()];
    }

    /// Ends a judgement: nobody waits for a query any more.
    pub(super) fn end(&mut self) {
        self.rest();
        self.running().clear();
    }

    /// Lays one side of `change_set` over the disk instead of what lay there; nothing is done where it lies there already.
    pub(super) fn lay(&mut self, change_set: &ChangeSet, side: Side) {
        let layer: Layer = change_set
            .iter()
            .map(|(path, change)| {
                let text = match side {
                    Side::Old => change.old.as_ref().map(|file| file.shared_text()),
                    Side::New => change.new.clone(),
                };
                (self.absolute(path), text.map(|text| Laid { revision: revision(&text), text }))
            })
            .collect();
        if self.db.system.holds(&layer) {
            return;
        }
        let touched: BTreeSet<SystemPathBuf> = layer.keys().cloned().chain(std::mem::take(&mut self.laid)).collect();
        self.laid = layer.keys().cloned().collect();
        self.edited.extend(self.laid.iter().cloned());
        self.rest();
        self.db.trigger_cancellation();
        self.db.system.lay(layer);
        self.sync(touched);
    }

    /// Has a second thread ask for `edited` as they are laid now, until other texts are laid or the judgement ends.
    pub(super) fn ask_ahead<'a>(&mut self, edited: impl IntoIterator<Item = &'a ProjectPath>) {
        let edited = edited.into_iter().map(|path| self.absolute(path)).collect();
        let token = self.ahead.as_mut().map(|ahead| ahead.ask(self.db.clone(), edited, self.laid.clone()));
        self.running().extend(token);
    }

    /// Has that thread ask for `users` next, as far as they are concerned; all are where nothing is said of that.
    pub(super) fn ask_ahead_for_users<'a>(
        &self,
        users: impl IntoIterator<Item = &'a ProjectPath>,
        concern: Option<&Concern>,
    ) {
        if let Some(ahead) = &self.ahead {
            ahead.go_on(users.into_iter().map(|path| self.absolute(path)).collect(), concern.cloned());
        }
    }

    /// Whether an unchanged file is concerned by what is laid; it is where nobody knows.
    pub(super) fn is_concerned(&self, path: &ProjectPath, concern: &Concern) -> bool {
        self.guarded(|| concern.is_of(&self.db, &self.absolute(path), &self.laid)).unwrap_or(true)
    }

    /// Ends what the second thread asks.
    pub(super) fn rest(&self) {
        if let Some(ahead) = &self.ahead {
            ahead.rest();
        }
    }

    /// Forgets all that was computed; what is asked is computed again. Nothing is laid over the disk then. `after` is done
    /// when the memory is given back.
    pub(super) fn reopen(&mut self, after: impl FnOnce() + Send + 'static) {
        self.rest();
        self.laid.clear();
        // Somebody may wait: edits are expected where there were some.
        let fresh = Database::new(&self.root, &self.edited, &self.environment, RULES);
        let old = std::mem::replace(&mut self.db, fresh);
        forget_aside(move || {
            drop(old);
            after();
        });
        let mut running = self.running();
        if !running.is_empty() {
            *running = vec![self.db.cancellation_token()];
        }
    }

    fn running(&self) -> MutexGuard<'_, Vec<CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the disk as it is.
    pub(super) fn lay_nothing(&mut self) {
        if !self.laid.is_empty() {
            self.lay(&ChangeSet::default(), Side::New);
        }
    }

    /// Reads `paths` again: they changed on disk.
    pub(super) fn reread(&mut self, paths: &[ProjectPath]) {
        let touched = paths.iter().map(|path| self.absolute(path)).collect();
        self.db.trigger_cancellation();
        self.sync(touched);
    }

    fn sync(&mut self, touched: BTreeSet<SystemPathBuf>) {
        let mut folders = BTreeSet::new();
        for path in &touched {
            File::sync_path(&mut self.db, path);
            // A new folder changes the listing of the one above it, too.
            folders.extend(
                path.ancestors().skip(1).take_while(|above| above.starts_with(&self.root)).map(SystemPath::to_path_buf),
            );
        }
        for folder in folders {
            File::sync_path_only(&mut self.db, &folder);
        }
    }

    fn absolute(&self, path: &ProjectPath) -> SystemPathBuf {
        self.root.join(path.as_str())
    }

    /// What is wrong with the syntax of a file as it is laid now.
    pub(super) fn check_syntax(&self, path: &ProjectPath) -> Result<Arc<[Found]>, NoAnswer> {
        let Ok(file) = system_path_to_file(&self.db, self.absolute(path)) else { return Ok(Arc::default()) };
        self.guarded(|| syntax_in(&self.db, file))
    }

    /// What the engine says about a file as it is laid now.
    pub(super) fn check(&self, path: &ProjectPath) -> Result<Arc<[Found]>, NoAnswer> {
        let place = self.absolute(path);
        if self.db.system.is_hidden(&place) && self.laid.contains(&place) {
            return Err(NoAnswer::Failed("its name is that of a module which the engine needs itself".to_owned()));
        }
        let Ok(file) = system_path_to_file(&self.db, place) else { return Ok(Arc::default()) };
        self.guarded(|| found_in(&self.db, file))
    }

    /// The files that could not be looked into since this was last asked.
    pub(super) fn take_failures(&self) -> BTreeSet<ProjectPath> {
        self.failures.take()
    }

    /// Looks into a file as it is laid now, with the engine's knowledge of it. Where that fails, the file stands among
    /// [`Self::take_failures`].
    pub(super) fn look<T>(&self, path: &ProjectPath, question: impl Fn(&Lens<'_>) -> T) -> Result<Option<T>, NoAnswer> {
        self.glance(path, question).inspect_err(|why| {
            if let NoAnswer::Failed(why) = why {
                tracing::error!("the engine could not look into {path}: {why}");
                self.failures.borrow_mut().insert(path.clone());
            }
        })
    }

    /// Looks into a file for what may as well stay unsaid.
    pub(super) fn glance<T>(
        &self,
        path: &ProjectPath,
        question: impl Fn(&Lens<'_>) -> T,
    ) -> Result<Option<T>, NoAnswer> {
        let Ok(file) = system_path_to_file(&self.db, self.absolute(path)) else { return Ok(None) };
        self.guarded(|| {
            let db: &dyn SemanticDb = &self.db;
            let program_file = db.program_file(file);
            let lens = Lens {
                tree: parsed_module(db, program_file.python_file(db)).load(db),
                source: source_text(db, file),
                model: SemanticModel::new(db, program_file),
                search_folders: &self.search_folders,
                engine: self,
            };
            Some(question(&lens))
        })
    }

    /// The engine's handle of a project's file.
    pub(super) fn file(&self, path: &ProjectPath) -> Option<File> {
        system_path_to_file(&self.db, self.absolute(path)).ok()
    }

    /// A file's path below the root; nothing where it stands elsewhere.
    pub(super) fn path_of(&self, file: File) -> Option<ProjectPath> {
        let path = file.path(&self.db).as_system_path()?.strip_prefix(&self.root).ok()?;
        ProjectPath::new(path.as_str()).ok()
    }

    /// What a file defines, wherever it stands.
    pub(super) fn structure(&self, file: File) -> Option<Arc<FileStructure>> {
        structure_in(&self.db, file)
    }

    /// The folder of the standard library that the environment was made from.
    pub(super) fn standard_library(&self) -> Option<SystemPathBuf> {
        let system = self.db.system();
        self.search_folders.iter().filter(|folder| folder.file_name() == Some("site-packages")).find_map(|folder| {
            let own = folder.parent()?;
            let Ok(settings) = system.read_to_string(&own.parent()?.parent()?.join("pyvenv.cfg")) else {
                return system.is_file(&own.join("os.py")).then(|| own.to_path_buf());
            };
            let home = settings.lines().find_map(|line| line.strip_prefix("home")?.trim_start().strip_prefix('='))?;
            let library = SystemPath::new(home.trim()).parent()?.join("lib").join(own.file_name()?);
            system.is_directory(&library).then_some(library)
        })
    }

    /// Whether `word` stands anywhere in the environment, as far as is known. Waits until all of it is read.
    pub(super) fn environment_knows(&self, word: &str) -> bool {
        let words = self.words.get();
        words.unwrap_or_else(|| self.words.get_or_init(self.reading())).knows(word)
    }

    /// Has another thread read the environment: it takes long, and may be needed.
    fn read_environment(&self) {
        let (words, read) = (self.words.clone(), self.reading());
        let reading = move || {
            words.get_or_init(read);
        };
        if let Err(error) = std::thread::Builder::new().name("environment".into()).spawn(reading) {
            tracing::warn!("the environment is read when it is needed: {error}");
        }
    }

    fn reading(&self) -> impl FnOnce() -> EnvironmentWords + Send + 'static {
        let installed: Vec<_> = self.installed().map(|folder| folder.as_std_path().to_path_buf()).collect();
        let own = self.own_packages();
        move || EnvironmentWords::read(&installed, &own).with_stubs(database::stub_texts)
    }

    /// Whether `word` stands in the sources of the standard library, whose stubs leave out what is private.
    pub(super) fn library_knows(&self, word: &str) -> bool {
        let read = || match self.standard_library() {
            Some(library) => {
                let skipped = ["site-packages", "dist-packages", "test"].map(str::to_owned).into();
                EnvironmentWords::read(&[library.into_std_path_buf()], &skipped)
            }
            None => EnvironmentWords::unknown(),
        };
        self.library_words.get_or_init(read).knows(word)
    }

    /// The names of the project's own top-level packages and modules.
    fn own_packages(&self) -> BTreeSet<String> {
        let own = self.search_folders.iter().filter(|folder| self.is_own(folder));
        own.filter_map(|folder| std::fs::read_dir(folder.as_std_path()).ok())
            .flat_map(Iterator::flatten)
            .filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()))
            .collect()
    }

    fn guarded<T>(&self, question: impl Fn() -> T) -> Result<T, NoAnswer> {
        for _ in 0..2 {
            let panic = match ruff_db::panic::catch_unwind(AssertUnwindSafe(&question)) {
                Ok(answer) => return Ok(answer),
                Err(panic) if panic.payload.downcast_ref::<Ended>().is_some() => panic.resume_unwind(),
                Err(panic) => panic,
            };
            match panic.payload.downcast_ref::<salsa::Cancelled>() {
                // The second thread broke down over something that this one waited for, and asks no more: this one sees
                // for itself.
                Some(salsa::Cancelled::PropagatedPanic) => {}
                Some(_) => return Err(NoAnswer::Cancelled),
                None => return Err(NoAnswer::Failed(panic.to_diagnostic_message(None::<&str>))),
            }
        }
        Err(NoAnswer::Failed("it broke down on another thread".to_owned()))
    }
}

fn revision(text: &str) -> u128 {
    let spelled = ContentHash::of(text.as_bytes()).to_string();
    u128::from_str_radix(&spelled, 16).unwrap_or_default()
}
