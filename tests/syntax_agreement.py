"""How far flux's syntax layer agrees with the `compile()` of the Python that runs this script.

The snippets are all sources that CPython's own syntax tests hand to `compile`, `exec` and `eval` while they run, and
any Python files that are named besides. Each is judged by `flux check` as a file that is created in an empty project
of that Python version; only issues of the `syntax` layer count.

    python3.11 tests/syntax_agreement.py --flux target/release/flux
    python3.11 tests/syntax_agreement.py --flux target/release/flux --no-tests --files /usr/lib/python3.11
"""

import argparse
import builtins
import importlib
import io
import json
import keyword
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
import warnings

MODULES = [
    "test_syntax",
    "test_exceptions",
    "test_fstring",
    "test_grammar",
    "test_named_expressions",
    "test_patma",
    "test_positional_only_arg",
    "test_unpack",
    "test_unpack_ex",
]
MORE_MODULES = [
    "test_compile",
    "test_coroutines",
    "test_eof",
    "test_except_star",
    "test_future",
    "test_generators",
    "test_genexps",
    "test_global",
    "test_keywordonlyarg",
    "test_listcomps",
    "test_scope",
    "test_string_literals",
    "test_super",
    "test_symtable",
    "test_tokenize",
    "test_tstring",
    "test_type_aliases",
    "test_type_comments",
    "test_type_params",
    "test_unicode_identifiers",
    "test_with",
]
LENGTH_MAX = 1_000_000


def recorded(module_names):
    """The sources that the tests of CPython compile, each with the module it came from first."""
    sources = {}
    current = [""]
    real_compile, real_exec, real_eval = builtins.compile, builtins.exec, builtins.eval

    def record(source, is_expression=False):
        if isinstance(source, (bytes, bytearray)):
            try:
                source = bytes(source).decode("utf-8")
            except UnicodeDecodeError:
                return
        if isinstance(source, str) and len(source) <= LENGTH_MAX:
            # `eval` strips what stands before an expression.
            sources.setdefault(source.lstrip(" \t") if is_expression else source, current[0])

    def compile(source, filename, mode, *rest, **named):
        if mode != "func_type":
            record(source, mode == "eval")
        return real_compile(source, filename, mode, *rest, **named)

    def within(real, is_expression):
        def run(source, *scopes, **named):
            record(source, is_expression)
            if not scopes and "globals" not in named:
                frame = sys._getframe(1)
                scopes = (frame.f_globals, frame.f_locals)
            return real(source, *scopes, **named)

        return run

    builtins.compile, builtins.exec, builtins.eval = compile, within(real_exec, False), within(real_eval, True)
    out, err = sys.stdout, sys.stderr
    try:
        for name in module_names:
            current[0] = name
            sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
            try:
                module = importlib.import_module("test." + name)
                tests = unittest.defaultTestLoader.loadTestsFromModule(module)
                unittest.TextTestRunner(stream=io.StringIO()).run(tests)
                with open(module.__file__, encoding="utf-8") as file:
                    record(file.read())
            except (ImportError, unittest.SkipTest, UnicodeDecodeError):
                continue
            except SyntaxError as error:
                err.write("%s: %s\n" % (name, error))
    finally:
        builtins.compile, builtins.exec, builtins.eval = real_compile, real_exec, real_eval
        sys.stdout, sys.stderr = out, err
    return sources


def files_below(folders):
    sources = {}
    for folder in folders:
        for place, inner, names in os.walk(folder):
            inner[:] = sorted(name for name in inner if name != "__pycache__")
            for name in sorted(names):
                path = os.path.join(place, name)
                if not name.endswith(".py"):
                    continue
                try:
                    with open(path, encoding="utf-8", newline="") as file:
                        sources.setdefault(file.read(), path)
                except (UnicodeDecodeError, OSError):
                    continue
    return sources


