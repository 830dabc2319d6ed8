//! Keeps what runs in the shadow copy from the network and from writing anywhere else, as far as the kernel offers it.
//!
//! flux starts itself anew, confines that process, and lets it become the command. Knows nothing of what runs.
//! Invariant: what is said to be confined was tried on this machine in this run of flux; a command that cannot be confined
//! as was said does not run.

#[cfg(target_os = "linux")]
mod namespaces;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run is kept from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Confinement {
    /// It reaches nothing but its own loopback.
    pub network: bool,
    /// It writes nowhere but in the copy and its own passing files.
    pub writes: bool,
}

impl Confinement {
    /// One sentence without its full stop, for a person and for the model.
    pub fn told(self) -> &'static str {
        match (self.network, self.writes) {
            (true, true) => "without network and without write access outside the copy",
            (true, false) => {
                "without network, but NOT kept from writing outside the copy: the kernel does not offer it"
            }
            (false, true) => {
                "without write access outside the copy, but NOT kept from the network: the kernel does not offer it"
            }
            (false, false) => {
                "NOT confined: the kernel offers no way to keep it from the network and from writing outside the copy"
            }
        }
    }
}

/// What a confined process may do.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// Folders that may be written; nothing else may.
    pub writable: Vec<PathBuf>,
    /// Folders that are empty to it, and forgotten at its end.
    pub hidden: Vec<PathBuf>,
}

/// Confines this process, which has one thread, for good; says what it is kept from.
pub fn confine(cell: &Cell) -> io::Result<Confinement> {
    #[cfg(target_os = "linux")]
    return namespaces::confine(cell);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = cell;
        Err(io::Error::other("this system offers no confinement that flux knows"))
    }
}

/// Has commands run confined.
#[derive(Debug)]
pub(super) struct Sandbox {
    /// flux itself; none where nothing can be confined.
    program: Option<PathBuf>,
    confinement: Confinement,
}

/// What a probe prints for each of both.
const NETWORK: &str = "network";
const WRITES: &str = "writes";

impl Sandbox {
    /// Tries what can be confined here.
    pub(super) fn find() -> Self {
        let program = own_program();
        let probe = |program: &PathBuf| {
            let mut command = Command::new(program);
            command.args(["confined", "--probe"]).stdin(Stdio::null()).output().ok()
        };
        let said = program.as_ref().and_then(probe).filter(|output| output.status.success());
        let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        let has = |word: &str| said.split_whitespace().any(|said| said == word);
        let confinement = Confinement { network: has(NETWORK), writes: has(WRITES) };
        Self { program: program.filter(|_| confinement != Confinement::default()), confinement }
    }

    pub(super) fn confinement(&self) -> Confinement {
        self.confinement
    }

    /// The command of these words, confined. `needed` names what it reads: no folder above it is hidden.
    pub(super) fn command(&self, words: &[OsString], cell: &Cell, needed: &[&Path]) -> Command {
        let Some(program) = &self.program else {
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]);
            return command;
        };
        let mut command = Command::new(program);
        command.arg("confined");
        for folder in &cell.writable {
            command.arg("--writable").arg(folder);
        }
        let is_needed = |folder: &Path| {
            let mut all = cell.writable.iter().map(PathBuf::as_path).chain(needed.iter().copied());
            all.any(|it| it.starts_with(folder))
        };
        for folder in cell.hidden.iter().filter(|folder| folder.is_dir() && !is_needed(folder)) {
            command.arg("--hide").arg(folder);
        }
        command.arg("--").args(words);
        command
    }
}

/// The words that a probe prints.
pub fn probed(confinement: Confinement) -> String {
    let words = [(confinement.network, NETWORK), (confinement.writes, WRITES)];
    words.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

/// Where sockets of other programs lie, and what nobody but the person is to read.
pub(super) fn usually_hidden(config_folder: Option<PathBuf>) -> Vec<PathBuf> {
    let mut hidden: Vec<PathBuf> = ["/tmp", "/var/tmp", "/run", "/dev/shm"].map(PathBuf::from).to_vec();
    if let Some(home) = std::env::var_os("HOME").map(PathBuf::from) {
        hidden.extend([".ssh", ".gnupg", ".aws", ".config/gh", ".docker", ".kube"].map(|name| home.join(name)));
    }
    hidden.extend(config_folder);
    hidden
}

/// The program that confines: this one, or where it is a test of flux, the flux that was built beside it.
fn own_program() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    if own.file_stem().is_some_and(|name| name == "flux") {
        // Also where the file was replaced since it was started.
        let running = PathBuf::from("/proc/self/exe");
        return Some(if running.exists() { running } else { own });
    }
    own.parent()?.parent().map(|folder| folder.join("flux")).filter(|program| program.is_file())
}
