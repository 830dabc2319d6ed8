//! `flux check` and `flux explain` as a person and a pipeline meet them: the built program, its formats, its settings.

use std::process::{Command, Output};

use serde_json::Value;

use crate::program::{Place, check_ending, check_holds, complaints, out};

const SHOP: &str = "
#- shop/cart.py
class Cart:
    def total(self):
        return 1


def make_cart(rows):
    return rows
#- shop/report.py
from shop.cart import Cart


def report(cart: Cart):
    return cart.totals()
";

/// A repository with the files of `fixture` in its first revision.
fn repository(fixture: &str) -> Place {
    let place = Place::new(fixture);
    git(&place, &["init", "-q"]);
    commit(&place);
    place
}

fn git(place: &Place, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(place.root()).args(["-c", "user.name=a", "-c", "user.email=a@b.c"]);
    assert!(command.args(arguments).output().unwrap().status.success(), "{arguments:?}");
}

fn commit(place: &Place) {
    git(place, &["add", "-A"]);
    git(place, &["commit", "-qm", "one"]);
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", out(output)))
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["issues"].as_array().unwrap().iter().map(|issue| issue["code"].as_str().unwrap()).collect()
}

#[test]
fn an_issue_is_shown_with_its_line_and_the_way_out() {
    let place = Place::new(SHOP);
    let output = place.flux(&["check", "shop"]);
    check_ending(&output, 1);
    let told = "\
shop/report.py:5:12: error: Class 'Cart' has no method 'totals'. Did you mean 'total(self)'? [unresolved-attribute]
   |
 5 |     return cart.totals()
   |            ^^^^^^^^^^^
   = hint: Replace 'totals' by 'total'

✔ Prompt rules  ✔ Structure  ✘ Tool validation  ✔ Syntax  – Tests  – Approval
1 issue in 1 file; the gate blocks (2 files in ";
    assert!(out(&output).starts_with(told), "{}", out(&output));
    let output = place.flux(&["check", "shop/cart.py"]);
    check_ending(&output, 0);
    check_holds(&out(&output), &["All clear (1 file in "]);
}

#[test]
fn a_program_gets_places_counted_in_characters() {
    let place = Place::new("");
    place.write("project/a.py", "\u{feff}x = 'größe 漢字'; y = z\r\n\tw = 1\r\n".as_bytes());
    let output = place.flux(&["check", "a.py", "--format", "json"]);
    check_ending(&output, 1);
    let answer = json(&output);
    let places: Vec<_> = answer["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| {
            (issue["severity"].as_str().unwrap(), issue["line"].as_u64().unwrap(), issue["column"].as_u64().unwrap())
        })
        .collect();
    assert!(places.contains(&("block", 2, 1)), "{answer}");
}

#[test]
fn what_the_working_tree_adds_is_judged_and_nothing_else() {
    let place =
        repository(&format!("{SHOP}#- gone.py\nimport os\n#- moved.py\nbroken = nowhere\n#- .gitignore\nbuild/\n"));
    let against = |more: &[&str]| place.flux(&[&["check", "--against", "HEAD", "--format", "json"], more].concat());
    check_ending(&against(&[]), 0);
    std::fs::remove_file(place.root().join("gone.py")).unwrap();
    std::fs::create_dir(place.root().join("lib")).unwrap();
    std::fs::rename(place.root().join("moved.py"), place.root().join("lib/moved.py")).unwrap();
    // What was wrong before is not told, not even where it moves; what git ignores is not the project's.
    place.write("project/build/made.py", b"x = missing\n");
    check_ending(&against(&[]), 0);
    place.write("project/new.py", b"from shop.cart import make_cart\nmake_cart()\n");
    let output = against(&[]);
    check_ending(&output, 1);
    assert_eq!(codes(&json(&output)), ["missing-argument"]);
    check_ending(&against(&["shop"]), 0);
    check_ending(&against(&["gone.py"]), 0);
    check_ending(&against(&["new.py"]), 1);
    check_ending(&against(&["nowhere.py"]), 2);
}

