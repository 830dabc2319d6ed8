//! A session that goes on where its log ends.

use super::*;

impl Play {
    /// The play as it goes on from a log, with the same disk.
    fn resumed(&self, log: &Saved) -> (Self, Vec<Need>) {
        let (session, needs) = Session::resumed(log, self.snapshot.clone(), Limits::default());
        let play = Self {
            session,
            source: self.source.clone(),
            snapshot: self.snapshot.clone(),
            judge: Judge::Passing,
            turns: VecDeque::new(),
            stop_at: None,
            met_count: 0,
            cancelled: false,
            asked: None,
            log: log.clone(),
            logs: None,
            tests: verify::Tests::default(),
        };
        (play, needs)
    }
}

fn edit(search: &str, replace: &str) -> Value {
    turn(&[("edit_file", json!({"path": "shop/cart.py", "search": search, "replace": replace}))])
}

/// A task with all that a session holds: a plan, reads, refusals, edits in several files, a question, a finish.
fn transcript() -> Vec<Value> {
    let plan = json!({"steps": [
        {"title": "change the sum", "action": "modify", "target": "shop/cart.py::Cart.total"},
        {"title": "say so", "action": "other"},
    ]});
    let two = turn(&[
        ("write_file", json!({"path": "shop/new.py", "content": "y = 2\n"})),
        ("edit_file", json!({"path": "shop/report.py", "search": "str(", "replace": "repr("})),
        ("delete_file", json!({"path": "shop/__init__.py"})),
    ]);
    vec![
        turn(&[("update_plan", plan), ("read_file", json!({"path": "shop/cart.py"}))]),
        edit("sum(self.rows)", "0"),
        two,
        turn(&[("ask_user", json!({"question": "really?"})), ("read_file", json!({"path": "shop/report.py"}))]),
        edit("return 0", "return 1"),
        finish(),
    ]
}

/// What a session holds, as far as it has to outlive the process.
#[derive(Debug, PartialEq)]
struct Held {
    pending: ChangeSet,
    reads: ReadLog,
    plan: flux::agent::Plan,
    usage: Usage,
    summary: String,
}

impl Held {
    fn of(session: &Session) -> Self {
        Self {
            pending: session.pending().clone(),
            reads: session.reads().clone(),
            plan: session.plan().clone(),
            usage: session.usage(),
            summary: session.summary().to_owned(),
        }
    }
}

#[test]
fn after_every_step_the_log_tells_the_session() {
    let mut play = Play::new(SHOP);
    play.logs = Some(Vec::new());
    assert!(matches!(play.task("t", &transcript()), Ended::Proposed(_)));
    play.save();
    let logs = play.logs.take().unwrap();
    assert!(logs.len() > 15, "{}", logs.len());
    // The last one is the session itself.
    let (again, _) = play.resumed(&play.log.clone());
    assert_eq!(Held::of(&again.session), Held::of(&play.session));
    assert_eq!(again.session.messages(), play.session.messages());
    assert_eq!(again.session.activity(), play.session.activity());
    // Every other one is gone on with, to the same end.
    let mut asked_count = 0;
    for (at, log) in logs.iter().enumerate().skip(1) {
        let (mut again, needs) = play.resumed(log);
        let ended = again.go_on(needs);
        // The question was put again, and the model asked with the answer to it.
        let was_asking = again.session.phase() == Phase::Thinking;
        asked_count += usize::from(was_asking);
        assert_answered(again.session.messages());
        if again.session.phase() == Phase::Reviewing {
            assert!(matches!(ended, Ended::Proposed(_)), "{at}");
            continue;
        }
        if !was_asking {
            assert_eq!(ended, Ended::Silent, "{at}: nothing is asked of the model by itself");
            assert!(again.session.is_interrupted(), "{at}");
        } else {
            assert!(again.answers().contains(&"The person answers: to 'really?': yes"), "{at}");
            continue;
        }
        let pending = again.session.pending().clone();
        let ended = again.task("Go on.", &[read("shop/cart.py"), finish(), finish()]);
        assert_answered(again.session.messages());
        assert_eq!(*again.session.pending(), pending, "{at}");
        match pending.is_empty() {
            true => assert!(matches!(ended, Ended::Finished { .. }), "{at}: {ended:?}"),
            false => assert!(matches!(ended, Ended::Proposed(_)), "{at}: {ended:?}"),
        }
        // What it did from there stands behind the rest in the same log.
        again.save();
        let (third, _) = again.resumed(&again.log.clone());
        assert_eq!(third.session.messages(), again.session.messages(), "{at}");
    }
    assert_eq!(asked_count, 1);
}

#[test]
fn a_task_that_was_not_told_to_the_model_is_told_then() {
    let mut play = Play::new(SHOP);
    let needs = play.session.update(Event::Task("change Cart.total".to_owned()));
    assert!(matches!(needs[..], [Need::Understand(..)]));
    play.save();
    let (mut again, _) = play.resumed(&play.log.clone());
    again.save();
    // Ended once more before it went on.
    let (mut again, needs) = again.resumed(&again.log.clone());
    assert!(needs.is_empty() && again.session.is_interrupted());
    again.task("and be quick", &[finish()]);
    let told: Vec<&str> = again.session.messages().iter().map(|message| message.content.as_str()).collect();
    assert_eq!(again.session.messages().iter().filter(|message| message.role == Role::System).count(), 1);
    assert!(
        told[1].contains("Task: change Cart.total") && told[1].contains("The person adds: and be quick"),
        "{told:?}"
    );
}

