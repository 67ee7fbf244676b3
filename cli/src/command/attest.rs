//! `signed-images attest`: a report about an image, published so that the policy can read it.
//!
//! - Who signs? The command after `--`: no key is held here.
//! - Whose signature must it be? That of those whom the settings name for this report (`--settings-path`), or of the signer
//!   that is named here, who should be one of them.
//! - What does the exit code say? 0 is a report that is found by its tag, signed, and verified by the host that `check`
//!   asks. 3 is one that was pushed, and is not signed yet.

mod copy;
mod sign;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{ArgGroup, Args};
use serde_json::value::RawValue;
use signed_images_policy::policy::predicate_type::PredicateType;
use tokio::runtime::Runtime;

use super::exit::{self, Mistake};
use super::options::{World, rules_in};
use super::print::{print, tell};
use crate::attest::about::{self, AboutError};
use crate::attest::cosign::Wanted;
use crate::attest::entries::Entries;
use crate::attest::place::{self, Name};
use crate::attest::predicate;
use crate::attest::publish::{PublishError, Pushed, Stated, Target, Whose};
use crate::attest::signer::{Annotations, Signer, Unverified};
use crate::host::AT_ONCE;

const USAGE: &str = "\
signed-images attest [OPTIONS] <IMAGE@DIGEST> --type <TYPE>
         <--predicate <FILE>|--from-cosign>
         <--settings-path <PATH>|--key <FILE>|--certificate-identity <SUBJECT>>
         [-- <COMMAND>...]
       signed-images attest [OPTIONS] --copy <IMAGE@DIGEST> <REPOSITORY>";

const HELP: &str = "\
Exit codes:
  0  the report is signed and verified, and its tag was moved; or it was copied
  1  failed: the tag was not moved, or a report was not copied
  2  the command line or the predicate is wrong
  3  the report was pushed, but is not signed yet

Examples:
  Publish a scan, signed with a key by cosign 3 (cosign 2: only --key):
    trivy image --format json --output scan.json ghcr.io/acme/app@sha256:…
    signed-images attest ghcr.io/acme/app@sha256:… \\
      --type vuln --predicate scan.json --key cosign.pub -- \\
      cosign sign --new-bundle-format=false --use-signing-config=false \\
      --key cosign.key

  Sign elsewhere: this prints what to sign; run it again to move the tag:
    signed-images attest ghcr.io/acme/app@sha256:… \\
      --type vuln --predicate scan.json --key cosign.pub

  Publish what `cosign attest` attached to the image:
    signed-images attest ghcr.io/acme/app@sha256:… \\
      --type vuln --from-cosign --key cosign.pub -- \\
      cosign sign --new-bundle-format=false --use-signing-config=false \\
      --key cosign.key

  Copy the reports of an image that was copied to another repository:
    signed-images attest --copy ghcr.io/acme/app@sha256:… \\
      registry.example.com/mirror/app";

/// Publish a signed report about an image (scan, SBOM, provenance)
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
#[command(after_help = HELP, override_usage = USAGE)]
#[command(group = ArgGroup::new("content").args(["predicate", "from_cosign", "copy"]).required(true))]
#[command(group = ArgGroup::new("whose").args(["settings_path", "key", "certificate_identity", "copy"]).required(true).multiple(true))]
#[command(group = ArgGroup::new("signer").args(["key", "certificate_identity"]))]
pub(crate) struct Attest {
    /// The image, with its digest
    #[arg(value_name = "IMAGE@DIGEST", required_unless_present = "copy", conflicts_with = "copy")]
    image: Option<String>,
    /// The type: a name as in `cosign attest --type` (`vuln`, `spdx`, `cyclonedx`, …) or a URI
    #[arg(long = "type", value_name = "TYPE", required_unless_present = "copy", value_parser = PredicateType::parse)]
    predicate_type: Option<PredicateType>,
    /// The report's content: a JSON file, `-` is stdin; for `vuln` also the JSON output of trivy or grype
    #[arg(long, value_name = "FILE")]
    predicate: Option<PathBuf>,
    /// Take the newest content that `cosign attest` attached to the image, if the signer below signed it
    #[arg(long, requires = "signer")]
    from_cosign: bool,
    /// Copy an image's reports and their signatures to the repository that has a copy of the image
    #[arg(long, num_args = 2, value_names = ["IMAGE@DIGEST", "REPOSITORY"])]
    copy: Vec<String>,
    /// Accept a predicate that names other digests than the image's: the image was copied after the scan
    #[arg(long, conflicts_with_all = ["from_cosign", "copy"])]
    of_another_digest: bool,
    /// When the scan ended, if the scan does not say it: `2026-01-31T12:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = time)]
    scan_finished: Option<String>,
    /// Publish the whole scan or SBOM, not only what conditions read: it takes memory in policy servers
    #[arg(long)]
    full: bool,
    /// Publish this part of a scan or SBOM too: a JSON pointer, with `*` for each element of a list
    #[arg(long, value_name = "POINTER", conflicts_with = "full")]
    keep: Vec<String>,
    /// The report's name, if the image has several of this type; the same as `name` in the settings
    #[arg(long)]
    name: Option<Name>,
    /// The repository for the report, as `repository` in the settings [default: the image's]
    #[arg(long, value_name = "REPOSITORY")]
    repository: Option<String>,
    /// The policy's settings, whose signers for this report must have signed it
    #[arg(long, short, value_name = "PATH")]
    settings_path: Option<PathBuf>,
    /// The public key (PEM) that must have signed. With --settings-path: the signer of what `cosign attest` attached
    #[arg(long, value_name = "FILE", conflicts_with = "certificate_identity")]
    key: Option<PathBuf>,
    /// The same for an identity: the subject of its certificate
    #[arg(long, value_name = "SUBJECT", requires = "certificate_oidc_issuer")]
    certificate_identity: Option<String>,
    /// The issuer of this identity
    #[arg(long, value_name = "URL", requires = "certificate_identity")]
    certificate_oidc_issuer: Option<String>,
    #[command(flatten)]
    world: World,
    /// Print errors only
    #[arg(long, short)]
    quiet: bool,
    /// The command that signs; the report's reference and the annotation are appended to it
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Attest {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = Runtime::new()?;
        if let [from, to] = self.copy.as_slice() {
            return self.copy(from, to, &runtime);
        }
        let signer = self.signer()?;
        let target = self.target()?;
        let whose = self.whose(&target, signer.as_ref(), &runtime)?;
        let predicate = self.content(&target, signer.as_ref(), &runtime)?;
        let stated = self.state(&target, predicate)?;
        let summary = stated.summary.clone();
        let pushed = runtime.block_on(target.push(stated, &self.world.registries()?))?;
        let report = target.report(&pushed);
        self.say(&format!("pushed {report} ({summary}, {} bytes)", pushed.size));
        self.sign(&report, &target.annotations)?;
        // Registries are asked anew: what they said before was said before the signature.
        let live = self.world.live(runtime.handle().clone(), AT_ONCE)?;
        match target.verify(&pushed, &whose, &live) {
            Err(PublishError::Unverified(Unverified::Unsigned { .. }))
                if self.command.is_empty() =>
            {
                print(&sign::to_do(&report, &target))?;
                return Ok(exit::unsigned());
            }
            verified => verified?,
        }
        self.publish(&target, pushed, &runtime)
    }

