//! JSON as it is written: keys may stand twice, and a value may be any text.

use super::choices::Choices;
use std::fmt::Write as _;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// As it stands: a number, a literal, or what is no JSON at all.
    Raw(String),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Keys, which are strings or raw, and their values.
    Map(Vec<(Json, Json)>),
}

/// What white space and what escapes a text is written with.
#[derive(Debug)]
pub enum Layout {
    /// No white space, and the escapes that must be.
    Compact,
    /// White space and escapes wherever they may be, now and then.
    Odd(Choices),
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Self::Raw(flag.to_string())
    }
}

impl From<usize> for Json {
    fn from(number: usize) -> Self {
        Self::Raw(number.to_string())
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

impl<const N: usize> From<[(&str, Json); N]> for Json {
    fn from(members: [(&str, Json); N]) -> Self {
        Self::Map(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl Json {
    /// Null.
    #[must_use]
    pub fn null() -> Self {
        Self::raw("null")
    }

    /// A value that is written so.
    #[must_use]
    pub fn raw(text: &str) -> Self {
        Self::Raw(text.to_owned())
    }

    /// An empty map.
    #[must_use]
    pub fn map() -> Self {
        Self::Map(Vec::new())
    }

    /// What a string says.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Raw(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The members of a map; of anything else, which becomes one, none.
    pub fn members(&mut self) -> &mut Vec<(Json, Json)> {
        if !matches!(self, Self::Map(_)) {
            *self = Self::map();
        }
        match self {
            Self::Map(members) => members,
            Self::Raw(_) | Self::Text(_) | Self::List(_) => unreachable!("it is a map now"),
        }
    }

    /// The value of a key, which is null where there was none.
    pub fn at(&mut self, key: &str) -> &mut Json {
        let members = self.members();
        let known = members.iter().position(|(name, _)| name.text() == Some(key));
        let at = known.unwrap_or(members.len());
        if known.is_none() {
            members.push((key.into(), Self::null()));
        }
        &mut members[at].1
    }

    /// Gives a key that value.
    pub fn set(&mut self, key: &str, value: impl Into<Json>) {
        *self.at(key) = value.into();
    }

    /// How many values there are in it, and it itself.
    #[must_use]
    pub fn count(&self) -> usize {
        1 + match self {
            Self::Raw(_) | Self::Text(_) => 0,
            Self::List(list) => list.iter().map(Self::count).sum(),
            Self::Map(members) => members.iter().map(|(_, value)| value.count()).sum::<usize>(),
        }
    }

    /// One of these values, in the order of the text.
    pub fn nth(&mut self, at: usize) -> &mut Json {
        if at == 0 {
            return self;
        }
        let mut left = at - 1;
        let inner: Vec<&mut Json> = match self {
            Self::Raw(_) | Self::Text(_) => Vec::new(),
            Self::List(list) => list.iter_mut().collect(),
            Self::Map(members) => members.iter_mut().map(|(_, value)| value).collect(),
        };
        for value in inner {
            let count = value.count();
            if left < count {
                return value.nth(left);
            }
            left -= count;
        }
        unreachable!("fewer values than that")
    }

    /// The text.
    #[must_use]
    pub fn written(&self, layout: &mut Layout) -> String {
        let mut text = String::new();
        self.write(&mut text, layout);
        text
    }

    fn write(&self, text: &mut String, layout: &mut Layout) {
        layout.space(text);
        match self {
            Self::Raw(raw) => text.push_str(raw),
            Self::Text(said) => layout.string(said, text),
            Self::List(list) => {
                text.push('[');
                for (index, value) in list.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    value.write(text, layout);
                }
                text.push(']');
            }
            Self::Map(members) => {
                text.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        text.push(',');
                    }
                    key.write(text, layout);
                    text.push(':');
                    value.write(text, layout);
                }
                text.push('}');
            }
        }
        layout.space(text);
    }
}

impl Layout {
    fn space(&mut self, text: &mut String) {
        let Self::Odd(choices) = self else { return };
        if choices.chance(1, 8) {
            text.push_str(choices.one(&[" ", "\n", "\t", "\r\n", "  \n\t "]));
        }
    }

    fn escapes(&mut self) -> bool {
        match self {
            Self::Compact => false,
            Self::Odd(choices) => choices.chance(1, 12),
        }
    }

    fn string(&mut self, said: &str, text: &mut String) {
        text.push('"');
        for c in said.chars() {
            let escapes = self.escapes();
            match c {
                '"' | '\\' if !escapes => {
                    text.push('\\');
                    text.push(c);
                }
                '/' if escapes => text.push_str("\\/"),
                '\n' if !escapes => text.push_str("\\n"),
                '\r' if !escapes => text.push_str("\\r"),
                '\t' if !escapes => text.push_str("\\t"),
                '\u{8}' if !escapes => text.push_str("\\b"),
                '\u{c}' if !escapes => text.push_str("\\f"),
                _ if escapes || c < ' ' => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let _ = write!(text, "\\u{unit:04x}");
                    }
                }
                _ => text.push(c),
            }
        }
        text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_says_the_same() {
        let json = Json::from([
            ("a\"b/\u{1f980}\n\r\t\u{8}\u{c}\u{1}", Json::from(vec!["\\x", "é"])),
            ("b", Json::from([("c", true.into()), ("d", 12.into())])),
        ]);
        let compact = json.written(&mut Layout::Compact);
        let read: serde_json::Value = serde_json::from_str(&compact).unwrap();
        assert_eq!(read["a\"b/\u{1f980}\n\r\t\u{8}\u{c}\u{1}"][1], "é");
        for seed in 0..200 {
            let odd = json.written(&mut Layout::Odd(Choices::of_seed(seed)));
            assert_eq!(serde_json::from_str::<serde_json::Value>(&odd).unwrap(), read, "{odd}");
        }
    }

    #[test]
    fn every_value_is_found() {
        let mut json =
            Json::from([("a", Json::from(vec!["x", "y"])), ("b", Json::null()), ("c", 1.into())]);
        assert_eq!(json.count(), 6);
        assert_eq!(json.nth(3), &"y".into());
        assert_eq!(json.nth(5), &1.into());
    }
}
