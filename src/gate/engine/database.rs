//! The database that the analysis engine computes in: one for a project, kept warm.

use std::sync::Arc;

use ruff_db::Db as SourceDb;
use ruff_db::diagnostic::Diagnostic;
use ruff_db::files::{File, FileRootKind, Files, system_path_to_file};
use ruff_db::parsed::parsed_module;
use ruff_db::source::source_text;
use ruff_db::system::{System, SystemPath, SystemPathBuf};
use ruff_db::vendored::{VendoredFileSystem, VendoredPathBuf};
use ruff_python_ast::PythonVersion;
use ruff_text_size::{Ranged, TextRange};
use salsa::{Durability, Setter as _};
use ty_module_resolver::{Db as ModuleResolverDb, SearchPathSettings, UseDefaultStrategy, system_module_search_paths};
use ty_python_core::platform::PythonPlatform;
use ty_python_core::program::{Program, ProgramSettings};
use ty_python_core::{Db as PythonCoreDb, ProgramFile, semantic_index};
use ty_python_semantic::lint::{LintRegistry, LintSource, RuleSelection};
use ty_python_semantic::{
    AnalysisSettings, Db as SemanticDb, PythonEnvironment as EngineEnvironment, PythonVersionSource,
    PythonVersionWithSource, SemanticModel, SitePackagesDiscoveryError, SysPrefixPathOrigin, check_file_unwrap,
    default_lint_registry,
};

use super::overlay::OverlaySystem;
use super::overloads::{NO_OVERLOAD, unknown_keywords};
use super::roots::{package_folders, source_roots};
use crate::gate::environment::PythonEnvironment;
use crate::gate::found::Found;
use crate::gate::syntax::{Parsed, depth, expression_max, is_syntax};
use crate::index::FileStructure;
use crate::text::ProjectPath;

/// Of so many files edits are expected: each takes some ten microseconds.
const EDITED_MAX: usize = 20_000;

/// The database trait of flux's own queries.
#[salsa::db]
pub(super) trait GateDb: SemanticDb {
    fn settings(&self) -> &ProgramSettings;
    fn overlay(&self) -> &OverlaySystem;
}

// Cached by salsa because interning a program hashes all search paths.
#[salsa::tracked(returns(copy))]
fn program(db: &dyn GateDb) -> Program<'_> {
    Program::from_settings(db, db.settings())
}

/// All that is wrong with a file's syntax. Asks for no type.
#[salsa::tracked(returns(clone))]
pub(super) fn syntax_in(db: &dyn GateDb, file: File) -> Arc<[Found]> {
    let program_file = db.program_file(file);
    let parsed = parsed_module(db, program_file.python_file(db)).load(db);
    let source = source_text(db, file);
    let version = db.python_version_with_source(file).version;
    // What is nested too deep is an empty text here: the overlay keeps it from the engine.
    let hidden = || file.path(db).as_system_path().and_then(|path| db.overlay().whole_text(path).ok());
    let is_empty = source.as_str().is_empty();
    if let Some(found) = is_empty.then(hidden).flatten().and_then(|text| depth(&text, version)) {
        return Arc::new([found]);
    }
    let errors = parsed.errors().iter().map(|error| (error.range(), error.error.to_string()));
    let unsupported = parsed.unsupported_syntax_errors().iter().map(|error| (error.range(), error.to_string()));
    let scopes = semantic_index(db, program_file).semantic_syntax_errors();
    let scopes = scopes.iter().map(|error| (error.range(), error.to_string()));
    let cells = source.as_notebook().map(|notebook| notebook.cell_offsets().to_vec()).unwrap_or_default();
    let parsed = Parsed { body: &parsed.syntax().body, text: source.as_str(), version, cells };
    parsed.wrong(errors.chain(unsupported).chain(scopes)).into()
}

/// All that the engine says about a file.
#[salsa::tracked(returns(clone))]
pub(super) fn found_in(db: &dyn GateDb, file: File) -> Arc<[Found]> {
    let program_file = db.program_file(file);
    let issues = check_file_unwrap(db, program_file);
    let others = issues.iter().filter_map(|issue| found(issue, file)).filter(|found| !is_syntax(found.rule));
    let mut told = syntax_in(db, file).to_vec();
    for found in others {
        if found.rule == NO_OVERLOAD {
            let tree = parsed_module(db, program_file.python_file(db)).load(db);
            let model = SemanticModel::new(db, program_file);
            let range = TextRange::new(found.start.into(), found.end.into());
            told.extend(unknown_keywords(&model, &tree, range, &found.message));
        } else {
            told.push(found);
        }
    }
    told.into()
}

/// What a file defines.
#[salsa::tracked(returns(clone))]
pub(super) fn structure_in(db: &dyn GateDb, file: File) -> Option<Arc<FileStructure>> {
    // Only whether it is a stub counts, and that matters to no definition.
    let path = ProjectPath::new("any.pyi").ok()?;
    Some(Arc::new(FileStructure::parse(&path, source_text(db, file).as_str())))
}

