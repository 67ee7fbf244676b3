//! `signed-images convert`: policies of other tools, as policies of this module.
//!
//! - What is printed? The manifests, on stdout, with comments. What they verify less than their sources, and
//!   what must be filled in, is said on top of them and again on stderr.
//! - Which exit codes? 0 when nothing is lost, or `--lossy` says that this is known; 1 when something is lost
//!   or left to be filled in; 2 when the input cannot be read or is not converted.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::print::print;
use clap::Args;
use signed_images_convert::{Converted, Source, Weight, convert};

use crate::text;

const BAD_INPUT: u8 = 2;

/// Convert policies of Kyverno, policy-controller and verify-image-signatures
#[derive(Debug, Args)]
#[command(after_help = "\
What is converted:
  Kyverno            ClusterPolicy and Policy with `verifyImages`, ImageValidatingPolicy
  policy-controller  ClusterImagePolicy (all of one run become one policy)
  Kubewarden         policies and settings of verify-image-signatures, verification configs

Exit codes:
  0  nothing is lost, or --lossy
  1  the output verifies less, or something must be filled in: it says what, on top
  2  the input cannot be read, or is of a kind that is not converted

Examples:
  signed-images convert check-images.yaml >policy.yaml
  kubectl get clusterpolicies -o yaml | signed-images convert -
  signed-images convert --lossy image-policies/*.yaml | kubectl apply --dry-run=server -f -")]
pub(crate) struct Convert {
    /// Files of YAML or JSON, with one document or several; `-` is stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Exit with 0 although the output verifies less than its source, or is to be completed
    #[arg(long)]
    lossy: bool,
}

impl Convert {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut sources = Vec::new();
        for file in &self.files {
            match read(file) {
                Ok(read) => sources.extend(read),
                Err(message) => return Ok(bad_input(&message)),
            }
        }
        let converted = match convert(&sources) {
            Ok(converted) => converted,
            Err((place, error)) => return Ok(bad_input(&format!("{place}: {error}"))),
        };
        let texts: Vec<&str> = converted.iter().map(|policy| policy.text.as_str()).collect();
        print(&texts.join("---\n"))?;
        Ok(self.outcome(&converted))
    }

    fn outcome(&self, converted: &[Converted]) -> ExitCode {
        let count = |weight| {
            let remarks = converted.iter().flat_map(|policy| &policy.remarks);
            remarks.filter(|remark| remark.weight == weight).count()
        };
        let (less, open) = (count(Weight::Less), count(Weight::Open));
        if less > 0 {
            eprintln!("verifies less than the source at {}: see the comments", points(less));
        }
        if open > 0 {
            eprintln!("to be filled in at {}: see the comments", points(open));
        }
        if less + open > 0 && !self.lossy { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

fn read(file: &Path) -> Result<Vec<Source>, String> {
    let text =
        text::read(file).map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
    let name = if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() };
    Source::parse(&name, &text).map_err(|error| error.to_string())
}

fn points(count: usize) -> String {
    if count == 1 { "1 point".to_owned() } else { format!("{count} points") }
}

fn bad_input(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(BAD_INPUT)
}
