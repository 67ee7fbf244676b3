//! Settings: raw JSON → compiled [`Rules`]. Here are the keys at the top; those of each value are in its own file.
//!
//! *When does what happen?* Settings come with every request, so a request reads [`PartialSettings`], then each
//! rule's patterns, and the rest only of rules that match one of its images. When the policy is set
//! up, [`read`] reads all of them, and [`check`] does the rest: it reads every key and certificate and asks
//! the host about chains.
//!
//! *What does an error say?* The path, what is wrong there, and the nearest thing that would be right.

mod attestation;
mod blank;
mod check;
mod issue;
mod lazy;
mod legacy;
mod limits;
mod list;
mod lists;
mod object;
mod oddities;
#[cfg(not(target_family = "wasm"))]
mod remarks;
mod rule;
mod rule_filter;
#[cfg(not(target_family = "wasm"))]
mod schema;
mod shared;
mod signer;
mod signer_parts;
mod subject_pattern;
mod trust;
mod unread;
mod url_prefix;
mod value;
mod workload;

pub use check::check;
pub use issue::{SettingsError, SettingsIssue};
#[cfg(not(target_family = "wasm"))]
pub use remarks::remarks;
pub use rule_filter::RuleFilter;
#[cfg(not(target_family = "wasm"))]
pub use schema::schema;
pub use subject_pattern::pattern as subject_pattern;

use crate::image::pattern::ImagePattern;
use crate::policy::pinning::Pinning;
use crate::policy::plan::{Rules, UnchangedImages, UnmatchedImages};
use crate::policy::rule::Rule;
use crate::request::GroupKind;
use crate::workload::kinds::Workload;
use lazy::Lazy;
use limits::{MAX_ALL_PATTERNS, MAX_ISSUES, MAX_PATTERNS, MAX_RULES, MAX_SETTINGS, MAX_WORKLOADS};
use list::List;
use lists::ListKind;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::value::RawValue;
use std::rc::Rc;
use unread::{Unread, read_with_lists};

/// Entries of a list that are read one by one.
type Entries<'s, T> = List<Lazy<'s, T>, MAX_RULES>;
/// The same of a list that forms write.
#[cfg(not(target_family = "wasm"))]
type FormEntries<T> = list::FormList<T, MAX_RULES>;

/// Settings that have none of these check nothing.
#[cfg(not(target_family = "wasm"))]
#[must_use]
pub fn says_something() -> Vec<&'static str> {
    let lists = ListKind::ALL.into_iter().map(ListKind::key);
    ["signatures", "rules"].into_iter().chain(lists).chain(["unmatchedImages"]).collect()
}

