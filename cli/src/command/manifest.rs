//! Options for what surrounds the settings in a policy's manifest: `policy` and `convert` have the same.
//!
//! What they are when they are not given, the commands say: [`default`] puts it into their help.

use clap::{Arg, Args, ValueEnum};
use signed_images_convert::Options;
use signed_images_convert::manifest::{self, Requirement, parse_selector};

mod arguments;

/// The options.
#[derive(Debug, Args)]
pub(super) struct ManifestOptions {
    /// The policy's name
    #[arg(long, value_name = "NAME", value_parser = arguments::name)]
    pub(super) name: Option<String>,
    /// Make a policy for this namespace only: an `AdmissionPolicy`
    #[arg(long, value_name = "NAMESPACE", value_parser = arguments::namespace)]
    namespaced: Option<String>,
    /// Whether rejections are enforced
    #[arg(long, value_name = "MODE")]
    mode: Option<Mode>,
    /// The module that the policy server loads [default: the published one of this version]
    #[arg(long, value_name = "REFERENCE", value_parser = arguments::module)]
    pub(super) module: Option<String>,
    /// The `PolicyServer` that runs the policy
    #[arg(long = "policy-server", value_name = "NAME", value_parser = arguments::name)]
    server: Option<String>,
    /// Check only namespaces with these labels: `env=prod,team in (a,b),!sandbox`
    #[arg(long, value_name = "SELECTOR", value_parser = parse_selector, conflicts_with = "namespaced")]
    namespace_selector: Option<Requirements>,
    /// Do not check this namespace; repeat the option for others, or separate them with commas
    #[arg(
        long,
        value_name = "NAMESPACE",
        value_delimiter = ',',
        value_parser = arguments::namespace,
        conflicts_with = "namespaced"
    )]
    exclude_namespace: Vec<String>,
    /// What becomes of a request when the policy server does not answer
    #[arg(long = "failure-policy", value_name = "POLICY")]
    without_answer: Option<FailurePolicy>,
    /// Do not use the policy in the audit scanner
    #[arg(long)]
    no_background_audit: bool,
}

/// What a label selector asks for; all of it must hold.
type Requirements = Vec<Requirement>;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// The request is rejected
    Protect,
    /// The request is admitted, and the rejection is logged
    Monitor,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailurePolicy {
    /// The request is rejected
    Fail,
    /// The request is admitted without a check
    Ignore,
}

impl ManifestOptions {
    /// What they say.
    pub(super) fn options(&self) -> Options {
        let mut namespaces = self.namespace_selector.clone().unwrap_or_default();
        namespaces.extend(Requirement::excluding(&self.exclude_namespace));
        Options {
            name: self.name.clone(),
            namespace: self.namespaced.clone(),
            mode: self.mode.map(Mode::of_manifest),
            module: self.module.clone(),
            policy_server: self.server.clone(),
            namespaces,
            failure_policy: self.without_answer.map(FailurePolicy::of_manifest),
            background_audit: self.no_background_audit.then_some(false),
        }
    }
}

impl Mode {
    fn of_manifest(self) -> manifest::Mode {
        match self {
            Self::Protect => manifest::Mode::Protect,
            Self::Monitor => manifest::Mode::Monitor,
        }
    }
}

impl FailurePolicy {
    fn of_manifest(self) -> manifest::FailurePolicy {
        match self {
            Self::Fail => manifest::FailurePolicy::Fail,
            Self::Ignore => manifest::FailurePolicy::Ignore,
        }
    }
}

/// The option, with what it is when it is not given.
pub(super) fn default(option: Arg, text: &str) -> Arg {
    let help = option.get_help().map(ToString::to_string).unwrap_or_default();
    option.help(format!("{help} [default: {text}]"))
}
