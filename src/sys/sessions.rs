//! The logs of a project's sessions: one file each, lines that are only ever added, in the user's state folder.
//!
//! Knows nothing of what the lines tell. Invariants: a session that is open in one flux is not opened, and not deleted, by
//! another; half a line, which a crash left, did not happen.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::state::{make_private_folder, project_folder, state_folder};
use super::write::local_time;
use crate::agent::{Phase, Record, Saved};
use crate::app::ListedSession;

mod writer;

pub(super) use writer::{Answer, SessionWriter};

/// The logs that are written now. Older ones are read; newer ones are not.
const VERSION: u32 = 1;

/// So many sessions are kept of a project.
pub const KEPT_SESSIONS: usize = 50;

/// A log that grew beyond this is written anew when it is opened: what it tells is smaller than all that happened.
const LONG_BYTES: u64 = 8 << 20;

/// What waits for room on a full disk, at most.
const WAITING_BYTES_MAX: usize = 64 << 20;

/// The first line of a log.
#[derive(Serialize, Deserialize)]
struct Head {
    /// The version of the lines that follow.
    flux_session: u32,
    /// The version of flux that began it.
    flux: String,
    root: String,
    /// In RFC 3339.
    begun: String,
}

/// Why a session is not opened or deleted.
#[derive(Debug, thiserror::Error)]
pub enum SessionFailure {
    #[error("no session of this project is kept; give a task to begin one")]
    None,
    #[error("there is no session '{0}'; flux sessions lists them")]
    Unknown(String),
    #[error("session '{0}' is open in another flux; close that one, or choose another session")]
    Live(String),
    #[error("session '{id}' was written by a newer flux (its log has version {version}, this flux reads {VERSION})")]
    Newer { id: String, version: u32 },
    #[error("session '{id}' cannot be read: {why}")]
    Unreadable { id: String, why: String },
}

/// The sessions of one project.
#[derive(Debug, Clone)]
pub struct Sessions {
    root: PathBuf,
    folder: PathBuf,
}

impl Sessions {
    pub fn of(root: &Path) -> anyhow::Result<Self> {
        Ok(Self::in_state(root, &state_folder()?))
    }

    /// As [`Sessions::of`], with the state folder named.
    pub fn in_state(root: &Path, state: &Path) -> Self {
        Self { root: root.to_owned(), folder: project_folder(state, root).join("sessions") }
    }

    /// All of them, the one that was used last first.
    pub fn list(&self) -> Vec<ListedSession> {
        let mut sessions: Vec<(std::time::SystemTime, ListedSession)> =
            self.ids().into_iter().map(|id| (self.used_at(&id), self.listed(id))).collect();
        sessions.sort_by(|one, other| (other.0, &other.1.id).cmp(&(one.0, &one.1.id)));
        sessions.into_iter().map(|(_, session)| session).collect()
    }

