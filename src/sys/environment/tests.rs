//! Where an environment is found, in folders made for it.

use super::*;

fn make(root: &Path, prefix: &str, version: &str) {
    std::fs::create_dir_all(root.join(prefix)).unwrap();
    std::fs::write(root.join(prefix).join("pyvenv.cfg"), format!("home = /usr/bin\nversion = {version}\n")).unwrap();
}

#[test]
fn takes_the_first_that_exists() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let nothing = |_: &str| None;
    assert_eq!(find_among(root, None, &nothing).environment, PythonEnvironment::default());

    make(root, "elsewhere", "3.9.2");
    let active = |name: &str| (name == "VIRTUAL_ENV").then(|| root.join("elsewhere").into_os_string());
    assert_eq!(find_among(root, None, &active).environment.version, Some((3, 9)));

    make(root, "venv", "3.11.4");
    assert_eq!(find_among(root, None, &active).environment.version, Some((3, 11)));
    make(root, ".venv", "3.12.4.final.0");
    assert_eq!(find_among(root, None, &active).environment.prefix, Some(root.join(".venv")));

    make(root, "mine", "3.13.0");
    assert_eq!(find_among(root, Some(Path::new("mine")), &active).environment.version, Some((3, 13)));
    std::fs::create_dir_all(root.join("mine/bin")).unwrap();
    std::fs::write(root.join("mine/bin/python"), "").unwrap();
    assert_eq!(find_among(root, Some(Path::new("mine/bin/python")), &active).environment.version, Some((3, 13)));
    assert_eq!(find_among(root, Some(Path::new("gone")), &active).environment.version, Some((3, 12)));
}

#[test]
fn finds_the_interpreter_on_the_path() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("usr/bin")).unwrap();
    std::fs::create_dir_all(folder.path().join("usr/lib/python3.10/site-packages")).unwrap();
    std::fs::write(folder.path().join("usr/bin/python3"), "").unwrap();
    let path = |name: &str| (name == "PATH").then(|| folder.path().join("usr/bin").into_os_string());
    let found = find_among(&folder.path().join("project"), None, &path).environment;
    assert_eq!(found.version, Some((3, 10)));
    assert_eq!(found.prefix, Some(folder.path().join("usr")));
}

#[test]
fn follows_the_shim_of_pyenv() {
    let folder = tempfile::tempdir().unwrap();
    let (home, project) = (folder.path(), folder.path().join("code/project"));
    std::fs::create_dir_all(&project).unwrap();
    let versions = ["3.12.9/lib/python3.12", "3.12.11/lib/python3.12", "3.13.1/lib/python3.13"];
    for place in versions.map(|version| format!("pyenv/versions/{version}")) {
        std::fs::create_dir_all(home.join(place)).unwrap();
    }
    for place in ["pyenv/shims", "usr/bin", "usr/lib/python3.10"] {
        std::fs::create_dir_all(home.join(place)).unwrap();
    }
    for interpreter in ["pyenv/shims/python3", "usr/bin/python3"] {
        std::fs::write(home.join(interpreter), "").unwrap();
    }
    let path = std::env::join_paths([home.join("pyenv/shims"), home.join("usr/bin")]).unwrap();
    let prefix = |asked: Option<&str>| {
        let variable = |name: &str| match name {
            "PATH" => Some(path.clone()),
            "PYENV_VERSION" => asked.map(OsString::from),
            _ => None,
        };
        let prefix = find_among(&project, None, &variable).environment.prefix?;
        Some(prefix.strip_prefix(home).unwrap().to_str().unwrap().to_owned())
    };
    assert_eq!(prefix(None).as_deref(), Some("usr"));
    std::fs::write(home.join("pyenv/version"), "3.13.1\n").unwrap();
    assert_eq!(prefix(None).as_deref(), Some("pyenv/versions/3.13.1"));
    std::fs::write(home.join("code/.python-version"), "3.12\n").unwrap();
    assert_eq!(prefix(None).as_deref(), Some("pyenv/versions/3.12.11"));
    assert_eq!(prefix(Some("3.12.9:3.13.1")).as_deref(), Some("pyenv/versions/3.12.9"));
    assert_eq!(prefix(Some("system")).as_deref(), Some("usr"));
    for unknown in ["3.9.1", "../../usr", "..", "/usr"] {
        assert_eq!(prefix(Some(unknown)), None, "{unknown}");
    }
}

