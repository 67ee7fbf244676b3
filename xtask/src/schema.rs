//! The JSON Schema of the policy's settings, which the policy's library makes.

use crate::made::Made;

/// The schema, as it is committed.
#[must_use]
pub fn file() -> Made {
    let schema = signed_images_policy::settings::schema();
    Made { path: "settings.schema.json", text: format!("{schema:#}\n") }
}