#[test]
fn calls_that_had_no_answer_get_one_that_says_why() {
    let mut play = Play::new(SHOP);
    play.logs = Some(Vec::new());
    play.task("t", &[read("shop/cart.py"), edit("sum(self.rows)", "0")]);
    let logs = play.logs.take().unwrap();
    let open = logs.iter().find(|log| {
        let (session, _) = Session::resumed(log, play.snapshot.clone(), Limits::default());
        session.messages().iter().any(|message| message.content.contains("flux was ended"))
    });
    let (again, _) = play.resumed(open.unwrap());
    let said = "Error: flux was ended before this ran; make the call again if it is still wanted.";
    assert_eq!(again.last_answer(), said);
    let is_told =
        |entry: &Activity| matches!(entry, Activity::Call { outcome: Outcome::Refused, answer, .. } if answer == said);
    assert!(again.session.activity().iter().any(is_told), "{:?}", again.session.activity());
}

#[test]
fn what_was_read_before_counts_only_as_it_was() {
    let mut play = Play::new(SHOP);
    play.task("t", &[read("shop/cart.py"), finish()]);
    let log = play.log.clone();
    let (mut again, _) = play.resumed(&log);
    again.task("u", &[edit("sum(self.rows)", "0")]);
    assert!(again.last_answer().starts_with("shop/cart.py: line 6 changed"), "{}", again.last_answer());
    let (mut again, _) = play.resumed(&log);
    again.source.put(ProjectPath::new("shop/cart.py").unwrap(), "x = sum(self.rows)\n");
    again.task("u", &[edit("sum(self.rows)", "0")]);
    assert_eq!(again.last_answer(), "Error: 'shop/cart.py' changed since it was read. Call read_file again.");
}

#[test]
fn lines_that_cannot_be_read_leave_a_conversation_that_can() {
    let mut play = Play::new(SHOP);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut needs: VecDeque<Need> = play.session.update(Event::Task("t".to_owned())).into();
    play.turns.extend(transcript());
    while let Some(need) = needs.pop_front() {
        lines.push(serde_json::to_vec(&play.session.unsaved(None)).unwrap());
        let event = match need {
            Need::Understand(job, inquiry) => Event::Understood(job, understand(&inquiry)),
            Need::AskModel(job, _) => Event::Model(job, play.turn().unwrap()),
            Need::RunTool(job, call, context) => Event::ToolDone(job, run_tool(&call, context, &play.source)),
            Need::Check(job, ..) => Event::Checked(job, passing()),
            Need::AskPerson(_) => Event::Answered("yes".to_owned()),
            _ => break,
        };
        needs.extend(play.session.update(event));
    }
    for lost in 0..lines.len() {
        let mut log = Saved::default();
        for (at, line) in lines.iter().enumerate() {
            log.take_line(if at == lost { b"\xff{not a line" } else { line });
        }
        assert!(log.fault_count() > 0);
        let (mut again, needs) = play.resumed(&log);
        again.go_on(needs);
        again.task("Go on.", &[finish()]);
        assert_answered(again.session.messages());
        let is_told = |entry: &Activity| matches!(entry, Activity::Note(text) if text.contains("could not be read"));
        assert!(again.session.activity().iter().any(is_told), "{lost}");
        // What is pending is what was pending, or nothing: never a mixture.
        for (path, change) in again.session.pending().iter() {
            let known = play.session.pending().get(path);
            let is_step = change.new.as_deref().is_some_and(|new| new.contains("return 0"));
            assert!(known == Some(change) || is_step, "{lost}: {path}");
        }
    }
}

#[test]
fn what_is_said_while_the_person_adds_something_is_kept_whole() {
    let mut session = Play::new(SHOP).session;
    let mut log = Saved::default();
    let needs = session.update(Event::Task("t".to_owned()));
    let [Need::Understand(job, inquiry)] = needs.as_slice() else { panic!("the task is looked up first") };
    let needs = session.update(Event::Understood(*job, understand(inquiry)));
    let [Need::AskModel(job, _)] = needs.as_slice() else { panic!("then the model is asked") };
    let piece = |text: &str| Event::Model(*job, ModelEvent::Text(text.to_owned()));
    for event in [piece("I re"), Event::Task("and more".to_owned()), piece("ad"), Event::Stop, piece(" late")] {
        session.update(event);
        session.unsaved(None).into_iter().for_each(|record| log.take(record));
    }
    let play = Play::new(SHOP);
    let (resumed, _) = Session::resumed(&log, play.snapshot.clone(), Limits::default());
    assert_eq!(resumed.activity(), session.activity());
    assert!(session.activity().contains(&Activity::Said("I read".to_owned())), "{:?}", session.activity());
}
