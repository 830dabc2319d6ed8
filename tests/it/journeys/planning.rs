//! What a person changes of the plan while the agent works.

use flux::agent::{Activity, Phase, StepState};

use super::*;

fn plan() -> (&'static str, Value) {
    let step = |title: &str, action: &str, target: &str| json!({"title": title, "action": action, "target": target});
    let steps = [
        step("Read the files", "read", "shop/files.py"),
        step("Skip empty prices", "modify", "shop/files.py::process_file"),
        json!({"title": "Write a note"}),
    ];
    ("update_plan", json!({"steps": steps}))
}

fn edit() -> (&'static str, Value) {
    ("edit_file", json!({"path": "shop/files.py", "search": "total = 0", "replace": "total = 1"}))
}

fn read() -> (&'static str, Value) {
    ("read_file", json!({"path": "shop/files.py"}))
}

fn states(journey: &Journey) -> Vec<(String, StepState)> {
    let steps = &journey.app.session.as_ref().unwrap().plan().steps;
    steps.iter().map(|step| (step.title.clone(), step.state)).collect()
}

/// What the model was told last.
fn told(journey: &Journey) -> &str {
    &journey.app.session.as_ref().unwrap().messages().last().unwrap().content
}

#[test]
fn steps_are_changed_added_moved_and_skipped_while_the_agent_works() {
    let turns = vec![Turn("", vec![plan()]), THINKS, Turn("", vec![read()]), Turn("", vec![plan()]), THINKS];
    let mut journey = Journey::open(120, 36, SHOP, turns);
    journey.press("ido it<Enter>");
    assert_eq!(journey.app.phase(), Phase::Thinking);
    journey.press("3");
    journey.check_shows(&["Plan", "▸ Read the files", "· Write a note", "e edit", "s skip", "b wait after"]);
    // The note is not wanted; one more step is, before the edit.
    journey.press("jjs");
    journey.check_shows(&["– Write a note", "skipped"]);
    journey.press("koLook at the tests<Enter>");
    journey.press("3K");
    assert_eq!(states(&journey)[1], ("Look at the tests".to_owned(), StepState::Waiting));
    journey.press("je");
    journey.check_shows(&["? What should step 3 be?", "› Skip empty prices"]);
    journey.press(" and warn<Enter>");
    assert_eq!(states(&journey)[2].0, "Skip empty prices and warn");
    // What the model is saying meanwhile goes on where it began.
    let job = journey.thinking.unwrap();
    journey.tell(Msg::Agent(Event::Model(job, ModelEvent::Text("I rea".to_owned()))));
    journey.press("3KJ");
    journey.tell(Msg::Agent(Event::Model(job, ModelEvent::Text("d it.".to_owned()))));
    journey.answer();
    let is_said = |entry: &&Activity| matches!(entry, Activity::Said(text) if text == "I read it.");
    assert_eq!(journey.app.agent_activity().iter().filter(is_said).count(), 1);
    let said: Vec<&str> = journey
        .app
        .session
        .as_ref()
        .unwrap()
        .messages()
        .iter()
        .map(|message| message.content.as_str())
        .filter(|content| content.contains("The person changed the plan"))
        .collect();
    assert!(said[0].contains("'Write a note' is not wanted: leave it out"), "{said:?}");
    assert!(said[0].contains("3. Skip empty prices and warn [to do]"), "{said:?}");
    // The model plans anew, as it did before: what the person wants stays.
    let expected = [
        ("Read the files", StepState::Done),
        ("Look at the tests", StepState::Running),
        ("Skip empty prices and warn", StepState::Waiting),
        ("Write a note", StepState::Skipped),
    ];
    let expected: Vec<_> = expected.iter().map(|(title, state)| ((*title).to_owned(), *state)).collect();
    assert_eq!(states(&journey), expected, "{}", told(&journey));
}

#[test]
fn the_agent_waits_after_a_step_and_goes_on_with_what_it_is_told() {
    let turns = vec![Turn("", vec![plan()]), THINKS, Turn("", vec![read(), edit()]), Turn("Done.", Vec::new())];
    let mut journey = Journey::open(120, 36, SHOP, turns);
    journey.press("ido it<Enter>3b");
    journey.check_shows(&["the agent waits after it"]);
    journey.answer();
    // It was done in the middle of a turn: the edit behind it waits too.
    assert_eq!(journey.app.phase(), Phase::Asking);
    assert!(journey.app.session.as_ref().unwrap().pending().is_empty());
    journey.check_shows(&[
        "✔ Read the files",
        "? 'Read the files' is done. Enter goes on; or say what should be different.",
    ]);
    journey.press("<Enter>");
    assert_eq!(journey.app.phase(), Phase::Reviewing, "{}", journey.shot());
    assert_eq!(states(&journey)[1].1, StepState::Done);
}

#[test]
fn a_plan_that_nobody_follows_is_not_changed() {
    let mut journey = Journey::open(120, 36, SHOP, vec![Turn("", vec![plan()]), Turn("Nothing to do.", Vec::new())]);
    journey.press("3s");
    assert!(journey.app.session.is_none());
    journey.press("ido it<Enter>");
    let before = states(&journey);
    journey.press("3sJb");
    assert_eq!(states(&journey), before);
}

#[test]
fn the_plan_says_what_became_of_its_edits() {
    let reads = ["✔ read files.py"];
    let mut journey = proposed(120, 36);
    journey.check_shows(&["proposed ", "◆ parse rows in one", "◆ say what an order"]);
    journey.check_shows(&reads);
    // A part of it is written, taken back, and written again.
    journey.press("yyn");
    journey.press("w");
    journey.check_shows(&["1 of 2 written", "✔ parse rows in one", "– say what an order", "left out"]);
    journey.press("u");
    journey.check_shows(&["– parse rows in one", "taken back", "0 of 2 written"]);
    let path = ProjectPath::new("shop/files.py").unwrap();
    journey.tell(Msg::Redone(Ok(TakenBack { paths: vec![path], merged: Vec::new() })));
    journey.check_shows(&["1 of 2 written", "✔ parse rows in one"]);
    // What a step is about is told from what else changes in its file.
    let mut journey = proposed(120, 36);
    journey.press("ynyw");
    journey.check_shows(&["– parse rows in one", "left out", "✔ say what an order is", "1 of 2 written"]);
    // All of it; nothing of it.
    let mut journey = proposed(120, 36);
    journey.press("Aw");
    journey.check_shows(&["─ written ", "✔ parse rows in one"]);
    let mut journey = proposed(120, 36);
    journey.press("xx");
    journey.check_shows(&["─ discarded ", "– parse rows in one", "– say what an order"]);
    journey.check_shows(&reads);
    assert!(!journey.shot().contains("3/3"), "{}", journey.shot());
}
