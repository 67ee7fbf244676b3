//! Policies on statements, in CUE (<https://cuelang.org/docs/reference/spec/>).
//!
//! - What is read? Fields of structs, and a string, a truth value or a choice of these for each. Whatever else stands in a
//!   policy, none of it is said.
//! - What if a statement lacks a field? It takes the policy's own value there, and is enough (`EvaluatePolicyAgainstJSON` in
//!   `pkg/policy` of sigstore/cosign). Here it is refused.

use yaml_serde::Value;

use crate::attestation::claim::{Claim, Test, pointer, reg_exp};

/// What a policy asks of statements of that type.
pub(super) fn claims(text: &str, uri: &str) -> Result<Vec<Claim>, String> {
    let cannot = || "the CUE cannot be converted".to_owned();
    let tokens = tokens(text).ok_or_else(cannot)?;
    let mut parser = Parser { tokens: &tokens, uri, claims: Vec::new() };
    parser.fields(&[]).ok_or_else(cannot)?;
    if parser.tokens.is_empty() { Ok(parser.claims) } else { Err(cannot()) }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    /// `:`, `{`, `}`, `|`, `~` for `=~`, `;` for what parts fields.
    Mark(char),
}

/// None, if there is something that is not read.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let (mut tokens, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let (token, left) = if let Some(left) = rest.strip_prefix("//") {
            (None, left.split_once('\n').map_or("", |(_, left)| left))
        } else if let Some(left) = rest.strip_prefix("=~") {
            (Some(Token::Mark('~')), left)
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (text, left) = quoted.split_once('"')?;
            let is_plain = !text.is_empty() && !text.contains(['\\', '\n']);
            (Some(Token::Text(is_plain.then(|| text.to_owned())?)), left)
        } else if first.is_ascii_alphabetic() {
            let end =
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (name, left) = rest.split_at(end);
            (Some(Token::Name(name.to_owned())), left)
        } else {
            let mark = match first {
                ':' | '{' | '}' | '|' => Some(first),
                ',' | '\n' => Some(';'),
                ' ' | '\t' | '\r' => None,
                _ => return None,
            };
            (mark.map(Token::Mark), rest.get(first.len_utf8()..)?)
        };
        tokens.extend(token);
        rest = left;
    }
    Some(tokens)
}

struct Parser<'t> {
    tokens: &'t [Token],
    uri: &'t str,
    claims: Vec<Claim>,
}

impl Parser<'_> {
    /// Fields, to the end of their struct.
    fn fields(&mut self, path: &[String]) -> Option<()> {
        loop {
            while self.takes(';') {}
            if !matches!(self.tokens.first(), Some(Token::Name(_) | Token::Text(_))) {
                return Some(());
            }
            if path.is_empty() && self.is_package() {
                continue;
            }
            self.field(path)?;
            let is_parted = matches!(self.tokens.first(), None | Some(Token::Mark(';' | '}')));
            is_parted.then_some(())?;
        }
    }

    fn is_package(&mut self) -> bool {
        let [Token::Name(word), Token::Name(_), rest @ ..] = self.tokens else { return false };
        let is_package = word == "package";
        if is_package {
            self.tokens = rest;
        }
        is_package
    }

    fn field(&mut self, path: &[String]) -> Option<()> {
        let name = self.label()?;
        let path = [path, &[name]].concat();
        if self.takes('{') {
            self.fields(&path)?;
            return self.takes('}').then_some(());
        }
        if matches!(self.tokens.get(1), Some(Token::Mark(':'))) {
            return self.field(&path);
        }
        self.value(&path)
    }

    fn label(&mut self) -> Option<String> {
        let [Token::Name(name) | Token::Text(name), Token::Mark(':'), rest @ ..] = self.tokens
        else {
            return None;
        };
        self.tokens = rest;
        Some(name.clone())
    }

    fn value(&mut self, path: &[String]) -> Option<()> {
        let is_expression = self.takes('~');
        let mut values = vec![self.literal()?];
        while self.takes('|') {
            values.push(self.literal()?);
        }
        if path == ["predicateType"] {
            return (values == [Value::from(self.uri)] && !is_expression).then_some(());
        }
        let (first, rest) = path.split_first()?;
        let at = (first == "predicate").then(|| pointer(rest))??;
        let claim = match values.as_slice() {
            [only] if is_expression => reg_exp(at, only.as_str()?).ok()?,
            [only] => Claim::new(at, Test::Equals(only.clone())),
            _ if is_expression => return None,
            _ => Claim::new(at, Test::In(values)),
        };
        self.claims.push(claim.stricter("a report without this field passes there, and not here"));
        Some(())
    }

    fn literal(&mut self) -> Option<Value> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        match first {
            Token::Text(text) => Some(Value::from(text.as_str())),
            Token::Name(name) => name.parse().ok().map(Value::Bool),
            Token::Mark(_) => None,
        }
    }

    fn takes(&mut self, mark: char) -> bool {
        let is_there = self.tokens.first() == Some(&Token::Mark(mark));
        if is_there {
            self.tokens = self.tokens.get(1..).unwrap_or_default();
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies() {
        let of = |text: &str| {
            let claim = |claim: &Claim| format!("{} {:?}", claim.at, claim.test);
            let claims = claims(text, "https://a/b").ok();
            claims.map(|claims| claims.iter().map(claim).collect::<Vec<_>>().join(", "))
        };
        let rows = [
            ("", Some("")),
            ("predicateType: \"https://a/b\"\n", Some("")),
            ("package x\npredicateType: \"https://a/b\"", Some("")),
            ("predicateType: \"https://a/c\"", None),
            ("predicate: Data: \"x y\"", Some("/Data Equals(String(\"x y\"))")),
            (
                "predicate: {\n  a: {b: true}, // so\n  \"c-d\": \"e\" | \"f\"\n}",
                Some("/a/b Equals(Bool(true)), /c-d In([String(\"e\"), String(\"f\")])"),
            ),
            ("predicate: a: =~\"^v1$\"", Some("/a Equals(String(\"v1\"))")),
            ("predicate: a: =~\"^v[0-9]$\"", None),
            ("predicate: a: 8", None),
            ("predicate: a: <before", None),
            ("predicate: a: \"\\(x)\"", None),
            ("predicate: \"x\"", None),
            ("predicate: [...{name: \"x\"}]", None),
            ("predicate: a?: \"x\"", None),
            ("predicate: a: \"x\" & \"y\"", None),
            ("import \"time\"\npredicate: a: \"x\"", None),
            ("predicate: {a: \"x\"", None),
            ("predicate: a: \"x\" b: \"y\"", None),
            ("predicate: a: string", None),
            ("subject: a: \"x\"", None),
        ];
        for (text, expected) in rows {
            assert_eq!(of(text).as_deref(), expected, "{text}");
        }
    }
}
