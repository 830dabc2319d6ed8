//! Confinement by Linux's namespaces: a network with nothing but a loopback, and all mounts read-only but the copy's.
//!
//! A user namespace of its own gives the right to both; what it gives beyond is given up before the command begins.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket};
use nix::unistd::{getegid, geteuid};
use rustix::thread::{CapabilitySet, remove_capability_from_bounding_set, set_no_new_privs};

use super::{Cell, Confinement};

pub(super) fn confine(cell: &Cell) -> io::Result<Confinement> {
    let (user, group) = (geteuid(), getegid());
    let flags =
        CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC;
    unshare(flags)?;
    // It stays who it was; no other user is known in there.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    // Tests with servers of their own need it; without it they fail with and without a change.
    if let Err(error) = raise_loopback().and_then(|()| TcpListener::bind(("127.0.0.1", 0)).map(drop)) {
        tracing::warn!("the loopback of the sandbox cannot be used: {error}");
    }
    close_mounts(cell)?;
    drop_rights()?;
    Ok(Confinement { network: true, writes: true })
}

/// Sends the kernel what `ip link set lo up` sends: the first link of a network is its loopback.
fn raise_loopback() -> io::Result<()> {
    const NEW_LINK: u16 = 16;
    const REQUEST_AND_ACKNOWLEDGE: u16 = 5;
    const LOOPBACK: i32 = 1;
    const UP: u32 = 1;
    let mut message = Vec::with_capacity(32);
    message.extend(32u32.to_ne_bytes());
    message.extend(NEW_LINK.to_ne_bytes());
    message.extend(REQUEST_AND_ACKNOWLEDGE.to_ne_bytes());
    message.extend([0; 8]); // number and sender: the kernel fills in both
    message.extend([0; 4]); // any family, any kind
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    let route = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)?;
    let kernel = NetlinkAddr::new(0, 0);
    sendto(std::os::fd::AsRawFd::as_raw_fd(&route), &message, &kernel, MsgFlags::empty())?;
    let mut answer = [0; 64];
    let count = recv(std::os::fd::AsRawFd::as_raw_fd(&route), &mut answer, MsgFlags::empty())?;
    // Behind the head stands the fault, 0 for none.
    match answer.get(16..20).filter(|_| count >= 20).and_then(|fault| fault.try_into().ok()).map(i32::from_ne_bytes) {
        Some(0) => Ok(()),
        Some(fault) => Err(io::Error::from_raw_os_error(-fault)),
        None => Err(io::Error::other("the kernel's answer was cut")),
    }
}

/// Makes every mount read-only but those of the cell, and puts empty folders over what is hidden.
fn close_mounts(cell: &Cell) -> io::Result<()> {
    let none = None::<&Path>;
    mount(none, Path::new("/"), none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    for folder in &cell.writable {
        mount(Some(folder), folder, none, MsFlags::MS_BIND | MsFlags::MS_REC, none)?;
    }
    for (place, options) in mounts(&fs::read_to_string("/proc/self/mountinfo")?) {
        let is_open = cell.writable.iter().any(|folder| place.starts_with(folder));
        if is_open || options.contains(MsFlags::MS_RDONLY) {
            continue;
        }
        let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | options;
        match mount(none, &place, none, flags, none) {
            // What lies below another mount, or in a closed folder, nobody reaches.
            Ok(()) | Err(Errno::ENOENT | Errno::EINVAL | Errno::EACCES | Errno::ENOTDIR) => {}
            Err(error) => return Err(io::Error::other(format!("{} stays writable: {error}", place.display()))),
        }
    }
    for folder in &cell.hidden {
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
        mount(Some("tmpfs"), folder, Some("tmpfs"), flags, Some("size=512m,mode=1777"))?;
    }
    Ok(())
}

/// The places of all mounts, with the options that a change of them has to keep.
fn mounts(text: &str) -> Vec<(PathBuf, MsFlags)> {
    let known = [
        ("ro", MsFlags::MS_RDONLY),
        ("nosuid", MsFlags::MS_NOSUID),
        ("nodev", MsFlags::MS_NODEV),
        ("noexec", MsFlags::MS_NOEXEC),
        ("noatime", MsFlags::MS_NOATIME),
        ("nodiratime", MsFlags::MS_NODIRATIME),
        ("relatime", MsFlags::MS_RELATIME),
    ];
    let of_line = |line: &str| {
        let mut parts = line.split(' ').skip(4);
        let place = unescaped(parts.next()?);
        let options = parts.next()?;
        let named = |name: &str| options.split(',').any(|option| option == name);
        let flags = known.iter().filter(|(name, _)| named(name)).map(|(_, flag)| *flag).collect();
        Some((place, flags))
    };
    text.lines().filter_map(of_line).collect()
}

/// `\040` is a space there.
fn unescaped(text: &str) -> PathBuf {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let octal = text.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 4;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(out))
}

/// Gives up what the namespace gives beyond: with it, the mounts could be opened again.
fn drop_rights() -> io::Result<()> {
    for right in CapabilitySet::all().iter() {
        match remove_capability_from_bounding_set(right) {
            // Newer than the kernel.
            Ok(()) | Err(rustix::io::Errno::INVAL) => {}
            Err(error) => return Err(error.into()),
        }
    }
    set_no_new_privs(true)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read_with_their_options() {
        let text = "22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/vda rw\n23 22 0:5 / /mnt/a\\040b ro,nosuid,nodev - proc proc rw\n";
        let found = mounts(text);
        assert_eq!(found[0], (PathBuf::from("/"), MsFlags::MS_RELATIME));
        assert_eq!(found[1].0, Path::new("/mnt/a b"));
        assert!(found[1].1.contains(MsFlags::MS_RDONLY | MsFlags::MS_NODEV));
    }
}
