//! What the reader of a converted policy must know, at the place that it is about.

/// How a conversion differs from its source at one point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Something that the source verifies is not verified.
    Less,
    /// Something must be filled in; until then, the settings are refused.
    Open,
    /// Verified more strictly, or elsewhere, or just otherwise.
    Note,
}

/// One remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// How much it matters.
    pub weight: Weight,
    /// What it is about, in the source.
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

    pub(super) fn open(&mut self, path: &str, text: impl Into<String>) {
        self.add(Weight::Open, path, text);
    }

    pub(super) fn note(&mut self, path: &str, text: impl Into<String>) {
        self.add(Weight::Note, path, text);
    }

    pub(super) fn extend(&mut self, others: Self) {
        for other in others.0 {
            self.push(other);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Remark> {
        self.0.iter()
    }

    fn add(&mut self, weight: Weight, path: &str, text: impl Into<String>) {
        self.push(Remark { weight, path: path.to_owned(), text: text.into() });
    }

    fn push(&mut self, remark: Remark) {
        if !self.0.contains(&remark) {
            self.0.push(remark);
        }
    }
}

impl Remark {
    /// As a comment above what it is about.
    pub(super) fn comment(&self) -> String {
        let mark = match self.weight {
            Weight::Less => "VERIFIES LESS: ",
            Weight::Open => "FILL IN: ",
            Weight::Note => "",
        };
        format!("{mark}{}", self.sentence())
    }

    /// The place and what there is to say of it.
    pub(super) fn sentence(&self) -> String {
        match self.path.as_str() {
            "" => self.text.clone(),
            path => format!("`{path}`: {}", self.text),
        }
    }
}
