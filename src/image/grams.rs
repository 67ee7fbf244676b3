//! A quick look that rules most patterns out: what stands in a pattern between its wildcards stands in every text that
//! it matches, three characters after three.
//!
//! *Is it certain?* That a pattern cannot match is. A thousand images may be compared with a thousand patterns and more;
//! few of them have more to be compared.

use std::fmt;

/// Parts of three characters, each as a number below [`SIZE`].
pub(crate) type Grams = Vec<u16>;

/// How many parts are told apart: far more than a text has.
const SIZE: u16 = 4096;

/// A bit for each, in words of sixty-four.
const WORDS: usize = SIZE as usize / 64;

/// The parts of the texts of an image.
#[derive(Clone)]
pub(crate) struct GramSet(Box<[u64; WORDS]>);

impl Default for GramSet {
    fn default() -> Self {
        Self(Box::new([0; WORDS]))
    }
}

impl GramSet {
    /// Adds those of a text.
    pub(crate) fn add(&mut self, text: &str) {
        for part in text.as_bytes().array_windows() {
            let gram = gram(*part);
            if let Some(word) = self.0.get_mut(usize::from(gram) / 64) {
                *word |= 1 << (gram % 64);
            }
        }
    }

    pub(crate) fn has_all(&self, grams: &[u16]) -> bool {
        let has = |gram: &u16| {
            self.0.get(usize::from(*gram) / 64).is_some_and(|word| word >> (gram % 64) & 1 == 1)
        };
        grams.iter().all(has)
    }
}

impl fmt::Debug for GramSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GramSet").finish_non_exhaustive()
    }
}

/// Adds the parts of what stands between the wildcards of a pattern, from its end: texts that begin alike differ there.
pub(crate) fn add_grams(grams: &mut Grams, pattern: &str) {
    grams.reserve(pattern.len());
    for part in pattern.as_bytes().array_windows().rev() {
        if !part.contains(&b'*') && !part.contains(&b'?') {
            grams.push(gram(*part));
        }
    }
}

/// Characters of references differ in their lower five bits; 31 and its square shift each part past those.
fn gram(part: [u8; 3]) -> u16 {
    let [a, b, c] = part.map(u16::from);
    (a.wrapping_mul(31 * 31) ^ b.wrapping_mul(31) ^ c) % SIZE
}
