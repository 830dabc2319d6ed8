//! Configurations that people write, and what is made of them.

use secrecy::ExposeSecret;

use super::*;

fn loaded(text: &str, owner: Owner) -> LoadedConfig {
    let mut loaded = LoadedConfig::default();
    let variable = |name: &str| (name == "SHOP_KEY").then(|| "sk-1".to_owned());
    let reading = Reading { owner, variable: &variable, today: "2026-11-20".parse().unwrap() };
    loaded.take_text(Path::new("config.toml"), text, &reading);
    loaded
}

#[test]
fn reads_everything_that_can_be_set() {
    let text = r#"
            theme = "light"
            mouse = false
            gate = "report"
            ignore = ["vendored/"]
            [model]
            base_url = " http://localhost:1/v1 "
            api_key_env = "SHOP_KEY"
            name = "tiny"
            prompt_price = 0.5
            silence_timeout_s = 0.25
            [tests]
            command = "pytest -q"
            [keys]
            accept = "a"
            reject = ["n", "x"]
        "#;
    let LoadedConfig { config, faults, .. } = loaded(text, Owner::User);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!((config.theme.as_deref(), config.mouse, config.gate.mode), (Some("light"), false, GateMode::Report));
    assert_eq!(config.model.base_url.as_deref(), Some("http://localhost:1/v1"));
    assert_eq!(config.model.api_key.unwrap().expose_secret(), "sk-1");
    assert_eq!(config.model.silence_timeout, Duration::from_millis(250));
    let reject = config.keys.iter().find(|setting| setting.name == "reject").unwrap();
    assert_eq!(reject.keys, ["n", "x"]);
    assert!(reject.origin.contains(" line "), "{}", reject.origin);
    assert_eq!(config.tests_command.as_deref(), Some("pytest -q"));
}

#[test]
fn an_unknown_key_names_the_nearest_and_the_line() {
    let faults = loaded("mouse = true\nthemee = \"dark\"\n", Owner::User).faults;
    assert_eq!(
        faults,
        [
            "config.toml line 2: unknown key 'themee'; did you mean 'theme'? The whole file is left out until that is mended"
        ]
    );
    let faults = loaded("[model]\nbase-url = \"x\"\n", Owner::User).faults;
    assert!(faults[0].contains("line 2") && faults[0].contains("did you mean 'base_url'?"), "{faults:?}");
    let faults = loaded("theme = \n", Owner::User).faults;
    assert!(faults[0].starts_with("config.toml line 1: "), "{faults:?}");
}

#[test]
fn a_project_may_not_say_where_the_key_goes() {
    let text =
        "theme = \"light\"\ngate = \"report\"\n[model]\nbase_url = \"http://evil/v1\"\n[tests]\ncommand = \"x\"\n";
    let LoadedConfig { config, faults, refused, .. } = loaded(text, Owner::Project);
    assert_eq!(config.model.base_url, None);
    assert_eq!(config.gate.mode, GateMode::Block);
    assert_eq!((config.theme.as_deref(), config.tests_command.as_deref()), (Some("light"), Some("x")));
    assert_eq!(faults, Vec::<String>::new());
    assert!(refused[0].contains("gate is ignored, since nobody has trusted this project yet"), "{refused:?}");
    assert!(refused[1].contains("[model] is ignored"), "{refused:?}");
}

#[test]
fn the_theme_that_the_person_chose_holds_in_every_project() {
    let theme = |own: &str| {
        let mut loaded = loaded(own, Owner::User);
        let reading = Reading { owner: Owner::Project, variable: &|_| None, today: "2026-11-20".parse().unwrap() };
        loaded.take_text(Path::new("config.toml"), "theme = \"frost\"\n", &reading);
        loaded.config.theme
    };
    assert_eq!(theme("theme = \"paper\"\n").as_deref(), Some("paper"));
    assert_eq!(theme("").as_deref(), Some("frost"));
}

const SETTINGS: &str = r#"
        gate = "report"
        [severity]
        unresolved-attribute = "warn"
        duplicate-import = "block"
        [[override]]
        code = "missing-argument"
        path = "shop/*.py"
        reason = "the decorator gives it"
        until = 2026-11-20
        [[override]]
        code = "missing-argument"
        path = "old/"
        reason = "will be rewritten"
        until = "2026-11-19"
    "#;

#[test]
fn codes_are_weighed_and_overridden_until_a_day() {
    for owner in [Owner::User, Owner::TrustedProject] {
        let LoadedConfig { config, faults, refused, notes } = loaded(SETTINGS, owner);
        assert_eq!((faults, refused), (Vec::<String>::new(), Vec::<String>::new()));
        assert_eq!(config.gate.mode, GateMode::Report);
        assert_eq!(config.gate.weights["unresolved-attribute"], Weight::Warn);
        assert_eq!(config.gate.overrides.len(), 1);
        assert_eq!(config.gate.overrides[0].reason, "the decorator gives it");
        assert!(notes[0].contains("[[override]] of missing-argument in 'old/' has ended"), "{notes:?}");
    }
}

#[test]
fn a_project_that_nobody_trusts_makes_the_gate_only_stricter() {
    let LoadedConfig { config, refused, .. } = loaded(SETTINGS, Owner::Project);
    assert_eq!(config.gate.mode, GateMode::Block);
    assert!(config.gate.overrides.is_empty());
    let weights: Vec<_> = config.gate.weights.into_iter().collect();
    assert_eq!(weights, [("duplicate-import", Weight::Block)]);
    assert!(refused[0].contains("gate, [severity] unresolved-attribute, [[override]] are ignored"), "{refused:?}");
    assert!(refused[0].contains("add its folder to `trusted`"), "{refused:?}");
}

