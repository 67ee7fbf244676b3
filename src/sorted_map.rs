//! Values by their keys, which are kept sorted: less code in the module than the maps of the library.

/// A map.
#[derive(Clone, Debug)]
pub(crate) struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        let at = self.0.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Takes out the value that the key has.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.0.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        Some(self.0.remove(at).1)
    }

    /// Keeps the value that the key has, if it has one; whether it has none.
    pub(crate) fn insert(&mut self, key: K, value: V) -> bool {
        match self.0.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(_) => false,
            Err(at) => {
                self.0.insert(at, (key, value));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_a_key_stays() {
        let mut map = SortedMap::default();
        for (key, value, expected) in
            [("b", 1, true), ("a", 2, true), ("b", 3, false), ("c", 4, true)]
        {
            assert_eq!(map.insert(key, value), expected, "{key}");
        }
        assert_eq!(
            ["a", "b", "c", "d"].map(|key| map.get(&key).copied()),
            [Some(2), Some(1), Some(4), None]
        );
        assert_eq!((map.remove(&"b"), map.remove(&"b"), map.get(&"b")), (Some(1), None, None));
        assert_eq!((map.get(&"a"), map.get(&"c")), (Some(&2), Some(&4)));
    }
}
