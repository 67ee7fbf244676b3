//! Stage 4: rules → questions to the host → whether the image is verified. The only maker of [`Pinned`].
//!
//! *Which image is asked about?* At first the reference as it is, by its tag unless it has a digest. As
//! soon as an answer gives a digest, every further question names it, and every answer must give it: all
//! checks on one image speak of one digest.
//!
//! *How many questions?* As few as the rules allow: each distinct image is verified once, signers that
//! must all have signed share a call where the host can be asked about both; of alternatives, one at a
//! time is asked, in the order written, until enough have agreed or too few are left; and nothing is
//! asked twice.
//!
//! *And what a rule asks besides?* It is looked at when the signatures of all rules hold, and not before.

use crate::by_address::ByAddress;
use crate::host::Host;
use crate::image::reference::{Digest, Reference};
use crate::policy::rule::{Enforcement, Rule};
use crate::sorted_map::SortedMap;
use crate::verify::budget::{Budget, SPENT};
use crate::verify::image_session::ImageSession;
use crate::verify::outcome::{Approval, Expiring, Reason, Refusal, ReportSeen};
use crate::verify::requirement_checker::RequirementChecker;
use crate::verify::signer_batch::DuplicateSigners;
use crate::verify::trust_checker::TrustChecker;
use std::rc::Rc;
use std::time::Duration;

/// A digest that satisfied a rule that matches its image, and was refused by none. Nothing else makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned(Digest);

impl Pinned {
    /// The digest that was verified.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.0
    }
}

/// What verifying an image came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Every rule that rejects is satisfied.
    Yes {
        /// By this digest.
        pinned: Pinned,
        /// Rules that are satisfied; there is at least one.
        approvals: Vec<Approval>,
        /// Rules that are not, and only warn.
        warned: Vec<Refusal>,
    },
    /// No rule is satisfied, and none of them rejects.
    Tolerated(Vec<Refusal>),
    /// This rule is not satisfied, and rejects.
    No(Refusal),
    /// It was not looked at: so many images were refused before it that the verdict is known.
    NotLookedAt,
}

/// How many unsigned images of a request are looked at for what refers to them: each takes a question more, while a
/// webhook waits for a refusal.
const MAX_LOOKED_FOR_REFERRERS: usize = 4;

/// Refused images of a request after which no other is asked about: the verdict is known, and the policy server
/// verifies one image at a time.
pub const MAX_REFUSED: usize = 8;

/// Verifies the images of one request.
///
/// ```
/// use signed_images_policy::image::names::ImageNames;
/// use signed_images_policy::image::reference::Reference;
/// use signed_images_policy::settings;
/// use signed_images_policy::verify::verifier::{Verified, Verifier};
/// use std::time::Duration;
///
/// let key = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys/p256.pem"));
/// let rules = serde_json::json!({"signatures": [{"image": "*", "pubKeys": [key]}]}).to_string();
/// let rules = settings::read(serde_json::from_str(&rules).unwrap()).unwrap();
/// let image = ImageNames::new(Reference::parse("ghcr.io/acme/app:1").unwrap());
///
/// let digest = format!("sha256:{}", "a".repeat(64));
/// let mut host = |_: &str, _: &str, _: &[u8]| {
///     Ok(format!(r#"{{"is_trusted": true, "digest": "{digest}"}}"#).into_bytes())
/// };
/// let mut verifier = Verifier::new(&mut host, Duration::from_secs(1_780_000_000));
/// let Verified::Yes { pinned, approvals, .. } =
///     verifier.verify(image.reference(), &rules.matching(&image))
/// else {
///     panic!("it is not verified");
/// };
/// assert_eq!(pinned.digest().as_str(), digest);
/// assert_eq!(approvals[0].signers, ["public key 1"]);
/// ```
pub struct Verifier<'a, 'r> {
    host: Box<Host<'a>>,
    budget: Rc<Budget>,
    trust: TrustChecker<'r>,
    requirements: RequirementChecker,
    /// Of each image, the rules that it was verified against, and what came of it.
    answers: SortedMap<Reference, (Vec<&'r Rule>, Verified)>,
    /// How many images are refused.
    refused: usize,
    /// Whether nothing more can be asked, so that no other image is looked at.
    is_spent: bool,
    /// For how many images it has looked for what is signed instead.
    looked_for_referrers: usize,
}

impl<'a, 'r> Verifier<'a, 'r> {
    /// A verifier that asks that host at that time (since the Unix epoch).
    pub fn new(host: &'a mut Host<'_>, now: Duration) -> Self {
        let budget = Rc::new(Budget::default());
        let meter = Rc::clone(&budget);
        Self {
            host: Box::new(move |namespace, operation, question| {
                meter.ask(host, (namespace, operation, question))
            }),
            budget,
            trust: TrustChecker::new(now),
            requirements: RequirementChecker::new(now),
            answers: SortedMap::default(),
            refused: 0,
            is_spent: false,
            looked_for_referrers: 0,
        }
    }

    /// The same for the images of other rules: what is known of the cluster and of reports, and how many images are
    /// refused, stays.
    #[must_use]
    pub fn for_other_rules<'o>(self) -> Verifier<'a, 'o> {
        let Self {
            host, budget, trust, requirements, refused, is_spent, looked_for_referrers, ..
        } = self;
        let (trust, answers) = (trust.for_other_rules(), SortedMap::default());
        Verifier {
            host,
            budget,
            trust,
            requirements,
            answers,
            refused,
            is_spent,
            looked_for_referrers,
        }
    }

