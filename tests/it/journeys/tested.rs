//! What is said of the tests while hunks are taken and left.

use flux::app::{Decision, Review};
use flux::gate::LayerState;
use flux::text::hunks_of;

use super::*;

#[test]
fn the_tests_of_a_proposal_speak_for_all_of_it_and_for_no_part() {
    let mut change_set = ChangeSet::default();
    let source = Fixture::parse("\n#- a.py\na = 1\n\n\n\n\n\n\n\n\n\nc = 1\n").source();
    let path = ProjectPath::new("a.py").unwrap();
    change_set.put(path.clone(), source.read(&path).ok(), Some("a = 2\n\n\n\n\n\n\n\n\n\nc = 2\n".into()));
    let judged = || Report::new(Vec::new(), [Some(1.0), Some(1.0), Some(1.0), Some(1.0), None, None]);
    let tested = Report::new(Vec::new(), [Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(9.0), None]);
    let hunks = hunks_of(&change_set);
    assert_eq!(hunks.len(), 2);
    let mut review = Review::new(change_set, hunks, tested);
    let mut state_of = |job: u64, accepted: &[usize]| {
        review.decide(Decision::Open, |_, _, _| true);
        review.decide(Decision::Accepted, |at, _, _| accepted.contains(&at));
        review.awaited = Some(job);
        assert!(review.take_report(job, judged()));
        review.report.layers[Layer::Tests as usize].state
    };
    assert_eq!(state_of(1, &[0]), LayerState::NotRun);
    assert_eq!(state_of(2, &[0, 1]), LayerState::Passed);
    assert_eq!(state_of(3, &[1]), LayerState::NotRun);
    // Nothing is taken yet: it is the whole that is judged.
    assert_eq!(state_of(4, &[]), LayerState::Passed);
}
