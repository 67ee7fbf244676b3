//! The `signed-images` command, which is in [`signed_images::command`].

use std::process::ExitCode;

fn main() -> ExitCode {
    signed_images::command::run()
}
