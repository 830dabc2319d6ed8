//! Whether a text nests too deep, found without recursion: asked before anything recursive looks at it.

use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer::lex, parse_unchecked_source};
use ruff_text_size::Ranged;

use super::parse::{on_deep_stack, take_apart};

/// CPython's limit of brackets in brackets.
const BRACKETS_MAX: usize = 200;
/// CPython's limit of blocks in blocks, by indentation.
const INDENTATION_MAX: u32 = 99;

/// What nests too deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    Brackets,
    Indentation,
    /// The tree of an expression: brackets, prefixes, and the links of a chain of operators, calls or attributes.
    Expression,
}

/// What in `text` nests deeper than CPython takes it, and at which token; `expression_max` is the most levels that the tree
/// of an expression may have.
pub fn too_deep(text: &str, expression_max: u32) -> Option<(Nesting, usize)> {
    let mut lexer = lex(text, Mode::Module);
    // One for each bracket that is open now, and the outermost.
    let mut levels = vec![Level::default()];
    let mut indentation = 0_u32;
    for token_idx in 0.. {
        let kind = lexer.next_token();
        let mut depth = 0;
        match kind {
            TokenKind::Indent => indentation += 1,
            TokenKind::Dedent => indentation = indentation.saturating_sub(1),
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => levels.push(Level::default()),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                depth = close_one(&mut levels, kind == TokenKind::Rbrace).unwrap_or_default();
            }
            TokenKind::Newline | TokenKind::EndOfFile => {
                // Brackets that are still open end, too.
                while close_one(&mut levels, false).is_some() {}
                if let Some(level) = levels.last_mut() {
                    depth = level.end();
                    level.deepest = 0;
                }
            }
            kind => {
                if let Some(level) = levels.last_mut() {
                    depth = level.take(kind);
                }
            }
        }
        if levels.len() > BRACKETS_MAX + 1 {
            return Some((Nesting::Brackets, token_idx));
        }
        if indentation > INDENTATION_MAX {
            return Some((Nesting::Indentation, token_idx));
        }
        if depth > expression_max {
            return Some((Nesting::Expression, token_idx));
        }
        if kind == TokenKind::EndOfFile {
            break;
        }
    }
    None
}

/// Ends the innermost bracket, if one is open, and says how deep the operand is that it gives.
fn close_one(levels: &mut Vec<Level>, stands_beside: bool) -> Option<u32> {
    let mut inner = if levels.len() > 1 { levels.pop()? } else { return None };
    let inner = inner.end();
    Some(levels.last_mut()?.close(inner, stands_beside))
}

/// The expressions between two brackets, read token by token with the precedence of their operators.
#[derive(Default)]
struct Level {
    /// The operators that still wait for what stands right of them, weakest first.
    waiting: Vec<Waiting>,
    operand: Option<Operand>,
    /// The deepest of the expressions that ended.
    deepest: u32,
    /// The lambdas whose parameters are being read.
    in_parameters: u32,
}

struct Waiting {
    strength: u8,
    /// `None`: a prefix.
    left: Option<Operand>,
}

#[derive(Clone, Copy)]
struct Operand {
    depth: u32,
    /// The strength of the operator that a further operand joins without a level of its own: `a < b < c`, `a and b and c`.
    joins: Option<u8>,
}

impl Operand {
    const ATOM: Self = Self { depth: 1, joins: None };
}

/// What a token does to the expression that it stands in. A higher strength binds more.
enum Role {
    Atom,
    Prefix(u8),
    /// A sign that is a prefix where no operand stands before it.
    Binary {
        strength: u8,
        prefix: u8,
    },
    /// Nests to the right.
    Power,
    Otherwise,
    /// One node, however many operands it has.
    Flat(u8),
    Dot,
    Colon,
    Comma,
    End,
    Nothing,
}

const LAMBDA: u8 = 0;
const OTHERWISE: u8 = 0;
const UNARY: u8 = 11;
const POWER: u8 = 12;

fn role(kind: TokenKind) -> Role {
    let binary = |strength| Role::Binary { strength, prefix: UNARY };
    match kind {
        TokenKind::Lambda => Role::Prefix(LAMBDA),
        TokenKind::Else => Role::Otherwise,
        TokenKind::If => Role::Flat(1),
        TokenKind::Or => Role::Flat(2),
        TokenKind::And => Role::Flat(3),
        TokenKind::Not => Role::Prefix(4),
        TokenKind::In | TokenKind::Is | TokenKind::Less | TokenKind::Greater => Role::Flat(5),
        TokenKind::EqEqual | TokenKind::NotEqual | TokenKind::LessEqual | TokenKind::GreaterEqual => Role::Flat(5),
        TokenKind::Vbar => binary(6),
        TokenKind::CircumFlex => binary(7),
        TokenKind::Amper => binary(8),
        TokenKind::LeftShift | TokenKind::RightShift => binary(9),
        TokenKind::Plus | TokenKind::Minus => binary(10),
        TokenKind::Star | TokenKind::Slash | TokenKind::DoubleSlash | TokenKind::Percent | TokenKind::At => binary(11),
        TokenKind::Tilde => Role::Prefix(UNARY),
        TokenKind::DoubleStar => Role::Power,
        TokenKind::Await => Role::Prefix(POWER + 1),
        TokenKind::Dot => Role::Dot,
        TokenKind::Colon => Role::Colon,
        TokenKind::Comma => Role::Comma,
        TokenKind::Name
        | TokenKind::Int
        | TokenKind::Float
        | TokenKind::Complex
        | TokenKind::String
        | TokenKind::FStringStart
        | TokenKind::TStringStart
        | TokenKind::Ellipsis
        | TokenKind::True
        | TokenKind::False
        | TokenKind::None
        | TokenKind::Match
        | TokenKind::Case
        | TokenKind::Type
        | TokenKind::Lazy => Role::Atom,
        TokenKind::Semi | TokenKind::Equal | TokenKind::ColonEqual | TokenKind::For => Role::End,
        _ => Role::Nothing,
    }
}

