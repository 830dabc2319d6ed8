//! Doubts about an import that does not resolve, and about a module's missing member.

use ruff_db::files::File;
use ruff_db::system::SystemPath;
use ruff_python_ast::AnyNodeRef;
use ty_module_resolver::ModuleName;

use super::made::{makes_names, puts_names_together};
use super::{Doubt, Origin, Standing, quoted};
use crate::gate::project::has_word;
use crate::index::{FileEntry, FileStructure, Import, SymbolKind};
use crate::text::{ProjectPath, edit_distance};

/// Files in which a project says what it needs, or makes modules when it is built.
const DECLARATIONS: [&str; 12] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "requirements-dev.txt",
    "dev-requirements.txt",
    "Pipfile",
    "environment.yml",
    "tox.ini",
    "meson.build",
    "CMakeLists.txt",
    ".gitignore",
];

/// Modules whose distribution is called quite otherwise, and a word of its name.
const OTHER_NAMES: [(&str, &str); 15] = [
    ("bs4", "beautifulsoup4"),
    ("PIL", "pillow"),
    ("sklearn", "scikit"),
    ("skimage", "scikit"),
    ("cv2", "opencv"),
    ("Crypto", "pycryptodome"),
    ("OpenSSL", "pyopenssl"),
    ("fitz", "pymupdf"),
    ("zmq", "pyzmq"),
    ("MySQLdb", "mysqlclient"),
    ("attr", "attrs"),
    ("git", "gitpython"),
    ("pkg_resources", "setuptools"),
    ("usb", "pyusb"),
    ("gi", "pygobject"),
];

impl Doubt<'_, '_> {
    pub(super) fn import(&self) -> Standing {
        if self.guards.imports_optionally() && !self.needs_own() {
            return Standing::Fine;
        }
        if self.is_silenced_wholly() {
            return Standing::Unknown;
        }
        let Some(name) = quoted(&self.found.message) else { return Standing::Unknown };
        match self.found.message.strip_prefix("Module ") {
            Some(_) => self.imported_member(name),
            None => self.imported_module(name),
        }
    }

    /// Whether the import is of the project's own and either not guarded by the `try` around it, or plainly misspelt.
    /// What others have is left out on purpose; what the project has is there or not.
    fn needs_own(&self) -> bool {
        let message = &*self.found.message;
        let Some(name) = quoted(message) else { return false };
        let is_own = |name: &str| {
            let file =
                self.lens.model.resolve_module(Some(name), 0).and_then(|module| module.file(self.lens.model.db()));
            matches!(file.map(|file| self.text_of(file).1), Some(Origin::Project(_)))
        };
        let level = self.guards.import_from().map_or(0, |import| import.level);
        if level == 0 && !is_own(name.split('.').next().unwrap_or_default()) {
            return false;
        }
        !self.guards.survives_import() || self.is_misspelt_own(name)
    }

    /// Whether the project has what differs from the wanted by a slip alone.
    fn is_misspelt_own(&self, module: &str) -> bool {
        let is_slip = |wanted: &str, name: &str| {
            wanted.len() > 4 && !wanted.starts_with('_') && wanted != name && edit_distance(wanted, name) <= 2
        };
        let snapshot = self.project.view.snapshot;
        let Some(name) = self.found.message.strip_prefix("Module ").and_then(|rest| rest.split('`').nth(3)) else {
            let last = module.rsplit('.').next().unwrap_or_default();
            let names = snapshot.files().map(|(path, _)| snapshot.module_name(path));
            return names.into_iter().any(|name| is_slip(last, name.rsplit('.').next().unwrap_or_default()));
        };
        let names = self.guards.import_from().map(|import| self.lens.model.from_import_completions(import));
        names.is_some_and(|names| names.iter().any(|known| is_slip(name, &known.name)))
    }

    /// `from m import name`, where `m` is there.
    fn imported_member(&self, module: &str) -> Standing {
        let Some(name) = self.found.message.split('`').nth(3) else { return Standing::Unknown };
        let relative =
            self.guards.import_from().map(|import| (import.module.as_ref().map(|m| m.as_str()), import.level));
        let resolved = match relative {
            Some((module, level)) => self.lens.model.resolve_module(module, level),
            None => self.lens.model.resolve_module(Some(module), 0),
        };
        let db = self.lens.model.db();
        let Some(file) = resolved.and_then(|module| module.file(db)) else { return Standing::Unknown };
        let Some(module) = ModuleName::new(module) else { return Standing::Unknown };
        let standing = self.member_of_module(&module, file, name);
        let is_unknown = standing == Standing::Unknown;
        if is_unknown && self.is_invented_in_module(module.as_str(), name) { Standing::Refuted } else { standing }
    }

