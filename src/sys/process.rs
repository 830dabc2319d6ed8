//! One child process: started in a group of its own, bounded in time and output, ended as a whole.
//!
//! Knows nothing of what it is for. Invariant: when a run is over, nothing of its group runs any more.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// So much of the output's beginning, and of its end, is kept.
const HEAD_BYTES: usize = 8 << 10;
const TAIL_BYTES: usize = 24 << 10;
/// How long is waited for output once the process has ended: who left the group may hold its pipes open for ever.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How often is looked what a run has told meanwhile.
const TICK: Duration = Duration::from_millis(100);

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Exited(ExitStatus),
    /// The time was over.
    TimedOut,
    /// Somebody stopped it.
    Stopped,
}

#[derive(Debug)]
pub(super) struct Ran {
    pub(super) end: End,
    /// Both outputs as they came; of a long one the beginning and the end.
    pub(super) output: String,
}

/// Runs `command` to its end, calling `tick` now and then. Its input is empty.
pub(super) async fn run(
    command: std::process::Command,
    timeout: Duration,
    stop: &CancellationToken,
    mut tick: impl FnMut(),
) -> io::Result<Ran> {
    let mut command = Command::from(command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    let group = child.id();
    let heard = Arc::new(Mutex::new(Heard::default()));
    let readers = [
        tokio::spawn(listen(child.stdout.take(), heard.clone())),
        tokio::spawn(listen(child.stderr.take(), heard.clone())),
    ];
    let end = wait(&mut child, timeout, stop, &mut tick).await;
    end_group(group, &mut child);
    let _ = child.wait().await;
    for mut reader in readers {
        if tokio::time::timeout(LAST_WORDS, &mut reader).await.is_err() {
            reader.abort();
        }
    }
    tick();
    let output = heard.lock().unwrap_or_else(PoisonError::into_inner).told();
    Ok(Ran { end: end?, output })
}

async fn wait(
    child: &mut Child,
    timeout: Duration,
    stop: &CancellationToken,
    tick: &mut impl FnMut(),
) -> io::Result<End> {
    let deadline = tokio::time::sleep(timeout);
    tokio::pin!(deadline);
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(End::Stopped),
            status = child.wait() => return status.map(End::Exited),
            () = &mut deadline => return Ok(End::TimedOut),
            _ = ticks.tick() => tick(),
        }
    }
}

/// Ends whatever is left of the child's group.
fn end_group(group: Option<u32>, child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = group.and_then(|id| i32::try_from(id).ok()) {
        // It may have ended by itself.
        let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), nix::sys::signal::Signal::SIGKILL);
    }
    #[cfg(not(unix))]
    let _ = group;
    let _ = child.start_kill();
}

async fn listen(pipe: Option<impl AsyncRead + Unpin>, heard: Arc<Mutex<Heard>>) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = vec![0; 8 << 10];
    while let Ok(count) = pipe.read(&mut buffer).await
        && count > 0
    {
        heard.lock().unwrap_or_else(PoisonError::into_inner).take(&buffer[..count]);
    }
}

/// The beginning and the end of what was said.
#[derive(Default)]
struct Heard {
    head: Vec<u8>,
    tail: Vec<u8>,
    dropped_bytes: usize,
}

impl Heard {
    fn take(&mut self, bytes: &[u8]) {
        let room = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.tail.extend_from_slice(&bytes[room..]);
        // Rarely, so that it costs nothing.
        if self.tail.len() > 2 * TAIL_BYTES {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let too_many = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..too_many);
        self.dropped_bytes += too_many;
    }

    fn told(&mut self) -> String {
        self.cut();
        if self.dropped_bytes == 0 {
            return String::from_utf8_lossy(&[&self.head[..], &self.tail[..]].concat()).into_owned();
        }
        let (head, tail) = (String::from_utf8_lossy(&self.head), String::from_utf8_lossy(&self.tail));
        format!("{head}\n… {} bytes left out …\n{tail}", self.dropped_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_output_both_ends_are_kept() {
        let mut heard = Heard::default();
        heard.take(b"first\n");
        for _ in 0..10_000 {
            heard.take(b"0123456789\n");
        }
        heard.take(b"last\n");
        let told = heard.told();
        assert!(told.starts_with("first\n") && told.ends_with("last\n") && told.contains("bytes left out"));
        assert!(told.len() < HEAD_BYTES + TAIL_BYTES + 100);
    }
}
