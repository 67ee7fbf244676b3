//! A host: registries with signatures, and a cluster, that answer alike whoever asks.
//!
//! *How does it decide?* By its seed and the question, so that two policies that ask the same hear the same. Where it
//! lies or fails, the number of the call counts as well.

mod cluster;
mod lies;
mod registry;
mod words;

use super::choices::{Choices, mix};
use serde_json::{Value, json};

/// A host that answers calls.
#[derive(Clone, Debug)]
pub struct Host {
    temper: Temper,
    calls: usize,
}

/// What a host is like.
#[derive(Clone, Debug)]
struct Temper {
    seed: u64,
    /// So many of sixteen signers have signed an image.
    signed: u64,
    /// So many of sixteen repositories hold no signature.
    unsigned: u64,
    /// So many of sixteen repositories cannot be reached.
    unreachable: u64,
    /// So many of 64 answers are lies or failures.
    lies: usize,
    /// Whether images are other ones from call to call.
    moves: bool,
    /// Whether errors come with a stack trace.
    traces: bool,
    withheld: &'static [&'static str],
}

/// The capabilities that a policy may lack.
const WITHHELD: [&[&str]; 7] = [
    &["oci/v2/verify"],
    &["oci/v1/manifest_digest"],
    &["oci/v1/oci_manifest"],
    &["oci/v1/manifest_digest", "oci/v1/oci_manifest"],
    &["kubernetes/get_resource"],
    &["crypto/v1/is_certificate_trusted"],
    &["oci/v2/verify", "oci/v1/manifest_digest", "oci/v1/oci_manifest", "kubernetes/get_resource"],
];

impl Host {
    /// A host of these choices.
    pub fn any(choices: &mut Choices) -> Self {
        let temper = Temper {
            seed: choices.seed(),
            signed: choices.weighted(&[(20, 16), (3, 14), (2, 10), (1, 5), (1, 0)]),
            unsigned: choices.weighted(&[(16, 0), (2, 2), (1, 8), (1, 16)]),
            unreachable: choices.weighted(&[(10, 0), (1, 3), (1, 12)]),
            lies: choices.weighted(&[(14, 0), (3, 6), (2, 24)]),
            moves: choices.chance(1, 24),
            traces: choices.chance(1, 2),
            withheld: if choices.chance(1, 16) { choices.one(&WITHHELD) } else { &[] },
        };
        Self { temper, calls: 0 }
    }

    /// Answers a call.
    ///
    /// # Errors
    /// With the host's words, where it gives no answer.
    pub fn answer(
        &mut self,
        namespace: &str,
        operation: &str,
        payload: &[u8],
    ) -> Result<Vec<u8>, String> {
        self.calls += 1;
        let call = format!("{namespace}/{operation}");
        let question = serde_json::from_slice(payload).unwrap_or_default();
        let answer = self.temper.answer(&call, &question, self.calls);
        answer.map_err(|words| if self.temper.traces { words::traced(&words) } else { words })
    }
}

impl Temper {
    fn answer(&self, call: &str, question: &Value, calls: usize) -> Result<Vec<u8>, String> {
        if self.withheld.contains(&call) {
            return Err(words::withheld(call));
        }
        let asked = question.to_string();
        let mut choices = Choices::of_seed(self.roll(&[call, &asked, &calls.to_string()]));
        if choices.chance(self.lies, 64) {
            return lies::answer(call, question, &mut choices);
        }
        match call {
            "oci/v2/verify" => self.verify(question, calls),
            "oci/v1/manifest_digest" => self.manifest_digest(question, calls),
            "oci/v1/oci_manifest" => self.oci_manifest(question),
            "crypto/v1/is_certificate_trusted" => Ok(self.is_certificate_trusted(&asked)),
            "kubernetes/get_resource" => self.get_resource(question),
            _ => Err(format!("unknown operation: {call}")),
        }
    }

    /// A number that is the same whenever the same is asked.
    fn roll(&self, about: &[&str]) -> u64 {
        about.iter().flat_map(|part| part.bytes().chain([0])).fold(mix(self.seed), |state, byte| {
            mix(state ^ u64::from(byte)).wrapping_add(0x9e37_79b9_7f4a_7c15)
        })
    }

    /// Whether that is one of so many of sixteen.
    fn is_among(&self, times: u64, about: &[&str]) -> bool {
        self.roll(about) % 16 < times
    }

    fn is_certificate_trusted(&self, asked: &str) -> Vec<u8> {
        let answer = if self.is_among(13, &["chain", asked]) {
            json!({"trusted": true, "reason": ""})
        } else {
            json!({"trusted": false, "reason": "Certificate is not trusted: `UnknownIssuer`"})
        };
        answer.to_string().into_bytes()
    }
}
