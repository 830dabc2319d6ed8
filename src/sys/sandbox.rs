//! Keeps what runs in the shadow copy from the network and from writing anywhere else, as far as the kernel offers it.
//!
//! flux starts itself anew, confines that process, and lets it become the command. Knows nothing of what runs.
//! Invariant: what is said to be confined was tried on this machine in this run of flux; a command that cannot be confined
//! as was said does not run.

#[cfg(target_os = "linux")]
mod namespaces;
#[cfg(target_os = "linux")]
mod rules;

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

/// By what a process is confined. Which of them a kernel offers is tried, each in a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Both, by namespaces.
    Namespaces,
    /// Writes alone, by Landlock.
    Rules,
}

impl Means {
    const ALL: [Self; 2] = [Self::Namespaces, Self::Rules];

    fn word(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Rules => "rules",
        }
    }

    /// The means called `word`.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|means| means.word() == word)
    }
}

/// Confines this process, which has one thread, for good; says what it is kept from.
pub fn confine(means: Means, cell: &Cell) -> io::Result<Confinement> {
    #[cfg(target_os = "linux")]
    return match means {
        Means::Namespaces => namespaces::confine(cell),
        Means::Rules => rules::confine(cell),
    };
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (means, cell);
        Err(io::Error::other("this system offers no confinement that flux knows"))
    }
}

/// Has commands run confined.
#[derive(Debug)]
pub(super) struct Sandbox {
    /// flux itself, and by what it confines; none where nothing can be confined.
    program: Option<(PathBuf, Means)>,
    confinement: Confinement,
}

/// What a probe prints for each of both.
const NETWORK: &str = "network";
const WRITES: &str = "writes";

impl Sandbox {
    /// Tries what can be confined here, the most first.
    pub(super) fn find() -> Self {
        let nothing = Self { program: None, confinement: Confinement::default() };
        let Some(program) = own_program() else { return nothing };
        let tried = Means::ALL.into_iter().find_map(|means| Some((means, probe(&program, means)?)));
        tried.map_or(nothing, |(means, confinement)| Self { program: Some((program, means)), confinement })
    }

    pub(super) fn confinement(&self) -> Confinement {
        self.confinement
    }

    /// The command of these words, confined. `needed` names what it reads: no folder above it is hidden.
    pub(super) fn command(&self, words: &[OsString], cell: &Cell, needed: &[&Path]) -> Command {
        let Some((program, means)) = &self.program else {
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]);
            return command;
        };
        let mut command = Command::new(program);
        command.args(["confined", "--by", means.word()]);
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

/// What a process is kept from that was confined by these means; nothing where that failed.
fn probe(program: &Path, means: Means) -> Option<Confinement> {
    let mut command = Command::new(program);
    command.args(["confined", "--probe", "--by", means.word()]).stdin(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let has = |word: &str| said.split_whitespace().any(|said| said == word);
    let confinement = Confinement { network: has(NETWORK), writes: has(WRITES) };
    (confinement != Confinement::default()).then_some(confinement)
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
