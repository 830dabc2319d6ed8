//! What one task may take, and a conversation that is too long for a model.

use super::*;

fn limited(limits: Limits) -> Play {
    let mut play = Play::new(SHOP);
    play.session = Session::new(play.snapshot.clone(), limits);
    play
}

fn failed(ended: &Ended) -> &str {
    match ended {
        Ended::Finished { summary, failed: true } => summary,
        other => panic!("{other:?}"),
    }
}

fn edit(from: &str, to: &str) -> Value {
    turn(&[("edit_file", json!({"path": "shop/cart.py", "search": from, "replace": to}))])
}

#[test]
fn a_task_that_reached_a_limit_keeps_what_is_pending_and_goes_on_when_told() {
    let mut play = limited(Limits { turns_max: 2, ..Limits::default() });
    let plan = turn(&[(
        "update_plan",
        json!({"steps": [{"title": "no sum", "action": "modify", "target": "shop/cart.py::Cart.total"}]}),
    )]);
    let ended = play.task("t", &[plan, read("shop/cart.py"), edit("sum(self.rows)", "0"), finish()]);
    let why = "the limit of 2 turns for one task is reached; say \"go on\" for as much again, or raise turns under \
               [limits] in config.toml";
    assert_eq!(failed(&ended), why);
    assert!(matches!(play.task("Go on.", &[]), Ended::Proposed(diff) if diff.contains("+        return 0")));
    assert_eq!(play.session.plan().steps[0].state, StepState::Done);
    let told = &play.session.messages().iter().rfind(|message| message.role == Role::User).unwrap().content;
    assert!(told.contains("wants you to go on with it"), "{told}");
}

#[test]
fn other_words_than_go_on_are_another_task() {
    let mut play = limited(Limits { turns_max: 1, ..Limits::default() });
    assert!(failed(&play.task("t", &[read("shop/cart.py")])).contains("1 turns"));
    play.task("Explain empty", &[json!({"text": "It gives a new cart."})]);
    let told = &play.session.messages().iter().rfind(|message| message.role == Role::User).unwrap().content;
    assert!(told.contains("Task: Explain empty"), "{told}");
}

#[test]
fn cost_and_time_end_a_task_too() {
    let mut session = limited(Limits { cost_max: Some(0.5), ..Limits::default() }).session;
    let job = asked(&mut session);
    let usage = Usage { cost: Some(0.6), ..Usage::default() };
    let tool_calls = vec![ToolCall { id: "a".into(), name: "nothing".into(), arguments: "{}".into() }];
    let finished = ModelEvent::Finished { text: String::new(), tool_calls, usage };
    let needs = session.update(Event::Model(job, finished));
    assert!(matches!(&needs[..], [Need::Finished { summary, .. }] if summary.starts_with("the limit of $0.50")));
    assert_answered(session.messages());

    let mut session = limited(Limits { time_ms_max: 60_000, ..Limits::default() }).session;
    let job = asked(&mut session);
    for second in 0..60 {
        assert!(session.update(Event::Ticked { now_ms: 5_000 + second * 1_000 }).is_empty(), "{second}");
    }
    let needs = session.update(Event::Ticked { now_ms: 65_000 });
    assert!(matches!(&needs[..], [Need::Cancel(cancelled), Need::Finished { failed: true, .. }] if *cancelled == job));
    assert_eq!(session.phase(), Phase::Idle);
    // The person's own time, and a machine that slept, do not count.
    let mut session = limited(Limits { time_ms_max: 60_000, ..Limits::default() }).session;
    session.update(Event::Ticked { now_ms: 0 });
    session.update(Event::Ticked { now_ms: 600_000 });
    asked(&mut session);
    session.update(Event::Ticked { now_ms: 700_000 });
    assert_eq!(session.spent().time_ms, 10_000);
}

/// Gives a task; the job of the first question to the model.
fn asked(session: &mut Session) -> u64 {
    let needs = session.update(Event::Task("t".to_owned()));
    let [Need::Understand(job, inquiry)] = needs.as_slice() else { panic!("the task is looked up first") };
    match session.update(Event::Understood(*job, understand(inquiry))).as_slice() {
        [Need::AskModel(job, _)] => *job,
        _ => panic!("the model is asked"),
    }
}

