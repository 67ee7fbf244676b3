//! Manifests as text: what people write, and what readers of YAML disagree about.

use super::choices::Choices;

/// Values of one line, plain or not.
#[rustfmt::skip]
const SCALARS: &[&str] = &[
    "nginx", "nginx:1.25", "a b", "~", "null", "Null", "nULL", "''", "\"\"", "yes", "No", "ON", "off", "y",
    "N", "true", "TRUE", "tRue", "1", "-1", "+1", "0", "-0", "007", "08", "0o17", "0O7", "0x1F", "0X1f",
    "-0x1", "0x", "0b101", "-0b1", "0B1", "0b2", "1_000", "_1", "1__0", "0_7", "1.5", "1.50", "-.5", "+.5",
    ".5", ".5_0", "1.", "1.e3", "1e3", "1E+3", "1e-3", "1e", "e3", "1e999", "1_0.5", ".inf", "-.INF",
    ".nan", ".", "..", "-", "--", "0x+1", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
    "0xffffffffffffffff", "-0xffffffffffffffff", "+0xffffffffffffffff", "12345678901234567890123",
    "2001-01-01", "2001-1-1", "2001-12-14T21:59:43.10-05:00", "2001-12-14 21:59:43", "12:30:45", "1:2",
    "'1'", "\"1\"", "'it''s'", "\"a\\tb\\x41\\u00e9\\U0001F600\"", "\"\\/\"", "\"\\e\\_\\N\\L\\P\\0\"",
    "\"\\ud83d\\ude00\"", "\"\\q\"", "\"a\\\n    b\"", "\"a\n    b\n\n    c\"", "'a\n    b'", "a\n    b",
    "a\n\n    b", "a # c", "a #c", "a#c", "\"a\"#c", "'a' #c", "a: b", "a:b", "a :b", ":a", ": a", "-a",
    "- a", "?a", "? a", "*a", "&a", "&a b", "!a b", "!!str 1", "!!int 1", "!!int '1'", "!!int a",
    "!!float 1", "!!float 1.5", "!!bool yes", "!!bool x", "!!null ''", "!!null x", "!!binary aGk=",
    "!!binary ?", "!!timestamp 2001-01-01", "!!timestamp x", "!!set x", "! 1", "! '1'",
    "!<tag:yaml.org,2002:int> 1", "!<x> 1", "!e!x 1", "!!omap x", "|", ">", "|-\n    a\n", "|+\n    a\n\n",
    "|\n    a\n     b\n    c\n", ">\n    a\n    b\n\n     c\n    d\n", ">-\n    a\n\n    b\n",
    "|2\n    a\n", "|1\n    a\n", "|0\n    a\n", "|-2\n     a\n", "| # c\n    a\n", "|#c\n    a\n",
    ">+1\n    a\n", "|\n\n      a\n    b\n", "|\n      a\n    b\n", "|\n    \ta\n", "\ta", "a\tb", "a\t",
    "\t", "a \t# c", "\"a\tb\"", "a\u{85}b", "a\u{2028}b", "a\u{2029}    b", "é", "\u{1F600}", "a\u{feff}",
    "\u{feff}a", "\u{a0}a", "a\u{7f}", "\u{200b}", "%a", "@a", "`a", "{{ a }}", "{ a", "a }", "[ a", "] a",
    ", a", "a, b", "<<", "=", "'<<'", "...", "a...", "---", "--- a", "a\n---\nb", "a\rb", "a\r\n    b",
];

#[rustfmt::skip]
const KEYS: &[&str] = &[
    "image", "name", "a", "b", "b", "c", "'a'", "\"b\"", "1", "'1'", "01", "1.5", "true", "yes", "'true'",
    "~", "null", "", "a b", "a-b", "a/b.c", "? a\n  ", "! a", "!!str 1", "&k d", "*k", "[a]", "{a: b}",
    "<<", "'<<'", "!!str <<", "!!merge <<", "a ", "a\t", "a:b", "-a", ".5", "0x1", "1e3", "2001-01-01", "é",
    "\u{feff}a", "18446744073709551615", "items", "%x", "a#b", "\"a\\nb\"", "|\n  a\n  ", "---a", "...",
];

