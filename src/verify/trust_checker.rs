//! Whose signatures are needed → questions to the host about one image → who agreed, or why that is not enough.

use crate::by_address::ByAddress;
use crate::host::Host;
use crate::image::reference::Reference;
use crate::policy::rule::RuleName;
use crate::policy::signer::Signer;
use crate::policy::steps::Steps;
use crate::policy::trust::{AnyOf, Trust};
use crate::sorted_map::SortedMap;
use crate::verify::cluster_keys::ClusterKeys;
use crate::verify::image_session::{ImageSession, MAX_STEPS};
use crate::verify::outcome::{Expiring, Reason};
use crate::verify::signer_batch::{DuplicateSigners, SignerBatch, batches};
use crate::verify::signer_checks::{self, Checks, SignerError};
use crate::verify::threshold::SignerThreshold;
use std::rc::Rc;
use std::time::Duration;

/// A certificate that expires soon gives a warning.
const EXPIRES_SOON: Duration = Duration::from_hours(30 * 24);

/// What is known of the signers of one request.
pub(crate) struct TrustChecker<'r> {
    /// Since the Unix epoch.
    now: Duration,
    cluster: ClusterKeys,
    /// How many steps it may still take to compare subjects with patterns.
    steps: Rc<Steps>,
    /// Those whose certificates were used and expire soon.
    pub(crate) expiring: Vec<Expiring>,
    /// What each of `anyOf` so far is asked about with.
    any_of: SortedMap<ByAddress<'r, Signer>, Rc<SignerBatch<'r>>>,
    /// The same for all of `allOf`.
    all_of: SortedMap<ByAddress<'r, Trust>, Rc<[SignerBatch<'r>]>>,
}

impl<'r> TrustChecker<'r> {
    pub(crate) fn new(now: Duration) -> Self {
        Self {
            now,
            cluster: ClusterKeys::default(),
            steps: Rc::new(Steps::new(MAX_STEPS)),
            expiring: Vec::new(),
            any_of: SortedMap::default(),
            all_of: SortedMap::default(),
        }
    }

    /// The same for those of other rules: what is known of the cluster stays.
    pub(crate) fn for_other_rules<'o>(self) -> TrustChecker<'o> {
        let Self { now, cluster, steps, expiring, .. } = self;
        TrustChecker { cluster, steps, expiring, ..TrustChecker::new(now) }
    }

    /// The questions about an image, which count towards its steps.
    pub(crate) fn session<'i>(&self, image: &'i Reference) -> ImageSession<'i> {
        ImageSession::new(image, &self.steps)
    }

    /// The same, where the session keeps the image.
    pub(crate) fn session_of(&self, image: Reference) -> ImageSession<'static> {
        ImageSession::of(image, &self.steps)
    }

    /// The labels of those who agreed, when that is enough. What becomes of one who stands twice in `allOf` is told.
    pub(crate) fn satisfy(
        &mut self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
        (rule, trust): (&RuleName, &'r Trust),
        duplicates: DuplicateSigners,
    ) -> Result<Vec<String>, Reason> {
        let mut signers = self.all_of(session, host, (rule, trust), duplicates)?;
        if let Some(any_of) = trust.any_of() {
            signers.extend(self.any_of(session, host, rule, any_of)?);
        }
        Ok(signers)
    }

    fn all_of(
        &mut self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
        of: (&RuleName, &'r Trust),
        duplicates: DuplicateSigners,
    ) -> Result<Vec<String>, Reason> {
        let mut threshold = SignerThreshold::new(of.1.all_of().len(), duplicates);
        for batch in &*self.batches(host, of, duplicates) {
            threshold.ask(session, host, batch);
        }
        threshold.conclude(session, host)
    }

    /// Signers are put together once a request, however many images need them.
    fn batches(
        &mut self,
        host: &mut Host<'_>,
        (rule, trust): (&RuleName, &'r Trust),
        duplicates: DuplicateSigners,
    ) -> Rc<[SignerBatch<'r>]> {
        let of = ByAddress(trust);
        if let Some(known) = self.all_of.get(&of) {
            return Rc::clone(known);
        }
        let signers = trust.all_of().iter();
        let batch = |signer| SignerBatch::new(signer, self.checks_of(host, rule, signer));
        let signers = signers.map(batch).collect();
        let batches: Rc<[_]> = batches(signers, duplicates).into();
        self.all_of.insert(of, Rc::clone(&batches));
        batches
    }

    fn any_of(
        &mut self,
        session: &mut ImageSession<'_>,
        host: &mut Host<'_>,
        rule: &RuleName,
        any_of: &'r AnyOf,
    ) -> Result<Vec<String>, Reason> {
        let mut threshold = SignerThreshold::new(any_of.minimum(), DuplicateSigners::CountOnce);
        for (asked, signer) in any_of.signers().iter().enumerate() {
            if threshold.is_decided(any_of.signers().len() - asked) {
                break;
            }
            let batch = self.batch(host, rule, signer);
            threshold.ask(session, host, &batch);
        }
        threshold.conclude(session, host)
    }

    /// Keys are read once a request, however many images need them.
    fn batch(
        &mut self,
        host: &mut Host<'_>,
        rule: &RuleName,
        signer: &'r Signer,
    ) -> Rc<SignerBatch<'r>> {
        let of = ByAddress(signer);
        if let Some(batch) = self.any_of.get(&of) {
            return Rc::clone(batch);
        }
        let batch = Rc::new(SignerBatch::new(signer, self.checks_of(host, rule, signer)));
        self.any_of.insert(of, Rc::clone(&batch));
        batch
    }

    fn checks_of(
        &mut self,
        host: &mut Host<'_>,
        rule: &RuleName,
        signer: &'r Signer,
    ) -> Result<Checks<'r>, SignerError> {
        let read = &mut |source: &_| self.cluster.read(source, host);
        let (checks, remaining) = signer_checks::checks(signer, self.now, read)?;
        if let Some(left) = remaining.filter(|left| *left < EXPIRES_SOON) {
            self.expiring.push(Expiring {
                rule: rule.to_string(),
                signer: signer.label.clone(),
                days: left.as_secs() / (24 * 60 * 60),
            });
        }
        Ok(checks)
    }
}
