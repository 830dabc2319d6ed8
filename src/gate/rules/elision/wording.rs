//! The words in which models say that they left code out.
//!
//! Knows nothing of where a comment stands. What stands for code is made of few words that speak of code and of its
//! staying as it is; a sentence about the program has others, too. So the words are sorted, and one that is not known
//! makes a sentence of it.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

/// How sure it is that a comment stands for code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gate::rules) enum Wording {
    /// It can hardly mean anything else.
    Plain,
    /// Dots stand in it for something: for code, where code is gone.
    Dotted,
    /// It may as well speak of the code that follows it.
    Loose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    /// Which code: what is there already, or what is not shown.
    Which,
    /// Which is to come.
    Further,
    /// A part of a program.
    Part,
    /// How it is: left out, or as it was.
    State,
    /// Where it is.
    Place,
    /// To keep it.
    Keep,
    /// To write it: somebody may plan that as well.
    Write,
    /// Nothing of its own.
    Glue,
}

const WHICH: &str = "existing previous previously original originally rest remaining remainder other others \
    above earlier prior everything current old \
    restlicher restliche restlichen bestehender bestehende bisheriger bisherige vorhandener vorhandene übrige übriger \
    reste existant existante existants existantes autres \
    resto existente existentes demás otros otras anterior anteriores outros outras restante restantes \
    esistente esistenti altri altre остальной остальные остальная существующий существующие существующая прежний";

/// What is not there yet may be what somebody plans.
const FURTHER: &str = "more additional further";

const PART: &str = "code codes file files class classes function functions method methods module modules implementation \
    implementations body bodies logic script definition definitions import imports field fields attribute attributes test \
    tests content contents line lines stuff handler handlers helper helpers setup statement statements property properties \
    constant constants parameter parameters argument arguments init initialization initialisation snippet block blocks \
    section sections part parts case cases route routes view views model models variable variables docstring docstrings \
    documentation signature loop branch endpoint endpoints command commands config configuration settings option options \
    validation checks processing computation assignments entries items values keys declarations decorators comments \
    funktion funktionen methode methoden klasse klassen datei implementierung importe \
    fonction fonctions méthode méthodes classe fichier corps \
    código codigo función funciones método métodos metodos clase clases archivo cuerpo lógica \
    função funções arquivo codice metodi funzione funzioni classi код методы функции метод функция класса функции файла";

const STATE: &str = "unchanged same remain remains remained stay stays omitted elided skipped snipped snip truncated \
    hidden untouched intact continue continues continued modified changed changes change brevity clarity \
    simplicity unmodified unaltered kept preserved abbreviated collapsed redacted identical etc cut \
    unverändert unveraendert bleibt bleiben gleich ausgelassen weggelassen gekürzt \
    inchangé inchangée inchangés identique omis omise cambios igual permanece permanecen omitido omitida inalterado \
    inalterada mudanças invariato invariata omesso изменений неизменным опущен опущено";

const PLACE: &str = "here go goes follow follows before shown vorher avant antes прежнему";

const KEEP: &str = "keep leave retain preserve include copy paste";

const WRITE: &str = "insert put place implement implementing add your";

const GLUE: &str = "the of a an this that is are as it its was were for to in from and with be will any at on all by have has been \
    else we i so just should must they these those there do does no not needed required exactly \
    der die das des wie von ist sind ohne le la les du de des est sont sans comme avant el los las del sin es son como do da \
    dos das o os sem il lo gli i di come без как по";

/// What is to be written yet: it stands for code where code was.
static OWED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:(?:todo|fixme|xxx)\b\W*)?(?:(?:to be |needs to be |not |un)?(?:yet )?implement(?:ed|ation|s)?(?: (?:yet|this|me|it|here|later|logic|the|actual|real|method|function|body|code|details|goes|needed|required|pending)){0,4}|(?:add|put|insert|write|place|fill in|your|the|actual|real|implementation) ?(?:(?:your|the|actual|real|own|code|logic|implementation|here|goes|details|this|of|function|method)(?: |$)){1,5}|placeholder(?: (?:for|implementation|code|body|logic).{0,40})?|stub(?: implementation)?)$",
    )
    .expect("a valid pattern")
});

/// The same in writing that does not part its words.
static UNPARTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"省略|不变|不變|保持原样|其余代码|剩余代码|其他代码|现有代码|原有代码|既存のコード|変更なし|以下同様|残りのコード|그대로|생략|기존 코드|나머지 코드")
        .expect("a valid pattern")
});

/// What is quoted is spoken of.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#""[^"]*"|'[^']*'|`[^`]*`"#).expect("a valid pattern"));

/// A sentence of some length is about something; what stands for code is short.
const WORDS_MAX: usize = 14;

/// Short ways to say it.
static IDIOM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:(?:as|like) (?:before|above|is)|(?:keep|leave|stays?) (?:it |this |them )?as.is|no changes?.*|(?:code )?(?:omitted|elided|snipped|truncated|removed|skipped) (?:for|to save) .{1,20}|.{0,40}\bfor brevity|wie (?:vorher|bisher|gehabt)|comme avant|como antes|sin cambios|без изменений)$")
        .expect("a valid pattern")
});

