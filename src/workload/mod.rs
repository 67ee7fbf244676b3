//! Stage 2: where objects hold images. A kind's paths ([`kinds`]) lead to them, the object is read once along
//! these ([`extract`]), and on an update each is found again in the stored object ([`stored`]).

pub mod extract;
pub mod found;
pub mod kinds;
pub mod path;
pub mod stored;
