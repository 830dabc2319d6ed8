//! The threads of an opened project through their one door: every job ends in exactly one last message.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use flux::agent::{Event, ModelEvent, ModelRequest, Need, ToolCall, ToolContext};
use flux::app::{Cmd, Msg};
use flux::gate::{GateMode, HunkNeed, LayerState, Policy, ReadLog, Report, Verdict};
use flux::index::Snapshot;
use flux::sys::{Config, ModelChoice, Outside};
use flux::text::{ChangeSet, ProjectPath, hunks_of};

use crate::fixture::Fixture;

/// Longer than any of this can take; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(180);

const SHOP: &str = "
#- shop/__init__.py
#- shop/cart.py
class Cart:
    def total(self):
        return 1
";

struct Opened {
    outside: Outside,
    msgs: Receiver<Msg>,
    snapshot: std::sync::Arc<Snapshot>,
    shop: Fixture,
    root: tempfile::TempDir,
}

impl Opened {
    fn new(recording: &str) -> Self {
        Self::with(recording, &Config::default())
    }

    fn with(recording: &str, config: &Config) -> Self {
        let (root, shop) = (tempfile::tempdir().unwrap(), Fixture::parse(SHOP));
        shop.write(root.path());
        let (msgs_in, msgs) = channel();
        let model = ModelChoice::Recorded(recording.to_owned());
        let outside = Outside::start_with(root.path().to_path_buf(), model, config, msgs_in).unwrap();
        let snapshot = wait_for(&msgs, |msg| match msg {
            Msg::Indexed(snapshot) => Some(snapshot),
            _ => None,
        });
        Self { outside, msgs, snapshot, shop, root }
    }

    fn need(&self, need: Need) {
        self.outside.run(Cmd::Need(need));
    }

    fn change(&self, new: &str) -> ChangeSet {
        self.shop.change_to(&Fixture::parse(new))
    }

    fn wait_for<T>(&self, pick: impl Fn(Msg) -> Option<T>) -> T {
        wait_for(&self.msgs, pick)
    }

    /// Ends everything and gives what was still said; returns only when no thread is left that could say more.
    fn close(self) -> Vec<Msg> {
        self.outside.close();
        let mut left = Vec::new();
        loop {
            match self.msgs.recv_timeout(PATIENCE) {
                Ok(msg) => left.push(msg),
                Err(error) => {
                    assert_eq!(error, std::sync::mpsc::RecvTimeoutError::Disconnected, "a thread still runs");
                    return left;
                }
            }
        }
    }
}

fn wait_for<T>(msgs: &Receiver<Msg>, pick: impl Fn(Msg) -> Option<T>) -> T {
    loop {
        let msg = msgs.recv_timeout(PATIENCE).expect("a message");
        if let Some(picked) = pick(msg) {
            return picked;
        }
    }
}

fn judged(msg: Msg) -> Option<(u64, Report)> {
    match msg {
        Msg::Judged(id, report) => Some((id, report)),
        _ => None,
    }
}

fn path(path: &str) -> ProjectPath {
    ProjectPath::new(path).unwrap()
}

const BROKEN: &str = "
#- shop/cart.py
class Cart:
    def total(self):
        return price
";

#[test]
fn the_review_and_the_agent_get_their_own_answers() {
    let opened = Opened::new("");
    let mut reads = ReadLog::default();
    let cart = path("shop/cart.py");
    reads.read_whole(cart.clone(), opened.snapshot.file(&cart).unwrap().hash);
    let change = opened.change(BROKEN);
    opened.outside.run(Cmd::Judge(1, change.clone(), reads.clone()));
    let (id, report) = opened.wait_for(judged);
    assert_eq!((id, report.verdict()), (1, Verdict::Block), "{:?}", report.issues);
    opened.need(Need::Check(2, change, reads));
    let (id, report) = opened.wait_for(|msg| match msg {
        Msg::Agent(Event::Checked(id, report)) => Some((id, report)),
        _ => None,
    });
    assert_eq!((id, report.verdict()), (2, Verdict::Block));
    opened.close();
}

#[test]
fn a_gate_that_only_reports_shows_everything_and_blocks_nothing() {
    let opened =
        Opened::with("", &Config { gate: Policy { mode: GateMode::Report, ..Policy::default() }, ..Config::default() });
    opened.outside.run(Cmd::Judge(1, opened.change(BROKEN), ReadLog::default()));
    let (_, report) = opened.wait_for(judged);
    assert_eq!(report.verdict(), Verdict::Pass);
    assert!(report.issues.iter().any(|issue| issue.message.contains("price")), "{:?}", report.issues);
    assert!(report.layers.iter().any(|layer| layer.state == LayerState::Unknown));
    opened.close();
}