impl Level {
    /// Takes the next token, and says how deep what ends with it is.
    fn take(&mut self, kind: TokenKind) -> u32 {
        match role(kind) {
            Role::Atom => {
                self.operand.get_or_insert(Operand::ATOM);
            }
            // `a not in b`: the operand says that this is no prefix.
            Role::Prefix(strength) if strength == LAMBDA || self.operand.is_none() => {
                self.in_parameters += u32::from(strength == LAMBDA);
                self.waiting.push(Waiting { strength, left: None });
            }
            Role::Prefix(_) | Role::Nothing => {}
            Role::Binary { prefix, .. } if self.operand.is_none() => {
                self.waiting.push(Waiting { strength: prefix, left: None });
            }
            Role::Binary { strength, .. } => self.operator(strength, strength),
            Role::Power => self.operator(POWER, POWER + 1),
            Role::Otherwise => self.operator(OTHERWISE, OTHERWISE + 1),
            Role::Flat(strength) if self.operand.is_some() => self.operator(strength, strength),
            Role::Flat(_) => {}
            Role::Dot => {
                if let Some(operand) = &mut self.operand {
                    *operand = Operand { depth: operand.depth + 1, joins: None };
                }
            }
            Role::Colon if self.in_parameters > 0 => {
                self.in_parameters -= 1;
                self.end_parameter();
            }
            Role::Comma if self.in_parameters > 0 => self.end_parameter(),
            Role::End if self.in_parameters > 0 => self.end_parameter(),
            Role::Colon | Role::Comma | Role::End => return self.end(),
        }
        self.operand.map_or(0, |operand| operand.depth)
    }

    /// An operator follows: what binds at least as much as `bound` and stands before it is its left side.
    fn operator(&mut self, strength: u8, bound: u8) {
        self.bind(bound);
        let left = self.operand.take().unwrap_or(Operand::ATOM);
        self.waiting.push(Waiting { strength, left: Some(left) });
    }

    /// Gives the waiting operators of at least this strength their right side.
    fn bind(&mut self, strength: u8) {
        while let Some(operator) = self.waiting.pop_if(|operator| operator.strength >= strength) {
            let right = self.operand.unwrap_or(Operand::ATOM);
            let flat = matches!(operator.strength, 1..=5) && operator.left.is_some();
            let own = operator.left.map_or(0, |left| match left.joins == Some(operator.strength) {
                true => left.depth,
                false => left.depth + 1,
            });
            let joins = flat.then_some(operator.strength);
            self.operand = Some(Operand { depth: own.max(right.depth + 1), joins });
        }
    }

    /// The default of a parameter, or its name, ends; the lambda still waits for its body.
    fn end_parameter(&mut self) {
        self.bind(LAMBDA + 1);
        let ended = self.operand.take().map_or(0, |operand| operand.depth);
        self.deepest = self.deepest.max(ended);
    }

    /// Everything so far ends; says how deep the deepest of it is.
    fn end(&mut self) -> u32 {
        self.bind(0);
        let ended = self.operand.take().map_or(0, |operand| operand.depth);
        self.deepest = self.deepest.max(ended);
        self.in_parameters = 0;
        self.deepest
    }

    /// A bracket ends here, with something `inner` deep in it: a call, a subscript or an operand. The braces of an f-string
    /// stand side by side.
    fn close(&mut self, inner: u32, stands_beside: bool) -> u32 {
        let before = self.operand.map_or(0, |operand| operand.depth + u32::from(!stands_beside));
        let operand = Operand { depth: before.max(inner + 1), joins: None };
        self.operand = Some(operand);
        operand.depth
    }
}

/// The byte offset of a token of `text`.
pub fn token_start(text: &str, token_idx: usize) -> usize {
    let start = || {
        let parsed = parse_unchecked_source(text, PySourceType::Python);
        let start = parsed.tokens().get(token_idx).map(|token| token.start().to_usize());
        take_apart(parsed);
        start
    };
    on_deep_stack(text, start).flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_levels_and_not_length() {
        let found = |text: &str| too_deep(&text.repeat(2000), 1000).map(|(nesting, _)| nesting);
        for deep in ["-", "a.b()+", "lambda a, b: ", "a if b else ", "a[1].b", "a*b**", "not ", "lambda a=b, c=-"] {
            assert_eq!(found(deep), Some(Nesting::Expression), "{deep}");
        }
        assert_eq!(found("f("), Some(Nesting::Brackets));
        // The levels of a sum are its terms, not all its signs.
        assert_eq!(too_deep(&"a*b**2*c - d() + ".repeat(400), 1000), None);
        assert_eq!(too_deep(&"(a or -b) if c in d and e else ".repeat(900), 1000), None);
        for flat in [
            "a + b\n",
            "f(a, -b)\n",
            "[a.b, c],",
            "'a' ",
            "a = ",
            "if -a:\n    b\n",
            ")",
            "a < b < c and d ",
            "{a} ",
            "a < b + ",
        ] {
            assert_eq!(found(flat), None, "{flat}");
        }
        let blocks = |count: usize| (0..count).map(|at| " ".repeat(at) + "if a:\n").collect::<String>();
        assert_eq!(too_deep(&blocks(100), 1000), None);
        assert_eq!(too_deep(&(blocks(101) + "b"), 1000).map(|(nesting, _)| nesting), Some(Nesting::Indentation));
        assert_eq!(too_deep(&("(".repeat(200) + "1" + &")".repeat(200)), 1000), None);
    }
}