    /// Signers whose certificates were used and expire soon.
    #[must_use]
    pub fn expiring(&self) -> &[Expiring] {
        &self.trust.expiring
    }

    /// Verifies an image against the rules that match it. It is verified once: the same image with the same rules gets
    /// the same answer.
    pub fn verify(&mut self, image: &Reference, rules: &[&'r Rule]) -> Verified {
        if let Some((of, answer)) = self.answers.get(image)
            && of.iter().copied().map(ByAddress).eq(rules.iter().copied().map(ByAddress))
        {
            return answer.clone();
        }
        if self.is_spent || self.refused >= MAX_REFUSED {
            return Verified::NotLookedAt;
        }
        let mut answer = self.verify_anew(image, rules);
        self.is_spent = self.budget.is_spent();
        if let Some(rule) = rules.first().filter(|_| self.is_spent) {
            answer = match answer {
                // It may be spent on a hint.
                Verified::No(refusal) => Verified::No(refusal),
                Verified::Yes { .. } | Verified::Tolerated(_) | Verified::NotLookedAt => {
                    Verified::No(Refusal::of(rule, Reason::Unchecked(SPENT.to_owned())))
                }
            };
        }
        self.refused += usize::from(matches!(answer, Verified::No(_)));
        self.answers.insert(image.clone(), (rules.to_vec(), answer.clone()));
        answer
    }

    fn verify_anew(&mut self, image: &Reference, rules: &[&'r Rule]) -> Verified {
        let mut session = self.trust.session(image);
        let (mut signed, mut warned) = (Vec::new(), Vec::new());
        for rule in rules {
            match (self.satisfy(&mut session, rule), rule.enforcement) {
                (Ok(signers), _) => signed.push((*rule, signers)),
                (Err(reason), Enforcement::Warn) => warned.push(Refusal::of(rule, reason)),
                (Err(reason), Enforcement::Reject) => {
                    let reason = self.look_for_referrers(&session, reason);
                    return Verified::No(Refusal::of(rule, reason));
                }
            }
        }
        let Some(digest) = session.into_digest() else { return Verified::Tolerated(warned) };
        let mut approvals = Vec::new();
        for (rule, signers) in signed {
            match (self.require(image, &digest, rule, &mut warned), rule.enforcement) {
                (Ok(reports), _) => {
                    approvals.push(Approval { rule: rule.name.to_string(), signers, reports });
                }
                (Err(reason), Enforcement::Warn) => warned.push(Refusal::of(rule, reason)),
                (Err(reason), Enforcement::Reject) => {
                    return Verified::No(Refusal::of(rule, reason));
                }
            }
        }
        if approvals.is_empty() {
            return Verified::Tolerated(warned);
        }
        Verified::Yes { pinned: Pinned(digest), approvals, warned }
    }

    /// The reports that the rule asks for. What only warns is added to what is warned of.
    fn require(
        &mut self,
        image: &Reference,
        digest: &Digest,
        rule: &'r Rule,
        warned: &mut Vec<Refusal>,
    ) -> Result<Vec<ReportSeen>, Reason> {
        let mut reports = Vec::new();
        if let Some(asked) = &rule.requirements.image {
            let found = self.requirements.check_image(&mut *self.host, image, digest, asked);
            tolerate(found, asked.enforcement, rule, warned)?;
        }
        for asked in &rule.requirements.attestations {
            let signers = (&mut self.trust, &rule.name);
            let found =
                self.requirements.check_report(&mut *self.host, signers, image, digest, asked);
            reports.extend(tolerate(found, asked.enforcement, rule, warned)?.unwrap_or_default());
        }
        Ok(reports)
    }

    fn satisfy(
        &mut self,
        session: &mut ImageSession<'_>,
        rule: &'r Rule,
    ) -> Result<Vec<String>, Reason> {
        let duplicates = if rule.matcher.is_legacy() {
            DuplicateSigners::Accepted
        } else {
            DuplicateSigners::Refused
        };
        self.trust.satisfy(session, &mut *self.host, (&rule.name, &rule.trust), duplicates)
    }

    fn look_for_referrers(&mut self, session: &ImageSession<'_>, reason: Reason) -> Reason {
        let is_unsigned = reason == Reason::NotSigned { has_referrers: false };
        if !is_unsigned || self.looked_for_referrers == MAX_LOOKED_FOR_REFERRERS {
            return reason;
        }
        self.looked_for_referrers += 1;
        Reason::NotSigned { has_referrers: session.has_referrers(&mut *self.host) }
    }
}

/// What was found; nothing where it is not enough and only warns.
fn tolerate<T>(
    found: Result<T, Reason>,
    enforcement: Enforcement,
    rule: &Rule,
    warned: &mut Vec<Refusal>,
) -> Result<Option<T>, Reason> {
    match (found, enforcement) {
        (Ok(found), _) => Ok(Some(found)),
        (Err(reason), Enforcement::Reject) => Err(reason),
        (Err(reason), Enforcement::Warn) => {
            warned.push(Refusal::of(rule, reason));
            Ok(None)
        }
    }
}
