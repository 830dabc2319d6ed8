//! Logs that were cut, are full of garbage, open elsewhere, or too long.

use super::*;
use crate::agent::ChatMessage;

struct Bench {
    state: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { state: tempfile::tempdir().unwrap() }
    }

    fn sessions(&self) -> Sessions {
        Sessions::in_state(Path::new("/project"), self.state.path())
    }

    /// A session with these batches, closed again.
    fn begun(&self, batches: &[Vec<Record>]) -> (String, PathBuf) {
        let mut log = self.sessions().create().unwrap();
        for batch in batches {
            log.append(batch).unwrap();
        }
        (log.id.clone(), log.place.clone())
    }
}

fn said(keep: usize, content: &str) -> Record {
    let message: ChatMessage = serde_json::from_value(serde_json::json!({"role": "user", "content": content})).unwrap();
    Record::Messages { keep, then: vec![message] }
}

fn state(title: &str) -> Record {
    let state = serde_json::json!({"title": title, "phase": "reviewing"});
    Record::State(state.as_object().unwrap().clone())
}

fn told(saved: &Saved) -> Vec<String> {
    let messages = saved.records().into_iter().find_map(|record| match record {
        Record::Messages { then, .. } => Some(then),
        _ => None,
    });
    messages.unwrap().into_iter().map(|message| message.content).collect()
}

#[test]
fn half_a_line_did_not_happen_and_the_next_one_is_whole() {
    let bench = Bench::new();
    let (id, place) = bench.begun(&[vec![said(0, "one")], vec![said(1, "two"), state("t")]]);
    let whole = fs::read(&place).unwrap();
    let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').map(|at| at + 1).collect();
    for cut in 0..=whole.len() {
        fs::write(&place, &whole[..cut]).unwrap();
        let opened = bench.sessions().open(Some(&id));
        if cut < ends[0] {
            assert!(matches!(opened, Err(SessionFailure::Unreadable { .. })), "{cut}");
            assert!(matches!(bench.sessions().open(None), Err(SessionFailure::None)), "{cut}");
            continue;
        }
        let (mut log, saved) = opened.unwrap();
        let expected = ["one", "two"].map(str::to_owned);
        let count = ends.iter().filter(|end| **end <= cut).count() - 1;
        assert_eq!((told(&saved), saved.fault_count()), (expected[..count].to_vec(), 0), "{cut}");
        log.append(&[said(count, "three")]).unwrap();
        drop(log);
        let (_, saved) = bench.sessions().open(Some(&id)).unwrap();
        assert_eq!((told(&saved).len(), saved.fault_count()), (count + 1, 0), "{cut}");
    }
}

#[test]
fn garbage_and_newer_logs_are_said() {
    let bench = Bench::new();
    let (id, place) = bench.begun(&[vec![said(0, "one")], vec![said(1, "two")], vec![said(2, "three")]]);
    let whole = fs::read_to_string(&place).unwrap();
    fs::write(&place, whole.replace("\"two\"", "\"two")).unwrap();
    let (log, saved) = bench.sessions().open(Some(&id)).unwrap();
    // The third message was to stand behind two.
    assert_eq!((told(&saved), saved.fault_count()), (vec!["one".to_owned(), "three".to_owned()], 2));
    drop(log);
    fs::write(&place, whole.replace("\"flux_session\":1", "\"flux_session\":2")).unwrap();
    assert!(matches!(bench.sessions().open(None), Err(SessionFailure::Newer { version: 2, .. })));
    assert_eq!(bench.sessions().list()[0].state(), "it was written by a newer flux");
    fs::write(&place, [0xff; 4096]).unwrap();
    assert_eq!(bench.sessions().list()[0].state(), "it is no log of a session");
    assert!(matches!(bench.sessions().open(Some("../x")), Err(SessionFailure::Unknown(_))));
    assert!(matches!(bench.sessions().open(Some("nothing")), Err(SessionFailure::Unknown(_))));
}

#[test]
fn a_session_is_open_once_and_only_then_deleted() {
    let bench = Bench::new();
    let mut log = bench.sessions().create().unwrap();
    log.append(&[said(0, "one"), state("the task")]).unwrap();
    let id = log.id().to_owned();
    let listed = &bench.sessions().list()[0];
    assert_eq!((&*listed.title, listed.state(), listed.is_live), ("the task", "open", true));
    assert!(matches!(bench.sessions().open(None), Err(SessionFailure::Live(_))));
    assert!(matches!(bench.sessions().delete(&id), Err(SessionFailure::Live(_))));
    drop(log);
    assert_eq!(bench.sessions().list()[0].state(), "proposal waits");
    bench.sessions().delete(&id).unwrap();
    assert!(bench.sessions().list().is_empty());
}

#[test]
fn only_so_many_are_kept() {
    let bench = Bench::new();
    let (first, place) = bench.begun(&[vec![state("t")]]);
    for at in 1..KEPT_SESSIONS {
        fs::copy(&place, place.with_file_name(format!("20990101-{at}.jsonl"))).unwrap();
    }
    let open = bench.sessions().open(Some(&first)).unwrap();
    drop(bench.sessions().create().unwrap());
    assert_eq!(bench.sessions().list().len(), KEPT_SESSIONS + 1, "one that is open stays");
    drop(open);
    drop(bench.sessions().create().unwrap());
    assert_eq!(bench.sessions().list().len(), KEPT_SESSIONS);
    assert!(!place.exists());
}

#[test]
fn a_long_log_becomes_a_short_one_that_tells_the_same() {
    let bench = Bench::new();
    let text = "x".repeat(1 << 20);
    let batches: Vec<Vec<Record>> = (0..12).map(|at| vec![said(0, &format!("{at} {text}")), state("t")]).collect();
    let (id, place) = bench.begun(&batches);
    let (mut log, saved) = bench.sessions().open(Some(&id)).unwrap();
    assert!(log.is_long());
    log.shorten(&saved.records()).unwrap();
    assert!(!log.is_long() && fs::metadata(&place).unwrap().len() < 2 << 20);
    assert!(matches!(bench.sessions().open(Some(&id)), Err(SessionFailure::Live(_))));
    log.append(&[said(1, "more")]).unwrap();
    drop(log);
    let (_, again) = bench.sessions().open(Some(&id)).unwrap();
    assert_eq!(told(&again), [format!("11 {text}"), "more".to_owned()]);
    assert_eq!(bench.sessions().list()[0].title, "t");
}

/// A device that takes nothing, in the place of a full disk.
#[test]
fn what_a_full_disk_refused_is_written_once_there_is_room() {
    let bench = Bench::new();
    let (id, _) = bench.begun(&[vec![said(0, "one")]]);
    let (mut log, _) = bench.sessions().open(Some(&id)).unwrap();
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else { return };
    let file = std::mem::replace(&mut log.file, full);
    assert!(log.append(&[said(1, "two")]).is_err());
    log.file = file;
    log.append(&[said(2, "three")]).unwrap();
    drop(log);
    let (_, saved) = bench.sessions().open(Some(&id)).unwrap();
    assert_eq!((told(&saved), saved.fault_count()), (["one", "two", "three"].map(str::to_owned).to_vec(), 0));
}
