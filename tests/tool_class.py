"""Large classes of real Python files, and what became of one: asked of Python's own `ast`, not of flux.

`choose PLACE` lists the classes of 450 to 600 lines below a file or folder that have a method to change and a plain import.
`judge OLD NEW CLASS` tells what a new version of a file holds twice, what is new, gone and changed, and whether all else
stands as it stood, byte for byte.
"""

import ast
import json
import pathlib
import sys
import textwrap

LEAST, MOST = 450, 600


def read(path):
    return pathlib.Path(path).read_bytes().decode("utf-8")


def lines_of(node):
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    return range(first - 1, node.end_lineno)


def is_function(node):
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def changed(source):
    """The function with one statement more, before the first that is no docstring."""
    function = ast.parse(source).body[0]
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    lines = source.splitlines()
    at = body[0].lineno - 1
    lines.insert(at, " " * body[0].col_offset + "was_tried = True")
    return "\n".join(lines) + "\n"


def elided(source):
    """The function with a comment in the place of its code."""
    function = ast.parse(source).body[0]
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    lines = source.splitlines()
    first, last = body[0].lineno - 1, body[-1].lineno - 1
    return "\n".join([*lines[:first], " " * body[0].col_offset + "# ... existing code ...", *lines[last:]]) + "\n"


def method_of(text, class_):
    lines = text.splitlines()
    names = [node.name for node in class_.body if is_function(node)]
    for node in class_.body:
        is_plain = is_function(node) and not node.decorator_list and not node.name.startswith("__")
        if not is_plain or names.count(node.name) > 1 or len(node.body) < 4 or isinstance(node.body[-1], ast.If):
            continue
        source = textwrap.dedent("\n".join(lines[at] for at in lines_of(node))) + "\n"
        # What is dedented has to be the same code: strings over several lines may not be.
        if '"""' in source.split("\n", 1)[1].replace('"""', "", 2) or "\t" in source:
            continue
        try:
            return {"name": node.name, "changed": changed(source), "elided": elided(source)}
        except SyntaxError:
            continue
    return None


def choose(place):
    place = pathlib.Path(place)
    found = []
    for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
        try:
            text = read(path)
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        imports = [
            text.splitlines()[node.lineno - 1]
            for node in tree.body
            if isinstance(node, (ast.Import, ast.ImportFrom)) and len(node.names) == 1 and node.lineno == node.end_lineno
        ]
        imports = [line for line in imports if "#" not in line and ";" not in line and "__future__" not in line]
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and LEAST <= len(lines_of(node)) <= MOST:
                method = method_of(text, node)
                if method and imports:
                    inner = "." if place.is_file() else str(path.relative_to(place))
                    found.append({"path": inner, "class": node.name, "import": imports[0], **method})
    return found


def definitions(text):
    """Each definition at the top and in classes there: its name, its accessor's role, its lines."""
    found = []
    for node in ast.parse(text).body:
        if is_function(node) or isinstance(node, ast.ClassDef):
            found.append((node.name, node))
        if isinstance(node, ast.ClassDef):
            found.extend((f"{node.name}.{inner.name}", inner) for inner in node.body if is_function(inner))
    return found


def names_of(text):
    names = []
    for name, node in definitions(text):
        roles = [ast.unparse(decorator) for decorator in node.decorator_list]
        roles = [role for role in roles if role.split(".")[-1] in ("setter", "getter", "deleter", "overload", "register")]
        names.append(" ".join([name, *roles]))
    for node in ast.parse(text).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            module = getattr(node, "module", None)
            names.extend(f"import {module} {alias.name} {alias.asname}" for alias in node.names)
    return names


def sources(text, class_):
    lines = text.splitlines(keepends=True)
    prefix = f"{class_}."
    return {
        name: "".join(lines[at] for at in lines_of(node)) for name, node in definitions(text) if name.startswith(prefix)
    }


def rest(text, class_, without):
    """The lines outside the members named and outside imports; blank lines do not count, they part what comes and goes."""
    lines = text.splitlines(keepends=True)
    left_out = set()
    for name, node in definitions(text):
        if name.startswith(f"{class_}.") and name in without:
            left_out.update(lines_of(node))
    for node in ast.parse(text).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            left_out.update(range(node.lineno - 1, node.end_lineno))
    return [line for at, line in enumerate(lines) if at not in left_out and line.strip()]


def judge(old_path, new_path, class_):
    old, new = read(old_path), read(new_path)
    old_names, new_names = names_of(old), names_of(new)
    old_code, new_code = sources(old, class_), sources(new, class_)
    differ = {name for name in old_code.keys() | new_code.keys() if old_code.get(name) != new_code.get(name)}
    return {
        "twice": sorted({name for name in new_names if new_names.count(name) > max(1, old_names.count(name))}),
        "new": sorted(set(new_names) - set(old_names)),
        "gone": sorted(set(old_names) - set(new_names)),
        "changed": sorted(differ & old_code.keys() & new_code.keys()),
        "rest_is_kept": rest(old, class_, differ) == rest(new, class_, differ),
    }


if __name__ == "__main__":
    tasks = {"choose": choose, "judge": judge}
    print(json.dumps(tasks[sys.argv[1]](*sys.argv[2:])))
