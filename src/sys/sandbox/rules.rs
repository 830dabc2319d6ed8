//! Confinement by Linux's Landlock: no file may be written but those of the cell.
//!
//! For kernels that keep namespaces from users. The network stays open to it: Landlock closes no more than TCP, and the
//! loopback with it, which tests need.

use std::io;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    path_beneath_rules,
};

use super::{Cell, Confinement};

/// The first version that also keeps files from being cut short; with an older one nothing is promised.
const VERSION: ABI = ABI::V3;

/// What every program may write to.
const DEVICES: [&str; 7] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/ptmx", "/dev/pts", "/dev/shm"];

pub(super) fn confine(cell: &Cell) -> io::Result<Confinement> {
    let devices: Vec<PathBuf> = DEVICES.iter().map(PathBuf::from).filter(|place| place.exists()).collect();
    let open: Vec<&Path> = cell.writable.iter().chain(&devices).map(PathBuf::as_path).collect();
    match enforce(&open).map_err(io::Error::other)? {
        true => Ok(Confinement { network: false, writes: true }),
        false => Err(io::Error::other("the kernel keeps only a part of what is asked")),
    }
}

/// Whether all of it is kept from now on.
fn enforce(open: &[&Path]) -> Result<bool, RulesetError> {
    let writing = AccessFs::from_write(VERSION);
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(writing)?
        .create()?
        .add_rules(path_beneath_rules(open, writing))?
        .restrict_self()?;
    Ok(status.ruleset == RulesetStatus::FullyEnforced)
}