    /// Opens a session to go on with it; without an id the one that was used last.
    pub fn open(&self, id: Option<&str>) -> Result<(SessionLog, Saved), SessionFailure> {
        let Some(id) = id else { return self.open_last() };
        let id = id.to_owned();
        let place = self.place(&id)?;
        let unreadable = |why: String| SessionFailure::Unreadable { id: id.clone(), why };
        let file = OpenOptions::new().read(true).append(true).open(&place).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SessionFailure::Unknown(id.clone()),
            _ => unreadable(error.to_string()),
        })?;
        lock(&file, &id)?;
        let read = read_log(&file).map_err(|error| unreadable(error.to_string()))?;
        match read.head {
            Some(head) if head.flux_session > VERSION => {
                return Err(SessionFailure::Newer { id, version: head.flux_session });
            }
            Some(_) => {}
            None => return Err(unreadable("its first line is no head of a session's log".to_owned())),
        }
        let log = SessionLog { file, place, id: id.clone(), end: read.whole_bytes, waiting: Vec::new() };
        // Half a line goes: what comes next would end it.
        if log.file.metadata().is_ok_and(|data| data.len() != log.end) {
            log.file.set_len(log.end).map_err(|error| unreadable(error.to_string()))?;
        }
        Ok((log, read.saved))
    }

    /// What holds nothing that can be read, as where flux was ended in its first line, is passed over.
    fn open_last(&self) -> Result<(SessionLog, Saved), SessionFailure> {
        for session in self.list() {
            match self.open(Some(&session.id)) {
                Err(SessionFailure::Unreadable { .. }) => {}
                opened => return opened,
            }
        }
        Err(SessionFailure::None)
    }

    /// Begins a log. Older sessions than are kept go.
    pub fn create(&self) -> anyhow::Result<SessionLog> {
        make_private_folder(&self.folder).with_context(|| format!("{} cannot be made", self.folder.display()))?;
        self.prune();
        let now = jiff::Timestamp::now();
        let id = format!("{}-{}", now.strftime("%Y%m%d-%H%M%S-%3f"), std::process::id());
        let place = self.folder.join(format!("{id}.jsonl"));
        let cannot = || format!("{} cannot be made", place.display());
        let file = OpenOptions::new().create_new(true).read(true).append(true).open(&place).with_context(cannot)?;
        lock(&file, &id)?;
        let head = Head {
            flux_session: VERSION,
            flux: env!("CARGO_PKG_VERSION").to_owned(),
            root: self.root.to_string_lossy().into_owned(),
            begun: now.to_string(),
        };
        let mut log = SessionLog { file, place, id, end: 0, waiting: Vec::new() };
        log.waiting = line_of(&head)?;
        Ok(log)
    }

    /// Deletes a session that is not open.
    pub fn delete(&self, id: &str) -> Result<(), SessionFailure> {
        let place = self.place(id)?;
        let file = File::open(&place).map_err(|_| SessionFailure::Unknown(id.to_owned()))?;
        lock(&file, id)?;
        let unreadable = |error: io::Error| SessionFailure::Unreadable { id: id.to_owned(), why: error.to_string() };
        fs::remove_file(&place).map_err(unreadable)
    }

    fn prune(&self) {
        let mut ids = self.ids();
        ids.sort_by_key(|id| self.used_at(id));
        let too_many = (ids.len() + 1).saturating_sub(KEPT_SESSIONS);
        // One that is open stays; it is tried again with the next.
        for id in ids.iter().take(too_many) {
            let _ = self.delete(id);
        }
    }

    fn ids(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(&self.folder) else { return Vec::new() };
        let names = files.flatten().filter_map(|file| file.file_name().into_string().ok());
        names.filter_map(|name| name.strip_suffix(".jsonl").map(str::to_owned)).collect()
    }

    fn place(&self, id: &str) -> Result<PathBuf, SessionFailure> {
        // An id is no path.
        let is_name = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        is_name.then(|| self.folder.join(format!("{id}.jsonl"))).ok_or_else(|| SessionFailure::Unknown(id.to_owned()))
    }

    fn used_at(&self, id: &str) -> std::time::SystemTime {
        let place = self.folder.join(format!("{id}.jsonl"));
        fs::metadata(place).and_then(|data| data.modified()).unwrap_or(std::time::UNIX_EPOCH)
    }

    /// A look through the lines for what is small: contents and conversation are passed over.
    fn listed(&self, id: String) -> ListedSession {
        let place = self.folder.join(format!("{id}.jsonl"));
        let used = jiff::Timestamp::try_from(self.used_at(&id)).map(|time| time.to_string()).unwrap_or_default();
        let mut listed = ListedSession {
            id,
            time: local_time(&used),
            title: String::new(),
            phase: None,
            is_live: false,
            fault: None,
        };
        let file = match File::open(&place) {
            Ok(file) => file,
            Err(error) => return ListedSession { fault: Some(error.to_string()), ..listed },
        };
        listed.is_live = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        let mut lines = BufReader::new(&file).split(b'\n').map_while(Result::ok);
        let head = lines.next().and_then(|line| serde_json::from_slice::<Head>(&line).ok());
        match head {
            None => return ListedSession { fault: Some("it is no log of a session".to_owned()), ..listed },
            Some(head) if head.flux_session > VERSION => {
                return ListedSession { fault: Some("it was written by a newer flux".to_owned()), ..listed };
            }
            Some(_) => {}
        }
        for state in lines.filter_map(|line| last_state(&line)) {
            if let Some(title) = state.get("title").and_then(|title| title.as_str()) {
                title.clone_into(&mut listed.title);
            }
            if let Some(phase) = state.get("phase") {
                listed.phase = Phase::deserialize(phase).ok();
            }
        }
        listed
    }
}

