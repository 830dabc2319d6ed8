//! Parsing what nests deeper than a usual stack takes, and freeing its tree.
//!
//! Invariant: no text, however it nests, brings the program down.

use std::thread;

use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::Parsed;

/// CPython takes no more than 100 levels of indentation; what is deeper is no program.
pub(super) const STATEMENT_DEPTH_MAX: u32 = 200;

/// A statement of more tokens may be an expression nested so deep that taking its tree apart would overflow a
/// usual stack.
pub(super) const STATEMENT_TOKENS_MAX: usize = 4_000;

/// The parser guards its stack except where a lambda's default is a lambda; so many of them fit into any stack.
const LAMBDAS_MAX: usize = 500;

/// Does `work`, which parses `text`, on a stack that is deep enough for it; nothing where no stack would be.
pub(in crate::index) fn on_deep_stack<T: Send>(text: &str, work: impl FnOnce() -> T + Send) -> Option<T> {
    let lambda_count = memchr::memmem::find_iter(text.as_bytes(), "lambda").count();
    if lambda_count <= LAMBDAS_MAX {
        return Some(work());
    }
    if lambda_count >= LAMBDAS_MAX * 200 {
        return None;
    }
    // Perhaps nested, perhaps a long table: a stack for the worst, of which only what is used is taken.
    let stack_bytes = (lambda_count * 8192).clamp(16 << 20, 1 << 30);
    thread::scope(|scope| thread::Builder::new().stack_size(stack_bytes).spawn_scoped(scope, work).ok()?.join().ok())
}

/// Frees the tree; on a thread of its own where that could recurse too deep for this one.
pub(in crate::index) fn take_apart(parsed: Parsed<ModModule>) {
    let (mut token_count, mut token_count_max) = (0, 0);
    let (mut depth, mut depth_max) = (0u32, 0u32);
    for token in parsed.tokens() {
        token_count += 1;
        match token.kind() {
            TokenKind::Newline => {
                token_count_max = token_count_max.max(token_count);
                token_count = 0;
            }
            TokenKind::Indent => {
                depth += 1;
                depth_max = depth_max.max(depth);
            }
            TokenKind::Dedent => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    if token_count_max.max(token_count) > STATEMENT_TOKENS_MAX || depth_max > STATEMENT_DEPTH_MAX {
        // At most half a kilobyte of stack for each token; the pages are only taken when they are used.
        let stack_bytes = (parsed.tokens().len() * 512).clamp(16 << 20, 4 << 30);
        // When no thread can be had, the tree has gone with the closure that was refused.
        if let Ok(worker) = thread::Builder::new().stack_size(stack_bytes).spawn(move || drop(parsed)) {
            let _ = worker.join();
        }
    }
}