def oracle(source):
    """What `compile` says: nothing, or its error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # As bytes, since a file is what is judged: with its byte order mark and its encoding.
            compile(source.encode("utf-8"), "<snippet>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return "%s: %s (line %s)" % (type(error).__name__, error.msg, error.lineno)
        except (ValueError, MemoryError, RecursionError, OverflowError) as error:
            return "%s: %s" % (type(error).__name__, error)
    return None


def judged(flux, sources):
    """What flux says of each: the messages of the syntax layer."""
    with tempfile.TemporaryDirectory() as root:
        with open(os.path.join(root, "pyproject.toml"), "w", encoding="utf-8") as file:
            file.write('[project]\nname = "p"\nrequires-python = "==%d.%d.*"\n' % sys.version_info[:2])
        edits = os.path.join(root, "edits.jsonl")
        with open(edits, "w", encoding="utf-8") as file:
            for at, source in enumerate(sources):
                edit = {"id": at, "files": [{"path": "snippet_%d.py" % at, "content": source}]}
                file.write(json.dumps(edit, ensure_ascii=False) + "\n")
        command = [flux, "check", "--root", root, "--edits", edits, "--format", "jsonl"]
        environment = {**os.environ, "VIRTUAL_ENV": sys.prefix, "NO_COLOR": "1"}
        answer = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=False)
    told = {}
    for line in answer.stdout.decode("utf-8").splitlines():
        line = json.loads(line)
        # What no file can hold is refused before the layers.
        is_syntax = lambda issue: issue["layer"] == "syntax" or issue["code"] == "bad-edit"
        told[line["id"]] = ["%d: %s" % (i["line"], i["message"]) for i in line["issues"] if is_syntax(i)]
    return [told.get(at) for at in range(len(sources))]


def mutated(sources, count, seed):
    """Slips of the hand: short sources with a word or a sign taken away, doubled, moved, replaced or put in."""
    dice = random.Random(seed)
    pieces = [re.findall(r"\w+|[^\S\n]+|\n[ \t]*|[^\w\s]", source) for source in sources if 0 < len(source) < 1500]
    strangers = sorted({piece for words in pieces for piece in words if len(piece) < 10}) + keyword.kwlist * 20
    made = {}
    while pieces and len(made) < count:
        words = list(dice.choice(pieces))
        for _ in range(dice.choice([1, 1, 1, 2])):
            at, other = dice.randrange(len(words)), dice.randrange(len(words))
            slip = dice.randrange(5)
            if slip == 0 and len(words) > 1:
                del words[at]
            elif slip == 1:
                words.insert(at, words[other])
            elif slip == 2:
                words[at], words[other] = words[other], words[at]
            elif slip == 3:
                words[at] = dice.choice(strangers)
            else:
                words.insert(at, dice.choice(strangers))
        made.setdefault("".join(words), "mutation")
    return made


def is_text(source):
    try:
        source.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flux", default="target/release/flux")
    parser.add_argument("--files", nargs="*", default=[], help="folders of Python files, judged as well")
    parser.add_argument("--no-tests", action="store_true", help="only --files")
    parser.add_argument("--more", action="store_true", help="more of CPython's tests than those about syntax alone")
    parser.add_argument("--all", action="store_true", help="shows also what both refuse, with both messages")
    parser.add_argument("--snippets", help="a JSON list of further sources")
    parser.add_argument("--mutations", type=int, default=0, help="so many random slips in short sources instead")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    flux = os.path.abspath(options.flux)
    warnings.simplefilter("ignore")
    modules = MODULES + (MORE_MODULES if options.more else [])
    home = os.getcwd()
    sources = {} if options.no_tests else recorded(modules)
    os.chdir(home)
    sources.update(files_below(options.files))
    if options.snippets:
        with open(options.snippets, encoding="utf-8") as file:
            sources.update(dict.fromkeys(json.load(file), "snippets"))
    if options.mutations:
        sources = mutated(sources, options.mutations, options.seed)
    sources = {source: origin for source, origin in sources.items() if is_text(source)}
    verdicts = judged(flux, list(sources))
    counts = {"valid": [0, 0], "invalid": [0, 0]}
    for (source, origin), told in zip(sources.items(), verdicts):
        refused = oracle(source)
        agrees = told is not None and bool(told) == bool(refused)
        counts["invalid" if refused else "valid"][not agrees] += 1
        if not agrees or (options.all and refused):
            kind = "NO ANSWER" if told is None else "both" if agrees else "MISSED" if refused else "FALSE"
            shown = repr(source) if len(source) < 400 else repr(source[:200]) + "…" + repr(source[-100:])
            print("%s [%s] %s\n    compile: %s\n    flux: %s" % (kind, origin, shown, refused, told))
    agreeing = sum(right for right, _ in counts.values())
    total = sum(map(sum, counts.values()))
    for kind, (right, wrong) in counts.items():
        print("%s: %d of %d agree" % (kind, right, right + wrong))
    print("Python %d.%d: %d of %d agree: %.2f %%" % (*sys.version_info[:2], agreeing, total, 100 * agreeing / max(total, 1)))


if __name__ == "__main__":
    main()
