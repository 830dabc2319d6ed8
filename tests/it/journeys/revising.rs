//! A comment on one hunk, and what the model is told of hunks that were rejected.

use flux::app::Decision;

use super::*;

const PARSED: &str = "total += parse_row(row)";
const NAMED: &str = "price = parse_row(row)\n        total += price";

impl Journey {
    fn decided(&self) -> Vec<Decision> {
        self.app.review.as_ref().unwrap_or_else(|| panic!("nothing is reviewed")).decisions.clone()
    }

    fn told(&self) -> String {
        let session = self.app.session.as_ref().unwrap();
        session.messages().iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n")
    }

    fn pending(&self, path: &str) -> String {
        let session = self.app.session.as_ref().unwrap();
        session.pending().get(&ProjectPath::new(path).unwrap()).unwrap().new_text().to_owned()
    }

    /// The workbench as it is opened again where this one was killed.
    fn opened_again(&self, turns: Vec<Turn>) -> Self {
        let mut journey = Self::opening(120, 36, SHOP, turns);
        journey.saved = self.saved.clone();
        journey.project.files.clone_from(&self.project.files);
        let cmd = journey.app.opens_session(None);
        for msg in journey.perform(cmd) {
            journey.tell(msg);
        }
        journey.publish();
        journey
    }
}

/// A proposal of three hunks: the first is accepted, the last rejected, the second is the one at hand.
fn at_the_second(turns: Vec<Turn>) -> Journey {
    at_the_second_of(120, 36, turns)
}

fn at_the_second_of(columns: u16, rows: u16, turns: Vec<Turn>) -> Journey {
    let mut journey = proposed(columns, rows);
    journey.press("y]n[[]");
    assert_eq!(journey.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected]);
    journey.check_shows(&["hunk 2/3"]);
    journey.turns = turns.into();
    journey
}

fn finish() -> Turn {
    Turn("", vec![("finish", json!({"summary": "Named it."}))])
}

#[test]
fn a_comment_on_one_hunk_has_it_made_anew_at_every_size() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let turns = vec![Turn("", vec![edit("shop/files.py", PARSED, NAMED)]), finish()];
        let mut journey = at_the_second_of(columns, rows, turns);
        journey.press("cGive the price");
        insta::assert_snapshot!(format!("comment_{columns}x{rows}"), journey.shot());
        journey.press(" a name<Enter>");
        assert_eq!(journey.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected]);
        journey.check_shows(&["hunk 2/3", "price = parse_row(row)"]);
        insta::assert_snapshot!(format!("comment_done_{columns}x{rows}"), journey.shot());
    }
}

#[test]
fn one_hunk_is_made_anew_and_the_others_keep_what_was_decided() {
    let elsewhere = edit("shop/models.py", "priced.", "priced and counted.");
    let beside = edit("shop/files.py", "    rows = []\n", "    rows: list[str] = []\n");
    let wide = edit("shop/files.py", "    total = 0\n    for row in", "    total = 1\n    for row in");
    let turns =
        vec![Turn("", vec![elsewhere, beside, wide]), Turn("", vec![edit("shop/files.py", PARSED, NAMED)]), finish()];
    let mut journey = at_the_second(turns);
    journey.press("c");
    journey.check_shows(&["What should be different in hunk 2/3?", "Comment on the hunk", "Esc leave it"]);
    journey.press("Give the price a name<Enter>");
    assert_eq!(journey.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected]);
    journey.check_shows(&["hunk 2/3", "price = parse_row(row)"]);
    let told = journey.told();
    let place = "wants one hunk of it made anew before anything is written: line 25 of 'shop/files.py'";
    assert!(told.contains(place) && told.contains("Give the price a name"), "{told}");
    let refusal = "Error: only line 25 of 'shop/files.py' is to be changed now: the person wants this hunk made anew";
    assert_eq!(told.matches(refusal).count(), 3, "{told}");
    assert!(!journey.pending("shop/models.py").contains("counted"));
    // What is written is what was decided.
    journey.press("yw");
    assert!(journey.app.review.is_none(), "{}", journey.shot());
    let written = journey.text_of("shop/files.py");
    assert!(written.contains(NAMED) && written.contains("def parse_row"), "{written}");
    assert!(journey.text_of("shop/models.py").contains("wants.\"\"\""));
    // Each rejected hunk is told with its place and its lines.
    journey.turns = [finish()].into();
    journey.press("iand now<Enter>");
    let told = journey.told();
    let lines = "shop/models.py line 5:\n-    \"\"\"What a customer wants.\"\"\"\n+    \"\"\"What a customer wants, priced.\"\"\"";
    assert!(told.contains(lines), "{told}");
}