#[test]
fn of_many_questions_each_is_answered_once_and_the_newest_for_good() {
    let opened = Opened::new("");
    let change = opened.change(BROKEN);
    for id in 1..=20 {
        opened.outside.run(Cmd::Judge(id, change.clone(), ReadLog::default()));
    }
    let mut answered = Vec::new();
    while answered.len() < 20 {
        let (id, report) = opened.wait_for(judged);
        assert!(!answered.contains(&id), "{id} was answered twice");
        answered.push(id);
        if id == 20 {
            assert!(!report.cancelled);
            assert_ne!(report.layers[2].state, LayerState::NotRun);
        }
    }
    assert!(opened.close().into_iter().find_map(judged).is_none());
}

#[test]
fn needs_are_found_between_judgements_and_each_search_is_answered_once() {
    let opened = Opened::new("");
    let change = opened.change("#- shop/cart.py\nclass Cart:\n    def sum(self):\n        return 1\n#- shop/use.py\nfrom shop.cart import Cart\n\nCart().sum()\n");
    let hunks = hunks_of(&change);
    assert_eq!(hunks.len(), 2);
    for id in 1..=5 {
        opened.outside.run(Cmd::SeekNeeds(id, change.clone(), hunks.clone()));
        opened.outside.run(Cmd::Judge(id + 100, opened.change(BROKEN), ReadLog::default()));
    }
    let mut answered = Vec::new();
    while answered.last() != Some(&5) {
        let (id, needs) = opened.wait_for(|msg| match msg {
            Msg::NeedsFound(id, needs) => Some((id, needs)),
            _ => None,
        });
        assert!(!answered.contains(&id), "{id} was answered twice");
        answered.push(id);
        let pairs = |needs: Vec<HunkNeed>| needs.iter().map(|need| (need.hunk.0, need.needs.0)).collect::<Vec<_>>();
        assert_eq!(needs.map(pairs), (id == 5).then(|| vec![(1, 0)]), "{id}");
    }
    answered.sort_unstable();
    assert_eq!(answered, [1, 2, 3, 4, 5]);
    opened.outside.run(Cmd::SeekNeeds(6, change.clone(), hunks));
    let ended = |msg| matches!(msg, Msg::NeedsFound(6, _)).then_some(());
    assert!(opened.close().into_iter().find_map(ended).is_some(), "a search that is ended says so");
}

#[test]
fn a_check_that_is_no_longer_wanted_ends_too() {
    let opened = Opened::new("");
    opened.need(Need::Check(1, opened.change(BROKEN), ReadLog::default()));
    opened.need(Need::Cancel(1));
    let checked = |msg| match msg {
        Msg::Agent(Event::Checked(id, _)) => Some(id),
        _ => None,
    };
    assert_eq!(opened.wait_for(checked), 1);
    assert!(opened.close().into_iter().find_map(checked).is_none());
}

#[test]
fn a_file_is_opened_or_a_sentence_says_why_not() {
    let opened = Opened::new("");
    std::fs::write(opened.root.path().join("latin.py"), b"x = '\xe9'\n").unwrap();
    let open = |name: &str| {
        opened.outside.run(Cmd::OpenFile(path(name)));
        opened.wait_for(|msg| match msg {
            Msg::FileOpened(opened, file) => Some((opened, file)),
            _ => None,
        })
    };
    let (cart, file) = open("shop/cart.py");
    let file = file.ok().unwrap();
    assert_eq!((&cart, file.text.text()), (&file.path, &*opened.shop.files[&cart]));
    let why = open("latin.py").1.err().unwrap();
    assert_eq!(why, "'latin.py' is not text: byte 5 is not valid UTF-8 and no encoding is declared");
    assert_eq!(open("gone.py").1.err().unwrap(), "'gone.py' does not exist");
    opened.close();
}

#[test]
fn files_of_a_proposal_are_read_again() {
    let opened = Opened::new("");
    let [there, gone, binary] =
        ["shop/cart.py", "shop/none.py", "shop/b.py"].map(|path| ProjectPath::new(path).unwrap());
    std::fs::write(opened.root.path().join("shop/b.py"), b"a\0b").unwrap();
    opened.outside.run(Cmd::Reread(7, vec![there.clone(), gone.clone(), binary.clone()]));
    let readings = opened.wait_for(|msg| match msg {
        Msg::Reread(7, readings) => Some(readings),
        _ => None,
    });
    let said = |path: &ProjectPath| &readings.iter().find(|(read, _)| read == path).unwrap().1;
    assert!(matches!(said(&there), Ok(Some(file)) if file.text().contains("def total")));
    assert_eq!(*said(&gone), Ok(None));
    assert!(matches!(said(&binary), Err(why) if why.contains("NUL")), "{:?}", said(&binary));
}

