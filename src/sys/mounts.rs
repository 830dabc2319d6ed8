//! Which file system a folder stands on, where that one does not tell of what others change.
//!
//! Knows nothing of watching. Invariant: what cannot be found out counts as a local one.

use std::path::{Path, PathBuf};

/// File systems on which another machine, or the host of this one, changes files without the kernel's knowing.
const REMOTE: [&str; 21] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb2",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "coda",
    "glusterfs",
    "lustre",
    "ncpfs",
    "vboxsf",
    "virtiofs",
    "drvfs",
    "prl_fs",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.gcsfuse",
];

/// The kind of file system that `folder` stands on, where changes there are not told.
pub(super) fn remote_kind(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    kind_at(&mounts, &folder).filter(|kind| REMOTE.contains(kind)).map(str::to_owned)
}

/// The kind of the file system that is mounted innermost above `place`; of two at one place, the one that hides the other.
fn kind_at<'m>(mounts: &'m str, place: &Path) -> Option<&'m str> {
    let mount = |line: &'m str| {
        let (before, behind) = line.split_once(" - ")?;
        Some((unescaped(before.split(' ').nth(4)?), behind.split(' ').next()?))
    };
    let above = mounts.lines().filter_map(mount).filter(|(point, _)| place.starts_with(point));
    above.max_by_key(|(point, _)| point.components().count()).map(|(_, kind)| kind)
}

/// `/my\040files`, as the kernel writes it.
fn unescaped(written: &str) -> PathBuf {
    let mut path = String::new();
    let mut rest = written;
    while let Some((before, behind)) = rest.split_once('\\') {
        path.push_str(before);
        let code = behind.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) => {
                path.push(char::from(code));
                rest = &behind[3..];
            }
            None => {
                path.push('\\');
                rest = behind;
            }
        }
    }
    path.push_str(rest);
    PathBuf::from(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 0:21 / /home rw shared:2 - nfs4 server:/home rw,vers=4.2
24 23 0:22 / /home/ann/my\\040files rw - fuse.sshfs ann@host:/ rw
25 23 8:1 / /home/local rw master:1 propagate_from:2 - xfs /dev/sda1 rw
26 25 0:9 / /home/local rw - 9p host rw
";

    #[test]
    fn the_innermost_mount_counts_and_of_two_the_last() {
        let kind = |place: &str| kind_at(MOUNTS, Path::new(place));
        assert_eq!(kind("/srv/shop"), Some("ext4"));
        assert_eq!(kind("/home/ann/shop"), Some("nfs4"));
        assert_eq!(kind("/home/ann/my files/shop"), Some("fuse.sshfs"));
        assert_eq!(kind("/homes/shop"), Some("ext4"));
        assert_eq!(kind("/home/local/shop"), Some("9p"));
        assert_eq!(kind_at("no mounts", Path::new("/srv")), None);
    }
}
