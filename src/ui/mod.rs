//! Keys → actions; state → cells; themes.
//!
//! Knows nothing of threads, of the disk and of the terminal itself. `draw` only reads.
