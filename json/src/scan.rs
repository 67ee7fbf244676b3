//! A text, block by block → where its strings, other scalars and operators start. Looks into strings as far
//! as it takes to find their ends, and whether they are valid.

use crate::masks::{BLOCK, Masks};

/// What one block leaves to the next.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// 1 when the next byte is escaped.
    escapes: u64,
    /// All ones when the next byte is in a string.
    in_string: u64,
    /// 1 when the last byte was part of a scalar that is no string.
    in_scalar: u64,
}

/// What a block holds, one bit a byte.
#[derive(Debug)]
pub(crate) struct Starts {
    /// The first bytes of strings and scalars, and operators.
    pub(crate) tokens: u64,
    /// What no string may hold, and is in one.
    pub(crate) invalid: u64,
    /// What is escaped, but for quotes and backslashes.
    pub(crate) escaped: u64,
}

impl Scan {
    #[inline]
    pub(crate) fn block(&mut self, block: &[u8; BLOCK]) -> Starts {
        let masks = Masks::of(block);
        let escaped = self.escaped(masks.backslashes);
        let quotes = masks.quotes & !escaped;
        // From an opening quote on, and up to before the closing one.
        let in_string = parity(quotes) ^ self.in_string;
        self.in_string = sign(in_string);
        let outside = !(in_string | quotes);
        let operators = masks.operators & outside;
        let scalars = outside & !operators & !masks.spaces;
        let follows = scalars << 1 | self.in_scalar;
        self.in_scalar = scalars >> (BLOCK - 1);
        Starts {
            tokens: operators | (scalars & !follows) | (quotes & in_string),
            invalid: masks.controls & in_string,
            escaped: escaped & !(masks.quotes | masks.backslashes),
        }
    }

    pub(crate) fn ends_in_string(&self) -> bool {
        self.in_string != 0
    }

    /// The bytes after an odd number of backslashes (simdjson, `json_escape_scanner.h`: subtracting the
    /// backslashes from the odd bits carries through each run of them to its end).
    #[inline]
    fn escaped(&mut self, backslashes: u64) -> u64 {
        const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;
        if backslashes == 0 {
            return std::mem::take(&mut self.escapes);
        }
        // A backslash that is escaped itself escapes nothing.
        let escaping = backslashes & !self.escapes;
        let after = escaping << 1;
        let codes = (after | ODD).wrapping_sub(escaping) ^ ODD;
        let escaped = codes ^ (backslashes | self.escapes);
        self.escapes = (codes & backslashes) >> (BLOCK - 1);
        escaped
    }
}

/// Whether the number of bits up to each one is odd.
#[inline]
fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// All ones when the highest bit is one.
#[inline]
fn sign(bits: u64) -> u64 {
    (bits >> (BLOCK - 1)).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same, byte by byte.
    fn slowly(text: &[u8]) -> Vec<bool> {
        let mut after_backslash = false;
        text.iter()
            .map(|byte| {
                let is_escaped = after_backslash;
                after_backslash = !is_escaped && *byte == b'\\';
                is_escaped
            })
            .collect()
    }

    proptest! {
        #[test]
        fn escapes_carry_over_blocks(text in "[\\\\a]{128}|(\\\\{0,70}a){0,4}[\\\\]{128}") {
            let (mut scan, mut found) = (Scan::default(), Vec::new());
            for block in text.as_bytes().as_chunks::<BLOCK>().0 {
                let escaped = scan.escaped(Masks::of(block).backslashes);
                found.extend((0..BLOCK).map(|bit| escaped >> bit & 1 == 1));
            }
            prop_assert_eq!(&found[..], &slowly(text.as_bytes())[..found.len()]);
        }
    }
}
