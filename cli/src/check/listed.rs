//! A text with one image a line, such as `kubeadm config images list` writes.

use super::source::{Origin, Source, is_manifest, says_that_it_is_an_image};

/// The images of a text with one image a line, by their positions. Lines that begin with `#` are comments.
/// A `.txt` file is such a list; another file, and standard input, when every line is one word that begins
/// like an image. A single word must also have a registry, a tag or a digest: `null` is what jq writes of nothing.
/// What is no image after all is for the policy to reject.
pub(super) fn listed_images(source: &Source) -> Option<impl Iterator<Item = (usize, &str)>> {
    let extension = match &source.origin {
        Origin::File(path) if is_manifest(path) => return None,
        Origin::File(path) => path.extension(),
        Origin::Cluster => return None,
        Origin::Stdin | Origin::Argument => None,
    };
    let text = &source.text;
    let lines = move || {
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    };
    let is_word = |line: &str| {
        line.starts_with(|c: char| c.is_alphanumeric())
            && !line.contains(char::is_whitespace)
            && !line.ends_with(':')
    };
    let is_plain = |line: &str| is_word(line) && !says_that_it_is_an_image(line);
    let is_one_word = || lines().count() == 1 && lines().all(is_plain);
    let is_list = extension.is_some_and(|end| end == "txt")
        || source.origin == Origin::Argument
        || lines().all(is_word) && !is_one_word();
    (is_list && lines().next().is_some())
        .then(|| lines().map(|line| (line.as_ptr() as usize - text.as_ptr() as usize, line)))
}
