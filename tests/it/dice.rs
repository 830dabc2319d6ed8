//! Chance that is the same in every run: a case is made from its number alone, and can be made again.

/// Numbers that look random.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: usize) -> Self {
        let mut dice = Self((seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        dice.roll(2);
        dice.roll(2);
        dice
    }

    /// A number below `sides`, which is not 0.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides.max(1)
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }

    /// Two places in something that is so long, in order; the second is one behind what is meant.
    pub fn range(&mut self, length: usize, most: usize) -> std::ops::Range<usize> {
        let start = self.roll(length);
        let end = (start + 1 + self.roll(most)).min(length);
        start..end
    }
}