/// What a line tells of the state. It stands last there, so that the rest need not be read.
fn last_state(line: &[u8]) -> Option<serde_json::Map<String, serde_json::Value>> {
    const KEY: &[u8] = b"{\"state\":";
    let at = line.windows(KEY.len()).rposition(|window| window == KEY)?;
    let Ok(Record::State(state)) = serde_json::from_slice(line.get(at..line.len().checked_sub(1)?)?) else {
        return None;
    };
    Some(state)
}

/// Nobody else has it open from now on, until the file is closed.
fn lock(file: &File, id: &str) -> Result<(), SessionFailure> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(SessionFailure::Live(id.to_owned())),
        Err(TryLockError::Error(error)) => {
            Err(SessionFailure::Unreadable { id: id.to_owned(), why: format!("it cannot be locked: {error}") })
        }
    }
}

/// What stands in a log.
struct ReadLogFile {
    head: Option<Head>,
    saved: Saved,
    /// Up to the end of the last whole line.
    whole_bytes: u64,
}

fn read_log(file: &File) -> io::Result<ReadLogFile> {
    let mut reader = BufReader::new(file);
    let mut read = ReadLogFile { head: None, saved: Saved::default(), whole_bytes: 0 };
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = reader.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Ok(read);
        }
        match read.whole_bytes {
            0 => read.head = serde_json::from_slice(&line).ok(),
            _ => read.saved.take_line(&line),
        }
        read.whole_bytes += count as u64;
    }
}

fn line_of(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

/// The open log of one session; nobody else opens it as long as it is.
#[derive(Debug)]
pub struct SessionLog {
    file: File,
    place: PathBuf,
    id: String,
    /// The end of the last whole line.
    end: u64,
    /// Lines that could not be written so far.
    waiting: Vec<u8>,
}

impl SessionLog {
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Adds what happened at one moment. When this returns without an error it outlives the process, though perhaps not the
    /// machine; what could not be written is tried again with the next.
    pub fn append(&mut self, records: &[Record]) -> io::Result<()> {
        if self.waiting.len() < WAITING_BYTES_MAX {
            self.waiting.extend(line_of(&records)?);
        }
        match self.file.write_all(&self.waiting) {
            Ok(()) => {
                self.end += self.waiting.len() as u64;
                self.waiting.clear();
                Ok(())
            }
            Err(error) => {
                // What was written of it is half a line, or more than is known to be written.
                self.file.set_len(self.end)?;
                Err(error)
            }
        }
    }

    /// Outlives the machine when this returns.
    pub fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    pub fn is_long(&self) -> bool {
        self.end > LONG_BYTES
    }

    /// Puts a log in its place that tells the same in one line, all at once.
    pub fn shorten(&mut self, whole: &[Record]) -> io::Result<()> {
        let mut head = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        BufReader::new(&self.file).take(1 << 20).read_until(b'\n', &mut head)?;
        let beside = self.place.with_extension("shorter");
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&beside)?;
        file.write_all(&head)?;
        file.write_all(&line_of(&whole)?)?;
        file.sync_all()?;
        drop(file);
        let file = OpenOptions::new().read(true).append(true).open(&beside)?;
        let end = file.metadata()?.len();
        lock(&file, &self.id).map_err(io::Error::other)?;
        fs::rename(&beside, &self.place)?;
        (self.file, self.end) = (file, end);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
