//! How much the settings may hold. Past a budget they are invalid, and the error names the place.
//!
//! *Why budgets?* The settings come with every request, and every part of them may be a comparison with
//! every image, or a question to a registry. What no cluster needs is a mistake, and is told as one when
//! the policy is set up, not by a request that runs out of time.

/// In bytes. No cluster keeps larger settings: the API server takes no larger object
/// (`MaxRequestBodyBytes`, `k8s.io/apiserver`, `pkg/server/config.go`), and etcd none of more than half.
pub(super) const MAX_SETTINGS: usize = 3 * 1024 * 1024;

/// Entries of `rules`, and of `signatures`. With a key in each, fewer than 7,000 fit into what etcd takes
/// (1.5 MiB), so this stops none that could be there.
pub(super) const MAX_RULES: usize = 10_000;

/// Patterns of one list. As for rules: a pattern of a repository and a digest is a hundred bytes and more.
pub(super) const MAX_PATTERNS: usize = 10_000;

/// Patterns of all lists together, which a request may have to compare with each of its images.
pub(super) const MAX_ALL_PATTERNS: usize = 20_000;

/// Issues that are told at once: more are read by nobody.
pub(super) const MAX_ISSUES: usize = 100;

/// Signers of one list. Each may be a question, and a webhook answers within 30 seconds at most
/// (`timeoutSeconds`, <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#timeouts>):
/// no more than this many of a tenth of a second. And they are compared with each other, each with each.
pub(super) const MAX_SIGNERS: usize = 256;

/// Annotations that a signature must carry: all of them go with every question.
pub(super) const MAX_ANNOTATIONS: usize = 64;

/// Certificates of one chain: roots, intermediates and their cross-signatures are a handful.
pub(super) const MAX_CHAIN: usize = 10;

/// Kinds of custom resources: Kubernetes' own target is 500 in a cluster, of which few hold images.
pub(super) const MAX_WORKLOADS: usize = 100;

/// Pointers of one list of a kind: an object is compared with all of them.
pub(super) const MAX_POINTERS: usize = 100;