    /// Whether a module that is there may have a member that cannot be seen.
    pub(super) fn member_of_module(&self, module: &ModuleName, file: File, name: &str) -> Standing {
        let (text, origin) = self.text_of(file);
        if self.is_shadowed(module) || self.is_in_namesake(module, &origin, name) {
            return Standing::Unknown;
        }
        let folder = match file.path(self.lens.model.db()).as_system_path() {
            Some(path) if path.file_stem() == Some("__init__") => path.parent().map(SystemPath::to_path_buf),
            _ => None,
        };
        if folder.is_some_and(|folder| self.has_compiled(&folder, name)) {
            return Standing::Unknown;
        }
        if self.is_in_source_beside_stub(file, name) {
            return Standing::Unknown;
        }
        match origin {
            Origin::Project(path) => {
                let is_made = makes_names(&text) && !self.is_gone_from(&path, name);
                if is_made || self.is_submodule_handed_on(&path, name) { Standing::Unknown } else { Standing::Refuted }
            }
            Origin::Installed => {
                let hidden = makes_names(&text) || text.contains("sys.modules") || text.contains("__getattr__");
                if hidden || has_word(&text, name) { Standing::Unknown } else { Standing::Refuted }
            }
            // The stubs leave out what is private and what only other implementations have.
            Origin::StandardLibrary => {
                let elsewhere =
                    name.starts_with("pypy_") || (module.as_str() == "sys" && matches!(name, "frozen" | "real_prefix"));
                let is_private = name.starts_with('_') && !name.starts_with("__");
                if elsewhere || is_private || self.is_bound_in_source(module.as_str(), name) {
                    Standing::Unknown
                } else {
                    Standing::Refuted
                }
            }
        }
    }

    /// Whether the change takes the definition of `name` out of a module, and nothing that is left speaks of it but to use
    /// it: what the module makes for itself was never this.
    fn is_gone_from(&self, path: &ProjectPath, name: &str) -> bool {
        let defines = |structure: &FileStructure| {
            structure.children(None).any(|(_, symbol)| *symbol.name == *name && symbol.kind != SymbolKind::Variable)
        };
        let is_gone = self.project.changed.get(path).is_some_and(|sides| {
            defines(&sides.old) && !has_word(&sides.new_text, name) && !puts_names_together(&sides.new_text)
        });
        let is_elsewhere = || {
            self.project
                .files_with_word(name)
                .iter()
                .filter_map(|path| self.project.structure(path))
                .any(|structure| structure.symbols.iter().any(|symbol| *symbol.name == *name))
        };
        is_gone && !is_elsewhere() && !self.is_named_elsewhere(name)
    }

    /// Whether a module lies beside the file, which is no part of a package: a script finds that one first.
    fn is_shadowed(&self, module: &ModuleName) -> bool {
        let first = module.components().next().unwrap_or_default();
        let beside = |name: String| ProjectPath::new(format!("{}/{name}", self.path.folder()).trim_start_matches('/'));
        let has = |name: String| beside(name).is_ok_and(|path| self.project.structure(&path).is_some());
        !self.path.folder().is_empty()
            && !has("__init__.py".to_owned())
            && (has(format!("{first}.py")) || has(format!("{first}/__init__.py")))
    }

    /// Whether another file of the project goes by the module's name as well, seen from another folder, and knows `name`.
    fn is_in_namesake(&self, module: &ModuleName, origin: &Origin, name: &str) -> bool {
        let Origin::Project(own) = origin else { return false };
        if self.guards.import_from().is_some_and(|import| import.level > 0) {
            return false;
        }
        let place = module.as_str().replace('.', "/");
        let endings = [format!("/{place}.py"), format!("/{place}/__init__.py")];
        let goes_by = |path: &ProjectPath| {
            let path = format!("/{path}");
            endings.iter().any(|ending| path.ends_with(ending.as_str()))
        };
        let mut knowing = self.project.files_with_word(name).into_iter().filter(|path| path != own && goes_by(path));
        // A package goes before a module that lies beside it, in every order of folders.
        let is_hidden = |path: &ProjectPath| path.as_str().trim_end_matches(".py") == own.folder();
        knowing.any(|path| !is_hidden(&path))
    }

