//! What the reader of a converted policy must know, at the place that it is about.

use std::fmt;

/// How a conversion differs from its source at one point, the heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something that the source verifies is not verified.
    Less,
    /// Something that the source admits is refused.
    Stricter,
    /// Something must be filled in; until then, the settings are refused.
    Open,
    /// Something that the source verifies and that no policy server can.
    Unchecked(Unchecked),
    /// Otherwise because whoever converts wants it so.
    Chosen,
    /// Otherwise, and neither more nor less.
    Note,
}

/// What no host of Kubewarden's verifies, on any release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unchecked {
    /// That a certificate is in the log of certificates.
    Sct,
    /// That a signature by a plain key is in the transparency log.
    Tlog,
    /// When an authority has seen the signature (RFC 3161).
    Timestamps,
}

impl Unchecked {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sct, Self::Tlog, Self::Timestamps];

    /// As `--allow` has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sct => "sct",
            Self::Tlog => "tlog",
            Self::Timestamps => "timestamps",
        }
    }
}

impl fmt::Display for Unchecked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// How much it matters.
    pub weight: Weight,
    /// The policy of the source that it is about.
    pub policy: String,
    /// What it is about, in that policy.
    pub path: String,
    /// What there is to say.
    pub text: String,
}

/// Remarks on one element of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Remarks(Vec<Remark>);

impl Remarks {
    pub(super) fn less(&mut self, path: &str, text: impl Into<String>) {
        self.add(Weight::Less, path, text);
    }

    pub(super) fn stricter(&mut self, path: &str, text: impl Into<String>) {
        self.add(Weight::Stricter, path, text);
    }

    pub(super) fn open(&mut self, path: &str, text: impl Into<String>) {
        self.add(Weight::Open, path, text);
    }

    pub(super) fn unchecked(&mut self, what: Unchecked, path: &str, text: impl Into<String>) {
        self.add(Weight::Unchecked(what), path, text);
    }

    pub(super) fn chosen(&mut self, path: &str, text: impl Into<String>) {
        self.add(Weight::Chosen, path, text);
    }

    pub(super) fn note(&mut self, path: &str, text: impl Into<String>) {
        self.add(Weight::Note, path, text);
    }

    pub(super) fn extend(&mut self, others: Self) {
        for other in others.0 {
            self.push(other);
        }
    }

    /// These, of that policy where none is named yet.
    #[must_use]
    pub(super) fn of(mut self, policy: &str) -> Self {
        for remark in self.0.iter_mut().filter(|remark| remark.policy.is_empty()) {
            policy.clone_into(&mut remark.policy);
        }
        self
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Remark> {
        self.0.iter()
    }

    /// Whether what they are about is just what the source says.
    pub(super) fn are_light(&self) -> bool {
        self.0.iter().all(|remark| match remark.weight {
            Weight::Less | Weight::Stricter | Weight::Open => false,
            Weight::Unchecked(_) | Weight::Chosen | Weight::Note => true,
        })
    }

    fn add(&mut self, weight: Weight, path: &str, text: impl Into<String>) {
        self.push(Remark {
            weight,
            policy: String::new(),
            path: path.to_owned(),
            text: text.into(),
        });
    }

    fn push(&mut self, remark: Remark) {
        if !self.0.contains(&remark) {
            self.0.push(remark);
        }
    }
}

impl Remark {
    /// As a comment above what it is about; none of what is said on top for the whole policy.
    pub(super) fn comment(&self) -> Option<String> {
        let mark = match self.weight {
            Weight::Less => "VERIFIES LESS: ",
            Weight::Stricter => "STRICTER: ",
            Weight::Open => "FILL IN: ",
            Weight::Unchecked(_) => return None,
            Weight::Chosen | Weight::Note => "",
        };
        let place = if self.path.is_empty() { String::new() } else { format!("`{}`: ", self.path) };
        Some(format!("{mark}{place}{}", self.text))
    }
}
