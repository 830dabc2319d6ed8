//! What servers mean with a refusal, read from its words: no two say it in the same way.

/// Whether the server, or its model, takes no tools.
pub(super) fn takes_no_tools(status: u16, body: &str) -> bool {
    let body = body.to_lowercase();
    let names_tools = ["tool", "function call", "function_call"].iter().any(|word| body.contains(word));
    let refuses = [
        "support",
        "unknown",
        "unrecognized",
        "unexpected",
        "not allowed",
        "not permitted",
        "extra",
        "invalid",
        "not implemented",
        "unavailable",
        "not enabled",
        "requires",
        "enable-auto-tool-choice",
        "no endpoints found",
    ];
    matches!(status, 400 | 404 | 422 | 500 | 501) && names_tools && refuses.iter().any(|word| body.contains(word))
}

/// Whether the conversation is longer than the model can take.
pub(super) fn is_too_long(status: u16, body: &str) -> bool {
    let body = body.to_lowercase();
    let names_length = [
        "context length",
        "context_length",
        "context window",
        "context size",
        "prompt is too long",
        "too many tokens",
        "maximum context",
        "exceeds the available context",
        "input is too long",
        "n_ctx",
        "maximum prompt length",
        "reduce the length",
    ];
    matches!(status, 400 | 413 | 422 | 500) && names_length.iter().any(|words| body.contains(words))
}

/// The first number in a refusal that can be a model's window: `maximum context length is 8192 tokens`.
pub(super) fn tokens_in(body: &str) -> Option<u64> {
    let body = body.to_lowercase();
    let from = ["maximum", "max", "limit", "context"].iter().find_map(|word| body.find(word)).unwrap_or(0);
    let digits = body[from..].split(|c: char| !c.is_ascii_digit() && c != ',').map(|digits| digits.replace(',', ""));
    let numbers = digits.filter_map(|digits| digits.parse().ok());
    numbers.into_iter().find(|number| (512..100_000_000).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read() {
        for (status, body) in [
            (400, "registry.ollama.ai/library/gemma:2b does not support tools"),
            (400, "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set"),
            (422, "Extra inputs are not permitted: tools"),
            (500, "tools param requires --jinja flag"),
            (404, "No endpoints found that support tool use"),
        ] {
            assert!(takes_no_tools(status, body), "{body}");
        }
        assert!(!takes_no_tools(400, "invalid model"));
        assert!(!takes_no_tools(503, "tools are not supported"));
        let openai =
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9,000 tokens.";
        assert!(is_too_long(400, openai));
        assert_eq!(tokens_in(openai), Some(8192));
        let llama = "the request exceeds the available context size, try increasing it (n_ctx 4096)";
        assert!(is_too_long(400, llama));
        assert_eq!(tokens_in(llama), Some(4096));
        assert_eq!(tokens_in("prompt is too long"), None);
        assert!(!is_too_long(400, "max_tokens is too large"));
    }
}
