//! What kinds of bytes a block holds, one bit a byte.
//!
//! *Why blocks?* A processor compares 16 bytes at once. These are the tables of simdjson
//! (Langdale and Lemire, *Parsing Gigabytes of JSON per Second*, <https://arxiv.org/abs/1902.08318>, §3.1).

/// The bytes that are looked at together: one bit of a word for each.
pub(crate) const BLOCK: usize = 64;

/// Which bytes of a block are of which kind. The lowest bit is the first byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// `"`
    pub(crate) quotes: u64,
    /// `\`
    pub(crate) backslashes: u64,
    /// What may not be in a string: below U+0020.
    pub(crate) controls: u64,
    /// Space, tab, line feed, carriage return.
    pub(crate) spaces: u64,
    /// `{`, `}`, `[`, `]`, `:`, `,`; and U+000C and U+001A, which are not valid there.
    pub(crate) operators: u64,
}

/// By the vector instructions that every WebAssembly runtime has had for years
/// (fixed-width SIMD, <https://webassembly.org/features/>).
#[cfg(target_feature = "simd128")]
impl Masks {
    #[inline]
    pub(crate) fn of(block: &[u8; BLOCK]) -> Self {
        use std::arch::wasm32::{
            u8x16, u8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, u8x16_swizzle, u64x2, v128_and,
            v128_or,
        };
        // By the low half of a byte, the one space and the one operator (with the bit of lower case) that
        // end on it. Nothing that ends on another half is zero.
        let spaces = u8x16(b' ', 0, 0, 0, 0, 0, 0, 0, 0, b'\t', b'\n', 0, 0, b'\r', 0, 0);
        let operators = u8x16(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b':', b'{', b',', b'}', 0, 0);
        let mut masks = Self::default();
        for (index, part) in block.as_chunks::<16>().0.iter().enumerate() {
            let &[low, high] = part.as_chunks::<8>().0 else { continue };
            let bytes = u64x2(u64::from_le_bytes(low), u64::from_le_bytes(high));
            let halves = v128_and(bytes, u8x16_splat(0x0f));
            let place = |found| u64::from(u8x16_bitmask(found)) << (index * 16);
            masks.quotes |= place(u8x16_eq(bytes, u8x16_splat(b'"')));
            masks.backslashes |= place(u8x16_eq(bytes, u8x16_splat(b'\\')));
            masks.controls |= place(u8x16_lt(bytes, u8x16_splat(0x20)));
            masks.spaces |= place(u8x16_eq(bytes, u8x16_swizzle(spaces, halves)));
            let lower = v128_or(bytes, u8x16_splat(0x20));
            masks.operators |= place(u8x16_eq(lower, u8x16_swizzle(operators, halves)));
        }
        masks
    }
}

/// One by one where there are no such instructions.
#[cfg(not(target_feature = "simd128"))]
impl Masks {
    pub(crate) fn of(block: &[u8; BLOCK]) -> Self {
        let mut masks = Self::default();
        for (index, byte) in block.iter().enumerate() {
            let place = |is_there: bool| u64::from(is_there) << index;
            masks.quotes |= place(*byte == b'"');
            masks.backslashes |= place(*byte == b'\\');
            masks.controls |= place(*byte < 0x20);
            masks.spaces |= place(matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
            masks.operators |= place(matches!(byte | 0x20, b'{' | b'}' | b':' | b','));
        }
        masks
    }
}