fn found(issue: &Diagnostic, file: File) -> Option<Found> {
    let span = issue.primary_span()?;
    if span.expect_ty_file() != file {
        return None;
    }
    let range = span.range().unwrap_or_default();
    let message = issue.concise_message().to_string();
    Some(Found { rule: issue.id().as_str(), start: range.start().into(), end: range.end().into(), message })
}

#[salsa::db]
#[derive(Clone)]
pub(super) struct Database {
    storage: salsa::Storage<Self>,
    files: Files,
    pub(super) system: Arc<OverlaySystem>,
    root: SystemPathBuf,
    /// Where packages are installed; empty where the environment is none.
    pub(super) packages: Arc<[SystemPathBuf]>,
    settings: Arc<ProgramSettings>,
    rules: Arc<RuleSelection>,
    analysis: Arc<AnalysisSettings>,
}

impl Database {
    /// `root` and `files`, those of the project that may be edited, are absolute. Reads the environment's layout, no file.
    pub(super) fn new<'a>(
        root: &SystemPath,
        files: impl IntoIterator<Item = &'a SystemPathBuf>,
        environment: &PythonEnvironment,
        rules: &[&str],
    ) -> Self {
        let system = OverlaySystem::new(root);
        let source_roots = source_roots(root);
        let system = system.hiding(shadows(&source_roots));
        let (settings, packages) = settings(source_roots, environment, &system);
        let system = Arc::new(system.taking(expression_max(settings.python_version.version)));
        let mut db = Self {
            storage: salsa::Storage::default(),
            files: Files::default(),
            system,
            root: root.to_path_buf(),
            packages: packages.into(),
            settings: Arc::new(settings),
            rules: Arc::new(selection(rules)),
            // A comment that silences a checker does not mend a name; what it says is weighed where an issue is doubted.
            analysis: Arc::new(AnalysisSettings { respect_type_ignore_comments: false, ..AnalysisSettings::default() }),
        };
        // Not as the root of a project: what follows from files of the lowest durability is thrown away by salsa 0.28 when it
        // was not asked for in three revisions (`DEFAULT_REVISIONS` of its `interned.rs`), hence after two edits elsewhere.
        db.files.try_add_root(&db, root, FileRootKind::SearchPath);
        db.settings.search_paths.try_register_static_roots(&db);
        db.expect_edits(files);
        db
    }

    /// Has edits of `files` leave alone what follows from folders and packages: most of what the standard library means
    /// follows from where it is found. Any other file can be edited as well, which costs more.
    fn expect_edits<'a>(&mut self, files: impl IntoIterator<Item = &'a SystemPathBuf>) {
        for path in files.into_iter().take(EDITED_MAX) {
            if let Ok(file) = system_path_to_file(self, path) {
                let revision = file.revision(self);
                file.set_revision(self).with_durability(Durability::MEDIUM).to(revision);
            }
        }
    }

    pub(super) fn search_folders(&self) -> Vec<SystemPathBuf> {
        system_module_search_paths(self, program(self).resolver_environment(self))
            .map(SystemPath::to_path_buf)
            .collect()
    }
}

fn selection(names: &[&str]) -> RuleSelection {
    let registry = default_lint_registry();
    let mut rules = RuleSelection::from_registry(registry);
    for lint in registry.lints() {
        rules.disable(*lint);
    }
    for name in names {
        if let Ok(lint) = registry.get(name) {
            rules.enable(lint, ruff_db::diagnostic::Severity::Error, LintSource::default());
        }
    }
    rules
}

/// Whether the environment has a folder of packages by now.
pub(super) fn has_packages(environment: &PythonEnvironment, system: &dyn System) -> bool {
    let found = found_environment(environment, system).ok().flatten();
    let site_packages = found.and_then(|found| found.site_packages_paths(system).ok());
    !package_folders(environment, site_packages.map(|paths| paths.into_vec())).is_empty()
}

fn found_environment(
    environment: &PythonEnvironment,
    system: &dyn System,
) -> Result<Option<EngineEnvironment>, SitePackagesDiscoveryError> {
    let prefix = environment.prefix.as_ref().and_then(|prefix| SystemPathBuf::from_path_buf(prefix.clone()).ok());
    prefix.map(|prefix| EngineEnvironment::new(prefix, SysPrefixPathOrigin::PythonCliFlag, system)).transpose()
}

/// Where modules are looked for, and as which Python; and the folders of packages among them.
fn settings(
    source_roots: Vec<SystemPathBuf>,
    environment: &PythonEnvironment,
    system: &dyn System,
) -> (ProgramSettings, Vec<SystemPathBuf>) {
    let found = found_environment(environment, system)
        .inspect_err(|error| tracing::warn!("the Python environment cannot be used: {error}"))
        .ok()
        .flatten();
    let site_packages = found.as_ref().and_then(|found| found.site_packages_paths(system).ok());
    let version = match environment.version {
        Some((major, minor)) => {
            PythonVersionWithSource { version: PythonVersion { major, minor }, source: PythonVersionSource::default() }
        }
        None => found
            .as_ref()
            .and_then(|found| found.python_version_from_metadata().cloned())
            .or_else(|| site_packages.as_ref().and_then(|paths| paths.python_version_from_layout()))
            .unwrap_or_default(),
    };
    let packages = package_folders(environment, site_packages.map(|paths| paths.into_vec()));
    let search = SearchPathSettings {
        src_roots: source_roots,
        site_packages_paths: packages.clone(),
        ..SearchPathSettings::empty()
    };
    let vendored = ty_vendored::file_system();
    let search_paths = match search.to_search_paths(system, vendored, &UseDefaultStrategy) {
        Ok(search_paths) => search_paths,
        Err(never) => match never {},
    };
    let settings = ProgramSettings {
        python_version: version,
        // Code for another system is code as well.
        python_platform: PythonPlatform::All,
        search_paths,
    };
    (settings, packages)
}

