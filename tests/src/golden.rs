// SPDX-License-Identifier: GPL-2.0-only

//! Generated text that is compared with blessed text, or blessed.

use std::fs;
use std::path::Path;

use similar::TextDiff;

/// Returns true if `TCM_BLESS` is set: the tests write the current text.
#[must_use]
pub fn is_blessing() -> bool {
    std::env::var_os("TCM_BLESS").is_some()
}

/// Lines that differ between two texts, with `around` lines of context.
#[must_use]
pub fn difference(path: &str, old: &str, new: &str, around: usize) -> String {
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(around)
        .header(path, path)
        .to_string()
}

/// Compares a text with the blessed one, or blesses it.
///
/// # Panics
///
/// If the texts differ, or the text cannot be written.
pub fn compare(text: &str, blessed: &Path) {
    let expected = fs::read_to_string(blessed).unwrap_or_default();
    if text == expected {
        return;
    }
    if is_blessing() {
        let dir = blessed.parent().expect("a file is in a directory");
        fs::create_dir_all(dir).expect("the directory can be made");
        fs::write(blessed, text).expect("the file can be written");
        return;
    }
    panic!(
        "the text differs from the blessed one; if that is intended, bless it with TCM_BLESS=1:\n{}",
        difference(&blessed.display().to_string(), &expected, text, 2)
    );
}
