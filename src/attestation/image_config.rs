//! What an image says of itself: `image`. Its config is covered by its signature
//! (<https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md>).

use super::marks::{ConfigPart, Mark};
use super::paths::{Paths, ROOT, Shape};
use super::walk::{Reader, Value, walk};
use super::{MAX_STEPS, TOO_LONG};
use crate::image::reference::Digest;
use crate::policy::requirements::ImageCondition;
use crate::policy::steps::Steps;
use crate::text::clip;
use crate::time::{Time, TooOld};
use std::fmt;

/// Why what an image says of itself is not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageProblem {
    /// Its config cannot be read: what it is instead.
    Unreadable(String),
    /// It has no time.
    NoTime,
    /// Its time cannot be read.
    BadTime(String),
    /// Its time has not come.
    Ahead(String),
    /// Its time is one that reproducible builds write.
    Reproducible(String),
    /// It is too old.
    Old(TooOld),
    /// It lacks a label.
    NoLabel(String),
    /// A label says something else.
    Label {
        /// Its key.
        key: String,
        /// What it says.
        given: String,
        /// What it must match.
        pattern: String,
    },
}

impl ImageProblem {
    /// The problem as audit annotations and the log have it, for programs to read.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "image-unreadable",
            Self::NoTime | Self::BadTime(_) | Self::Ahead(_) => "image-untimed",
            Self::Reproducible(_) | Self::Old(_) => "image-old",
            Self::NoLabel(_) | Self::Label { .. } => "image-labels",
        }
    }
}

/// What is said of the image: `the image` comes before it.
impl fmt::Display for ImageProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(why) => write!(f, "has a config that cannot be read: {why}"),
            Self::NoTime => f.write_str("does not say when it was created"),
            Self::BadTime(text) => write!(f, "has a time that cannot be read: `{text}`"),
            Self::Ahead(text) => write!(f, "has a time in the future: {text}"),
            Self::Reproducible(text) => write!(
                f,
                "says that it was created in 1970 ({text}), as reproducible builds do: its age is unknown"
            ),
            Self::Old(old) => write!(f, "is {old}"),
            Self::NoLabel(key) => write!(f, "has no label `{key}`"),
            Self::Label { key, given, pattern } => {
                write!(
                    f,
                    "has the label `{key}` with the value `{given}`, which does not match `{pattern}`"
                )
            }
        }
    }
}

struct ConfigSeen<'e> {
    digest: &'e Digest,
    is_of_digest: bool,
    created: Option<String>,
    labels: Vec<Option<String>>,
}

impl Reader for ConfigSeen<'_> {
    fn take(&mut self, mark: Mark, value: Value<'_>) {
        let (Mark::Config(part), Value::Text(text)) = (mark, value) else { return };
        match part {
            ConfigPart::Digest => self.is_of_digest = text == self.digest.as_str(),
            ConfigPart::Created => self.created = Some(text.to_owned()),
            ConfigPart::Label(number) => {
                if let Some(label) = self.labels.get_mut(number) {
                    *label = Some(text.to_owned());
                }
            }
        }
    }
}

/// Whether the host's answer has the config of the image of that digest, and it says what is asked.
pub(crate) fn evaluate_image(
    answer: &[u8],
    digest: &Digest,
    asked: &ImageCondition,
    now: Time,
) -> Result<(), ImageProblem> {
    let unreadable = |why: String| ImageProblem::Unreadable(clip(&why, 256));
    let mut paths = Paths::new();
    paths.add_all(
        ROOT,
        &[
            ("/digest", Mark::Config(ConfigPart::Digest)),
            ("/config/created", Mark::Config(ConfigPart::Created)),
        ],
    );
    let labels = paths.add(ROOT, "/config/config/Labels", Shape::Strict);
    for (number, (key, _)) in asked.labels.iter().enumerate() {
        let key = key.replace('~', "~0").replace('/', "~1");
        let label = paths.add(labels, &["/", &key].concat(), Shape::Strict);
        paths.mark(label, Mark::Config(ConfigPart::Label(number)));
    }
    let labels = vec![None; asked.labels.len()];
    let mut seen = ConfigSeen { digest, is_of_digest: false, created: None, labels };
    let json = str::from_utf8(answer).map_err(|error| unreadable(error.to_string()))?;
    walk(json, &paths, &mut seen).map_err(|error| unreadable(error.to_string()))?;
    if !seen.is_of_digest {
        return Err(unreadable("it is the config of another image".to_owned()));
    }
    check_age(seen.created.as_deref(), asked, now)?;
    let steps = Steps::new(MAX_STEPS);
    asked.labels.iter().zip(seen.labels).try_for_each(|((key, pattern), given)| {
        let given = given.ok_or_else(|| ImageProblem::NoLabel(key.clone()))?;
        if pattern.matches_within(&given, &steps).map_err(|_| unreadable(TOO_LONG.to_owned()))? {
            return Ok(());
        }
        let (key, given) = (key.clone(), clip(&given, 128));
        Err(ImageProblem::Label { key, given, pattern: pattern.to_string() })
    })
}

fn check_age(created: Option<&str>, asked: &ImageCondition, now: Time) -> Result<(), ImageProblem> {
    let Some(max_age) = asked.max_age else { return Ok(()) };
    let text = created.ok_or(ImageProblem::NoTime)?;
    let time = Time::parse(text).ok_or_else(|| ImageProblem::BadTime(clip(text, 64)))?;
    if time.is_ahead_of(now) {
        return Err(ImageProblem::Ahead(clip(text, 64)));
    }
    match max_age.exceeded_by(time, now) {
        Some(_) if time.is_of_1970() => Err(ImageProblem::Reproducible(clip(text, 64))),
        Some(old) => Err(ImageProblem::Old(old)),
        None => Ok(()),
    }
}