    /// Whether the file is a stub, and the source that it speaks for knows the name.
    pub(super) fn is_in_source_beside_stub(&self, file: File, name: &str) -> bool {
        let db = self.lens.model.db();
        let Some(path) = file.path(db).as_system_path().filter(|path| path.extension() == Some("pyi")) else {
            return false;
        };
        let source = path.with_extension("py");
        let knows = |source: &SystemPath| db.system().read_to_string(source).is_ok_and(|text| has_word(&text, name));
        // The stubs of a package may be a package of their own: `bare-stubs` for `bare`.
        let (above, below) = path.as_str().split_once("-stubs/").unwrap_or_default();
        let spoken_for = above
            .rsplit('/')
            .next()
            .filter(|package| !package.is_empty())
            .map(|package| SystemPath::new(package).join(below).with_extension("py"));
        let folders = self.lens.search_folders.iter();
        knows(&source) || spoken_for.is_some_and(|below| folders.map(|folder| folder.join(&below)).any(|it| knows(&it)))
    }

    fn imported_module(&self, name: &str) -> Standing {
        let db = self.lens.model.db();
        let level = self.guards.import_from().map_or(0, |import| import.level);
        let here = self.path.on_disk(std::path::Path::new(db.system().current_directory().as_str()));
        let folder = here.parent().and_then(|folder| SystemPath::from_std_path(folder)).map(SystemPath::to_path_buf);
        let plain = name.trim_start_matches('.');
        let (first, last) = (plain.split('.').next().unwrap_or_default(), plain.rsplit('.').next().unwrap_or_default());
        if last.ends_with("_pb2") || last.ends_with("_pb2_grpc") {
            return Standing::Unknown;
        }
        if level > 0 || name.starts_with('.') {
            let above = (1..level)
                .fold(folder, |folder, _| folder.and_then(|folder| folder.parent().map(SystemPath::to_path_buf)));
            let compiled = above.is_some_and(|above| self.has_compiled_module(&above, plain));
            return if compiled || self.is_made(last) { Standing::Unknown } else { Standing::Refuted };
        }
        // A script finds what lies beside it.
        if let Some(folder) = &folder
            && (db.system().is_file(&folder.join(format!("{first}.py")))
                || db.system().is_directory(&folder.join(first)))
            && first == plain
        {
            return Standing::Unknown;
        }
        // A namespace package has no file of its own: what has one below it tells whose that part is.
        let file_of = |name: &str| self.lens.model.resolve_module(Some(name), 0).and_then(|module| module.file(db));
        let above = plain.rmatch_indices('.').map(|(at, _)| &plain[..at]);
        let origin = file_of(first).or_else(|| above.into_iter().find_map(file_of)).map(|file| self.text_of(file));
        match origin {
            Some((_, Origin::Project(_))) => {
                if self.has_compiled_anywhere(plain) || self.is_made(last) {
                    Standing::Unknown
                } else {
                    Standing::Refuted
                }
            }
            Some((text, Origin::Installed)) => {
                let hidden = text.contains("sys.modules") || text.contains("meta_path") || text.contains("__path__");
                if hidden || self.has_compiled_anywhere(plain) { Standing::Unknown } else { Standing::Refuted }
            }
            Some((_, Origin::StandardLibrary)) => {
                if plain.split('.').any(|part| part.starts_with('_')) {
                    Standing::Unknown
                } else {
                    Standing::Refuted
                }
            }
            None => self.missing_package(first, plain),
        }
    }

    /// A package of which nothing is there.
    fn missing_package(&self, first: &str, plain: &str) -> Standing {
        let unknown = !self.lens.engine.has_packages()
            || first.starts_with('_')
            || self.guards.is_for_type_checking()
            || self.notebook_makes_modules()
            || self.has_compiled_anywhere(plain)
            || self.is_declared(first)
            || self.is_imported_elsewhere(first)
            || self.is_somewhere_below(first)
            || self.is_mapped(first);
        if unknown { Standing::Unknown } else { Standing::Refuted }
    }

    /// Build tools write modules that are not there before.
    fn is_made(&self, module: &str) -> bool {
        module.contains("version") && self.is_declared(module)
    }

    /// Whether a folder or a file of that name lies deeper in the project: in a part of it that is installed by itself.
    fn is_somewhere_below(&self, package: &str) -> bool {
        self.project.view.snapshot.files().any(|(path, _)| {
            let mut parts = path.as_str().trim_end_matches(".pyi").trim_end_matches(".py").split('/');
            parts.any(|part| part == package)
        })
    }

