//! Who takes the values of a report: each condition names its own.

/// Whose value is found at a place, and what it is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Statement(StatementPart),
    /// The time that the report's age is told by.
    Time,
    Finding(FindingPart),
    Component(ComponentPart),
    Provenance(ProvenancePart),
    Config(ConfigPart),
    /// Of the field of that number.
    Field(usize, FieldPart),
}

/// What a value of the frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatementPart {
    Type,
    PredicateType,
    /// The SHA-256 of something that it is about.
    Subject,
    /// The digest of the manifest that it comes with, as the host has it.
    Manifest,
}

/// What a value of a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FindingPart {
    /// Which scanner it was.
    Scanner,
    /// What only a report of a known form has.
    Scans,
    /// A finding of Trivy's.
    Trivy,
    /// One of grype's.
    Grype,
    Id,
    Alias,
    Severity,
    /// A version that has the fix.
    FixVersion,
    /// grype's word on whether there is a fix.
    FixState,
    /// Trivy's.
    Status,
    Package,
    Version,
}

/// What a value of a bill of materials is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComponentPart {
    /// The version of the format.
    FormatVersion,
    /// The list of packages.
    List,
    Component,
    /// What the bill is about.
    Subject,
    /// What kind of thing that is.
    Kind,
    /// A package URL, or another reference.
    Url,
    Name,
    /// What a name is unique in: a Maven group, an npm scope.
    Group,
    Version,
    /// A licence, or an expression of several.
    License,
    /// A licence with all that is said of it.
    LicenseEntry,
    /// Where its text is.
    LicenseUrl,
}

/// What a value of a provenance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProvenancePart {
    Builder,
    Source,
}

/// What a value of an image's config is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConfigPart {
    /// The digest of its manifest, as the host has it.
    Digest,
    Created,
    /// The label of that number.
    Label(usize),
}

/// What a value is to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldPart {
    /// An element of a list on the way to it.
    Element,
    /// It itself.
    Whole,
    /// An element of it.
    Item,
}