#[rustfmt::skip]
const PAIRS: &[&str] = &[
    "a:1", "\"a\":1", "? a : b", "? a", ": b", "a:", "a", "", "http://a:b", "http://a?b", "a?b", "a: b: c",
    "<<: *a", "<<: {a: 1}", "*a : b", "*a", "&a x", "!!str", "!x,y", "!x y", "a]b", "- a", "-", "?", ":",
    "a:,b", "a: ,b", "::", "a::b", "[a]: b", "{a: b}: c", "a #b", "a#b", "'a'b", "\"a\" \"b\"", "a: ~",
    "a: *a",
];

#[rustfmt::skip]
const JSON: &[&str] = &[
    "1.50", "1e3", "1e999", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"a\\/b\"", "null", "{}", "-0", "01",
    "'x'", "x", "\"\u{85}\"", "\"\t\"", "\"\u{7f}\"", "\"\\q\"", "{\"b\": 1, \"b\": 2}",
];

const MERGED: &[&str] =
    &["*a", "*b", "[*a, *b]", "{a: 1, image: x}", "[{a: 1}, *a]", "1", "~", "[]", "&m {z: 1}"];

#[rustfmt::skip]
const SEPARATORS: &[&str] = &[
    "---\n", "---\n", "---\n", "--- \n", "---\t\n", "--- # c\n", "---#: x\n", "---#\n", "--- a\n", "----\n",
    "---a\n", "...\n", "...\n---\n", "... # c\n---\n", "...a\n", " ---\n", "---\r\n", "---\r", "\n---\n\n",
    "# c\n---\n", "---\n---\n", "%YAML 1.1\n---\n", "---\n%YAML 1.1\n---\n", "%TAG !e! tag:e,2000:\n---\n",
    "\u{feff}---\n", "---\n\u{feff}", "", "\n", "---\u{85}", "--- !!map\n", "--- |\n", "--- &a\n",
    "---\u{a0}\n", "---\u{b}\n",
];

/// A text of a few documents. Most are odd in a place or two: of a text that is odd everywhere, all readers say
/// the same.
pub fn manifests(choices: &mut Choices) -> String {
    let oddities = choices.below(5);
    let mut writer = Writer { choices, oddities, text: String::new() };
    for index in 0..writer.choices.within(1..=3) {
        if index > 0 || writer.choices.chance(1, 4) {
            writer.one(&["---\n"], SEPARATORS);
        }
        writer.document();
    }
    let Writer { mut text, oddities, .. } = writer;
    if oddities > 0 {
        disturb(&mut text, choices);
    }
    text
}

struct Writer<'c> {
    choices: &'c mut Choices,
    /// How many more there may be.
    oddities: usize,
    text: String,
}

