//! What an expression may be used as, and what it may begin with: all that is kept of one.

use std::ops::{BitOr, BitOrAssign};

/// What an expression may be used as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape(u16);

impl Shape {
    pub(super) const NONE: Self = Self(0);
    pub(super) const NAME: Self = Self(1);
    /// A name, an attribute or an item.
    pub(super) const SINGLE: Self = Self(1 << 1);
    pub(super) const ASSIGNABLE: Self = Self(1 << 2);
    pub(super) const DELETABLE: Self = Self(1 << 3);
    /// Names with points between.
    pub(super) const DOTTED: Self = Self(1 << 4);
    pub(super) const DOTTED_CALL: Self = Self(1 << 5);
    /// A text without fields.
    pub(super) const TEXT: Self = Self(1 << 6);
    /// Binds less than `|`: it may not stand behind a star.
    pub(super) const LOOSE: Self = Self(1 << 7);
    pub(super) const STARRED: Self = Self(1 << 8);
    /// Has a walrus.
    pub(super) const NAMED: Self = Self(1 << 9);
    pub(super) const GENERATOR: Self = Self(1 << 10);
    /// A tuple without parentheses.
    pub(super) const TUPLE: Self = Self(1 << 11);
    pub(super) const TUPLE_WITH_STAR: Self = Self(1 << 12);
    pub(super) const PARENTHESIZED: Self = Self(1 << 13);
    pub(super) const YIELD: Self = Self(1 << 14);

    pub(super) const TARGET: Self = Self(Self::SINGLE.0 | Self::ASSIGNABLE.0 | Self::DELETABLE.0);

    pub(super) fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    pub(super) fn only(self, those: Self) -> Self {
        Self(self.0 & those.0)
    }

    pub(super) fn without(self, those: Self) -> Self {
        Self(self.0 & !those.0)
    }
}

impl BitOr for Shape {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Shape {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// What an expression may begin with where it stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// Nothing but what an expression always may be.
    Plain,
    /// A star before what binds as tight as `|`.
    Star,
    /// A star before whatever it is.
    WideStar,
    StarOrYield,
}

/// What an assignment binds: from the first to behind the last byte of one target.
pub(super) struct Target {
    pub(super) shape: Shape,
    pub(super) start: usize,
    pub(super) end: usize,
}
