//! What each scenario may take: a committed number of instructions, by name.
//!
//! - What is held against it? Fuel alone, which is the same on every machine for the same module.
//! - How far may it be exceeded? By [`TOLERANCE`] percent: a newer compiler is not at fault at once.
//! - What of a module that takes far less? It is told: a budget that is never reached holds nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// By how many percent fuel may differ from its budget.
pub const TOLERANCE: u64 = 5;

/// Fuel by the name of the scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Budget(BTreeMap<String, u64>);

/// How a scenario's fuel stands to its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is about as much.
    Within,
    /// It is more, by so many percent.
    Over(u64),
    /// It is less, by so many percent.
    FarUnder(u64),
    /// The scenario has no budget.
    Unknown,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within => f.write_str("within its budget"),
            Self::Over(percent) => write!(f, "{percent} % over its budget"),
            Self::FarUnder(percent) => write!(f, "{percent} % under its budget"),
            Self::Unknown => f.write_str("without a budget"),
        }
    }
}

/// Why there is no budget.
#[derive(Debug, thiserror::Error)]
pub enum BudgetError {
    /// The file could not be read or written.
    #[error("cannot read or write budget `{}`: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It holds something else.
    #[error("budget `{}`: {source}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and on which line.
        source: serde_json::Error,
    },
}

impl Budget {
    /// Reads the file that [`Budget::write`] wrote.
    ///
    /// # Errors
    /// When it cannot be read, or is something else.
    pub fn read(path: &Path) -> Result<Self, BudgetError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| BudgetError::File { path: path.to_owned(), source })?;
        serde_json::from_str(&text)
            .map_err(|source| BudgetError::Malformed { path: path.to_owned(), source })
    }

    /// Writes the file: JSON, a scenario a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), BudgetError> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|source| BudgetError::Malformed { path: path.to_owned(), source })?;
        std::fs::write(path, text + "\n")
            .map_err(|source| BudgetError::File { path: path.to_owned(), source })
    }

    /// Holds a scenario's fuel against its budget.
    #[must_use]
    pub fn judge(&self, scenario: &str, fuel: u64) -> Verdict {
        let Some(&budget) = self.0.get(scenario) else { return Verdict::Unknown };
        let tolerated = budget * TOLERANCE;
        let percent = |difference: u64| (difference * 100).div_ceil(budget.max(1));
        if fuel.saturating_sub(budget) * 100 > tolerated {
            Verdict::Over(percent(fuel - budget))
        } else if budget.saturating_sub(fuel) * 100 > tolerated {
            Verdict::FarUnder(percent(budget - fuel))
        } else {
            Verdict::Within
        }
    }
}

impl FromIterator<(String, u64)> for Budget {
    fn from_iter<I: IntoIterator<Item = (String, u64)>>(fuels: I) -> Self {
        Self(fuels.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_percent_are_tolerated() {
        let budget = Budget::from_iter([("pod".to_owned(), 1_000)]);
        let rows = [
            (1_000, Verdict::Within),
            (1_040, Verdict::Within),
            (1_050, Verdict::Within),
            (1_051, Verdict::Over(6)),
            (1_060, Verdict::Over(6)),
            (950, Verdict::Within),
            (949, Verdict::FarUnder(6)),
            (0, Verdict::FarUnder(100)),
        ];
        for (fuel, expected) in rows {
            assert_eq!(budget.judge("pod", fuel), expected, "{fuel}");
        }
        assert_eq!(budget.judge("deployment", 1), Verdict::Unknown);
    }
}
