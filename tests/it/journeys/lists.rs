//! Lists with a query: the palette, files and symbols.

use flux::app::{Lead, Overlay, Pick, PickItem, PickSource, RankQuestion, Spot};

use super::*;

#[test]
fn a_symbol_is_gone_to() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        journey.press("p");
        insta::assert_snapshot!(format!("go_to_{columns}x{rows}"), journey.shot());
        journey.press("order");
        insta::assert_snapshot!(format!("go_to_order_{columns}x{rows}"), journey.shot());
        journey.press("<Backspace><Backspace><Backspace><Backspace><Backspace>files:proc<Enter>");
        assert!(journey.app.overlay.is_none() && journey.app.focus == Pane::Centre);
        journey.check_shows(&["def process_file(path: Path) -> int:"]);
        // What was gone to is the first the next time.
        journey.press("p");
        journey.check_shows(&["▶ ƒ process_file"]);
        journey.press("<Esc>");
        assert!(journey.app.overlay.is_none());
    }
}

#[test]
fn a_line_of_a_file_is_gone_to() {
    let mut journey = Journey::open(120, 36, SHOP, Vec::new());
    journey.press("pmodels:17<Enter>");
    assert_eq!(journey.app.code.cursor, 17);
    assert_eq!(journey.app.code.wanted, Some(ProjectPath::new("shop/models.py").unwrap()));
}

#[test]
fn the_palette_does_what_is_chosen_and_shows_it_first_the_next_time() {
    for (columns, rows) in [(80, 24), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        journey.press(":");
        insta::assert_snapshot!(format!("palette_{columns}x{rows}"), journey.shot());
        journey.press("list session<Enter>");
        journey.check_shows(&["No session of this project is kept yet."]);
        journey.press(":");
        journey.check_shows(&["▶ List this project's sessions"]);
        journey.press("<Esc>i<Ctrl-P>zzz");
        journey.check_shows(&["Nothing matches."]);
        journey.press("<Ctrl-U>keys<Enter>");
        journey.check_shows(&[" Keys ", "Send the task or the answer."]);
    }
}

#[test]
fn an_answer_to_an_older_query_is_dropped_and_enter_waits_for_the_newest() {
    let many = (0..2_100).map(|at| format!("#- shop/part_{at:04}.py\nVALUE_{at} = {at}\n")).collect::<String>();
    let mut journey = Journey::open(120, 36, &many, Vec::new());
    journey.holds_rankings = true;
    journey.press("p0042<Enter>");
    assert!(matches!(journey.app.overlay, Some(Overlay::Picker(_))), "Enter waits");
    let asked = std::mem::take(&mut journey.held);
    assert_eq!(asked.len(), 5);
    for cmd in &asked {
        let Cmd::Rank(job, question) = cmd else { panic!("something else was asked") };
        journey.tell(Msg::Ranked(*job, rank(question, &|| true).unwrap()));
    }
    assert_eq!(journey.app.code.wanted, Some(ProjectPath::new("shop/part_0042.py").unwrap()));
}

#[test]
fn a_list_that_takes_long_says_so_and_keeps_what_is_selected_when_the_project_changes() {
    let many = (0..2_100).map(|at| format!("#- shop/part_{at:04}.py\nVALUE_{at} = {at}\n")).collect::<String>();
    let mut journey = Journey::open(120, 36, &many, Vec::new());
    let answer = |journey: &mut Journey| {
        let Some(Cmd::Rank(job, question)) = journey.held.pop() else { panic!("nothing was asked") };
        journey.tell(Msg::Ranked(job, rank(&question, &|| true).unwrap()));
    };
    journey.press("ppart_004<Down><Down>");
    journey.check_shows(&["▶ ▤ shop/part_0042.py"]);
    journey.holds_rankings = true;
    journey.publish();
    answer(&mut journey);
    journey.check_shows(&["▶ ▤ shop/part_0042.py"]);
    let now_ms = journey.app.clock_ms;
    journey.press("2");
    let is_looking = |journey: &mut Journey| journey.shot().contains("still looking");
    assert!(journey.app.due_ms().is_some_and(|due| due > now_ms) && !is_looking(&mut journey));
    journey.tell(Msg::Ticked { now_ms: now_ms + 100 });
    assert!(is_looking(&mut journey) && journey.app.due_ms().is_none(), "it is said once");
    // Letters that follow do not make it forget for how long nothing came.
    journey.press(".");
    assert!(is_looking(&mut journey));
    answer(&mut journey);
    assert!(!is_looking(&mut journey));
    journey.check_shows(&["▶ ▤ shop/part_0042.py"]);
}

