//! How much memory this program takes, as the system counts it.

/// The bytes that stand in memory now; `None` where the system does not tell.
pub fn resident_bytes() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_counted() {
        if cfg!(target_os = "linux") {
            let before = resident_bytes().unwrap();
            let taken = std::hint::black_box(vec![1_u8; 64 << 20]);
            assert!(resident_bytes().unwrap() >= before.min(taken.len() as u64));
        }
    }
}