#[test]
fn a_tool_runs_and_a_recording_plays() {
    let opened = Opened::new(
        r#"{"text": "I read the file.", "tool_calls": [{"id": "1", "name": "read_file", "arguments": {}}]}"#,
    );
    let call = ToolCall { id: "1".into(), name: "read_file".into(), arguments: r#"{"path": "shop/cart.py"}"#.into() };
    let context = ToolContext {
        snapshot: opened.snapshot.clone(),
        pending: ChangeSet::default(),
        reads: ReadLog::default(),
        places_found: None,
        asked: "".into(),
        by_person: false,
    };
    opened.need(Need::RunTool(3, call, context));
    let answer = opened.wait_for(|msg| match msg {
        Msg::Agent(Event::ToolDone(3, answer)) => Some(answer),
        _ => None,
    });
    assert!(answer.text.contains("def total"), "{}", answer.text);
    opened.need(Need::AskModel(4, ModelRequest { messages: Vec::new(), tools: Vec::new() }));
    let (text, calls) = opened.wait_for(|msg| match msg {
        Msg::Agent(Event::Model(4, ModelEvent::Finished { text, tool_calls, .. })) => Some((text, tool_calls)),
        _ => None,
    });
    assert_eq!((text.as_str(), calls.len(), opened.outside.model_name()), ("I read the file.", 1, "recorded"));
    opened.close();
}

#[test]
fn a_file_saved_from_outside_is_seen_and_judged_on() {
    let opened = Opened::new("");
    std::fs::write(opened.root.path().join("shop/prices.py"), "price = 1\n").unwrap();
    let prices = path("shop/prices.py");
    opened.wait_for(|msg| match msg {
        Msg::Indexed(snapshot) => snapshot.file(&prices).map(|_| ()),
        _ => None,
    });
    let change = opened.change(
        "
#- shop/cart.py
from shop.prices import price


class Cart:
    def total(self):
        return price
",
    );
    let mut reads = ReadLog::default();
    let cart = path("shop/cart.py");
    reads.read_whole(cart.clone(), opened.snapshot.file(&cart).unwrap().hash);
    opened.outside.run(Cmd::Judge(1, change, reads));
    let (_, report) = opened.wait_for(judged);
    assert_eq!(report.verdict(), Verdict::Pass, "{:?}", report.issues);
    opened.close();
}

#[test]
fn an_environment_that_is_made_meanwhile_is_the_one_that_counts() {
    let shop = Opened::new("");
    let judge = |id, new: &str| {
        shop.outside.run(Cmd::Judge(id, shop.change(new), ReadLog::default()));
        shop.wait_for(|msg| judged(msg).filter(|(judged, _)| *judged == id)).1
    };
    let new = "#- shop/new.py\nfrom only_there import known, unknown\n";
    let told = |report: &Report| report.issues.iter().map(|issue| issue.message.clone()).collect::<String>();
    assert!(told(&judge(1, new)).contains("only_there"));
    // First comes the folder, then what is installed there.
    let folder = shop.root.path().join(".venv");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n").unwrap();
    assert!(told(&judge(2, new)).contains("only_there"));
    let packages = folder.join("lib/python3.12/site-packages");
    std::fs::create_dir_all(&packages).unwrap();
    std::fs::write(packages.join("only_there.py"), "known = 1\n").unwrap();
    let report = judge(3, new);
    assert_eq!(report.blocking().count(), 1, "{:?}", report.issues);
    assert!(told(&report).contains("'unknown'"), "{:?}", report.issues);
    shop.close();
}

#[test]
fn closing_in_the_middle_of_everything_leaves_no_thread() {
    let opened = Opened::new(r#"{"text": "a b c d e f", "delay_ms": 3600000}"#);
    opened.need(Need::AskModel(1, ModelRequest { messages: Vec::new(), tools: Vec::new() }));
    opened.need(Need::Check(2, opened.change(BROKEN), ReadLog::default()));
    opened.outside.run(Cmd::OpenFile(path("shop/cart.py")));
    let last = |msg: &Msg| matches!(msg, Msg::Agent(Event::Model(..)));
    assert!(!opened.close().iter().any(last), "a turn that was ended still spoke");
}

#[test]
fn what_a_change_reaches_is_told_by_line() {
    let recording = "";
    let opened = Opened::new(recording);
    let project = "
#- shop/__init__.py
#- shop/cart.py
class Cart:
    def total(self):
        return 1


class Big(Cart):
    def total(self):
        return 2
#- shop/sale.py
from shop.cart import Cart


def sell(cart: Cart):
    return cart.total()
#- tests/test_cart.py
from shop.cart import Cart


def test_total():
    assert Cart().total() == 1
";
    let change_set = opened.change(project);
    let path = ProjectPath::new("shop/cart.py").unwrap();
    opened.outside.run(Cmd::SeekReach(7, change_set, path, vec!["Cart.total".to_owned()]));
    let reach = opened.wait_for(|msg| match msg {
        Msg::ReachFound(7, reach) => Some(reach),
        _ => None,
    });
    let told: Vec<String> =
        reach.places.iter().map(|place| format!("{:?} {}:{}", place.kind, place.path, place.line)).collect();
    assert_eq!(told, ["Uses shop/sale.py:5", "Overrides shop/cart.py:7", "Tests tests/test_cart.py:5"], "{reach:#?}");
    opened.close();
}