/// Whether a comment, or a line that would be one in another language, says that code was left out.
pub(in crate::gate::rules) fn wording(comment: &str) -> Option<Wording> {
    let lower = QUOTED.replace_all(&comment.to_lowercase(), " x ").into_owned();
    let marks = |c: char| c.is_whitespace() || "#/*<>[](){}-=_~!:;|\u{2192}\u{2014}\u{2013}\"'".contains(c);
    let text = lower.trim_matches(marks);
    let inner = lower.trim_matches(|c: char| c.is_whitespace() || c == '#');
    let is_bracketed =
        [('[', ']'), ('<', '>')].iter().any(|(open, close)| inner.starts_with(*open) && inner.ends_with(*close));
    let opens = text.starts_with("...") || text.starts_with('\u{2026}');
    let closes = text.ends_with("...") || text.ends_with('\u{2026}');
    let core = text.trim_matches(|c: char| marks(c) || c == '.' || c == '\u{2026}' || c == ',');
    if core.is_empty() {
        return (opens || closes).then_some(Wording::Dotted);
    }
    let words: Vec<&str> =
        core.split(|c: char| !c.is_alphanumeric() && !"_.'\u{2019}".contains(c)).filter(|it| !it.is_empty()).collect();
    if words.len() > WORDS_MAX {
        return None;
    }
    let mut told = Told::default();
    words.iter().for_each(|word| told.take(word));
    let is_unparted = UNPARTED.is_match(core) && core.chars().count() <= 30;
    let is_known = is_unparted || IDIOM.is_match(core) || OWED.is_match(core);
    told.wording((opens, closes), is_bracketed, words.len()).or_else(|| is_known.then_some(Wording::Loose))
}

/// Whether a text owns that something is still to be written: `TODO: parse the rows`, `not implemented yet`.
pub(in crate::gate::rules) fn is_owed(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let begins = ["todo", "fixme", "xxx", "placeholder", "stub"].iter().any(|word| {
        lower.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c == '_' || c.is_alphanumeric()))
    });
    begins || OWED.is_match(lower.trim_end_matches(['.', '!', '\u{2026}']))
}

/// How often each sense occurs.
#[derive(Default)]
struct Told {
    which: usize,
    part: usize,
    state: usize,
    place: usize,
    keeps: bool,
    /// It may be a plan.
    is_planned: bool,
    is_begun: bool,
    /// Names of the program: `process_rows`, `Cart.total`.
    named: usize,
    unknown: usize,
}

impl Told {
    fn take(&mut self, word: &str) {
        let word = word.trim_matches(['.', '\'', '\u{2019}']);
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        match sense(word) {
            Some(Sense::Which) => self.which += 1,
            Some(Sense::Further) => {
                self.which += 1;
                self.is_planned = true;
            }
            Some(Sense::Part) => self.part += 1,
            Some(Sense::State) => self.state += 1,
            Some(Sense::Place) => self.place += 1,
            Some(Sense::Keep) if is_first => self.keeps = true,
            Some(Sense::Write) if is_first => self.is_planned = true,
            Some(Sense::Glue) => {}
            None if word.contains(['_', '.']) || word.bytes().all(|b| b.is_ascii_digit()) => self.named += 1,
            // Behind other words to keep is no order: `a copy of`.
            None | Some(Sense::Keep | Sense::Write) => self.unknown += 1,
        }
    }

    fn wording(&self, (opens, closes): (bool, bool), is_bracketed: bool, word_count: usize) -> Option<Wording> {
        let dotted = opens || closes || is_bracketed;
        let loose = if dotted { Wording::Dotted } else { Wording::Loose };
        if self.unknown > 0 {
            // In any language: what stands between dots is short and stands for something.
            let is_framed = opens && (closes || word_count <= 4) && word_count <= 8;
            // One word of the program's own world: `rest of the pricing logic unchanged`.
            let is_qualified =
                self.unknown == 1 && self.which > 0 && self.part > 0 && (self.state > 0 || (dotted && self.place > 0));
            return (is_framed || is_qualified).then_some(loose);
        }
        let is_left = self.state + self.place > 0 || self.keeps || dotted;
        let says_what = self.which > 0 && (self.part > 0 || self.named > 0 || self.which > 1);
        if (says_what && is_left || self.which > 0 && self.state > 1) && (!self.is_planned || dotted) {
            return Some(Wording::Plain);
        }
        let some = [self.which, self.part, self.state].iter().filter(|count| **count > 0).count();
        let is_loose = says_what
            || some > 1
            || self.state > 1
            || (self.state > 0 && word_count <= 3)
            || (self.which > 0 && (self.keeps || word_count == 1))
            || (dotted && some + self.place > 0);
        is_loose.then_some(loose)
    }
}

fn sense(word: &str) -> Option<Sense> {
    static SENSES: LazyLock<HashMap<&str, Sense>> = LazyLock::new(|| {
        let lists = [
            (GLUE, Sense::Glue),
            (WRITE, Sense::Write),
            (KEEP, Sense::Keep),
            (PLACE, Sense::Place),
            (STATE, Sense::State),
            (PART, Sense::Part),
            (FURTHER, Sense::Further),
            (WHICH, Sense::Which),
        ];
        lists.iter().flat_map(|(words, sense)| words.split_whitespace().map(|word| (word, *sense))).collect()
    });
    SENSES.get(word).copied()
}