/// A project's own `typing`: the engine takes it for the real one, and then fails on nearly every other file.
fn shadows(source_roots: &[SystemPathBuf]) -> Vec<SystemPathBuf> {
    let names = ["typing.py", "typing.pyi", "typing"];
    source_roots.iter().flat_map(|root| names.map(|name| root.join(name))).collect()
}

#[salsa::db]
impl SourceDb for Database {
    fn vendored(&self) -> &VendoredFileSystem {
        ty_vendored::file_system()
    }

    fn system(&self) -> &dyn System {
        &*self.system
    }

    fn files(&self) -> &Files {
        &self.files
    }
}

#[salsa::db]
impl ModuleResolverDb for Database {}

#[salsa::db]
impl PythonCoreDb for Database {
    fn should_check_file(&self, file: File) -> bool {
        file.path(self).as_system_path().is_some_and(|path| path.starts_with(&self.root))
    }
}

#[salsa::db]
impl SemanticDb for Database {
    fn check_file(&self, file: File) -> Vec<Diagnostic> {
        if self.should_check_file(file) { check_file_unwrap(self, self.program_file(file)) } else { Vec::new() }
    }

    fn program_file(&self, file: File) -> ProgramFile<'_> {
        program(self).program_file(self, file)
    }

    fn python_version_with_source(&self, _file: File) -> &PythonVersionWithSource {
        &self.settings.python_version
    }

    fn rule_selection(&self, _file: File) -> &RuleSelection {
        &self.rules
    }

    fn lint_registry(&self) -> &LintRegistry {
        default_lint_registry()
    }

    fn analysis_settings(&self, _file: File) -> &AnalysisSettings {
        &self.analysis
    }

    fn verbose(&self) -> bool {
        false
    }

    fn is_open_file(&self, _file: File) -> bool {
        false
    }

    fn dyn_clone(&self) -> Box<dyn SemanticDb> {
        Box::new(self.clone())
    }
}

#[salsa::db]
impl GateDb for Database {
    fn settings(&self) -> &ProgramSettings {
        &self.settings
    }

    fn overlay(&self) -> &OverlaySystem {
        &self.system
    }
}

#[salsa::db]
impl salsa::Database for Database {}

/// The texts of the standard library's stubs.
pub(super) fn stub_texts() -> impl Iterator<Item = String> {
    let stubs = ty_vendored::file_system();
    let mut folders = vec![VendoredPathBuf::from("stdlib")];
    let mut files: Vec<VendoredPathBuf> = Vec::new();
    std::iter::from_fn(move || {
        loop {
            if let Some(file) = files.pop() {
                return Some(stubs.read_to_string(&file).unwrap_or_default());
            }
            for entry in stubs.read_directory(folders.pop()?) {
                let is_folder = stubs.is_directory(entry.path());
                if is_folder { &mut folders } else { &mut files }.push(entry.into_path());
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::gate::PythonEnvironment;
    use crate::gate::engine::{Engine, Side};
    use crate::text::{ChangeSet, ProjectPath};

    #[test]
    fn what_is_known_of_a_file_is_kept_through_edits_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = |nth: usize| ProjectPath::new(&format!("m{nth}.py")).unwrap();
        let text = |nth: usize, round: usize| {
            let class = format!(
                "class C{nth}_{round}:\n    def first(self, row: 'C{nth}_{round} | int'): return [row, {nth}]\n"
            );
            format!(
                "{class}\ndef total(rows={{'a': ({nth}, '{round}')}}):\n    return C{nth}_{round}().first(rows or {round})\n"
            )
        };
        let paths: Vec<ProjectPath> = (0..6).map(path).collect();
        for (nth, path) in paths.iter().enumerate() {
            std::fs::write(folder.path().join(path.as_str()), text(nth, 0)).unwrap();
        }
        let mut engine = Engine::new(folder.path(), &paths, &PythonEnvironment::default(), Arc::default());
        let first = engine.check(&paths[0]).unwrap();
        for round in 1..6 {
            for (nth, path) in paths.iter().enumerate().skip(1) {
                let mut pending = ChangeSet::default();
                pending.put(path.clone(), None, Some(text(nth, round).into()));
                engine.lay(&pending, Side::New);
                engine.check(path).unwrap();
            }
        }
        engine.lay_nothing();
        assert!(Arc::ptr_eq(&engine.check(&paths[0]).unwrap(), &first), "it was looked at anew");
    }
}
