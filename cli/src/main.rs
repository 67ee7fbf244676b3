//! The `signed-images` command.

fn main() {}
