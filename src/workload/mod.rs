//! Stage 2: where objects hold images.

pub mod extract;
pub mod kinds;
pub mod path;
pub mod stored;