#[test]
fn a_hunk_that_is_not_made_anew_stays_as_it_was() {
    // The model only talks; it is stopped; nothing comes of it; it takes the change away.
    let back = edit("shop/files.py", PARSED, "total += int(row.split(\",\")[1])");
    let cases = [
        (vec![Turn("I like it as it is.", Vec::new())], 3),
        (vec![Turn("", vec![edit("shop/files.py", "no such line", "x")]), Turn("", vec![("finish", json!({}))])], 3),
        (vec![Turn("", vec![back]), finish()], 2),
    ];
    for (turns, hunks) in cases {
        let mut journey = at_the_second(turns);
        journey.press("cNo<Enter>");
        let expected = if hunks == 3 {
            vec![Decision::Accepted, Decision::Open, Decision::Rejected]
        } else {
            vec![Decision::Accepted, Decision::Rejected]
        };
        assert_eq!(journey.decided(), expected, "{}", journey.shot());
    }
    let mut journey = at_the_second(Vec::new());
    journey.press("cThe draft goes<Esc>");
    assert_eq!((&*journey.app.draft, journey.decided().len()), ("", 3));
    journey.turns = [THINKS].into();
    journey.press("cNo<Enter>");
    assert!(journey.app.review.is_none());
    journey.press("<Esc>");
    journey.check_shows(&["Stopped. The proposal is as it was", "hunk 2/3"]);
    assert_eq!(journey.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected]);
}

#[test]
fn a_new_file_is_one_hunk_that_can_be_made_anew() {
    let made = |content: &str| ("write_file", json!({"path": "shop/new.py", "content": content}));
    let turns = vec![Turn("", vec![made("a = 1\nb = 2\n")]), finish()];
    let mut journey = Journey::open(120, 36, SHOP, turns);
    journey.press("iMake it<Enter>");
    journey.turns = [Turn("", vec![made("a = 1\n")]), finish()].into();
    journey.press("cLess<Enter>");
    journey.check_shows(&["hunk 1/1"]);
    journey.press("yw");
    assert_eq!(journey.text_of("shop/new.py"), "a = 1\n");
}

#[test]
fn the_decisions_outlive_a_kill_while_one_hunk_is_made_anew() {
    let turns = vec![Turn("", vec![edit("shop/files.py", PARSED, NAMED)]), THINKS];
    let mut journey = at_the_second(turns);
    journey.press("cGive the price a name<Enter>");
    assert!(journey.app.review.is_none() && journey.pending("shop/files.py").contains(NAMED));
    let mut again = journey.opened_again(Vec::new());
    assert_eq!(again.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected], "{}", again.shot());
    assert!(again.pending("shop/files.py").contains(PARSED));
    again.turns = [Turn("", vec![edit("shop/files.py", PARSED, NAMED)]), finish()].into();
    again.press("[[]cGive the price a name<Enter>");
    assert_eq!(again.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected]);
    again.check_shows(&["price = parse_row(row)"]);
}

#[test]
fn a_conflict_that_was_taken_goes_back_with_the_rest() {
    let sum = "        total += int(row.split(\",\")[1])\n";
    let mut journey = proposed(120, 36);
    let typed = journey.text_of("shop/files.py").replace(sum, "        total += 1\n");
    journey.project.files.insert(ProjectPath::new("shop/files.py").unwrap(), typed);
    journey.publish();
    journey.press("[[]");
    journey.check_shows(&["hunk 2/3", "in conflict"]);
    journey.press("y");
    journey.turns = [THINKS].into();
    journey.press("CMore of it<Enter>");
    assert!(journey.pending("shop/files.py").contains(PARSED), "{}", journey.pending("shop/files.py"));
}

