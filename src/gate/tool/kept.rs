//! How much is told of thousands of findings alike.
//!
//! Knows nothing of how one is doubted and worded. Invariant: where one of all findings blocks, one that is told blocks.

use crate::gate::doubt::Standing;
use crate::gate::found::Found;

/// So many issues of one rule are told of one file, and one more that says how many are left.
const OF_ONE_RULE_MAX: usize = 100;

/// What is told of the findings of one rule in one file.
#[derive(Default)]
pub(super) struct Kept<'a> {
    /// The first, with how each stands.
    pub(super) told: Vec<(&'a Found, Standing)>,
    /// How many came behind them.
    pub(super) more: usize,
    /// One of these that stands worst: it is told for all of them.
    pub(super) worst: Option<(&'a Found, Standing)>,
}

impl<'a> Kept<'a> {
    /// Takes in a finding; asks how it stands only while that can matter.
    pub(super) fn take(&mut self, found: &'a Found, standing: impl FnOnce() -> Standing) {
        let is_settled = matches!(self.worst, Some((_, Standing::Refuted)));
        let standing = if is_settled { Standing::Unknown } else { standing() };
        if standing == Standing::Fine {
            return;
        }
        if self.told.len() < OF_ONE_RULE_MAX {
            self.told.push((found, standing));
            return;
        }
        self.more += 1;
        if self.worst.is_none_or(|(_, worst)| standing > worst) {
            self.worst = Some((found, standing));
        }
    }
}
