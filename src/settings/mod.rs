//! Settings: raw text → compiled [`Rules`]. The one place where the text of the settings lives.
//!
//! *When does what happen?* Settings come with every request, so a request reads the [`partial`], the
//! patterns of every rule, and the rest of the rules that select one of its images. When the policy is set
//! up, [`read`] reads all of them, and [`check`] does the rest: it reads every key and certificate and asks
//! the host about chains.
//!
//! *What does an error say?* The path, what is wrong there, and the nearest thing that would be right.

mod check;
mod legacy;
mod limits;
mod lists;
mod reader;
mod rule;
pub mod schema;
mod signer;
mod subject_pattern;
mod suggestion;
mod url_prefix;
mod workload;

pub use check::check;
pub use subject_pattern::pattern as subject_pattern;

use crate::image::names::ImageNames;
use crate::image::pattern::ImagePattern;
use crate::policy::pinning::{Pinning, Rules, UnchangedImages, UnmatchedImages};
use crate::policy::rule::{ImageMatcher, Rule};
use crate::request::GroupKind;
use crate::workload::kinds::Workload;
use limits::MAX_SETTINGS;
use reader::{Node, Object};
use schema::{SETTINGS, UNCHANGED_IMAGES, UNMATCHED_IMAGES};
use signed_images_json::Json;
use std::borrow::Cow;
use std::fmt;

/// What is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError(Vec<SettingsIssue>);

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsIssue {
    /// Where: `signatures[0].pubKeys[1]`; empty for the settings as a whole.
    pub path: String,
    /// What.
    pub message: String,
}

impl SettingsIssue {
    fn new(path: impl fmt::Display, message: &str) -> Self {
        Self { path: path.to_string(), message: message.to_owned() }
    }
}

impl From<SettingsIssue> for SettingsError {
    fn from(issue: SettingsIssue) -> Self {
        Self(vec![issue])
    }
}

impl SettingsError {
    fn unless_empty(issues: Vec<SettingsIssue>) -> Result<(), Self> {
        if issues.is_empty() { Ok(()) } else { Err(Self(issues)) }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, issue) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            if !issue.path.is_empty() {
                write!(f, "{}: ", issue.path)?;
            }
            f.write_str(&issue.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}

/// The settings but for their rules, which are most of them.
#[derive(Debug)]
pub struct PartialSettings<'s> {
    /// What the rules are read from.
    settings: Object<'s>,
    /// Images that are neither verified nor pinned.
    pub exempt: Vec<ImagePattern>,
    /// What becomes of an image that no rule selects.
    pub unmatched: UnmatchedImages,
    /// What becomes of an image that an update leaves as it is.
    pub unchanged: UnchangedImages,
    /// Where verified images are pinned.
    pub pinning: Pinning,
    /// Custom resources that hold images.
    pub workloads: Vec<(GroupKind, Workload)>,
}

/// Which rules are.
#[derive(Clone, Copy, Debug)]
pub enum RuleFilter<'w> {
    /// All of them.
    All,
    /// Those that select one of these images.
    For(&'w [Cow<'w, ImageNames>]),
}

impl RuleFilter<'_> {
    fn includes(self, matcher: &ImageMatcher) -> bool {
        match self {
            Self::All => true,
            Self::For(images) => images.iter().any(|image| matcher.matches(image)),
        }
    }

    /// Whether a rule of these patterns, none of which is parsed yet, could be wanted.
    fn could_include(self, patterns: &[Cow<'_, str>]) -> bool {
        match self {
            Self::All => true,
            Self::For(images) => {
                patterns.iter().any(|pattern| images.iter().any(|image| image.may_match(pattern)))
            }
        }
    }
}

/// Reads and compiles all of the settings.
///
/// # Errors
/// With the place of everything that is wrong.
pub fn read(json: Json<'_>) -> Result<Rules, SettingsError> {
    partial(json)?.rules(RuleFilter::All)
}

