//! The JSON Schemas of the policy's settings, of `check`'s report and of its files of tests, which their libraries make.

use crate::made::Made;

/// The schema of the report, as it is committed.
#[must_use]
pub fn report() -> Made {
    let schema = signed_images::check::report::schema();
    Made { path: "report.schema.json", text: format!("{schema:#}\n") }
}

/// The schema of files of tests, as it is committed.
#[must_use]
pub fn tests() -> Made {
    let schema = signed_images::suite::schema();
    Made { path: "tests.schema.json", text: format!("{schema:#}\n") }
}

/// The schema of the settings, as it is committed.
#[must_use]
pub fn file() -> Made {
    let schema = signed_images_policy::settings::schema();
    Made { path: "settings.schema.json", text: format!("{schema:#}\n") }
}