/// A project, a home, and the variables of a shell.
struct Shell {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, PathBuf)>,
}

impl Shell {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(home.join("code/shop/.git")).unwrap();
        Self { variables: vec![("HOME", home)], folder }
    }

    fn put(&self, path: &str, text: &str) {
        let place = self.folder.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }

    /// What is found for `project`, below the home, and why.
    fn found(&self, project: &str) -> (String, String, Vec<String>) {
        let home = self.folder.path().canonicalize().unwrap();
        let variable = |name: &str| {
            let found = self.variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone().into_os_string())
        };
        let found = find_among(&home.join(project), None, &variable);
        let prefix = found.environment.prefix.map(|prefix| prefix.strip_prefix(&home).unwrap_or(&prefix).to_path_buf());
        let faults = found.faults.into_iter().map(|fault| fault.replace(&format!("{}/", home.display()), ""));
        (prefix.unwrap_or_default().display().to_string(), found.why, faults.collect())
    }

    #[track_caller]
    fn check(&self, project: &str, prefix: &str, why: &str) {
        let (found, reason, _) = self.found(project);
        assert_eq!((found.as_str(), reason.as_str()), (prefix, why));
    }
}

#[test]
fn finds_what_the_tools_make() {
    let mut shell = Shell::new();
    shell.check("code/shop", "", "");

    shell.put("code/shop/pyproject.toml", "[tool.poetry]\nname = \"My Shop\"\n");
    shell.put(".cache/pypoetry/virtualenvs/my_shop-AbCd_-12-py3.11/pyvenv.cfg", "home = /usr/bin\n");
    shell.put(".cache/pypoetry/virtualenvs/my_shop-AbCd_-12-py3.12/pyvenv.cfg", "home = /usr/bin\n");
    shell.put(".cache/pypoetry/virtualenvs/my_shop-two-AbCd_-12-py3.12/pyvenv.cfg", "home = /usr/bin\n");
    shell.check("code/shop", ".cache/pypoetry/virtualenvs/my_shop-AbCd_-12-py3.12", "made by poetry");
    // That may be of another folder of that name.
    shell.put(".cache/pypoetry/virtualenvs/my_shop-ZzZz_-12-py3.12/pyvenv.cfg", "home = /usr/bin\n");
    shell.check("code/shop", "", "");

    shell.put("code/shop/pyproject.toml", "[project]\nname = \"shop\"\n[tool.hatch]\n");
    shell.put(".local/share/hatch/env/virtual/shop/Ab12Cd34/shop/pyvenv.cfg", "home = /usr/bin\n");
    shell.check("code/shop", ".local/share/hatch/env/virtual/shop/Ab12Cd34/shop", "made by hatch");

    shell.put("code/shop/Pipfile", "");
    shell.put(".local/share/virtualenvs/shop-1/.project", "/elsewhere/shop");
    shell.put(".local/share/virtualenvs/shop-1/pyvenv.cfg", "home = /usr/bin\n");
    shell.check("code/shop", ".local/share/hatch/env/virtual/shop/Ab12Cd34/shop", "made by hatch");
    let project = shell.folder.path().join("code/shop").display().to_string();
    shell.put(".local/share/virtualenvs/shop-2/.project", &project);
    shell.put(".local/share/virtualenvs/shop-2/pyvenv.cfg", "home = /usr/bin\n");
    shell.check("code/shop", ".local/share/virtualenvs/shop-2", "made by pipenv");

    // A conda's base is active in every shell.
    shell.put("conda/lib/python3.12/site-packages/a.py", "");
    shell.variables.push(("CONDA_PREFIX", shell.folder.path().join("conda")));
    shell.variables.push(("CONDA_DEFAULT_ENV", "base".into()));
    shell.check("code/shop", ".local/share/virtualenvs/shop-2", "made by pipenv");
    shell.variables.pop();
    shell.check("code/shop", "conda", "CONDA_PREFIX");

    shell.put("code/shop/__pypackages__/3.9/lib/a.py", "");
    shell.put("code/shop/__pypackages__/3.12/lib/a.py", "");
    shell.check("code/shop", "code/shop/__pypackages__/3.12", "__pypackages__ in the project");
    shell.put("pdm/bin/python", "");
    shell.put("pdm/pyvenv.cfg", "home = /usr/bin\n");
    shell.put("code/shop/.pdm-python", &format!("{}\n", shell.folder.path().join("pdm/bin/python").display()));
    shell.check("code/shop", "pdm", ".pdm-python in the project");
    shell.put("named/pyvenv.cfg", "home = /usr/bin\n");
    shell.variables.push(("UV_PROJECT_ENVIRONMENT", shell.folder.path().join("named")));
    shell.check("code/shop", "named", "UV_PROJECT_ENVIRONMENT");
}