#[test]
fn the_wait_for_another_try_is_counted_down() {
    let mut session = limited(Limits::default()).session;
    let job = asked(&mut session);
    session.update(Event::Ticked { now_ms: 1_000 });
    let retrying = ModelEvent::Retrying { why: "status 429".into(), wait_ms: 30_000, attempt: 2 };
    session.update(Event::Model(job, retrying));
    assert_eq!(session.asks_again_in(), Some((30, 2)));
    session.update(Event::Ticked { now_ms: 11_500 });
    assert_eq!(session.asks_again_in(), Some((20, 2)));
    session.update(Event::Model(job, ModelEvent::Text("Now".into())));
    assert_eq!(session.asks_again_in(), None);
}

#[test]
fn a_conversation_that_the_model_cannot_take_is_shortened_and_asked_again() {
    let mut play = Play::new(SHOP);
    let long = "x = 1\n".repeat(3_000);
    play.source.put(ProjectPath::new("long.py").unwrap(), &long);
    let looks = || turn(&[("read_file", json!({"path": "long.py"})), ("read_file", json!({"path": "shop/cart.py"}))]);
    let too_long = json!({"too_long": 8_000});
    let again = edit("return sum(self.rows)", "return 1");
    let ended = play.task(
        "Let total be 1",
        &[
            looks(),
            edit("sum(self.rows)", "0"),
            turn(&[("ask_user", json!({"question": "zero?"}))]),
            edit("return 0", "return sum(self.rows)"),
            too_long,
            again.clone(),
            read("shop/cart.py"),
            again,
            finish(),
        ],
    );
    assert!(matches!(ended, Ended::Proposed(_)), "{ended:?}");
    let messages = play.session.messages();
    let bytes: usize = messages.iter().map(|message| message.content.len()).sum();
    assert!(bytes < 20_000, "{bytes}");
    assert_answered(messages);
}

/// However long what is said and shown: a conversation fits, every call has its answer, and the task's words are there.
#[test]
fn a_shortened_conversation_keeps_what_counts() {
    for seed in 0..200 {
        let mut dice = crate::dice::Dice::new(seed);
        let limit = 8_000 + dice.roll(30_000);
        let mut play = limited(Limits { conversation_bytes_max: limit, turns_max: 500, ..Limits::default() });
        for name in ["one.py", "two.py"] {
            let text: String = (0..40 + dice.roll(600)).map(|at| format!("value_{at} = {at}  # {seed}\n")).collect();
            play.source.put(ProjectPath::new(name).unwrap(), &text);
        }
        let mut turns = vec![turn(&[(
            "update_plan",
            json!({"steps": [{"title": "the very step", "action": "modify", "target": "shop/cart.py::Cart.total"}]}),
        )])];
        for at in 0..10 + dice.roll(20) {
            let name = *dice.pick(&["one.py", "two.py", "shop/cart.py", "shop/report.py"]);
            let start = 1 + dice.roll(30);
            turns.push(match dice.roll(4) {
                0 => turn(&[("read_file", json!({"path": name}))]),
                1 => turn(&[
                    ("read_file", json!({"path": name, "start_line": start})),
                    ("search", json!({"pattern": format!("{at}")})),
                ]),
                2 => edit("sum(self.rows)", &format!("sum(self.rows) + {at} * (sum(self.rows))")),
                _ => json!({"text": "w".repeat(dice.roll(9_000)), "tool_calls": [
                    {"id": "", "name": "list_files", "arguments": {}}]}),
            });
        }
        let ended = play.task("Let the total be what was asked for", &turns);
        assert!(matches!(ended, Ended::Silent | Ended::Finished { failed: true, .. }), "{ended:?}");
        let messages = play.session.messages();
        assert_answered(messages);
        let bytes: usize = messages.iter().map(|message| message.content.len()).sum();
        assert!(bytes <= limit + messages[0].content.len() + 4_000, "{seed}: {bytes} of {limit}");
        let all: String = messages.iter().map(|message| message.content.as_str()).collect();
        assert!(all.contains("Let the total be what was asked for"), "{seed}: the task is lost");
        assert!(all.contains("the very step"), "{seed}: the plan is lost");
        // Whatever may be edited can be seen.
        for (path, state) in &play.session.reads().files {
            let seen = state.whole || !state.symbols.is_empty();
            let shown = messages.iter().any(|message| {
                message.role == Role::Tool && message.content.contains(path.as_str()) && message.content.contains('\t')
            });
            assert!(!seen || shown, "{seed}: {path} may be edited and cannot be seen");
        }
    }
}