impl Writer<'_> {
    fn choose(&mut self, plain: &[&'static str], odd: &[&'static str]) -> &'static str {
        if self.oddities > 0 && self.choices.chance(1, 4) {
            self.oddities -= 1;
            return self.choices.one(odd);
        }
        self.choices.one(plain)
    }

    fn one(&mut self, plain: &[&'static str], odd: &[&'static str]) {
        let chosen = self.choose(plain, odd);
        self.text.push_str(chosen);
    }

    fn document(&mut self) {
        if self.choices.chance(1, 10) {
            return self.json();
        }
        self.one(&["apiVersion: v1\n"], &["", "apiVersion: apps/v1\n", "apiVersion: 1\n"]);
        self.one(
            &["kind: Pod\n", "kind: &kind Pod\n", "kind: PodList\n"],
            &[
                "",
                "kind: 'Pod'\n",
                "kind: List\n",
                "<<: {kind: Pod}\n",
                "\"kind\": \"Pod\"\n",
                "kind: Pod # c\n",
                "kind : Pod\n",
            ],
        );
        // What later aliases may name.
        self.one(
            &["", "x: &a {a: 1, image: x}\ny: &b {b: 2, image: y}\n"],
            &["x: &a 1\n", "x: &b [1]\n"],
        );
        for _ in 0..self.choices.below(5) {
            self.entry(0);
        }
    }

    /// A key and its value, each line of which begins with so many blanks.
    fn entry(&mut self, indent: usize) {
        self.one(&[""], &["# c\n", "\n", " # c\n", "\t# c\n", "  \n", "\t\n", "#c: d\n"]);
        let blanks = " ".repeat(indent);
        let key = self.choose(&["a", "b", "c", "image", "items", "<<"], KEYS);
        let key = key.replace('\n', &format!("\n{blanks}"));
        self.text.extend([blanks.as_str(), &key, ":"]);
        if key.contains("<<") {
            self.one(&[" {a: 1, image: z}\n", " [{a: 1}, {a: 2, b: 3}]\n"], MERGED);
            return;
        }
        self.one(
            &["", "", " &a", " &b"],
            &[" !!map", " !!str", " !x", " &a !x", " # c", "\t", " &a.b", " &a*"],
        );
        self.value(indent);
    }

    fn value(&mut self, indent: usize) {
        match self.choices.below(if indent > 6 { 4 } else { 9 }) {
            0..=2 => self.scalar(indent),
            3 => {
                self.text.push(' ');
                self.flow(0);
                self.text.push('\n');
            }
            4 => self.one(&["\n"], &[" *a\n", " *b\n", " *kind\n", " *none\n"]),
            5 | 6 => {
                self.text.push('\n');
                for _ in 0..self.choices.within(1..=3) {
                    self.entry(indent + 2);
                }
            }
            _ => {
                self.text.push('\n');
                let blanks = " ".repeat(indent + self.choices.below(2) * 2);
                for _ in 0..self.choices.within(1..=3) {
                    self.text.extend([blanks.as_str(), "-"]);
                    self.one(&["", " &a"], &[" !!seq", "\t", " &b !x"]);
                    if self.choices.chance(1, 2) {
                        self.scalar(indent);
                    } else {
                        self.text.push('\n');
                        self.entry(indent + 4);
                    }
                }
            }
        }
    }

    fn scalar(&mut self, indent: usize) {
        let scalar =
            self.choose(&["x", "y:1", "1", "'z'", "|\n    a\n     b\n", "\"a\n    b\""], SCALARS);
        let indented = scalar.replace("\n    ", &format!("\n{}", " ".repeat(indent + 4)));
        self.text.extend([" ", indented.trim_end_matches('\n'), "\n"]);
    }

    fn flow(&mut self, depth: usize) {
        let (open, close) = if self.choices.chance(1, 2) { ("[", "]") } else { ("{", "}") };
        self.text.push_str(open);
        for index in 0..self.choices.below(4) {
            if index > 0 {
                self.one(
                    &[", ", ","],
                    &[" ,", ",\n      ", ", # c\n      ", "\n      , ", ",#c\n      "],
                );
            }
            if depth < 3 && self.choices.chance(1, 6) {
                self.flow(depth + 1);
            } else if self.choices.chance(1, 6) {
                let scalar = self.choose(&["x", "1"], SCALARS).replace('\n', "\n      ");
                self.text.push_str(&scalar);
            } else {
                self.one(&["a: 1", "'c': y", "image: x", "1: &a z"], PAIRS);
            }
        }
        self.one(&[""], &[",", " ", "\n   ", ", ,"]);
        self.text.push_str(close);
    }

    fn json(&mut self) {
        self.one(&[""], &["\n", "\u{a0}", "# c\n", " "]);
        self.text.push_str("{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"a\": ");
        self.one(&["1", "\"x\"", "[1, {\"a\": true}]"], JSON);
        self.one(&["", ", \"a\": 2"], &[", \"1\": 2, \"items\": []", ",", ", b: c", " # c"]);
        self.text.push('}');
        self.one(&["\n"], &["", " ", "\n\n", "\u{a0}\n", "\n# c\n", ",\n", "}\n"]);
    }
}

/// What editors, tools and accidents do to a text.
fn disturb(text: &mut String, choices: &mut Choices) {
    match choices.below(24) {
        0 => *text = text.replace('\n', "\r\n"),
        1 => *text = text.replacen('\n', "\r", 1),
        2 => text.truncate(text.trim_end().len()),
        3 => *text = text.replacen("  ", "\t", 1),
        4 => *text = text.replacen(": ", ":\t", 1),
        5..=8 => {
            let at = text.floor_char_boundary(choices.below(text.len() + 1));
            let odd = choices.one(&[
                "\t", "\r", "\u{85}", "\u{2028}", "\u{feff}", "\0", "\u{1}", " ", "\n", "#", ":",
                "-", "'", "\"", "{", "]", "&", "*", "!", "|", ">", "%", "@", ",", "?", "\u{b}",
                "\n---\n", "\n...\n", ": ", " #",
            ]);
            text.insert_str(at, odd);
        }
        9 => {
            let at = text.floor_char_boundary(choices.below(text.len() + 1));
            text.truncate(at);
        }
        _ => {}
    }
}
