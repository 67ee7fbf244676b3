//! Where choices come from: a seed, or the bytes that a fuzzer gives. The same seed makes the same choices.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

/// A source of choices.
#[derive(Clone, Debug)]
pub struct Choices(Source);

#[derive(Clone, Debug)]
enum Source {
    Seed(u64),
    /// Past their end, every choice is the first.
    Bytes(VecDeque<u8>),
}

impl Choices {
    /// The choices of a seed.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        Self(Source::Seed(seed))
    }

    /// The choices of these bytes: one byte, one choice.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Source::Bytes(bytes.iter().copied().collect()))
    }

    /// A seed for what makes its choices apart from these.
    pub fn seed(&mut self) -> u64 {
        match &mut self.0 {
            // SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
            Source::Seed(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                mix(*state)
            }
            Source::Bytes(bytes) => u64::from(bytes.pop_front().unwrap_or_default()),
        }
    }

    /// A number below that one.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("64 bits").max(1);
        usize::try_from(self.seed() % end).expect("less than what was given")
    }

    /// A number of that range.
    pub fn within(&mut self, range: RangeInclusive<usize>) -> usize {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// True so many times of so many.
    pub fn chance(&mut self, times: usize, of: usize) -> bool {
        self.below(of) >= of.saturating_sub(times)
    }

    /// One of these.
    pub fn one<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.below(of.len())]
    }

    /// One of these, each as often as its weight.
    pub fn weighted<T: Copy>(&mut self, of: &[(usize, T)]) -> T {
        let mut at = self.below(of.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in of {
            match at.checked_sub(*weight) {
                Some(left) => at = left,
                None => return *choice,
            }
        }
        of[0].1
    }

    /// As many as that range says.
    pub fn several<T>(
        &mut self,
        range: RangeInclusive<usize>,
        make: &mut dyn FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        (0..self.within(range)).map(|_| make(self)).collect()
    }

    /// So many of these, each once, and in any order.
    pub fn sample<T: Clone>(&mut self, of: &[T], count: usize) -> Vec<T> {
        let mut all = of.to_vec();
        self.shuffle(&mut all);
        all.truncate(count);
        all
    }

    /// The same in another order.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
    }
}

/// The last step of `SplitMix64`: close numbers become far ones.
pub(super) fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs for the seed 1234567, as the reference implementation gives them
    /// (<https://prng.di.unimi.it/splitmix64.c>).
    #[test]
    fn seeds_are_those_of_splitmix64() {
        let mut choices = Choices::of_seed(1_234_567);
        let first = [choices.seed(), choices.seed(), choices.seed()];
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn bytes_that_run_out_choose_the_first() {
        let mut choices = Choices::of_bytes(&[5]);
        assert_eq!((choices.below(4), choices.below(4)), (1, 0));
        assert!(!choices.chance(1, 2));
        assert_eq!(choices.one(&["a", "b"]), "a");
        assert_eq!(choices.weighted(&[(1, 'a'), (9, 'b')]), 'a');
    }
}
