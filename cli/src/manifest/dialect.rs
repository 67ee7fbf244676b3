//! Where go-yaml is not libyaml: what one of them takes, and the other reads otherwise or not at all. It is
//! refused. Found by comparing them (`make kubectl`).

use super::Fault;
use super::events::{Event, Look};

const ESCAPE: &str = "kubectl does not read `\\/` outside of JSON: write `/`";
const QUESTION: &str =
    "kubectl does not read a `?` within `[…]` or `{…}`: write the text in quotes";
const TAG: &str = "kubectl does not end a tag at this character: write a space after the tag";
const BYTE_ORDER_MARK: &str =
    "this line starts with a byte order mark: delete this invisible character";
const CARRIAGE_RETURN: &str =
    "this line contains a carriage return: delete this invisible character";

/// What ends a line in YAML 1.1.
const BREAKS: [char; 4] = ['\n', '\u{85}', '\u{2028}', '\u{2029}'];
pub(super) const MARK: char = '\u{feff}';

/// What is refused of a text as it stands.
pub(super) fn refuse_text(text: &str) -> Result<(), Fault> {
    let is_stray = |at: &usize| text.as_bytes().get(at + 1) != Some(&b'\n');
    // kubectl drops the one that ends a line, and go-yaml takes any other for the end of a line.
    if let Some(at) = text.match_indices('\r').map(|(at, _)| at).find(is_stray) {
        return Err(Fault::new(CARRIAGE_RETURN, at));
    }
    let begins_line = |at: &usize| text.get(..*at).is_some_and(|before| before.ends_with(BREAKS));
    match text.match_indices(MARK).map(|(at, _)| at).find(begins_line) {
        Some(at) => Err(Fault::new(BYTE_ORDER_MARK, at)),
        None => Ok(()),
    }
}

/// What is refused of an event, which is written as `written`, with everything after it, from `at` on.
pub(super) fn refuse_event(
    event: &Event,
    is_in_flow: bool,
    written: &str,
    at: usize,
) -> Result<(), Fault> {
    let fault = |reason: &str, offset: usize| Err(Fault::new(reason, at + offset));
    if let Some(offset) = tag_that_runs_on(written) {
        return fault(TAG, offset);
    }
    let Event::Scalar(scalar, _) = event else { return Ok(()) };
    match scalar.look {
        Look::Plain if is_in_flow && scalar.text.contains('?') => fault(QUESTION, 0),
        Look::DoubleQuoted => match escaped_slash(written) {
            Some(offset) => fault(ESCAPE, offset),
            None => Ok(()),
        },
        Look::Plain | Look::Other => Ok(()),
    }
}

/// Where a tag meets one of the characters that end it in a list or a map of one line.
fn tag_that_runs_on(written: &str) -> Option<usize> {
    let mut rest = written;
    while rest.starts_with(['!', '&']) {
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(length)?;
        if word.starts_with('!') && !word.starts_with("!<") && word.contains(FLOW) {
            return word.find(FLOW).map(|at| written.len() - rest.len() + at);
        }
        rest = after.trim_start();
    }
    None
}

const FLOW: [char; 5] = [',', '[', ']', '{', '}'];

fn escaped_slash(written: &str) -> Option<usize> {
    let mut characters = written.char_indices().skip_while(|(_, c)| *c != '"').skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return None,
            '\\' if characters.next()?.1 == '/' => return Some(at),
            _ => {}
        }
    }
    None
}