/// Which container images need which signatures.
#[derive(Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[cfg_attr(not(target_family = "wasm"), schemars(extend("allOf" = schema::needs(&[&says_something()]))))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawSettings<'s> {
    /// which images need which signatures, in the format of verify-image-signatures
    #[serde(borrow)]
    signatures: Option<Lazy<'s, Entries<'s, legacy::RawEntry<'s>>>>,
    /// write the verified digest into the object (default: true)
    modify_images_with_digest: Option<bool>,
    /// which images need which signatures
    rules: Option<Lazy<'s, Entries<'s, rule::RawRule<'s>>>>,
    /// which images must be signed with which public keys
    #[cfg_attr(
        not(target_family = "wasm"),
        schemars(with = "Option<FormEntries<lists::PublicKeys>>")
    )]
    public_keys: Option<&'s RawValue>,
    /// which images must be signed by which identities
    #[cfg_attr(
        not(target_family = "wasm"),
        schemars(with = "Option<FormEntries<lists::KeylessIdentities>>")
    )]
    keyless_identities: Option<&'s RawValue>,
    /// which images must be signed by identities below which URLs
    #[cfg_attr(
        not(target_family = "wasm"),
        schemars(with = "Option<FormEntries<lists::KeylessPrefixes>>")
    )]
    keyless_prefixes: Option<&'s RawValue>,
    /// which images must be signed by which GitHub Actions workflows
    #[cfg_attr(
        not(target_family = "wasm"),
        schemars(with = "Option<FormEntries<lists::GithubActions>>")
    )]
    github_actions: Option<&'s RawValue>,
    /// which images must be signed with which certificates
    #[cfg_attr(
        not(target_family = "wasm"),
        schemars(with = "Option<FormEntries<lists::Certificates>>")
    )]
    certificates: Option<&'s RawValue>,
    /// which images need a signed vulnerability scan, and from whom
    #[cfg_attr(
        not(target_family = "wasm"),
        schemars(with = "Option<FormEntries<lists::VulnerabilityScans>>")
    )]
    vulnerability_scans: Option<&'s RawValue>,
    /// patterns of images that are neither verified nor pinned
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<List<String, MAX_PATTERNS>>"))]
    exempt: Option<List<ImagePattern, MAX_PATTERNS>>,
    /// what to do with an image that matches no rule and no entry (default: accept)
    unmatched_images: Option<UnmatchedImages>,
    /// what to do, on an update, with images that the update does not change (default: skip)
    unchanged_images: Option<UnchangedImages>,
    /// false: pin images in Pods only, not in the templates of Deployments, Jobs and so on (default: true)
    pin_workload_templates: Option<bool>,
    /// custom resources that contain images
    extra_workloads: Option<List<workload::RawWorkload, MAX_WORKLOADS>>,
    /// ignored: the form in Rancher stores its state here
    #[serde(rename = "description")]
    _description: Option<String>,
    /// ignored: the form in Rancher stores its state here
    #[serde(rename = "rule")]
    #[cfg_attr(not(target_family = "wasm"), schemars(with = "Option<String>"))]
    _rule: Option<FormText>,
}

impl<'s> RawSettings<'s> {
    fn list(&self, list: ListKind) -> Option<&'s RawValue> {
        match list {
            ListKind::PublicKeys => self.public_keys,
            ListKind::KeylessIdentities => self.keyless_identities,
            ListKind::KeylessPrefixes => self.keyless_prefixes,
            ListKind::GithubActions => self.github_actions,
            ListKind::Certificates => self.certificates,
            ListKind::VulnerabilityScans => self.vulnerability_scans,
        }
    }
}

/// A form's text, where somebody may have meant `rules`.
struct FormText;

impl<'de> Deserialize<'de> for FormText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer);
        text.map(|_| Self).map_err(|_| D::Error::custom("unknown field, did you mean `rules`?"))
    }
}

