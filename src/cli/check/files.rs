//! Which files are judged: those that were named, or what the working tree adds against a git revision.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use anyhow::Context as _;
use flux::index::Snapshot;
use flux::text::{ChangeSet, FileText, ProjectPath, ReadError, Source};

/// What is to be judged.
pub(super) struct Picked {
    pub(super) change_set: ChangeSet,
    /// What was left out, one sentence each.
    pub(super) left_out: Vec<String>,
}

/// A file or folder that was named; the root itself is `None`.
type Named = Option<ProjectPath>;

/// The files that were named, as if they had just been added; of folders the Python files that belong to the project.
pub(super) fn named(
    root: &Path,
    files: &[PathBuf],
    snapshot: &Snapshot,
    source: &dyn Source,
) -> anyhow::Result<Picked> {
    let mut picked = Picked { change_set: ChangeSet::default(), left_out: Vec::new() };
    for file in files {
        let place = existing(root, file)?;
        let named = path_of(root, &place, file)?;
        if place.is_dir() {
            let below: Vec<ProjectPath> =
                snapshot.files().map(|(path, _)| path).filter(|path| covers(&named, path)).cloned().collect();
            if below.is_empty() {
                picked.left_out.push(format!("'{}' holds no Python file of the project", file.display()));
            }
            for path in below {
                picked.add_new(path, source);
            }
        } else if let Some(path) = named {
            if !path.holds_code() {
                picked.left_out.push(format!("'{path}' is no Python file, so it is not judged"));
                continue;
            }
            let new = source.read(&path)?.shared_text();
            picked.change_set.put(path, None, Some(new));
        }
    }
    Ok(picked)
}

impl Picked {
    fn add_new(&mut self, path: ProjectPath, source: &dyn Source) {
        match source.read(&path) {
            Ok(new) => self.change_set.put(path, None, Some(new.shared_text())),
            // It went away meanwhile.
            Err(ReadError::Missing(_)) => {}
            Err(error) => self.left_out.push(format!("{error}, so it is not judged")),
        }
    }
}

/// What the working tree adds against `revision`: files that git knows, and those that it neither knows nor ignores.
/// `files` narrow it down.
pub(super) fn against(
    root: &Path,
    revision: &str,
    files: &[PathBuf],
    snapshot: &Snapshot,
    source: &dyn Source,
) -> anyhow::Result<Picked> {
    // A revision that does not exist must not read as one that has no files.
    git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{tree}}")])
        .with_context(|| format!("'{revision}' is no revision of a git repository at '{}'", root.display()))?;
    let mut picked = Picked { change_set: ChangeSet::default(), left_out: Vec::new() };
    let (changed, nameless) = changed_files(root, revision)?;
    picked.left_out.extend(nameless);
    let scopes = scopes(root, files, &changed)?;
    let mut revision_files = RevisionFiles::open(root, revision)?;
    for (path, is_new) in changed {
        if !path.holds_code() || !scopes.iter().any(|scope| covers(scope, &path)) {
            continue;
        }
        let new = match source.read(&path) {
            // What the project does not count as its own is not judged: links, and what the configuration ignores.
            Ok(_) if snapshot.file(&path).is_none() => continue,
            Ok(new) => Some(new.shared_text()),
            Err(ReadError::Missing(_)) => None,
            Err(error) => {
                picked.left_out.push(format!("{error}, so it is not judged"));
                continue;
            }
        };
        let old = if is_new { None } else { revision_files.read(&path)? };
        picked.change_set.put(path, old.map(Arc::new), new);
    }
    Ok(picked)
}

/// The changed files, each with whether the revision lacks it, and the names that are no paths.
fn changed_files(root: &Path, revision: &str) -> anyhow::Result<(BTreeMap<ProjectPath, bool>, Vec<String>)> {
    // A moved file is one that goes and one that comes. Without -z git would quote names that are not ASCII.
    let known = git(
        root,
        &[
            "diff",
            "--no-ext-diff",
            "--no-renames",
            "--ignore-submodules",
            "--name-status",
            "-z",
            "--relative",
            revision,
            "--",
        ],
    )?;
    let unknown = git(root, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    let mut changed = BTreeMap::new();
    let mut nameless = Vec::new();
    let mut take = |name: &[u8], is_new: bool| match std::str::from_utf8(name).map(ProjectPath::new) {
        Ok(Ok(path)) => {
            changed.insert(path, is_new);
        }
        _ if name.ends_with(b".py") || name.ends_with(b".ipynb") => {
            let name = String::from_utf8_lossy(name);
            nameless.push(format!("'{name}' has a name that flux cannot read, so it is not judged"));
        }
        _ => {}
    };
    for name in unknown.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        take(name, true);
    }
    let mut fields = known.split(|byte| *byte == 0).filter(|field| !field.is_empty());
    while let (Some(status), Some(name)) = (fields.next(), fields.next()) {
        take(name, status == b"A");
    }
    Ok((changed, nameless))
}