#[test]
fn a_file_may_say_where_the_environment_is_and_a_repository_may_have_one_for_all() {
    let mut shell = Shell::new();
    shell.put("code/shop/parts/web/a.py", "");
    shell.put("code/shop/.venv/pyvenv.cfg", "home = /usr/bin\n");
    let above = format!(".venv in {}", shell.folder.path().canonicalize().unwrap().join("code/shop").display());
    shell.check("code/shop/parts/web", "code/shop/.venv", &above);
    // Above the repository is another one's.
    shell.put("code/.venv/pyvenv.cfg", "home = /usr/bin\n");
    shell.put("code/other/.git/HEAD", "");
    shell.check("code/other", "", "");
    shell.check("code", "code/.venv", ".venv in the project");

    shell.put("kept/web/pyvenv.cfg", "home = /usr/bin\n");
    shell.put("code/shop/parts/web/.venv", "../../../../kept/web\n");
    shell.check("code/shop/parts/web", "code/shop/parts/web/../../../../kept/web", ".venv in the project");
    shell.variables.push(("WORKON_HOME", shell.folder.path().canonicalize().unwrap().join("kept")));
    shell.put("code/shop/parts/web/.venv", "web");
    shell.check("code/shop/parts/web", "kept/web", ".venv in the project");
    shell.put("code/shop/parts/web/.venv", "no\nplace\n");
    shell.check("code/shop/parts/web", "code/shop/.venv", &above);
}

#[test]
fn says_what_is_wrong_with_an_environment() {
    let mut shell = Shell::new();
    shell.put("code/shop/.venv/pyvenv.cfg", "home = /nowhere/bin\nversion = 3.12.1\n");
    let (_, why, faults) = shell.found("code/shop");
    assert_eq!(why, ".venv in the project");
    assert_eq!(faults, ["code/shop/.venv has no site-packages: what packages offer stays unknown"]);
    shell.put("code/shop/.venv/lib/python3.12/site-packages/a.py", "");
    assert_eq!(shell.found("code/shop").2, ["code/shop/.venv was made from /nowhere/bin, which is gone"]);
    shell.put("code/shop/.venv/pyvenv.cfg", "\0 no = such\nhome =\n");
    assert_eq!(shell.found("code/shop").2, [""; 0]);
    shell.variables.push(("UV_PROJECT_ENVIRONMENT", "/gone".into()));
    assert_eq!(shell.found("code/shop").2, ["/gone (UV_PROJECT_ENVIRONMENT) is no Python environment"]);
}

#[test]
fn what_the_user_installed_counts_for_an_interpreter_alone() {
    let mut shell = Shell::new();
    let home = shell.folder.path().to_path_buf();
    shell.put("usr/bin/python3", "");
    shell.put("usr/lib/python3.11/site-packages/a.py", "");
    shell.put(".local/lib/python3.11/site-packages/b.py", "");
    shell.put("more/c.py", "");
    shell.variables.push(("PATH", home.join("usr/bin")));
    let folders = |shell: &Shell| {
        let variable =
            |name: &str| shell.variables.iter().find(|(known, _)| *known == name).map(|(_, it)| it.clone().into());
        find_among(&home.join("code/shop"), None, &variable).environment.folders
    };
    assert_eq!(folders(&shell).len(), 1);
    shell.variables.push(("PYTHONPATH", home.join("more")));
    assert_eq!(folders(&shell).len(), 2);
    shell.put("code/shop/.venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.1\n");
    assert_eq!(folders(&shell), [home.join("more")]);
}