#[test]
fn among_many_of_one_name_the_path_decides_and_the_files_that_were_gone_to() {
    let entry = |name: &str| format!("#- homes/{name}/light.py\ndef async_setup_entry(hass):\n    pass\n");
    let other = "#- homes/hub.py\nclass PulseHub:\n    def async_setup(self):\n        pass\n";
    let project: String = ["abode", "hue", "zha"].map(entry).concat() + other;
    let snapshot = Fixture::parse(&project).snapshot(Path::new("/home/ada/homes"));
    let path = ProjectPath::new("homes/zha/light.py").unwrap();
    let found = |query: &str, recent: &[Pick]| -> Vec<String> {
        let source = PickSource::Project(snapshot.clone());
        let question = RankQuestion { source, query: query.to_owned(), recent: recent.into() };
        rank(&question, &|| true).unwrap().found.into_iter().map(|found| found.item.detail).collect()
    };
    assert_eq!(found("asyncsetupentry", &[])[0], "homes/abode/light.py:1");
    for query in ["hue async_setup", "async_setup hue", "hue/ asyncset", "hue:async"] {
        assert_eq!(found(query, &[])[0], "homes/hue/light.py:1", "{query}");
    }
    let recent = Pick::Spot(Spot { path, line: None, symbol: None });
    assert_eq!(found("asyncsetupentry", &[recent])[0], "homes/zha/light.py:1");
}

fn found(labels: &[&str], query: &str, recent: &[usize]) -> Vec<String> {
    let item = |label: &&str| PickItem {
        label: (*label).to_owned(),
        lead: Lead::Nothing,
        ..PickItem::new(Pick::Session((*label).to_owned()))
    };
    let items: Vec<PickItem> = labels.iter().map(item).collect();
    let recent: Vec<Pick> = recent.iter().map(|at| items[*at].pick.clone()).collect();
    let question =
        RankQuestion { source: PickSource::Items(items.into()), query: query.to_owned(), recent: recent.into() };
    rank(&question, &|| true).unwrap().found.into_iter().map(|found| found.item.label).collect()
}

#[test]
fn whole_names_come_before_beginnings_before_words_before_letters() {
    let names = ["trotter_eld", "border", "post_order", "order_line", "Order", "shop"];
    assert_eq!(found(&names, "order", &[]), ["Order", "order_line", "post_order", "border"]);
    assert_eq!(found(&names, "", &[5, 1]), ["shop", "border", "trotter_eld", "post_order", "order_line", "Order"]);
    assert_eq!(found(&["get_a", "get_b"], "get", &[1]), ["get_b", "get_a"]);
    assert_eq!(found(&["λ_größe", "größe"], "größe", &[]), ["größe", "λ_größe"]);
}

#[test]
fn what_is_meant_comes_first_in_a_project_full_of_the_like() {
    let project = "
#- app/query.py
queryset = None


class RawQuerySet:
    pass


class QuerySet:
    def get_or_create(self):
        queryset_count = 1
#- app/views.py
class ListView:
    queryset = None

    def get_queryset(self):
        return self.queryset

    def queryset(self):
        quick_reset_of_everything_that_sets_it = 1


def quiet_user_settings_reset():
    pass


class ModelForm:
    pass


smf = 1
";
    let snapshot = Fixture::parse(project).snapshot(Path::new("/home/ada/shop"));
    let found = |query: &str| -> Vec<String> {
        let source = PickSource::Project(snapshot.clone());
        let question = RankQuestion { source, query: query.to_owned(), recent: [].into() };
        rank(&question, &|| true).unwrap().found.into_iter().map(|found| found.item.label).collect()
    };
    for query in ["querset", "queryset", "QuerySet", "Queryset", "qureyset", "uqeryset", "quweryset", "qset", "qs"] {
        assert_eq!(found(query)[0], "QuerySet", "{query}: {:?}", found(query));
    }
    assert_eq!(found("mf")[0], "ModelForm");
    assert_eq!(found("get_or")[0], "QuerySet.get_or_create");
    assert_eq!(found("gtequeryset")[0], "ListView.get_queryset");
    assert_eq!(found("zqueryset"), Vec::<String>::new());
    // What the query stands for is marked in the name itself.
    let source = PickSource::Project(snapshot.clone());
    let question = RankQuestion { source, query: "queryset".to_owned(), recent: [].into() };
    let ranking = rank(&question, &|| true).unwrap();
    let method = ranking.found.iter().find(|found| found.item.label == "ListView.queryset").unwrap();
    assert_eq!(method.label_marks.first(), Some(&(9..17)));
}

