//! Text that others wrote, made fit to be shown: no longer than it may be, and nothing in it that could forge a
//! line or hide a part of one.

/// A number made of text, by which long ones that begin alike are compared sooner: FNV-1a
/// (<http://www.isthe.com/chongo/tech/comp/fnv/>).
pub(crate) fn number_of(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |number, byte| (number ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// At most so many bytes on one line: what could forge another, or hide a part of this one, is left out.
pub(crate) fn clip(text: &str, max: usize) -> String {
    clip_to(text, max, is_printable)
}

/// At most so many bytes, on as many lines as there are.
pub(crate) fn clip_lines(text: &str, max: usize) -> String {
    clip_to(text, max, |c| is_printable(c) || c == '\n')
}

fn clip_to(text: &str, max: usize, keep: fn(char) -> bool) -> String {
    let kept = || text.chars().filter(|c| keep(*c));
    if text.len() <= max && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    if text.len() <= max {
        return kept().collect();
    }
    let mut clipped = String::new();
    for c in kept() {
        if clipped.len() + c.len_utf8() + '…'.len_utf8() > max {
            break;
        }
        clipped.push(c);
    }
    clipped.push('…');
    clipped
}

/// Control characters, line separators, and what changes the direction of writing or is not drawn
/// (<https://www.unicode.org/reports/tr36/>; `Default_Ignorable_Code_Point` of the Unicode character
/// database) are not.
fn is_printable(c: char) -> bool {
    let separates = matches!(c, '\u{2028}' | '\u{2029}');
    let turns_or_hides = matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    );
    !c.is_control() && !separates && !turns_or_hides
}
