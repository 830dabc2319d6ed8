//! What is learned from a refusal, a failing test, a person; and what a later task is told of it.

use flux::agent::{HunkLines, KeptLesson, Lesson, Revision, Teacher};
use flux::gate::{FailedTest, TestFrame};

use super::*;

fn kept(learned: &[(Lesson, bool)]) -> Vec<KeptLesson> {
    let mut lessons: Vec<KeptLesson> = Vec::new();
    for (lesson, completes) in learned {
        match lessons.iter_mut().find(|kept| kept.id == lesson.id()) {
            Some(known) => {
                known.lesson.merge(lesson.clone());
                known.hit_count += u32::from(!completes);
            }
            None => lessons.push(KeptLesson {
                id: lesson.id(),
                lesson: lesson.clone(),
                hit_count: 1,
                last_seen: String::new(),
            }),
        }
    }
    lessons
}

/// A play whose gate knows no `lines` of `Cart`, and what was learned in it.
fn played() -> (Play, Vec<KeptLesson>) {
    let code = |body: &str| format!("def empty() -> Cart:\n    return {body}\n");
    let modify =
        |body: &str| turn(&[("modify_function", json!({"path": "shop/cart.py", "name": "empty", "code": code(body)}))]);
    let message = "'Cart' has no method 'lines'. Did you mean 'total'? It is `total(self) -> int`.";
    let mut play = Play::new(SHOP).told(move |change_set| {
        let says = change_set.iter().any(|(_, change)| change.new_text().contains("lines()"));
        if says { blocking("shop/cart.py", 10, "unresolved-attribute", message, None) } else { passing() }
    });
    play.task("empty a cart", &[read("shop/cart.py"), modify("Cart().lines()"), modify("Cart().total()"), finish()]);
    let lessons = kept(&play.session.learned());
    (play, lessons)
}

#[test]
fn a_refusal_becomes_a_lesson_with_what_was_right_in_its_place() {
    let (mut play, lessons) = played();
    assert_eq!(lessons.len(), 1, "{lessons:?}");
    let KeptLesson { lesson, hit_count, .. } = &lessons[0];
    assert_eq!((lesson.teacher, &*lesson.code, *hit_count), (Teacher::Refusal, "unresolved-attribute", 1));
    assert_eq!(lesson.wrong, "'Cart' has no method 'lines'");
    assert_eq!(lesson.symbols, ["Cart", "lines", "empty"]);
    assert!(lesson.rejected.contains("Cart().lines()") && lesson.chosen.as_ref().unwrap().contains("Cart().total()"));
    assert!(
        lesson.prompt.contains("Task: empty a cart") && lesson.prompt.contains("modify_function empty shop/cart.py")
    );
    assert!(play.session.learned().is_empty(), "given away once");
}

#[test]
fn a_task_is_told_what_bears_on_it_and_nothing_else() {
    let (_, mut lessons) = played();
    let other = Lesson { path: Some(ProjectPath::new("billing/tax.py").unwrap()), ..lessons[0].lesson.clone() };
    let other = Lesson { symbols: vec!["Rate".into()], wrong: "'Rate' has no method 'of'".into(), ..other };
    lessons.push(KeptLesson { id: other.id(), lesson: other, hit_count: 9, last_seen: String::new() });
    let told = |task: &str| {
        let mut play = Play::new(SHOP);
        play.session.know(lessons.clone());
        play.task(task, &[finish()]);
        let told = play.session.messages()[1].content.clone();
        let notes =
            play.session.activity().iter().filter(|entry| matches!(entry, Activity::Note(text) if text == "1 lesson"));
        (told, notes.count())
    };
    let (text, count) = told("Let empty fill a Cart");
    assert!(text.contains("- shop/cart.py: 'Cart' has no method 'lines'. Did you mean 'total'?"), "{text}");
    assert!(!text.contains("Rate") && count == 1, "{text}");
    let (text, _) = told("Round the tax of Rate");
    assert!(text.contains("'Rate' has no method 'of'") && !text.contains("'lines'"), "{text}");
    let (text, count) = told("Write a poem");
    assert!(!text.contains("Learned on this project") && count == 0, "{text}");
}