#[test]
fn an_entry_that_cannot_be_meant_is_named() {
    let fault = |text: &str| loaded(text, Owner::User).faults.join(" ");
    assert!(fault("[severity]\nunresolved-atribute = \"warn\"\n").contains("did you mean 'unresolved-attribute'?"));
    assert!(fault("[severity]\ngate-failed = \"off\"\n").contains("cannot be set"));
    assert!(fault("[severity]\nelided-code = \"loud\"\n").contains("line 2: "));
    let entry = |rest: &str| fault(&format!("[[override]]\ncode = \"elided-code\"\npath = \"a.py\"\n{rest}\n"));
    assert!(entry("").contains("missing field `reason`"));
    assert!(entry("reason = \" \"").contains("the reason is empty"));
    assert!(entry("reason = \"x\"\nuntil = \"soon\"").contains("until is no day"));
    assert_eq!(entry("reason = \"x\"\nuntil = \"2027-01-01\""), "");
}

#[test]
fn the_environment_wins_and_a_key_stays_with_its_address() {
    let mut config = loaded("[model]\nbase_url = \"http://a/v1\"\napi_key = \"sk-a\"\n", Owner::User).config;
    config.take_environment(&|name| (name == "OPENAI_BASE_URL").then(|| "http://b/v1".to_owned()));
    assert_eq!(config.model.base_url.as_deref(), Some("http://b/v1"));
    assert!(config.model.api_key.is_none());
    let mut config = Config::default();
    config.take_environment(&|name| (name == "OPENAI_API_KEY").then(|| "sk".to_owned()));
    assert_eq!(config.model.base_url.as_deref(), Some("https://api.openai.com/v1"));
}

#[test]
fn several_models_have_names_and_the_environment_wins() {
    let text = r#"
            [model]
            default = "fast"
            [models.fast]
            base_url = "http://localhost:1/v1"
            api_key_env = "SHOP_KEY"
            context_tokens = 32000
            tools = "text"
            [models.thorough]
            base_url = "http://localhost:2/v1"
        "#;
    let names = |config: &Config| config.choices().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let LoadedConfig { mut config, faults, .. } = loaded(text, Owner::User);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(names(&config), ["fast", "thorough"]);
    let fast = &config.models["fast"];
    assert_eq!((fast.tools, fast.context_tokens), (ToolCalling::Text, Some(32_000)));
    assert!(config.models["thorough"].api_key.is_none(), "a key is sent to its own address alone");
    // The key of the environment belongs to none of them.
    config.take_environment(&|name| (name == "OPENAI_API_KEY").then(|| "sk-2".to_owned()));
    assert_eq!(names(&config), ["fast", "", "thorough"]);
    config.choose_model("thorough");
    assert_eq!(names(&config), ["thorough", "", "fast"]);
    config.take_environment(&|name| (name == "OPENAI_BASE_URL").then(|| "http://localhost:3/v1".to_owned()));
    assert_eq!(names(&config), ["", "fast", "thorough"]);
    let faults = loaded("[model]\ndefault = \"fst\"\n[models.fast]\n", Owner::User).faults;
    assert_eq!(faults, ["config.toml: model.default names 'fst', and there is no [models.fst]; known: fast"]);
    let LoadedConfig { config, refused, .. } =
        loaded("[models.x]\nbase_url = \"http://e/v1\"\n", Owner::TrustedProject);
    assert!(config.models.is_empty() && refused[0].contains("[models] is ignored"), "{refused:?}");
}

#[test]
fn a_project_only_lowers_limits() {
    let text = "[limits]\nturns = 10\ntokens = 5000\nminutes = 1.5\ncost = 0.25\n";
    let limits = loaded(text, Owner::User).config.limits;
    assert_eq!((limits.turns_max, limits.tokens_max, limits.time_ms_max), (10, 5_000, 90_000));
    assert_eq!(limits.cost_max, Some(0.25));
    let more = loaded("[limits]\nturns = 1000\ncost = 3.0\n", Owner::TrustedProject).config.limits;
    assert_eq!((more.turns_max, more.cost_max), (Limits::default().turns_max, Some(3.0)));
    let fewer = loaded("[limits]\nturns = 3\n", Owner::Project).config.limits;
    assert_eq!(fewer.turns_max, 3);
    assert!(loaded("[limits]\nminutes = 0\n", Owner::User).faults[0].contains("more than 0"));
}

#[test]
fn what_runs_unasked_is_the_persons_to_say() {
    let text = "[tests]\ncommand = \"make test\"\ntimeout_s = 20\n[commands]\nallow = [\"ruff *\"]\n";
    let LoadedConfig { config, refused, faults, .. } = loaded(text, Owner::User);
    assert_eq!((faults.len(), refused.len(), config.is_tests_command_foreign), (0, 0, false));
    assert_eq!((config.tests_timeout, config.allowed_commands), (Duration::from_secs(20), vec!["ruff *".to_owned()]));
    let LoadedConfig { config, refused, .. } = loaded(text, Owner::Project);
    assert!(config.is_tests_command_foreign && config.allowed_commands.is_empty());
    assert!(refused[0].contains("[commands] is ignored"), "{refused:?}");
    let config = loaded(text, Owner::TrustedProject).config;
    assert!(!config.is_tests_command_foreign && config.allowed_commands.is_empty());
    let faults = loaded("[tests]\ntimeout_s = 0\n", Owner::User).faults;
    assert!(faults[0].contains("a time-out of 0 seconds is none"), "{faults:?}");
}
