//! The thread that writes the log of the session at hand, in the order in which it is told.
//!
//! Invariant: what was given before [`SessionWriter::settle`] is written when that returns, unless it takes too long or the disk
//! refuses, which is said once.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{SessionLog, Sessions};
use crate::agent::{Lesson, Record, Saved};
use crate::app::ListedSession;
use crate::sys::lessons::Lessons;

/// What the thread has to say.
pub(in crate::sys) enum Answer {
    Opened(Result<Arc<Saved>, String>),
    Listed(Vec<ListedSession>),
    /// Nothing is saved from now on, or it is again.
    Failed(String),
}

enum Order {
    Save(Vec<Record>),
    Learn(Vec<(Lesson, bool)>),
    Open(Option<String>),
    BeginAnew,
    List,
    End,
}

type Tell = Box<dyn Fn(Answer) + Send>;

pub(in crate::sys) struct SessionWriter {
    orders: Sender<Order>,
    progress: Arc<Progress>,
    thread: JoinHandle<()>,
}

/// How many orders were given, and how many are done.
#[derive(Default)]
struct Progress {
    counts: Mutex<(u64, u64)>,
    changed: Condvar,
}

impl SessionWriter {
    pub(in crate::sys) fn start(
        sessions: anyhow::Result<Sessions>,
        lessons: anyhow::Result<Lessons>,
        tell: Tell,
    ) -> std::io::Result<Self> {
        let (orders, inbox) = channel();
        let progress = Arc::new(Progress::default());
        let thread = std::thread::Builder::new().name("flux-session".to_owned()).spawn({
            let progress = progress.clone();
            move || Desk { sessions, lessons, log: None, tell, has_failed: false }.work(&inbox, &progress)
        })?;
        Ok(Self { orders, progress, thread })
    }

    /// Adds to the log of the session; the first ones begin it.
    pub(in crate::sys) fn save(&self, records: Vec<Record>) {
        self.give(Order::Save(records));
    }

    /// Keeps what was learned.
    pub(in crate::sys) fn learn(&self, learned: Vec<(Lesson, bool)>) {
        self.give(Order::Learn(learned));
    }

    /// Opens a session to go on with; without an id the one that was used last.
    pub(in crate::sys) fn open(&self, id: Option<String>) {
        self.give(Order::Open(id));
    }

    /// What is saved from now on is another session.
    pub(in crate::sys) fn begin_anew(&self) {
        self.give(Order::BeginAnew);
    }

    pub(in crate::sys) fn list(&self) {
        self.give(Order::List);
    }

    fn give(&self, order: Order) {
        self.progress.counts.lock().unwrap_or_else(PoisonError::into_inner).0 += 1;
        // The thread ends only when it is told to.
        let _ = self.orders.send(order);
    }

    /// Waits until all that was given is done, but no longer than this.
    pub(in crate::sys) fn settle(&self, longest: Duration) {
        let counts = self.progress.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let given = counts.0;
        let _ = self.progress.changed.wait_timeout_while(counts, longest, |counts| counts.1 < given);
    }

    pub(in crate::sys) fn end(self) -> JoinHandle<()> {
        self.give(Order::End);
        self.thread
    }
}

/// What the thread works with.
struct Desk {
    sessions: anyhow::Result<Sessions>,
    lessons: anyhow::Result<Lessons>,
    log: Option<SessionLog>,
    tell: Tell,
    has_failed: bool,
}

impl Desk {
    fn work(mut self, inbox: &Receiver<Order>, progress: &Progress) {
        let mut is_synced = true;
        loop {
            // Told to be done before it is synced: a sync may take long, and nobody waits for it.
            let order = match inbox.try_recv() {
                Ok(order) => order,
                Err(_) => {
                    if !std::mem::replace(&mut is_synced, true) {
                        self.sync();
                    }
                    match inbox.recv() {
                        Ok(order) => order,
                        Err(_) => return,
                    }
                }
            };
            let is_end = matches!(order, Order::End);
            match order {
                Order::Save(records) => {
                    is_synced &= !is_worth_syncing(&records);
                    self.save(&records);
                }
                Order::Learn(learned) => {
                    if let Ok(Err(error)) = self.lessons.as_ref().map(|lessons| lessons.learn(&learned)) {
                        (self.tell)(Answer::Failed(format!("a lesson was not kept: {error}")));
                    }
                }
                Order::BeginAnew => {
                    self.sync();
                    self.log = None;
                }
                Order::Open(id) => self.open(id.as_deref()),
                Order::List => {
                    let sessions = self.sessions.as_ref().map(Sessions::list).unwrap_or_default();
                    (self.tell)(Answer::Listed(sessions));
                }
                Order::End => self.sync(),
            }
            progress.counts.lock().unwrap_or_else(PoisonError::into_inner).1 += 1;
            progress.changed.notify_all();
            if is_end {
                return;
            }
        }
    }

    fn save(&mut self, records: &[Record]) {
        let saved = self.begun().and_then(|log| Ok(log.append(records)?));
        match saved {
            Ok(()) if std::mem::take(&mut self.has_failed) => {
                (self.tell)(Answer::Failed("the session is saved again, with all that happened meanwhile".to_owned()));
            }
            Ok(()) => {}
            Err(_) if self.has_failed => {}
            Err(error) => {
                self.has_failed = true;
                let why =
                    format!("{error:#}; what happens from now on is lost if flux is ended before it can be saved");
                (self.tell)(Answer::Failed(why));
            }
        }
    }

    fn begun(&mut self) -> anyhow::Result<&mut SessionLog> {
        if self.log.is_none() {
            let sessions = self.sessions.as_ref().map_err(|error| anyhow::anyhow!("{error:#}"))?;
            self.log = Some(sessions.create()?);
        }
        self.log.as_mut().ok_or_else(|| anyhow::anyhow!("no log was begun"))
    }

    fn open(&mut self, id: Option<&str>) {
        // What is not opened is not gone on with: the next session is a new one.
        self.log = None;
        let opened = match &self.sessions {
            Ok(sessions) => sessions.open(id).map_err(|failure| failure.to_string()),
            Err(error) => Err(format!("{error:#}")),
        };
        let opened = opened.map(|(mut log, saved)| {
            if log.is_long()
                && let Err(error) = log.shorten(&saved.records())
            {
                tracing::warn!("the log of session {} stays long: {error}", log.id());
            }
            self.log = Some(log);
            self.has_failed = false;
            Arc::new(saved)
        });
        (self.tell)(Answer::Opened(opened));
    }

    fn sync(&mut self) {
        if let Some(Err(error)) = self.log.as_ref().map(SessionLog::sync) {
            tracing::warn!("the session's log was not synced: {error}");
        }
    }
}

/// Streamed text alone is not.
fn is_worth_syncing(records: &[Record]) -> bool {
    records.iter().any(|record| !matches!(record, Record::Said(_)))
}