#[test]
fn however_many_bear_on_a_task_they_keep_their_budget() {
    let lesson = |at: usize| {
        let wrong = format!("Cart {} {}", "is wrong ".repeat(20), "x".repeat(at));
        let (_, lessons) = played();
        Lesson { wrong, symbols: vec!["Cart".into()], ..lessons[0].lesson.clone() }
    };
    let learned: Vec<(Lesson, bool)> = (0..30).map(|at| (lesson(at), false)).collect();
    let mut play = Play::new(SHOP);
    play.session.know(kept(&learned));
    play.task("fill a Cart", &[finish()]);
    let told = &play.session.messages()[1].content;
    let lessons = told.split("Learned on this project").nth(1).unwrap();
    assert!(lessons.len() < 1_700 && lessons.matches("\n- ").count() >= 4, "{lessons}");
}

#[test]
fn what_a_person_rejects_is_learned_with_their_words() {
    let mut play = Play::new(SHOP);
    let edit = |replace: &str| {
        turn(&[("edit_file", json!({"path": "shop/cart.py", "search": "return sum(self.rows)", "replace": replace}))])
    };
    play.task("t", &[read("shop/cart.py"), edit("return 0"), finish()]);
    play.session.learned();
    let path = ProjectPath::new("shop/cart.py").unwrap();
    let revision = Revision {
        pending: play.session.pending().clone(),
        hunk: Some(HunkLines { path, lines: 5..6 }),
        comment: "Never a constant".into(),
        ..Revision::default()
    };
    let needs = play.session.update(Event::Revise(revision));
    play.turns.extend([
        turn(&[(
            "edit_file",
            json!({"path": "shop/cart.py", "search": "return 0", "replace": "return len(self.rows)"}),
        )]),
        finish(),
    ]);
    assert!(matches!(play.go_on(needs), Ended::Proposed(_)));
    let rejected = vec!["shop/report.py line 4:\n-a\n+b".to_owned()];
    play.session.update(Event::Reviewed(ReviewOutcome::Written {
        files: vec!["shop/cart.py".into()],
        rejected,
        edited: Vec::new(),
    }));
    let lessons = kept(&play.session.learned());
    let of_comment = &lessons.iter().find(|kept| kept.lesson.wrong == "Never a constant").unwrap().lesson;
    assert_eq!((of_comment.teacher, &*of_comment.rejected), (Teacher::Person, "        return 0\n"));
    assert_eq!(of_comment.chosen.as_deref(), Some("        return len(self.rows)\n"));
    let plain = lessons.iter().find(|kept| kept.lesson.rejected == "b").unwrap();
    assert_eq!(plain.lesson.path.as_ref().unwrap().as_str(), "shop/report.py");
}

#[test]
fn a_failing_test_is_bound_to_what_was_changed_on_the_way_to_it() {
    let frame = TestFrame { path: "shop/cart.py".into(), line: 6, code: String::new() };
    let test = FailedTest {
        id: "tests/test_cart.py::test_total".into(),
        path: Some(ProjectPath::new("tests/test_cart.py").unwrap()),
        line: 3,
        message: "AssertionError: assert 0 == 3\nmore".into(),
        frames: vec![frame],
    };
    let changed = ["shop/a.py", "shop/cart.py"].map(|path| ProjectPath::new(path).unwrap());
    let lesson = Lesson::of_failing_test(&test, changed.iter());
    assert_eq!((lesson.teacher, lesson.path.as_ref().unwrap().as_str()), (Teacher::Test, "shop/cart.py"));
    let said =
        "a change of shop/a.py, shop/cart.py broke tests/test_cart.py::test_total: AssertionError: assert 0 == 3";
    assert_eq!(lesson.wrong, said);
}
