//! Where a function binds a name of its own, by the tree of the file in view.
//!
//! Knows nothing of what a name outside functions means. Invariant: the nearest function that binds the name counts, and in
//! it the first place.

use tree_sitter::{Node, Tree};

use crate::text::Span;

/// The place where a function, or what goes over something within an expression, binds the name at `span`.
pub(super) fn local_binding(tree: &Tree, text: &str, span: Span) -> Option<Span> {
    let name = text.get(span.range())?;
    let asked = tree.root_node().descendant_for_byte_range(span.start as usize, span.end as usize)?;
    let mut scope = asked;
    // The parameter of somebody else's function.
    if asked
        .parent()
        .is_some_and(|call| call.kind() == "keyword_argument" && call.child_by_field_name("name") == Some(asked))
    {
        return None;
    }
    while let Some(around) = scope.parent() {
        scope = around;
        let holds = |field: &str| scope.child_by_field_name(field).is_some_and(|part| is_within(asked, part));
        let is_scope = match scope.kind() {
            // Its defaults and decorators are evaluated outside.
            "function_definition" | "lambda" => holds("body") || holds("parameters") && binds(asked),
            kind => is_comprehension(kind),
        };
        if is_scope {
            match bound_in(scope, text, name) {
                Bound::Here(place) => return Some(place),
                Bound::AtTop => return None,
                Bound::Elsewhere => {}
            }
        }
    }
    None
}

enum Bound {
    Here(Span),
    /// It is declared to be the module's.
    AtTop,
    Elsewhere,
}

fn bound_in(scope: Node<'_>, text: &str, name: &str) -> Bound {
    let mut first: Option<Span> = None;
    let mut left = vec![scope];
    while let Some(node) = left.pop() {
        let is_it = node.kind() == "identifier" && text.get(node.byte_range()) == Some(name);
        if is_it {
            match node.parent().map(|above| above.kind()) {
                Some("global_statement") => return Bound::AtTop,
                Some("nonlocal_statement") => return Bound::Elsewhere,
                _ => {}
            }
        }
        if is_it && binds(node) && first.is_none_or(|first| node.start_byte() < first.start as usize) {
            first = Some(Span { start: node.start_byte() as u32, end: node.end_byte() as u32 });
        }
        let mut cursor = node.walk();
        left.extend(node.named_children(&mut cursor).filter(|child| node == scope || !is_own_scope(*child)));
    }
    first.map_or(Bound::Elsewhere, Bound::Here)
}

fn is_comprehension(kind: &str) -> bool {
    matches!(kind, "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression")
}

/// Whether what is bound in there is not bound around it.
fn is_own_scope(node: Node<'_>) -> bool {
    matches!(node.kind(), "function_definition" | "class_definition" | "lambda") || is_comprehension(node.kind())
}

fn is_within(inner: Node<'_>, outer: Node<'_>) -> bool {
    outer.start_byte() <= inner.start_byte() && inner.end_byte() <= outer.end_byte()
}

/// Whether an identifier is a parameter, or bound by the statement or expression in which it stands.
fn binds(identifier: Node<'_>) -> bool {
    let mut node = identifier;
    while let Some(above) = node.parent() {
        let is_field = |field: &str| above.child_by_field_name(field) == Some(node);
        match above.kind() {
            "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "dictionary_splat_pattern"
            | "as_pattern_target" => node = above,
            // `import a.b` binds `a`, `case a:` binds `a`.
            "dotted_name" if above.named_child(0) == Some(node) => node = above,
            "case_pattern" => return node.named_child_count() == 1,
            "import_statement" | "import_from_statement" => return !is_field("module_name"),
            "parameters" | "lambda_parameters" => return true,
            "typed_parameter" => return above.named_child(0) == Some(node),
            "default_parameter" | "typed_default_parameter" | "named_expression" => return is_field("name"),
            "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => return is_field("left"),
            "as_pattern" | "aliased_import" => return is_field("alias"),
            _ => return false,
        }
    }
    false
}
