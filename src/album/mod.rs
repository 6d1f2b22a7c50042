//! What an album says of the faces of a gallery: their pictures, bursts and the best shot of each, rare expressions, and groups with the names that a person gave them.

mod best;
mod bursts;
mod crops;
mod face;
mod named;
mod names;
mod rare;

pub use best::{Shot, best};
pub use bursts::{alike, close_in_time};
pub use crops::{Missing, Pictures, Wanted, face_of, pictures};
pub use face::{expression, shares};
pub use named::{Placed, place};
pub use names::{FaceKey, NamedGroup, Names};
pub use rare::rare;
