//! What became of the project's tests, in the `tests` layer.

use super::{Code, Example};
use crate::gate::{Layer, Severity};

const IS_RUN: Example = Example::Untold("it takes a run of the project's tests, which reading alone does not give");

pub(super) const CODES: &[Code] = &[
    Code {
        id: "failing-test",
        layer: Layer::Tests,
        severity: Severity::Block,
        title: "A test fails with the change and passes without it",
        why: "The tests that reach the change were run in a copy of the project with the change laid over. What failed was \
              run again, without the change and with it: only the change makes it fail.",
        way_out: "Make the change keep what the test asks for; where the task is to change just that, change the test too.",
        example: IS_RUN,
    },
    Code {
        id: "test-failed-before",
        layer: Layer::Tests,
        severity: Severity::Warn,
        title: "Tests fail with the change and without it",
        why: "They failed on the project as it is, so they say nothing about the change.",
        way_out: "Nothing has to be done for this change; look at these tests another time.",
        example: IS_RUN,
    },
    Code {
        id: "unsteady-test",
        layer: Layer::Tests,
        severity: Severity::Warn,
        title: "A test failed once with the change, and passed when it was run again",
        why: "What now fails and now passes tells nothing about the change; it may hang on the time, on chance or on the \
              order of the tests.",
        way_out: "Run it some more times if it has to do with the change.",
        example: IS_RUN,
    },
    Code {
        id: "tests-unknown",
        layer: Layer::Tests,
        severity: Severity::Warn,
        title: "Whether the tests pass is not known, or not of all of them",
        why: "No test reaches the change, or they could not be run to their end; the message says which.",
        way_out: "Add a test that uses what was changed, or set up what is missing: the environment, the runner, the tests' \
                  command.",
        example: IS_RUN,
    },
];