/// The settings but for their rules, which are most of them.
pub struct PartialSettings<'s> {
    signatures: Unread<'s, legacy::RawEntry<'s>>,
    rules: Unread<'s, rule::RawRule<'s>>,
    lists: [(ListKind, Option<&'s RawValue>); ListKind::ALL.len()],
    exempt: Rc<[ImagePattern]>,
    unmatched: UnmatchedImages,
    /// What becomes of an image that an update leaves as it is.
    pub unchanged: UnchangedImages,
    /// Where verified images are pinned.
    pub pinning: Pinning,
    /// Custom resources that hold images.
    pub workloads: Vec<(GroupKind, Workload)>,
}

/// Reads and compiles all of the settings.
///
/// ```
/// use signed_images_policy::settings;
///
/// let read = |json| settings::read(serde_json::from_str(json).unwrap());
/// let rules = read(r#"{"githubActions": [{"images": ["ghcr.io/acme/*"], "owner": "acme"}]}"#);
/// assert_eq!(rules.unwrap().rules[0].name.to_string(), "githubActions[0]");
///
/// let error = read(r#"{"githubActions": [{"image": ["ghcr.io/acme/*"], "owner": "acme"}]}"#);
/// let error = error.unwrap_err().to_string();
/// assert_eq!(error, "githubActions[0].image: unknown field, did you mean `images`?");
/// ```
///
/// # Errors
/// With the place of everything that is wrong.
pub fn read(json: &RawValue) -> Result<Rules, SettingsError> {
    PartialSettings::read(json)?.rules(RuleFilter::All)
}

impl<'s> PartialSettings<'s> {
    /// Reads the settings, and leaves the rules for later.
    ///
    /// # Errors
    /// When something else than the rules is wrong.
    pub fn read(json: &'s RawValue) -> Result<Self, SettingsError> {
        let size = json.get().len();
        if size > MAX_SETTINGS {
            let limit = format!("they have {size} bytes; at most {MAX_SETTINGS} are allowed");
            return Err(SettingsIssue::new(limit).into());
        }
        let (raw, signatures, rules) = read_with_lists(json)?;
        let settings = Self {
            lists: ListKind::ALL.map(|list| (list, raw.list(list))),
            exempt: rule::sparing(List::or_empty(raw.exempt), "exempt")?.into(),
            unmatched: raw.unmatched_images.unwrap_or(UnmatchedImages::Accept),
            unchanged: raw.unchanged_images.unwrap_or(UnchangedImages::Skip),
            pinning: pinning(raw.modify_images_with_digest, raw.pin_workload_templates),
            workloads: workload::compile_all(List::or_empty(raw.extra_workloads))?,
            signatures,
            rules,
        };
        if settings.unmatched == UnmatchedImages::Accept && !settings.has_rules()? {
            let lists = ListKind::ALL.map(|list| format!("`{}`", list.key())).join(", ");
            return Err(SettingsIssue::new(format_args!(
                "these settings check nothing: name the images and their signers in `rules`, {lists} or \
                 `signatures`, or set `unmatchedImages` to `warn` or `reject`"
            ))
            .into());
        }
        Ok(settings)
    }

    fn has_rules(&self) -> Result<bool, SettingsIssue> {
        if self.signatures.is_given() || self.rules.is_given() {
            return Ok(true);
        }
        for (list, raw) in self.lists {
            for (index, entry) in list.entries(raw)? {
                let issue = |issue: SettingsIssue| issue.at(index).under(list.key());
                if list.is_filled_in(entry).map_err(issue)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The rules that are wanted; of the others, no more is read than it takes to tell.
    ///
    /// # Errors
    /// With the place of everything that is wrong in what is read.
    pub fn rules(&self, filter: RuleFilter<'_>) -> Result<Rules, SettingsError> {
        let (mut issues, mut rules, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        let mut patterns = self.exempt.len();
        let mut keep = |key: &str, index: usize, compiled: Result<Option<Rule>, SettingsIssue>| {
            match compiled {
                Ok(rule) => {
                    patterns +=
                        rule.iter().map(|rule| rule.matcher.patterns_count()).sum::<usize>();
                    rules.extend(rule);
                }
                Err(issue) => issues.push(issue.at(index).under(key)),
            }
            if patterns > MAX_ALL_PATTERNS {
                let limit =
                    format!("the lists have more than {MAX_ALL_PATTERNS} patterns in total");
                return Err(SettingsError::from(SettingsIssue::new(limit)));
            }
            if issues.len() < MAX_ISSUES {
                Ok(())
            } else {
                SettingsError::unless_empty(std::mem::take(&mut issues))
            }
        };
        for (index, entry) in self.signatures.read("signatures")?.into_iter().enumerate() {
            keep("signatures", index, legacy::compile(index, entry, filter, &mut notes))?;
        }
        for (index, entry) in self.rules.read("rules")?.into_iter().enumerate() {
            keep("rules", index, rule::compile(index, entry, filter))?;
        }
        for (list, raw) in self.lists {
            for (index, entry) in list.entries(raw)? {
                keep(list.key(), index, list.compile(index, entry, filter))?;
            }
        }
        SettingsError::unless_empty(issues)?;
        Ok(Rules {
            rules,
            exempt: Rc::clone(&self.exempt),
            unmatched: self.unmatched,
            unchanged: self.unchanged,
            notes,
        })
    }
}

fn pinning(modify_images: Option<bool>, workload_templates: Option<bool>) -> Pinning {
    match (modify_images.unwrap_or(true), workload_templates.unwrap_or(true)) {
        (true, true) => Pinning::Everywhere,
        (true, false) => Pinning::PodsOnly,
        (false, _) => Pinning::Nowhere,
    }
}
