"""Tells flux how a project's tests go: one JSON value a line, to the file that FLUX_TESTS_TOLD names.

A plugin of pytest, and with `unittest FILE...` as arguments a runner of unittest. FLUX_TESTS_ONLY may name a file that
holds the ids, one a line, of the tests that are to be run alone.
"""

import json
import os
import sys
import traceback

MESSAGE_CHARS_MAX = 2000
FRAMES_MAX = 6


def _tell(**event):
    place = os.environ.get("FLUX_TESTS_TOLD")
    if place:
        with open(place, "a", encoding="utf-8") as told:
            told.write(json.dumps(event) + "\n")


def _only():
    place = os.environ.get("FLUX_TESTS_ONLY")
    if not place:
        return None
    with open(place, encoding="utf-8") as ids:
        return [line.rstrip("\n") for line in ids if line.strip()]


def _frames(tb):
    """The project's own lines that the error went through, the last ones."""
    root = os.path.realpath(os.environ.get("FLUX_TESTS_ROOT") or os.getcwd())
    frames = []
    for frame in traceback.extract_tb(tb):
        place = os.path.realpath(frame.filename)
        inner = os.path.relpath(place, root) if place.startswith(root + os.sep) else None
        if inner and "site-packages" not in inner:
            frames.append({"path": inner.replace(os.sep, "/"), "line": frame.lineno or 1, "code": frame.line or ""})
    return frames[-FRAMES_MAX:]


def _cut(text):
    return text if len(text) <= MESSAGE_CHARS_MAX else text[:MESSAGE_CHARS_MAX] + "…"


# pytest

def pytest_collection_modifyitems(config, items):
    only = _only()
    if only is not None:
        wanted = set(only)
        # A file that could not even be read is named by its path alone.
        kept = [item for item in items if item.nodeid in wanted or item.nodeid.split("::")[0] in wanted]
        gone = [item for item in items if item not in kept]
        if gone:
            config.hook.pytest_deselected(items=gone)
        items[:] = kept


def pytest_collection_finish(session):
    if not hasattr(session.config, "workerinput"):
        _tell(event="collected", count=len(session.items))


def pytest_xdist_node_collection_finished(node, ids):
    _tell(event="collected", count=len(ids))


def pytest_collectreport(report):
    if report.failed:
        _tell(event="failed", id=report.nodeid, path=report.nodeid.split("::")[0], line=1,
              message=_cut(str(report.longrepr).strip()), frames=[])


def pytest_runtest_makereport(item, call):
    """Keeps what is needed of an error beside it, so that it also comes from a worker process."""
    if call.excinfo is not None and not call.excinfo.errisinstance(_leaving()):
        error = {"message": _cut(call.excinfo.exconly()), "frames": _frames(call.excinfo.tb)}
        item.user_properties.append(("flux_" + call.when, json.dumps(error)))


def _leaving():
    import pytest

    return (pytest.skip.Exception, KeyboardInterrupt)


if "pytest" in sys.modules:
    import pytest

    pytest_runtest_makereport = pytest.hookimpl(tryfirst=True)(pytest_runtest_makereport)
    pytest_xdist_node_collection_finished = pytest.hookimpl(optionalhook=True)(pytest_xdist_node_collection_finished)


def pytest_runtest_logstart(nodeid, location):
    _tell(event="started", id=nodeid, path=location[0].replace(os.sep, "/"), line=(location[1] or 0) + 1)


def pytest_runtest_logreport(report):
    if report.failed:
        error = dict(report.user_properties).get("flux_" + report.when)
        error = json.loads(error) if error else {"message": _cut(str(report.longrepr).strip()), "frames": []}
        path, line, _ = report.location
        _tell(event="failed", id=report.nodeid, path=path.replace(os.sep, "/"), line=(line or 0) + 1, **error)
    if report.when == "teardown":
        _tell(event="ended", id=report.nodeid)


def pytest_sessionfinish(session, exitstatus):
    if not hasattr(session.config, "workerinput"):
        _tell(event="done")


# unittest

def _place_of(test):
    """The file and line of a test, as far as they can be had."""
    method = getattr(type(test), getattr(test, "_testMethodName", ""), None)
    code = getattr(method, "__code__", None)
    while method is not None and hasattr(method, "__wrapped__"):
        method = method.__wrapped__
        code = getattr(method, "__code__", code)
    place = code.co_filename if code else getattr(sys.modules.get(type(test).__module__), "__file__", None) or ""
    return os.path.relpath(place).replace(os.sep, "/") if place else "", code.co_firstlineno if code else 1


def _load(file, loader):
    """The tests of a file, imported under the name that it has below the first folder that is no package."""
    folder, name = os.path.split(os.path.abspath(file))
    name = os.path.splitext(name)[0]
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        name = package + "." + name
    if folder not in sys.path:
        sys.path.insert(1, folder)
    __import__(name)
    return loader.loadTestsFromModule(sys.modules[name])


def _flat(suite):
    for test in suite:
        if hasattr(test, "__iter__"):
            yield from _flat(test)
        else:
            yield test


def _is_wanted(test, only):
    name = test.id()
    # What fails for a whole class or module is called `setUpClass (package.module.Class)`.
    heads = [it.split("(", 1)[1].rstrip(")") + "." for it in only if it.endswith(")") and " (" in it]
    return name in only or any(name.startswith(head) for head in heads)


def _run_unittest(files):
    import unittest

    class Result(unittest.TestResult):
        def startTest(self, test):
            super().startTest(test)
            path, line = _place_of(test)
            _tell(event="started", id=test.id(), path=path, line=line)

        def stopTest(self, test):
            super().stopTest(test)
            _tell(event="ended", id=test.id())

        def told(self, test, err):
            path, line = _place_of(test)
            message = _cut("".join(traceback.format_exception_only(err[0], err[1])).strip())
            frames = _frames(err[2])
            if frames and (not path or path.startswith("..")):
                path = frames[0]["path"]
            _tell(event="failed", id=test.id(), path=path, line=line, message=message, frames=frames)

        def addError(self, test, err):
            super().addError(test, err)
            self.told(test, err)

        def addFailure(self, test, err):
            super().addFailure(test, err)
            self.told(test, err)

        def addSubTest(self, test, subtest, err):
            super().addSubTest(test, subtest, err)
            if err is not None:
                self.told(test, err)

        def addUnexpectedSuccess(self, test):
            super().addUnexpectedSuccess(test)
            path, line = _place_of(test)
            _tell(event="failed", id=test.id(), path=path, line=line, message="it passes and should not", frames=[])

    # A script's own folder comes first on the path; tests expect the project there.
    sys.path[0] = os.getcwd()
    only, loader, tests, broken = _only(), unittest.TestLoader(), [], 0
    for file in files:
        try:
            tests.extend(_flat(_load(file, loader)))
        except unittest.SkipTest:
            continue
        except (Exception, SystemExit) as error:
            broken += 1
            message = _cut("".join(traceback.format_exception_only(type(error), error)).strip())
            _tell(event="failed", id=file, path=file, line=1, message=message, frames=_frames(error.__traceback__))
    if only is not None:
        tests = [test for test in tests if _is_wanted(test, only) or _place_of(test)[0] in only]
    _tell(event="collected", count=len(tests))
    result = Result()
    unittest.TestSuite(tests).run(result)
    _tell(event="done")
    sys.exit(0 if result.wasSuccessful() and not broken else 1)


if __name__ == "__main__" and sys.argv[1:2] == ["unittest"]:
    sys.argv = ["unittest"] + sys.argv[2:]
    _run_unittest(sys.argv[1:])