#[test]
fn paths_and_names_are_asked_together() {
    let fixture = Fixture::parse(SHOP);
    let snapshot = fixture.snapshot(Path::new("/home/ada/shop"));
    let first = |query: &str| {
        let question =
            RankQuestion { source: PickSource::Project(snapshot.clone()), query: query.to_owned(), recent: [].into() };
        let found = rank(&question, &|| true).unwrap().found;
        found.first().map(|found| match &found.item.pick {
            Pick::Spot(Spot { path, line, symbol }) => (path.to_string(), *line, symbol.as_deref().map(str::to_owned)),
            other => panic!("{other:?}"),
        })
    };
    let symbol = |path: &str, line: u32, name: &str| Some((path.to_owned(), Some(line), Some(name.to_owned())));
    assert_eq!(first("total"), symbol("shop/models.py", 11, "Order.total"));
    assert_eq!(first("models.py:total"), symbol("shop/models.py", 11, "Order.total"));
    assert_eq!(first("models::send"), symbol("shop/models.py", 14, "Order.send"));
    assert_eq!(first("shop/mod"), Some(("shop/models.py".to_owned(), None, None)));
    assert_eq!(first("files:7"), Some(("shop/files.py".to_owned(), Some(7), None)));
    assert_eq!(first("order sen"), symbol("shop/models.py", 14, "Order.send"));
    assert_eq!(first("zzz"), None);
    let question =
        RankQuestion { source: PickSource::Project(snapshot.clone()), query: "o".to_owned(), recent: [].into() };
    assert!(rank(&question, &|| false).is_none(), "nobody waits");
}

fn area(journey: &Journey) -> flux::app::Area {
    let Some(Overlay::Picker(picker)) = &journey.app.overlay else { panic!("no list is open") };
    picker.area(journey.app.columns, journey.app.rows)
}

#[test]
fn what_lies_behind_a_list_does_not_compete_with_it_and_the_footer_says_its_keys() {
    for (columns, rows) in [(60, 15), (80, 24), (120, 36), (200, 60)] {
        let mut journey = Journey::open(columns, rows, SHOP, Vec::new());
        journey.press("/process<Enter>:");
        let shot = journey.shot();
        let footer = shot.lines().last().unwrap();
        assert!(footer.contains("Enter do it  Esc close"), "{footer}");
        assert_eq!(shot.matches("Enter do it").count(), 1, "{shot}");
        let area = area(&journey);
        assert!(columns > 100 || area.width == columns, "{area:?}");
        let buffer = journey.screen.backend().buffer();
        let behind = |x: &u16, y: &u16| !area.contains(*x, *y);
        let cells = (0..rows - 1).flat_map(move |y| (0..columns).map(move |x| (x, y)));
        let styles: std::collections::HashSet<_> = cells
            .clone()
            .filter(|(x, y)| behind(x, y) && buffer[(*x, *y)].symbol() != " ")
            .map(|at| (buffer[at].fg, buffer[at].bg, buffer[at].modifier))
            .collect();
        assert!(styles.len() <= 1, "{styles:?}");
        let is_beside = |x: &u16, y: &u16| behind(x, y) && (area.y..area.y + area.height).contains(y);
        assert!(cells.filter(|(x, y)| is_beside(x, y)).all(|at| buffer[at].symbol() == " "), "{shot}");
        // It is as high as the screen allows, and no higher than what is found.
        let whole = super::lists::area(&journey);
        assert_eq!(whole.height, rows.min(rows.max(36) * 7 / 8 + 2) - 2);
        journey.check_shows(&[" ↓"]);
        journey.press("previous pane");
        let narrowed = super::lists::area(&journey);
        assert!(narrowed.height < whole.height && narrowed.y == whole.y, "{narrowed:?} {whole:?}");
        journey.check_shows(&[" of "]);
    }
}

#[test]
fn a_long_name_leaves_room_for_where_it_is() {
    let name = "AConnectorOfEverythingThatWasEverThoughtOfInThisVeryLargeAndOldHouse";
    let project = format!(
        "#- shop/connectors/registry_of_parts.py\nclass {name}:\n    def and_a_method(self):\n        return 1\n"
    );
    for (columns, rows) in [(80, 24), (120, 36), (200, 60)] {
        let mut journey = Journey::open(columns, rows, &project, Vec::new());
        journey.press("pand_a_method");
        journey.check_shows(&["AConn", "method", "parts.py:2"]);
    }
}
