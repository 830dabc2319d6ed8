# Reads questions, one JSON object a line, and prints what is wrong, then one line of figures.
import ast
import json
import sys

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, ast.AST):
        return all(same(getattr(a, name, None), getattr(b, name, None)) for name in a._fields)
    # Also 1 and 1.0, or 0.0 and -0.0, are two things.
    return a == b and repr(a) == repr(b)


def classes(tree):
    """All classes in the order in which they stand."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def is_placeholder(body):
    return len(body) == 1 and (
        isinstance(body[0], ast.Pass) or isinstance(body[0], ast.Expr) and getattr(body[0].value, "value", 0) is ...
    )


def check_method(old, new, number):
    holder = classes(new)[number]
    probes = [node for node in holder.body if isinstance(node, DEFINITIONS) and node.name == "flux_probe"]
    if len(probes) != 1:
        return "the method is not in the class"
    holder.body.remove(probes[0])
    if holder.body:
        return "" if same(old, new) else "the rest is not the same"
    holder = classes(old)[number]
    filling, holder.body = holder.body, []
    fits = is_placeholder(filling) and same(old, new)
    holder.body = filling
    return "" if fits else "something else went"


def without_probes(body, had_annotations):
    left = []
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            future = getattr(node, "module", "") == "__future__" and not had_annotations
            names = [alias for alias in node.names if alias.name != "flux_probe" and not (future and alias.name == "annotations")]
            if not names:
                continue
            node.names = names
        left.append(node)
    return left


def check_import(old, new):
    if ast.get_docstring(old) != ast.get_docstring(new):
        return "the docstring is none any more"
    had_annotations = any(
        isinstance(node, ast.ImportFrom) and node.module == "__future__" and any(alias.name == "annotations" for alias in node.names)
        for node in old.body
    )
    new.body = without_probes(new.body, had_annotations)
    return "" if same(old, new) else "the rest is not the same"


def check_restored(old, new, number):
    olds, news = (tree if number is None else classes(tree)[number] for tree in (old, new))
    bodies = olds.body, news.body
    left = list(news.body)
    result = ""
    for node in olds.body:
        found = next((other for other in left if same(node, other)), None)
        if found is None:
            result = "a statement is gone: " + ast.unparse(node)[:60]
            break
        left.remove(found)
    else:
        olds.body, news.body = [], []
        if left:
            result = "there is more than there was: " + ast.unparse(left[0])[:60]
        elif not same(old, new):
            result = "the rest is not the same"
    olds.body, news.body = bodies
    return result


def main():
    sys.setrecursionlimit(20000)
    count = wrong = 0
    page, old = "", None
    for line in sys.stdin:
        question = json.loads(line)
        if "page" in question:
            page = question["page"]
            try:
                old = ast.parse(question["old"].encode("latin-1"))
            except (SyntaxError, ValueError):
                old = None
        if old is None:
            continue
        count += 1
        try:
            new = ast.parse(question["new"].encode("latin-1"))
            compile(new, page, "exec")
            if question.get("restored"):
                why = check_restored(old, new, question["class"])
            elif question["class"] is None:
                why = check_import(old, new)
            else:
                why = check_method(old, new, question["class"])
        except (SyntaxError, ValueError) as error:
            why = str(error)
        if why:
            wrong += 1
            print(f"python: {page}: {question['what']}: {why}")
    print(count, wrong)


main()
