//! Results onto stdout. Whoever reads them may stop reading (`| head`): that is no failure, and changes no exit code.

use std::io::{self, ErrorKind, IsTerminal, Write};

use anstream::AutoStream;
use anstream::stream::RawStream;
use indicatif::{ProgressBar, ProgressStyle};

/// Prints a text.
///
/// # Errors
/// When it cannot be printed, but for a reader that has enough.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    match write!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Prints the same to stderr, where nothing is ever a failure.
pub(super) fn tell(text: &str) {
    // Nobody is left to be told.
    let _ = write!(anstream::stderr(), "{text}");
}

/// How many of so many images are done, on stderr where that is a terminal.
pub(super) fn progress(images: usize) -> ProgressBar {
    let bar = ProgressBar::new(images as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} images") {
        bar.set_style(style);
    }
    bar.tick();
    bar
}

/// Whether what goes there has colours: on a terminal, unless the user says otherwise with `--color`, `NO_COLOR`
/// or `CLICOLOR_FORCE`.
pub(crate) fn is_coloured(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != anstream::ColorChoice::Never
}

/// The width of the terminal that stdout is, in columns; that of `COLUMNS` elsewhere.
pub(super) fn width() -> Option<usize> {
    if io::stdout().is_terminal() {
        return comfy_table::Table::new().width().map(usize::from);
    }
    std::env::var("COLUMNS").ok()?.parse().ok()
}
