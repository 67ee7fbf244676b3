//! Writes JSON, as `serde_json` writes it.

/// JSON that is being written. Commas come by themselves.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Room for so many bytes, beyond which it grows.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Starts an object.
    pub fn object(&mut self) -> &mut Self {
        self.value(b'{')
    }

    /// Ends an object.
    pub fn end_object(&mut self) -> &mut Self {
        self.0.push(b'}');
        self
    }

    /// Starts a list.
    pub fn list(&mut self) -> &mut Self {
        self.value(b'[')
    }

    /// Ends a list.
    pub fn end_list(&mut self) -> &mut Self {
        self.0.push(b']');
        self
    }

    /// A key, which a value must follow.
    pub fn key(&mut self, key: &str) -> &mut Self {
        self.string(key);
        self.0.push(b':');
        self
    }

    /// A string.
    pub fn string(&mut self, text: &str) -> &mut Self {
        self.value(b'"').rest_of_string(text)
    }

    /// A string in a value of which a part is written.
    pub fn more_string(&mut self, text: &str) -> &mut Self {
        self.0.push(b'"');
        self.rest_of_string(text)
    }

    fn rest_of_string(&mut self, text: &str) -> &mut Self {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
            let (plain, special) = rest.split_at(at);
            self.0.extend_from_slice(plain.as_bytes());
            // What is special is one byte long.
            let (special, after) = special.split_at(1);
            special.bytes().for_each(|byte| self.escape(byte));
            rest = after;
        }
        self.0.extend_from_slice(rest.as_bytes());
        self.0.push(b'"');
        self
    }

    /// A string, or null.
    pub fn string_or_null(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.string(text),
            None => self.raw("null"),
        }
    }

    /// A list of strings.
    pub fn strings(&mut self, texts: &[String]) -> &mut Self {
        self.list();
        for text in texts {
            self.string(text);
        }
        self.end_list()
    }

    /// True or false.
    pub fn flag(&mut self, flag: bool) -> &mut Self {
        self.raw(if flag { "true" } else { "false" })
    }

    /// Bytes, as a list of numbers.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.list();
        for byte in bytes {
            self.raw(&byte.to_string());
        }
        self.end_list()
    }

    /// A value, or the start of one, that is JSON already.
    pub fn raw(&mut self, json: &str) -> &mut Self {
        self.comma();
        self.more(json)
    }

    /// The rest of a value of which a part is written.
    pub fn more(&mut self, json: &str) -> &mut Self {
        self.0.extend_from_slice(json.as_bytes());
        self
    }

    /// A value starts with that byte.
    fn value(&mut self, byte: u8) -> &mut Self {
        self.comma();
        self.0.push(byte);
        self
    }

    fn comma(&mut self) {
        if !matches!(self.0.last(), None | Some(b'{' | b'[' | b':')) {
            self.0.push(b',');
        }
    }

    fn escape(&mut self, byte: u8) {
        let letter = match byte {
            b'"' | b'\\' => byte,
            0x8 => b'b',
            0xc => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => {
                let digit = |four: u8| if four < 10 { b'0' + four } else { b'a' + four - 10 };
                self.0.extend_from_slice(b"\\u00");
                self.0.extend([digit(byte >> 4), digit(byte & 0xf)]);
                return;
            }
        };
        self.0.extend([b'\\', letter]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(writer: Writer) -> String {
        String::from_utf8(writer.into_bytes()).unwrap()
    }

    #[test]
    fn commas_come_by_themselves() {
        let mut writer = Writer::default();
        writer.object().key("a").list().string("{").string("[").flag(true).end_list();
        writer.key("b").object().end_object().key("c").string_or_null(None);
        writer.key("d").bytes(&[0, 10, 255]).key("e").raw("{\"x\":").more("1}").end_object();
        assert_eq!(
            text(writer),
            r#"{"a":["{","[",true],"b":{},"c":null,"d":[0,10,255],"e":{"x":1}}"#
        );
    }

    #[test]
    fn strings_and_lists_of_them() {
        let mut writer = Writer::with_capacity(1);
        let lists = ["a\"\\/\u{8}\u{c}\n\r\t\u{1}\u{1a}\u{1f}".to_owned(), String::new()];
        writer.list().strings(&lists).strings(&[]).raw("{\"image\":").more_string("b");
        writer.more(",\"tag\":1}").end_list();
        let expected = r#"[["a\"\\/\b\f\n\r\t\u0001\u001a\u001f",""],[],{"image":"b","tag":1}]"#;
        assert_eq!(text(writer), expected);
    }

    proptest! {
        #[test]
        fn strings_are_written_as_serde_json_writes_them(said in "[\\PC\u{0}-\u{1f}\"\\\\]{0,40}") {
            let mut writer = Writer::default();
            writer.string(&said);
            prop_assert_eq!(text(writer), serde_json::to_string(&said).unwrap());
        }
    }
}
