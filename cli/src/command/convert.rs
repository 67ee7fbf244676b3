//! `signed-images convert`: policies of other tools, as policies of this module.
//!
//! - What is printed? The manifests, on stdout, with comments. How they differ from their sources is said on top of
//!   them, and counted on stderr, with what was skipped or refused.
//! - Which exit codes? 0 when nothing is lost, refused that was admitted, or left to be filled in, and what no policy
//!   server checks is allowed; 1 otherwise; 2 when a document cannot be read or is not converted. The others are.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use signed_images_convert::{Conversion, Converted, Source, Unchecked, Weight, convert};

use super::manifest::{ManifestOptions, default};
use super::print::{print, tell};
use crate::{legible, text};

const BAD_INPUT: u8 = 2;

const AS_THERE: &str = "as in the source";

/// Convert policies of Kyverno, policy-controller and Kubewarden
///
/// What surrounds the settings stays as in the source, unless an option changes it. A comment at the top names what
/// options change.
#[derive(Debug, Args)]
#[command(
    mut_arg("name", |name| default(name, "the name of its source")),
    mut_arg("namespaced", |namespaced| default(namespaced, AS_THERE)),
    mut_arg("mode", |mode| default(mode, "monitor with another --name, else as in the source")),
    mut_arg("server", |server| default(server, AS_THERE)),
    mut_arg("without_answer", |policy| default(policy, AS_THERE)),
    after_help = "\
What is converted:
  Kyverno            ClusterPolicy, Policy (`verifyImages`), ImageValidatingPolicy
  policy-controller  ClusterImagePolicy (those of one run become one policy)
  Kubewarden         policies and settings of verify-image-signatures,
                     verification configs

Exit codes:
  0  the output verifies what its source does, except what --allow names
  1  the output verifies less, rejects more, or must be completed: its first
     lines say what
  2  a document cannot be read or is wrong, or no document can be converted

Examples:
  signed-images convert check-images.yaml >policy.yaml
  kubectl get clusterpolicies -o yaml | signed-images convert -
  signed-images convert --allow sct,tlog image-policies/*.yaml >policy.yaml
  signed-images convert --name signed-images signed.yaml | kubectl apply -f -"
)]
pub(crate) struct Convert {
    /// YAML or JSON files with one or more documents; `-` is stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What may be lost because no policy server can verify it
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    allow: Vec<Allowed>,
    #[command(flatten)]
    manifest: ManifestOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Allowed {
    /// That a certificate is in the certificate transparency log
    Sct,
    /// That a signature by a key is in the transparency log
    Tlog,
    /// The time of a timestamp authority
    Timestamps,
}

impl Allowed {
    fn unchecked(self) -> Unchecked {
        match self {
            Self::Sct => Unchecked::Sct,
            Self::Tlog => Unchecked::Tlog,
            Self::Timestamps => Unchecked::Timestamps,
        }
    }
}

impl Convert {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut sources = Vec::new();
        let mut mistakes = Vec::new();
        for file in &self.files {
            let (read, mistake) = read(file);
            sources.extend(read);
            mistakes.extend(mistake);
        }
        let conversion = convert(&sources, &self.manifest.options());
        mistakes
            .extend(conversion.refused.iter().map(|(place, error)| format!("{place}: {error}")));
        mistakes.extend(self.nothing_to_print(&conversion, &mistakes));
        let texts: Vec<&str> =
            conversion.policies.iter().map(|policy| policy.text.as_str()).collect();
        if !self.is_ambiguous(&conversion) {
            print(&texts.join("---\n"))?;
        }
        Ok(self.outcome(&conversion, &mistakes))
    }

    /// One name is for one policy.
    fn is_ambiguous(&self, conversion: &Conversion) -> bool {
        self.manifest.name.is_some() && conversion.policies.len() > 1
    }

    fn nothing_to_print(&self, conversion: &Conversion, mistakes: &[String]) -> Option<String> {
        let count = conversion.policies.len();
        if self.is_ambiguous(conversion) {
            return Some(format!(
                "--name works with one policy, but there are {count}: convert them one at a time"
            ));
        }
        let is_empty = count == 0 && mistakes.is_empty();
        is_empty.then(|| "nothing to convert: --help lists what can be converted".to_owned())
    }

    fn outcome(&self, conversion: &Conversion, mistakes: &[String]) -> ExitCode {
        for policy in &conversion.policies {
            if let Some(line) = self.line(policy) {
                tell(&format!("{}\n", legible::line(&line)));
            }
        }
        for (place, why) in &conversion.skipped {
            tell(&format!("skipped {}: {}\n", legible::line(place), legible::line(why)));
        }
        for mistake in mistakes {
            tell(&format!("error: {}\n", legible::line(mistake)));
        }
        let is_exact = conversion.policies.iter().all(|policy| self.line(policy).is_none());
        match (mistakes.is_empty(), is_exact) {
            (false, _) => ExitCode::from(BAD_INPUT),
            (true, false) => ExitCode::FAILURE,
            (true, true) => ExitCode::SUCCESS,
        }
    }

    /// How the policy differs from its source; none, where that is allowed.
    fn line(&self, policy: &Converted) -> Option<String> {
        let count = |weight| policy.remarks.iter().filter(|remark| remark.weight == weight).count();
        let told = [
            ("verifies less than its source", count(Weight::Less)),
            ("refuses more", count(Weight::Stricter)),
            ("must be completed", count(Weight::Open)),
        ];
        let mut parts: Vec<String> = told
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| format!("{what} at {}", points(count)))
            .collect();
        let unchecked = Unchecked::ALL.into_iter().filter(|what| {
            let is_allowed = self.allow.iter().any(|allowed| allowed.unchecked() == *what);
            !is_allowed && count(Weight::Unchecked(*what)) > 0
        });
        let unchecked: Vec<&str> = unchecked.map(Unchecked::name).collect();
        if !unchecked.is_empty() {
            let names = unchecked.join(",");
            parts.push(format!("leaves out what no policy server checks (--allow {names})"));
        }
        (!parts.is_empty()).then(|| format!("{}: {}", policy.name, parts.join("; ")))
    }
}

fn read(file: &Path) -> (Vec<Source>, Option<String>) {
    let text = match text::read(file) {
        Ok(text) => text,
        Err(error) => {
            return (Vec::new(), Some(format!("cannot read `{}`: {error}", file.display())));
        }
    };
    let name = if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() };
    let (sources, error) = Source::parse(&name, &text);
    (sources, error.map(|error| error.to_string()))
}

fn points(count: usize) -> String {
    if count == 1 { "1 point".to_owned() } else { format!("{count} points") }
}