#[test]
fn folders_are_judged_as_the_project_counts_them() {
    let place = Place::new(
        "#- shop/a.py\nx = 1\n#- shop/skipped/b.py\nx = missing\n#- .gitignore\nskipped/\n#- notes.md\nHi\n",
    );
    let output = place.flux(&["check", "."]);
    check_ending(&output, 0);
    check_holds(&out(&output), &["All clear (1 file in "]);
    let output = place.flux(&["check", "notes.md"]);
    check_ending(&output, 0);
    check_holds(&complaints(&output), &["'notes.md' is no Python file, so it is not judged"]);
    check_ending(&place.flux(&["check", "shop/skipped/b.py"]), 1);
    check_ending(&place.flux(&["check"]), 2);
}

#[test]
fn a_sarif_log_holds_rules_places_and_lasting_fingerprints() {
    let place = repository(SHOP);
    let log = || {
        let output = place.flux(&["check", "shop", "--root", "shop/..", "--format", "sarif"]);
        check_ending(&output, 1);
        json(&output)
    };
    let first = log();
    assert_eq!(first["version"], "2.1.0");
    let run = &first["runs"][0];
    let result = &run["results"][0];
    let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!((&rule["id"], &result["ruleId"]), (&result["ruleId"], &Value::from("unresolved-attribute")));
    assert!(rule["help"]["text"].as_str().unwrap().len() > 40);
    assert_eq!(result["level"], "error");
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "shop/report.py");
    assert_eq!(
        location["region"],
        serde_json::json!({"startLine": 5, "startColumn": 12, "endLine": 5, "endColumn": 23})
    );
    let replaced = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replaced["insertedContent"]["text"], "total");
    let report = std::fs::read_to_string(place.root().join("shop/report.py")).unwrap();
    place.write("project/shop/report.py", format!("# One line more.\n{report}").as_bytes());
    let second = log();
    let moved = &second["runs"][0]["results"][0];
    assert_eq!(moved["partialFingerprints"], result["partialFingerprints"]);
    assert_ne!(moved["locations"], result["locations"]);
}

#[test]
fn github_is_told_paths_from_the_top_of_the_repository() {
    let place = repository("#- py/a,b.py\nx = '100 %', y\n");
    let output = place.flux(&["check", "py/a,b.py", "--root", "py", "--format", "github"]);
    check_ending(&output, 1);
    check_holds(
        &out(&output),
        &[
            "::error title=flux%3A unresolved-reference,file=py/a%2Cb.py,line=1,endLine=1,col=14,endColumn=15::Name 'y' is not defined.",
        ],
    );
}

#[test]
fn a_gate_that_only_reports_ends_with_0() {
    let place = Place::new(SHOP);
    place.configure("gate = \"report\"\n");
    let output = place.flux(&["check", "shop"]);
    check_ending(&output, 0);
    check_holds(&out(&output), &["shop/report.py:5:12: warning: ", "1 issue in 1 file; the gate only reports"]);
    let answer = json(&place.flux(&["check", "shop", "--format", "json"]));
    assert_eq!((&answer["verdict"], codes(&answer)), (&Value::from("pass"), vec!["unresolved-attribute"]));
}

#[test]
fn a_code_weighs_what_the_person_says() {
    let place = Place::new("#- a.py\nimport os\nimport os\nprint(os.sep, missing)\n");
    let weigh = |toml: &str| {
        place.configure(&format!("[severity]\n{toml}\n"));
        let output = place.flux(&["check", "a.py", "--format", "json"]);
        let answer = json(&output);
        (output.status.code().unwrap(), codes(&answer).join(" "))
    };
    assert_eq!(weigh(""), (1, "unresolved-reference duplicate-import".to_owned()));
    assert_eq!(weigh("unresolved-reference = \"warn\""), (0, "duplicate-import unresolved-reference".to_owned()));
    assert_eq!(
        weigh("unresolved-reference = \"off\"\nduplicate-import = \"block\""),
        (1, "duplicate-import".to_owned())
    );
    place.configure("[severity]\nduplicate-imports = \"off\"\n");
    let output = place.flux(&["check", "a.py"]);
    check_ending(&output, 2);
    check_holds(&complaints(&output), &["there is no code 'duplicate-imports'; did you mean 'duplicate-import'?"]);
}

