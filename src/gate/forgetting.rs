//! Gives memory back where somebody waits.

/// Gives back what `forget` drops, on a thread of its own: to give back much takes long. Without a thread it is done here.
pub(super) fn forget_aside(forget: impl FnOnce() + Send + 'static) {
    let _ = std::thread::Builder::new().name("forget".into()).spawn(forget);
}
