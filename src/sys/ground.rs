//! What a project stands on, of whose changes nobody tells: the very folder behind its path, what is mounted there, and the
//! ignore files above it.
//!
//! Knows nothing of watching. Invariant: what cannot be found out counts as a local file system.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::stamps::Stamp;
use super::walk::outer_files;

/// File systems on which another machine, or the host of this one, changes files without the kernel's knowing. Those in
/// user space are told apart by [`is_told_of`].
const REMOTE: [&str; 25] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb2",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "coda",
    "fakeowner",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "ocfs2",
    "orangefs",
    "vboxsf",
    "vmhgfs",
    "virtiofs",
    "drvfs",
    "prl_fs",
    "osxfs",
];

/// File systems in user space whose files nobody else has.
const OWN_FUSE: [&str; 4] = ["fuse.exfat", "fuse.fuse-overlayfs", "fuse.lowntfs-3g", "fuse.ntfs-3g"];

/// What a project stands on; another one where it is not the same any more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ground {
    /// The device and the number of the folder; none where there is no such folder.
    root: Option<(u64, u64)>,
    /// The innermost mount above the root, and those below.
    mounts: Vec<Mount>,
    ignore_files: Vec<(PathBuf, Option<Stamp>)>,
}

/// A line of the kernel's table of mounts.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    /// Its number: another one after it was mounted anew.
    id: String,
    point: PathBuf,
    kind: String,
}

impl Ground {
    pub(super) fn of(root: &Path) -> Self {
        let Ok(real) = root.canonicalize() else { return Self::default() };
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        Self {
            root: real.metadata().ok().filter(Metadata::is_dir).map(|meta| identity(&meta)),
            mounts: mounts_of(&mounts, &real),
            ignore_files: outer_files(root).into_iter().map(stamped).collect(),
        }
    }

    /// Whether there is a folder at all.
    pub(super) fn is_there(&self) -> bool {
        self.root.is_some()
    }

    /// A file system that does not tell of what others change, on which the project or one of its folders stands.
    pub(super) fn untold_kind(&self, is_of_project: impl Fn(&Path) -> bool) -> Option<&str> {
        let (above, below) = self.mounts.split_first()?;
        let below = below.iter().filter(|mount| is_of_project(&mount.point));
        [above].into_iter().chain(below).map(|mount| &*mount.kind).find(|kind| !is_told_of(kind))
    }
}

fn stamped(file: PathBuf) -> (PathBuf, Option<Stamp>) {
    let stamp = Stamp::of(&file);
    (file, stamp)
}

#[cfg(unix)]
fn identity(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

#[cfg(not(unix))]
fn identity(_meta: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// Whether the kernel knows of all that changes on a file system of that kind.
fn is_told_of(kind: &str) -> bool {
    let is_fuse = kind == "fuse" || kind.starts_with("fuse.");
    !REMOTE.contains(&kind) && (!is_fuse || OWN_FUSE.contains(&kind))
}

/// The innermost mount above `place` (of two at one point, the one that hides the other), then those below.
fn mounts_of(mounts: &str, place: &Path) -> Vec<Mount> {
    let all: Vec<Mount> = mounts.lines().filter_map(mount).collect();
    let above = all.iter().enumerate().filter(|(_, mount)| place.starts_with(&mount.point));
    let Some((above, _)) = above.max_by_key(|(_, mount)| mount.point.components().count()) else { return Vec::new() };
    let mut ours = Vec::new();
    for (nth, mount) in all.into_iter().enumerate() {
        if nth == above {
            ours.insert(0, mount);
        } else if mount.point.starts_with(place) && mount.point != place {
            ours.push(mount);
        }
    }
    ours
}

fn mount(line: &str) -> Option<Mount> {
    let (before, behind) = line.split_once(" - ")?;
    let mut fields = before.split(' ');
    let id = fields.next()?.to_owned();
    let point = unescaped(fields.nth(3)?);
    Some(Mount { id, point, kind: behind.split(' ').next()?.to_owned() })
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
        let kind = |place: &str| mounts_of(MOUNTS, Path::new(place)).first().map(|mount| mount.kind.clone());
        assert_eq!(kind("/srv/shop").as_deref(), Some("ext4"));
        assert_eq!(kind("/home/ann/shop").as_deref(), Some("nfs4"));
        assert_eq!(kind("/home/ann/my files/shop").as_deref(), Some("fuse.sshfs"));
        assert_eq!(kind("/homes/shop").as_deref(), Some("ext4"));
        assert_eq!(kind("/home/local/shop").as_deref(), Some("9p"));
        assert_eq!(mounts_of("no mounts", Path::new("/srv")), []);
    }

    #[test]
    fn what_is_mounted_below_counts_where_it_is_of_the_project() {
        let ground = Ground { mounts: mounts_of(MOUNTS, Path::new("/")), ..Ground::default() };
        assert_eq!(ground.mounts.len(), 5);
        assert_eq!(ground.untold_kind(|_| false), None);
        assert_eq!(ground.untold_kind(|folder| folder == Path::new("/home/ann/my files")), Some("fuse.sshfs"));
    }

    #[test]
    fn file_systems_in_user_space_hide_what_others_change_but_for_a_few() {
        let told = ["ext4", "overlay", "fuseblk", "fuse.fuse-overlayfs", "btrfs", "tmpfs"];
        assert_eq!(told.map(is_told_of), [true; 6]);
        assert_eq!(["fuse", "fuse.sshfs", "fuse.gvfsd-fuse", "nfs4", "fakeowner"].map(is_told_of), [false; 5]);
    }

    #[test]
    fn a_folder_that_is_made_again_is_another_ground() {
        let place = tempfile::tempdir().unwrap();
        let (root, other) = (place.path().join("root"), place.path().join("other"));
        std::fs::create_dir(&root).unwrap();
        std::fs::create_dir(place.path().join(".git")).unwrap();
        let first = Ground::of(&root);
        assert!(first.is_there() && first == Ground::of(&root));
        std::fs::write(place.path().join(".gitignore"), "a.py\n").unwrap();
        assert_ne!(first, Ground::of(&root), "other rules hold");
        std::fs::rename(&root, &other).unwrap();
        assert!(!Ground::of(&root).is_there());
        std::fs::create_dir(&root).unwrap();
        assert_ne!(Ground::of(&other), Ground::of(&root));
    }
}