#[test]
fn a_message_keeps_what_was_decided_on_all_that_comes_back_unchanged() {
    let turns = vec![Turn("", vec![edit("shop/files.py", PARSED, NAMED)]), finish()];
    let mut journey = at_the_second(turns);
    journey.press("CGive the price a name<Enter>");
    assert_eq!(journey.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected], "{}", journey.shot());
    journey.check_shows(&["hunk 2/3", "price = parse_row(row)", "what you decided on the rest stands"]);
    let told = journey.told();
    let accepted =
        "The person accepted these lines of your pending text; keep them as they are: lines 6–11 of 'shop/files.py'.";
    assert!(told.contains(accepted) && told.contains("Give the price a name"), "{told}");
    let rejected =
        "The person rejected these hunks; as they stand they will not be written:\nshop/models.py line 5:\n-";
    assert!(told.contains(rejected), "{told}");
    journey.press("yw");
    assert!(journey.text_of("shop/files.py").contains(NAMED));
    assert!(journey.text_of("shop/models.py").contains("wants.\"\"\""));
}

#[test]
fn a_split_hunk_and_a_new_one_come_back_as_what_they_are() {
    let mut journey = proposed(120, 36);
    // The first hunk in two pieces, the first of them accepted, the second rejected.
    journey.press("[[syn");
    let pieces = journey.decided();
    assert_eq!(pieces, [Decision::Accepted, Decision::Rejected, Decision::Open, Decision::Open], "{}", journey.shot());
    let elsewhere =
        edit("shop/models.py", "class Basket(Order):\n", "class Basket(Order):\n    \"\"\"Of many.\"\"\"\n\n");
    journey.turns = [Turn("", vec![elsewhere]), finish()].into();
    journey.press("iSay what a basket is<Enter>");
    let expected = [Decision::Accepted, Decision::Rejected, Decision::Open, Decision::Open, Decision::Open];
    assert_eq!(journey.decided(), expected, "{}", journey.shot());
    assert!(journey.pending("shop/models.py").contains("Of many."));
}

#[test]
fn a_message_that_comes_to_nothing_loses_no_decision() {
    // It is not sent; the model is stopped before and after an edit; it says no more than words; it gives up.
    let mut journey = at_the_second(Vec::new());
    journey.press("CHalf a sen<Esc>");
    assert_eq!(journey.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected]);
    assert_eq!(journey.app.draft, "Half a sen");
    for turns in [vec![THINKS], vec![Turn("", vec![edit("shop/files.py", PARSED, NAMED)]), THINKS]] {
        let mut journey = at_the_second(turns);
        journey.press("CGive the price a name<Enter>");
        assert!(journey.app.review.is_none());
        journey.press("<Esc>");
        journey.check_shows(&["with all that you decided", "hunk 2/3"]);
        assert_eq!(journey.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected]);
        assert!(journey.pending("shop/files.py").contains(PARSED));
        journey.press("yw");
        assert!(journey.text_of("shop/files.py").contains(PARSED), "{}", journey.shot());
    }
    let mut journey = at_the_second(vec![Turn("I like it as it is.", Vec::new())]);
    journey.press("CMore<Enter>");
    assert_eq!(journey.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected]);
    journey.turns = [THINKS].into();
    journey.press("CGive the price a name<Enter>");
    let again = journey.opened_again(Vec::new());
    assert_eq!(again.decided(), [Decision::Accepted, Decision::Open, Decision::Rejected]);
}

#[test]
fn what_was_typed_of_a_comment_and_of_a_reason_comes_back() {
    let mut journey = at_the_second(Vec::new());
    journey.press("cThe price needs<Esc>");
    assert_eq!(journey.app.draft, "");
    // Another hunk's comment is another one.
    journey.press("[[c");
    assert_eq!(journey.app.draft, "");
    journey.press("<Esc>]c");
    assert_eq!(journey.app.draft, "The price needs");
    journey.check_shows(&["What should be different in hunk 2/3?", "The price needs"]);
    journey.turns = [Turn("", vec![edit("shop/files.py", PARSED, NAMED)]), finish()].into();
    journey.press(" a name<Enter>c");
    assert_eq!(journey.app.draft, "", "what was sent is not kept");
    let mut journey = proposed(120, 36);
    journey.press("ny4");
    journey.press("oThe loader bin<Esc>");
    assert_eq!(journey.app.draft, "");
    journey.press("4o");
    assert_eq!(journey.app.draft, "The loader bin");
}
