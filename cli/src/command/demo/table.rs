//! How the show looks: words, a table, the patch.
//!
//! - Is there colour? On a terminal, unless `NO_COLOR` is set.

use comfy_table::presets::UTF8_FULL;
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table};

use super::outcome::Outcome;
use super::{Images, OWNER, RULE};
use crate::command::print::is_coloured;

/// The table's width where nobody says how wide the terminal is.
const WIDTH: u16 = 120;
/// Below this the reasons have no room.
const LEAST_WIDTH: u16 = 80;
/// Enough of a digest to know it again; as many digits as container runtimes show.
const SHORT_DIGEST: usize = 12;

/// Where to go from here.
const NEXT: &str = "
Check your own images, with settings like these:

  signed-images check --settings-path settings.yaml deploy/
";

/// What there is before the policy is asked.
pub(super) fn introduction(images: &Images) -> String {
    let host = &images.host;
    format!(
        "A registry at {host} contains two images. One is signed, with a new key:\n\n  {}  sha256:{}…  signed\n  {}  \
         sha256:{}…  not signed\n\nThe settings require a signature with that key on every image of the registry:\n\n  rules:\n    - \
         name: {RULE}\n      images: [\"{host}/**\"]\n      allOf:\n        - kind: pubKey\n          owner: \
         {OWNER}\n          key: the new key\n",
        images.signed,
        short(&images.signed_digest),
        images.unsigned,
        short(&images.unsigned_digest),
    )
}

/// What the policy said.
pub(super) fn results(images: &Images, outcomes: &[Outcome]) -> anyhow::Result<String> {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["request", "image", "verdict", "digest", "reason"]);
    if !is_coloured(&std::io::stdout()) {
        table.force_no_tty();
    }
    let width = table.width().unwrap_or(WIDTH).clamp(LEAST_WIDTH, WIDTH);
    table.set_width(width);
    for outcome in outcomes {
        add_rows(&mut table, images, outcome);
    }
    table.column_iter_mut().take(4).for_each(|column| {
        column.set_constraint(ColumnConstraint::ContentWidth);
    });
    let patches = outcomes
        .iter()
        .filter(|outcome| !outcome.patch.is_empty())
        .map(patch)
        .collect::<Result<String, _>>()?;
    Ok(format!("The policy reviews three objects:\n\n{table}\n{patches}{NEXT}"))
}

fn patch(outcome: &Outcome) -> serde_json::Result<String> {
    let patch = serde_json::to_string_pretty(&outcome.patch)?;
    Ok(format!("\nThe patch of `{}`:\n\n{patch}\n", outcome.review.title))
}

fn add_rows(table: &mut Table, images: &Images, outcome: &Outcome) {
    let (verdict, color) =
        if outcome.answer.allowed { ("accepted", Color::Green) } else { ("rejected", Color::Red) };
    for (index, image) in outcome.review.images.iter().enumerate() {
        let title = if index == 0 { outcome.review.title } else { "" };
        let digest = outcome.digest(image).map_or("-", short);
        table.add_row(vec![
            Cell::new(title),
            Cell::new(images.name(image)),
            Cell::new(verdict).fg(color),
            Cell::new(digest),
            Cell::new(reason(outcome, image)),
        ]);
    }
}

fn reason(outcome: &Outcome, image: &str) -> String {
    match outcome.reason(image) {
        Some(reason) => reason,
        None if outcome.answer.allowed => "signed: pinned to the verified digest".to_owned(),
        None => "signed, but rejected with the other image".to_owned(),
    }
}

fn short(digest: &str) -> &str {
    let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
    hex.get(..SHORT_DIGEST).unwrap_or(hex)
}