    /// Whether an editable install maps the name to a place by code.
    fn is_mapped(&self, package: &str) -> bool {
        let system = self.lens.model.db().system();
        let entries = self.lens.search_folders.iter().filter_map(|folder| system.read_directory(folder).ok()).flatten();
        let is_finder = |path: &SystemPath| {
            path.file_name().is_some_and(|name| name.starts_with("__editable__") && name.ends_with("_finder.py"))
        };
        entries
            .flatten()
            .filter(|entry| is_finder(entry.path()))
            .any(|entry| system.read_to_string(entry.path()).is_ok_and(|text| has_word(&text, package)))
    }

    /// Whether the project, before the change, imports the package as well: then it is the environment that lacks it. Or
    /// whether it copes elsewhere, also in what the change brings, with the package being absent.
    fn is_imported_elsewhere(&self, package: &str) -> bool {
        let snapshot = self.project.view.snapshot;
        let before = snapshot.files_with_word(package).into_iter().filter_map(|path| snapshot.file(path));
        let imports_before = |entry: &FileEntry| entry.structure.imports.iter().any(|import| is_of(import, package));
        before.into_iter().any(|entry| imports_before(entry))
            || self.project.files_with_word(package).iter().any(|path| {
                let structure = self.project.structure(path);
                structure.is_some_and(|structure| {
                    structure.imports.iter().any(|import| {
                        let is_this =
                            path == self.path && (import.span.start..=import.span.end).contains(&self.found.start);
                        is_of(import, package) && import.is_conditional && import.is_top_level && !is_this
                    })
                })
            })
    }

    /// Whether the project's declarations speak of it: wanted, though not installed, or made by the build.
    fn is_declared(&self, name: &str) -> bool {
        let db = self.lens.model.db();
        // A distribution is often called otherwise than what it brings: `python-dateutil`, `PyYAML`.
        let other = OTHER_NAMES.iter().find(|(module, _)| *module == name).map(|(_, distribution)| *distribution);
        let spelled = other.map_or_else(|| name.replace('_', "-"), str::to_owned);
        let is_part = |text: &str| {
            let (text, name) = (text.to_lowercase(), name.to_lowercase());
            let around = ["py", "python-", "django-", "flask-"].map(|before| format!("{before}{name}"));
            around.iter().any(|spelled| has_word(&text, spelled)) || has_word(&text, &format!("{name}-python"))
        };
        DECLARATIONS.iter().any(|file| {
            db.system().read_to_string(&db.system().current_directory().join(file)).is_ok_and(|text| {
                has_word(&text, name) || has_word(&text.to_lowercase(), &spelled.to_lowercase()) || is_part(&text)
            })
        })
    }

    fn has_compiled_anywhere(&self, plain: &str) -> bool {
        self.lens.search_folders.iter().any(|folder| self.has_compiled_module(folder, plain))
    }

    fn has_compiled_module(&self, folder: &SystemPath, plain: &str) -> bool {
        match plain.rsplit_once('.') {
            Some((above, last)) => self.has_compiled(&folder.join(above.replace('.', "/")), last),
            None => self.has_compiled(folder, plain),
        }
    }

    /// Whether a folder holds a module that is no Python source: compiled, or to be compiled.
    fn has_compiled(&self, folder: &SystemPath, name: &str) -> bool {
        let Ok(entries) = self.lens.model.db().system().read_directory(folder) else { return false };
        entries.flatten().any(|entry| {
            entry.path().file_name().and_then(|file| file.strip_prefix(name)).is_some_and(|rest| {
                let ending = rest.rsplit('.').next().unwrap_or_default();
                rest.starts_with('.')
                    && matches!(ending, "so" | "pyd" | "dll" | "dylib" | "pyx" | "c" | "cpp" | "cc" | "rs" | "in")
            })
        })
    }
}

impl<'a> super::Guards<'a> {
    pub(in crate::gate) fn import_from(&self) -> Option<&'a ruff_python_ast::StmtImportFrom> {
        self.chain().iter().find_map(|node| match node {
            AnyNodeRef::StmtImportFrom(import) => Some(*import),
            _ => None,
        })
    }
}

/// Whether an import takes something from `package`.
fn is_of(import: &Import, package: &str) -> bool {
    let first = |module: &str| module.split('.').next() == Some(package);
    import.level == 0
        && match &import.module {
            Some(module) => first(module),
            None => import.names.iter().any(|name| first(&name.name)),
        }
}