/// What was named, also of files that are gone; nothing named is everything.
fn scopes(root: &Path, files: &[PathBuf], changed: &BTreeMap<ProjectPath, bool>) -> anyhow::Result<BTreeSet<Named>> {
    if files.is_empty() {
        return Ok([None].into());
    }
    files
        .iter()
        .map(|file| {
            let error = match existing(root, file) {
                Ok(place) => return path_of(root, &place, file),
                Err(error) => error,
            };
            let gone = [std::path::absolute(file).ok(), Some(root.join(file))].into_iter().flatten();
            let gone = gone.filter_map(|place| ProjectPath::below(root, &plain(&place)));
            gone.into_iter()
                .find(|path| changed.keys().any(|other| covers(&Some(path.clone()), other)))
                .map(Some)
                .ok_or(error)
        })
        .collect()
}

/// Without `.` and `..`.
fn plain(place: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in place.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// As the shell completes it, else as the project's own tools name it.
fn existing(root: &Path, file: &Path) -> anyhow::Result<PathBuf> {
    let place = file.canonicalize().or_else(|error| root.join(file).canonicalize().map_err(|_| error));
    place.with_context(|| format!("cannot open '{}'", file.display()))
}

fn path_of(root: &Path, place: &Path, file: &Path) -> anyhow::Result<Named> {
    if place == root {
        return Ok(None);
    }
    anyhow::ensure!(place.starts_with(root), "'{}' is outside '{}'", file.display(), root.display());
    let path = ProjectPath::below(root, place);
    path.map(Some).with_context(|| format!("'{}' has a name that is not UTF-8", file.display()))
}

fn covers(named: &Named, path: &ProjectPath) -> bool {
    named.as_ref().is_none_or(|named| {
        path.as_str().strip_prefix(named.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// What leads from the top of the git work tree to `root`: empty, or with a `/` at its end.
pub(super) fn prefix(root: &Path) -> String {
    let top = root.ancestors().find(|folder| folder.join(".git").exists());
    let below = top.and_then(|top| ProjectPath::below(top, root));
    below.map_or_else(String::new, |below| format!("{below}/"))
}

/// What git prints. Started directly: a command line that runs once needs none of the workbench's process keeping.
fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().context("cannot start git")?;
    let why = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(
        output.status.success(),
        "git {}: {}",
        arguments[0],
        if why.trim().is_empty() { "it failed" } else { why.trim() }
    );
    Ok(output.stdout)
}

/// The files of one revision, read through one process.
struct RevisionFiles<'a> {
    revision: &'a str,
    git: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl<'a> RevisionFiles<'a> {
    fn open(root: &Path, revision: &'a str) -> anyhow::Result<Self> {
        let mut git = Command::new("git")
            .arg("-C")
            .arg(root)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start git")?;
        let pipes = git.stdin.take().zip(git.stdout.take());
        let (questions, answers) = pipes.context("git has no pipes")?;
        Ok(Self { revision, git, questions, answers: BufReader::new(answers) })
    }

    /// The text as it was; nothing where the revision has no such file.
    fn read(&mut self, path: &ProjectPath) -> anyhow::Result<Option<FileText>> {
        writeln!(self.questions, "{}:./{path}", self.revision)?;
        self.questions.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let Some(len) = head.trim_end().rsplit_once(" blob ").and_then(|(_, len)| len.parse::<usize>().ok()) else {
            anyhow::ensure!(head.trim_end().ends_with("missing"), "git has no text of '{path}': {}", head.trim_end());
            return Ok(None);
        };
        let mut bytes = vec![0; len + 1];
        self.answers.read_exact(&mut bytes).with_context(|| format!("git broke off in '{path}'"))?;
        bytes.truncate(len);
        // What was no text is compared as far as it can be read: taken for nothing, all of the new text would be new.
        Ok(Some(FileText::decode(&bytes).unwrap_or_else(|_| FileText::from_text(&String::from_utf8_lossy(&bytes)))))
    }
}

impl Drop for RevisionFiles<'_> {
    fn drop(&mut self) {
        let _ = self.git.kill();
        let _ = self.git.wait();
    }
}