/// Reads the settings, and leaves the rules for later.
///
/// # Errors
/// When something else than the rules is wrong.
pub fn partial(json: Json<'_>) -> Result<PartialSettings<'_>, SettingsError> {
    let size = json.text().len();
    if size > MAX_SETTINGS {
        let budget = format!("they are {size} bytes long; at most {MAX_SETTINGS} are taken");
        return Err(SettingsIssue::new("", &budget).into());
    }
    let settings = Node::root(json).object(&SETTINGS)?;
    let unmatched = match settings.choice("unmatchedImages", UNMATCHED_IMAGES)? {
        Some("warn") => UnmatchedImages::Warn,
        Some("reject") => UnmatchedImages::Reject,
        _ => UnmatchedImages::Accept,
    };
    if unmatched == UnmatchedImages::Accept && !has_rules(&settings)? {
        return Err(SettingsIssue::new(
            "",
            "these settings check nothing: name the images and their signers in `rules`, \
             `publicKeys`, `keylessIdentities`, `keylessPrefixes`, `githubActions`, `certificates` \
             or `signatures`, or set `unmatchedImages` to `warn` or `reject`",
        )
        .into());
    }
    Ok(PartialSettings {
        exempt: rule::sparing(&settings, "exempt")?,
        unmatched,
        unchanged: match settings.choice("unchangedImages", UNCHANGED_IMAGES)? {
            Some("verify") => UnchangedImages::Verify,
            _ => UnchangedImages::Skip,
        },
        pinning: pinning(&settings)?,
        workloads: workloads(&settings)?,
        settings,
    })
}

fn has_rules(settings: &Object<'_>) -> Result<bool, SettingsIssue> {
    if settings.get("signatures").is_some() || settings.get("rules").is_some() {
        return Ok(true);
    }
    for list in &lists::LISTS {
        if list.is_filled_in(settings)? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl PartialSettings<'_> {
    /// The rules that are wanted; of the others, no more is read than it takes to tell.
    ///
    /// # Errors
    /// With the place of everything that is wrong in what is read.
    pub fn rules(self, filter: RuleFilter<'_>) -> Result<Rules, SettingsError> {
        let mut issues = Vec::new();
        let mut rules = Vec::new();
        let mut keep = |compiled: Result<Option<Rule>, SettingsIssue>| match compiled {
            Ok(rule) => rules.extend(rule),
            Err(issue) => issues.push(issue),
        };
        for entry in self.settings.list("signatures")? {
            keep(legacy::compile(&entry, filter));
        }
        for (index, rule) in self.settings.list("rules")?.iter().enumerate() {
            keep(rule::compile(index + 1, rule, filter));
        }
        for list in &lists::LISTS {
            for entry in self.settings.list(list.key)? {
                keep(list.compile(&entry, filter));
            }
        }
        SettingsError::unless_empty(issues)?;
        Ok(Rules {
            rules,
            exempt: self.exempt,
            unmatched: self.unmatched,
            unchanged: self.unchanged,
        })
    }
}

fn pinning(settings: &Object<'_>) -> Result<Pinning, SettingsIssue> {
    let on = |key| settings.flag(key).map(|flag| flag.unwrap_or(true));
    Ok(match (on("modifyImagesWithDigest")?, on("pinWorkloadTemplates")?) {
        (true, true) => Pinning::Everywhere,
        (true, false) => Pinning::PodsOnly,
        (false, _) => Pinning::Nowhere,
    })
}

fn workloads(settings: &Object<'_>) -> Result<Vec<(GroupKind, Workload)>, SettingsIssue> {
    let mut workloads: Vec<(GroupKind, Workload)> = Vec::new();
    for node in settings.list("extraWorkloads")? {
        let (kind, workload) = workload::compile(&node)?;
        if workloads.iter().any(|(known, _)| *known == kind) {
            return Err(
                node.issue(&format!("`{kind}` has an entry already; write all paths there"))
            );
        }
        workloads.push((kind, workload));
    }
    Ok(workloads)
}