#[test]
fn an_overridden_issue_is_shown_with_its_reason_and_blocks_nothing() {
    let place = Place::new(SHOP);
    let entry =
        |rest: &str| format!("[[override]]\ncode = \"unresolved-attribute\"\nreason = \"made by a plug-in\"\n{rest}\n");
    place.configure(&entry("path = \"shop/\"\nsymbol = \"report\""));
    let output = place.flux(&["check", "shop"]);
    check_ending(&output, 0);
    check_holds(
        &out(&output),
        &["shop/report.py:5:12: overridden: ", "= reason: made by a plug-in", "All clear, 1 overridden"],
    );
    let answer = json(&place.flux(&["check", "shop", "--format", "json"]));
    assert_eq!(answer["overridden"][0]["reason"], "made by a plug-in");
    assert!(answer["issues"].as_array().unwrap().is_empty());
    let log = json(&place.flux(&["check", "shop", "--format", "sarif"]));
    assert_eq!(log["runs"][0]["results"][0]["suppressions"][0]["justification"], "made by a plug-in");
    // Another symbol, and one whose day is over.
    place.configure(&entry("path = \"shop/\"\nsymbol = \"Cart\""));
    let output = place.flux(&["check", "shop"]);
    check_ending(&output, 1);
    place.configure(&entry("path = \"shop/\"\nuntil = 2020-01-31"));
    let output = place.flux(&["check", "shop"]);
    check_ending(&output, 1);
    check_holds(&complaints(&output), &["in 'shop/' has ended"]);
}

#[test]
fn an_override_that_is_not_needed_is_named() {
    let place = Place::new(SHOP);
    let configure = |path: &str| {
        place.configure(&format!("[[override]]\ncode = \"missing-argument\"\nreason = \"x\"\npath = \"{path}\"\n"));
    };
    configure("shop/cart.py");
    let output = place.flux(&["check", "shop/cart.py"]);
    check_ending(&output, 0);
    check_holds(
        &complaints(&output),
        &["[[override]] of missing-argument in 'shop/cart.py' lets nothing pass; remove it"],
    );
    // Of what was not judged nothing is known.
    assert_eq!(complaints(&place.flux(&["check", "shop/report.py"])), "");
    configure("no/such/*.py");
    let output = place.flux(&["check", "shop/cart.py"]);
    check_holds(&complaints(&output), &["names no file of the project; remove it"]);
}

#[test]
fn a_project_loosens_the_gate_only_for_those_who_trust_it() {
    let place = Place::new(SHOP);
    place.write("project/.flux/config.toml", b"gate = \"report\"\n");
    let output = place.flux(&["check", "shop"]);
    check_ending(&output, 1);
    check_holds(&complaints(&output), &["gate is ignored, since nobody has trusted this project yet"]);
    check_ending(&place.flux(&["check", "--trust", "shop"]), 0);
    place.configure(&format!("trusted = [{:?}]\n", place.root().display().to_string()));
    let output = place.flux(&["check", "shop"]);
    check_ending(&output, 0);
    assert_eq!(complaints(&output), "");
}

#[test]
fn who_stops_reading_ends_nothing_badly() {
    let place = Place::new(SHOP);
    for format in ["text", "json", "sarif", "github"] {
        let mut command = place.command(&["check", "shop", "--format", format]);
        let mut running =
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
        drop(running.stdout.take());
        let output = running.wait_with_output().unwrap();
        check_ending(&output, 1);
    }
}

#[test]
fn a_code_is_explained() {
    let place = Place::new("");
    let output = place.flux(&["explain", "duplicate-method"]);
    check_ending(&output, 0);
    check_holds(&out(&output), &["duplicate-method · Structure · blocks", "Way out", "@size.setter"]);
    let explained = json(&place.flux(&["explain", "duplicate-method", "--format", "json"]));
    assert_eq!((&explained["layer"], &explained["severity"]), (&Value::from("structure"), &Value::from("block")));
    assert!(explained["example"]["wrong"].as_str().unwrap().starts_with("#- shop/basket.py\n"));
    check_holds(&out(&place.flux(&["explain"])), &["Prompt rules\n  unread-file ", "Syntax\n  invalid-syntax "]);
    let output = place.flux(&["explain", "duplicate-methd"]);
    check_ending(&output, 2);
    check_holds(&complaints(&output), &["there is no code 'duplicate-methd'. Did you mean 'duplicate-method'?"]);
}
