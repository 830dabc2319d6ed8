//! How the project's files stand to what is committed, as git's index tells.
//!
//! Starts nothing that the project names: neither hooks nor filters run, and no lock is taken.
//! Invariant: where git is not there, or takes too long, nothing is known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::process::Command;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::app::Msg;
use crate::app::pane::structure::GitState;
use crate::text::ProjectPath;

/// Who has not answered by then is not waited for.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Of the time, looks take at most one part in so many: while a branch is checked out, each reads what has changed so far.
const SHARE: u32 = 4;
const REST_MAX: Duration = Duration::from_secs(5);

/// The looks at git's index, one at a time.
#[derive(Default)]
pub(super) struct GitLooks {
    rests_until: Arc<Mutex<Option<Instant>>>,
}

impl GitLooks {
    /// Tells how the files of `root` stand, once the last look is long enough ago.
    pub(super) fn look(&self, runtime: &Runtime, root: PathBuf, msgs: Sender<Msg>) {
        let rests_until = self.rests_until.clone();
        runtime.spawn(async move {
            let mut rests_until = rests_until.lock().await;
            if let Some(until) = *rests_until {
                sleep_until(until).await;
            }
            let started = Instant::now();
            let states = git_states(&root).await;
            *rests_until = Some(Instant::now() + rest(started.elapsed()));
            // Where nobody listens any more, flux is about to end.
            let _ = msgs.send(Msg::GitRead(states));
        });
    }
}

/// For how long nobody looks after a look that took so long.
fn rest(took: Duration) -> Duration {
    (took * (SHARE - 1)).min(REST_MAX)
}

/// The files that are not as committed.
async fn git_states(root: &Path) -> BTreeMap<ProjectPath, GitState> {
    let Some(off) = without_filters(root).await else { return BTreeMap::new() };
    let (staged, touched, new) = tokio::join!(
        lines(root, &off, &["diff-index", "--cached", "--name-status", "-z", "--relative", "--no-renames", "HEAD"]),
        // As `diff-files`, but what was touched and is the same is looked at again.
        lines(root, &off, &["diff", "--name-only", "-z", "--relative", "--no-ext-diff", "--ignore-submodules=all"]),
        lines(root, &off, &["ls-files", "--others", "--exclude-standard", "-z"]),
    );
    let mut states = BTreeMap::new();
    let mut put = |path: &str, state: GitState| {
        if let Ok(path) = ProjectPath::new(path) {
            states.entry(path).or_insert(state);
        }
    };
    // A state and a path in turn.
    for pair in staged.chunks_exact(2) {
        put(&pair[1], if pair[0] == "A" { GitState::New } else { GitState::Modified });
    }
    touched.iter().for_each(|path| put(path, GitState::Modified));
    new.iter().for_each(|path| put(path, GitState::New));
    states
}

/// Settings under which no filter runs: git compares the content of what was written in the same moment as its index, and
/// a filter is a command that the project's configuration names. `None` where one cannot be switched off.
async fn without_filters(root: &Path) -> Option<Vec<String>> {
    let mut off = Vec::new();
    for key in lines(root, &[], &["config", "-z", "--name-only", "--get-regexp", "^filter[.]"]).await {
        let name = key.strip_prefix("filter.").and_then(|rest| Some(rest.rsplit_once('.')?.0))?;
        if name.contains('=') {
            return None;
        }
        let settings = ["clean=", "process=", "required=false"].map(|setting| format!("filter.{name}.{setting}"));
        off.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
    }
    Some(off)
}

/// What git writes, cut at its NUL bytes; empty when it fails.
async fn lines(root: &Path, settings: &[String], arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("git");
    // A monitor of files would be a command that the project's configuration names.
    command.args(["-c", "core.fsmonitor=false", "-c", "diff.autoRefreshIndex=true"]).args(settings);
    command.args(arguments).current_dir(root);
    command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
    command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(TIMEOUT, command.output()).await {
        Ok(Ok(output)) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.split_terminator('\0').map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_take_a_part_of_the_time() {
        assert_eq!([0, 100, 60_000].map(|ms| rest(Duration::from_millis(ms)).as_millis()), [0, 300, 5_000]);
    }

    #[test]
    fn what_is_new_and_what_is_changed_is_told_and_nothing_of_the_project_runs() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let git = |arguments: &[&str]| {
            let mut command = std::process::Command::new("git");
            command.args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(arguments).current_dir(root);
            command.output().is_ok_and(|output| output.status.success())
        };
        if !git(&["init", "-q"]) {
            return;
        }
        let write = |name: &str, text: &str| std::fs::write(root.join(name), text).unwrap();
        write("same.py", "x = 1\n");
        write("changed.py", "x = 1\n");
        write("touched.py", "x = 1\n");
        write(".gitignore", "ignored.py\n");
        assert!(git(&["add", "."]) && git(&["commit", "-qm", "first"]));
        write("changed.py", "x = 22\n");
        let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        std::fs::File::options().write(true).open(root.join("touched.py")).unwrap().set_modified(long_ago).unwrap();
        write("new.py", "");
        write("added.py", "");
        write("ignored.py", "");
        assert!(git(&["add", "added.py"]));
        write(".gitattributes", "*.py filter=evil\n");
        assert!(git(&["config", "filter.evil.clean", "touch ran; cat"]));
        assert!(git(&["config", "core.fsmonitor", "touch ran"]));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let states = runtime.block_on(git_states(root));
        let state = |name: &str| states.get(&ProjectPath::new(name).unwrap()).copied();
        assert_eq!(state("same.py"), None);
        assert_eq!(state("touched.py"), None);
        assert_eq!(state("changed.py"), Some(GitState::Modified));
        assert_eq!(state("new.py"), Some(GitState::New));
        assert_eq!(state("added.py"), Some(GitState::New));
        assert_eq!(state("ignored.py"), None);
        assert!(!root.join("ran").exists());
    }
}
