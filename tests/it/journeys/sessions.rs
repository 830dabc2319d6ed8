//! The list of sessions, and what comes back of one that is gone on with.

use flux::agent::Phase;

use super::*;

fn listed(id: &str, title: &str, phase: Phase, is_live: bool) -> ListedSession {
    let time = "2026-11-21 14:03".to_owned();
    ListedSession { id: id.into(), time, title: title.into(), phase: Some(phase), is_live, fault: None }
}

#[test]
fn a_session_is_chosen_and_its_proposal_is_back() {
    let before = proposed(120, 36);
    for (columns, rows) in [(80, 24), (120, 36), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        journey.press("S");
        journey.check_shows(&["No session of this project is kept yet."]);
        journey.sessions = vec![
            listed("c", "Name the columns of every report as the customer does", Phase::Working, true),
            listed("b", "Parse rows in one place", Phase::Reviewing, false),
            ListedSession {
                fault: Some("it was written by a newer flux".into()),
                ..listed("a", "", Phase::Idle, false)
            },
        ];
        journey.saved = before.saved.clone();
        journey.press("S");
        insta::assert_snapshot!(format!("sessions_{columns}x{rows}"), journey.shot());
        journey.press("<Enter>");
        journey.check_shows(&["This session cannot be opened: open."]);
        journey.press("j<Enter>");
        journey.check_shows(&["hunk 1/3", "The session goes on where it ended."]);
        journey.press("S");
        journey.check_shows(&["This session is at work"]);
        journey.press("Aw");
        assert!(journey.text_of("shop/files.py").contains("def parse_row"), "{}", journey.shot());
    }
}

#[test]
fn a_task_that_was_broken_off_goes_on_when_the_person_says_so() {
    let mut turns = three_hunks();
    turns[2] = THINKS;
    let mut before = Journey::open(120, 36, SHOP, turns);
    before.press("iParse rows in one place<Enter>");
    let mut journey = Journey::opening(120, 36, SHOP, vec![three_hunks().pop().unwrap()]);
    journey.saved = before.saved.clone();
    let cmd = journey.app.opens_session(None);
    for msg in journey.perform(cmd) {
        journey.tell(msg);
    }
    journey.publish();
    journey.check_shows(&["This task was broken off.", "Go on."]);
    assert!(journey.app.review.is_none() && journey.turns.len() == 1);
    journey.press("<Enter>");
    journey.check_shows(&["hunk 1/3"]);
    assert_eq!(journey.app.session.as_ref().unwrap().plan().steps.len(), 3);
}