    fn publish(
        &self,
        target: &Target,
        pushed: Pushed,
        runtime: &Runtime,
    ) -> anyhow::Result<ExitCode> {
        let report = target.report(&pushed);
        self.say("verified as a policy server does");
        runtime.block_on(target.tag(pushed, &self.world.registries()?))?;
        if !self.quiet {
            print(&format!("Report published: {report}, as {}\n", target.tag))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The signer that is named.
    fn signer(&self) -> Result<Option<Signer>, Mistake> {
        match (&self.key, &self.certificate_identity, &self.certificate_oidc_issuer) {
            (Some(key), ..) => Signer::key(key).map(Some).map_err(Mistake::new),
            (None, Some(subject), Some(issuer)) => {
                Ok(Some(Signer::Identity { issuer: issuer.clone(), subject: subject.clone() }))
            }
            (None, ..) => Ok(None),
        }
    }

    /// Whose signature the report must have: what the settings ask for, if there are any.
    fn whose(
        &self,
        target: &Target,
        signer: Option<&Signer>,
        runtime: &Runtime,
    ) -> anyhow::Result<Whose> {
        if let Some(path) = &self.settings_path {
            let rules = rules_in(path, runtime.handle())?;
            let entries = Entries::of(
                rules,
                (&target.image, &target.repository),
                (&target.predicate_type, self.name.as_ref()),
            )
            .map_err(Mistake::new)?;
            return Ok(Whose::Entries(entries));
        }
        signer.cloned().map(Whose::Signer).context("the signer is missing")
    }

    fn target(&self) -> anyhow::Result<Target> {
        let image = self.image.as_deref().unwrap_or_default();
        let image = place::image(image).map_err(Mistake::new)?;
        let repository = match &self.repository {
            Some(repository) => place::repository(repository).map_err(Mistake::new)?,
            None => image.clone(),
        };
        let predicate_type = self.predicate_type.clone().context("--type is missing")?;
        let tag = place::tag(&image, &predicate_type, self.name.as_ref());
        let annotations = Annotations::new(&predicate_type, self.name.as_ref());
        Ok(Target { image, repository, predicate_type, tag, annotations })
    }

    fn content(
        &self,
        target: &Target,
        signer: Option<&Signer>,
        runtime: &Runtime,
    ) -> anyhow::Result<Box<RawValue>> {
        let Target { image, predicate_type, .. } = target;
        let Some(path) = &self.predicate else {
            let signer = signer.context("--from-cosign needs a signer")?;
            if let Some(Name(name)) = &self.name {
                self.say(&format!(
                    "what cosign attested has no name: only `{name}` may be attested by this signer, or whoever may push \
                     chooses which report is called so"
                ));
            }
            let wanted = Wanted { image, predicate_type, signer };
            let (registries, trust) = (self.world.registries()?, self.world.trust()?);
            return Ok(runtime.block_on(wanted.find(&registries, &trust))?);
        };
        let read = predicate::read(path, predicate_type, self.scan_finished.as_deref());
        let predicate = read.map_err(Mistake::new)?;
        if !self.of_another_digest {
            let registries = self.world.registries()?;
            match runtime.block_on(about::check(&predicate, image, &registries)) {
                Err(error @ AboutError::Another { .. }) => return Err(Mistake::new(error).into()),
                checked => checked?,
            }
        }
        Ok(predicate)
    }

    /// What is pushed of the predicate.
    fn state(&self, target: &Target, predicate: Box<RawValue>) -> anyhow::Result<Stated> {
        let predicate = if self.full {
            predicate
        } else {
            predicate::reduced(&predicate, &target.predicate_type, &self.keep)?
        };
        Ok(target.state(predicate).map_err(Mistake::new)?)
    }

    fn say(&self, line: &str) {
        if !self.quiet {
            tell(&format!("{line}\n"));
        }
    }
}

fn time(text: &str) -> Result<String, String> {
    let time = chrono::DateTime::parse_from_rfc3339(text);
    time.map(|_| text.to_owned()).map_err(|error| error.to_string())
}
