//! How an explanation looks.

use std::fmt::{self, Display, Write};

use anstyle::{AnsiColor, Style};

use crate::check::Verdict;
use crate::explain::{
    Canonical, Explanation, Fate, Findings, Fingerprint, List, Needs, Noted, PatternReport,
    ReportFound, RuleReport, RuleResult, SignerReport, Standing, Subject,
};

const TITLE: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const UNSURE: Style = AnsiColor::Yellow.on_default();
const PLAIN: Style = Style::new();

/// The explanation, with colours.
pub(super) fn of(explanation: &Explanation) -> String {
    let mut text = String::new();
    // Nothing that is written to a text fails.
    let _ = write(&mut text, explanation);
    text
}

fn write(f: &mut String, explanation: &Explanation) -> fmt::Result {
    writeln!(f, "{}", styled(TITLE, &explanation.image))?;
    if let Some(reference) = &explanation.reference {
        write_reference(f, reference)?;
    }
    if let Some(why) = &explanation.invalid {
        writeln!(f, "  {}: {why}", styled(BAD, "invalid image reference"))?;
    }
    if !explanation.exempt.is_empty() {
        let exempt = explanation.fate == Fate::Exempt;
        let (style, says) = if exempt { (UNSURE, "yes, by") } else { (PLAIN, "no") };
        writeln!(f, "\n{} {}", styled(TITLE, "exempt:"), styled(style, says))?;
        write_patterns(f, "  ", &explanation.exempt, |pattern| {
            (pattern.standing == Standing::Yes) == exempt
        })?;
    }
    for rule in &explanation.rules {
        write_rule(f, rule)?;
    }
    if explanation.rules.iter().any(|rule| rule.list == List::Signatures && !rule.selects) {
        writeln!(f, "\nPatterns of `signatures` are compared with every spelling of the image:")?;
        for spelling in &explanation.spellings {
            writeln!(f, "  {spelling}")?;
        }
    }
    writeln!(f, "\n{}", fate(explanation))?;
    match &explanation.findings {
        Some(findings) => write_findings(f, &explanation.image, findings),
        None => Ok(()),
    }
}

fn write_reference(f: &mut String, reference: &Canonical) -> fmt::Result {
    let Canonical { text, registry, repository, tag, digest } = reference;
    writeln!(f, "  canonical   {text}")?;
    let parts = [
        ("registry  ", Some(registry)),
        ("repository", Some(repository)),
        ("tag       ", tag.as_ref()),
        ("digest    ", digest.as_ref()),
    ];
    for (name, part) in parts {
        if let Some(Noted { value, note }) = part {
            let note = note.as_ref().map(|note| format!("  ({note})")).unwrap_or_default();
            writeln!(f, "  {name}  {value}{note}")?;
        }
    }
    Ok(())
}

/// The patterns that say what is said of all of them.
fn write_patterns(
    f: &mut String,
    indent: &str,
    patterns: &[PatternReport],
    tells: impl Fn(&PatternReport) -> bool,
) -> fmt::Result {
    for PatternReport { pattern, why, .. } in patterns.iter().filter(|pattern| tells(pattern)) {
        let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        writeln!(f, "{indent}`{pattern}`{why}")?;
    }
    Ok(())
}

fn write_rule(f: &mut String, rule: &RuleReport) -> fmt::Result {
    let spares =
        |pattern: &PatternReport| matches!(pattern.standing, Standing::Claimed | Standing::Yes);
    let excluded = rule.exclude.iter().any(spares);
    let is_meant = rule.images.iter().any(|pattern| pattern.standing != Standing::No);
    let (style, says) = match (rule.selects, is_meant && excluded) {
        (true, _) => (GOOD, "the image matches"),
        (false, true) => (UNSURE, "the image is excluded"),
        (false, false) => (PLAIN, "the image does not match"),
    };
    writeln!(f, "\n{} {}", styled(TITLE, &format!("{}:", rule.name)), styled(style, says))?;
    write_patterns(f, "  ", &rule.images, |pattern| {
        (pattern.standing == Standing::No) != is_meant
    })?;
    if is_meant && !rule.exclude.is_empty() {
        let title = if excluded { "excluded by" } else { "excluded by none of" };
        writeln!(f, "  {title}")?;
        let tells = |pattern: &PatternReport| spares(pattern) == excluded;
        write_patterns(f, "    ", &rule.exclude, tells)?;
    }
    if rule.selects { write_needs(f, rule) } else { Ok(()) }
}

fn write_needs(f: &mut String, rule: &RuleReport) -> fmt::Result {
    if !rule.all_of.is_empty() {
        writeln!(f, "  needs a signature of {}", all(rule.all_of.len()))?;
        rule.all_of.iter().try_for_each(|signer| write_signer(f, signer))?;
    }
    if let Some(any_of) = &rule.any_of {
        let (minimum, of) = (any_of.minimum_matches, any_of.signatures.len());
        let and = if rule.all_of.is_empty() { "needs" } else { "and" };
        writeln!(f, "  {and} signatures of {minimum} of these {of}")?;
        any_of.signatures.iter().try_for_each(|signer| write_signer(f, signer))?;
    }
    if !rule.attestations.is_empty() {
        writeln!(f, "  and signed reports: {}", rule.attestations.join(", "))?;
    }
    match &rule.result {
        Some(result) => write_result(f, result, rule.enforcement),
        None => Ok(()),
    }
}

fn write_report(f: &mut String, report: &ReportFound) -> fmt::Result {
    write!(f, "    {} report {}", report.name, report.digest)?;
    if let Some(age) = &report.age {
        write!(f, ", {age} old")?;
    }
    match report.findings.as_deref() {
        None => writeln!(f),
        Some("") => writeln!(f, ", no findings"),
        Some(findings) => writeln!(f, ", {findings}"),
    }
}

fn all(count: usize) -> &'static str {
    if count == 1 { "this signer" } else { "all of these" }
}

fn write_signer(f: &mut String, signer: &SignerReport) -> fmt::Result {
    let annotations = serde_json::to_string(&signer.annotations).unwrap_or_default();
    let carrying = match annotations.as_str() {
        "{}" => String::new(),
        annotations => format!(", with the annotations {annotations}"),
    };
    match needs(&signer.needs) {
        Some(needs) => writeln!(f, "    {}: {needs}{carrying}", signer.label),
        None => writeln!(f, "    {}{carrying}", signer.label),
    }
}

/// What the label of a signer does not say.
fn needs(needs: &Needs) -> Option<String> {
    Some(match needs {
        Needs::PubKey { keys } => {
            let keys: Vec<String> = keys.iter().map(fingerprint).collect();
            format!("public key {}", keys.join(" or "))
        }
        Needs::PubKeyFrom { source } => format!("public key in {source}"),
        Needs::GenericIssuer { subject: Subject::Pattern(_), .. } => {
            "signers that match, as named in the certificates of its signatures".to_owned()
        }
        Needs::GenericIssuer { .. } | Needs::GithubAction { .. } => return None,
        Needs::Certificate { certificate, valid_until, chain, require_rekor_bundle } => {
            let chain =
                if *chain == 0 { "no chain".to_owned() } else { format!("a chain of {chain}") };
            let log = if *require_rekor_bundle { "is" } else { "is not" };
            format!(
                "certificate {}, valid until {valid_until}, with {chain}; an entry in the transparency \
                 log {log} required",
                fingerprint(certificate)
            )
        }
        Needs::Unusable { reason } => format!("cannot be used: {reason}"),
    })
}

fn fingerprint(of: &Fingerprint) -> String {
    format!("{}… ({})", of.fingerprint, of.key)
}

fn write_result(f: &mut String, result: &RuleResult, enforcement: &str) -> fmt::Result {
    if result.satisfied {
        let digest = result.digest.as_deref().unwrap_or_default();
        let signers = result.signers.join(", ");
        writeln!(f, "  {}: {signers} signed {digest}", styled(GOOD, "satisfied"))?;
        return result.reports.iter().try_for_each(|report| write_report(f, report));
    }
    let (style, says) = match enforcement {
        "warn" => (UNSURE, "not satisfied (only a warning)"),
        _ => (BAD, "not satisfied"),
    };
    let reason = result.reason.as_deref().unwrap_or_default();
    writeln!(f, "  {}: {reason}", styled(style, says))
}

fn fate(explanation: &Explanation) -> String {
    match explanation.fate {
        Fate::Invalid => "An invalid image reference is rejected.".to_owned(),
        Fate::Exempt => {
            "An exempt image is neither verified nor pinned, even if it matches rules.".to_owned()
        }
        Fate::Verify => "Every rule that the image matches must be satisfied.".to_owned(),
        Fate::Unmatched => {
            let does = match explanation.unmatched_images {
                "reject" => "rejects",
                "warn" => "warns about",
                _ => "accepts",
            };
            let setting = explanation.unmatched_images;
            format!("The image matches no rule: `unmatchedImages: {setting}` {does} it.")
        }
    }
}

fn write_findings(f: &mut String, image: &str, findings: &Findings) -> fmt::Result {
    let (style, verdict) = match (findings.allowed, findings.verdict) {
        (true, _) => (GOOD, "accepted"),
        (false, Verdict::Unchecked) => (UNSURE, "not checked"),
        (false, _) => (BAD, "rejected"),
    };
    write!(f, "{} {}", styled(TITLE, "verdict:"), styled(style, verdict))?;
    match &findings.pinned {
        Some(pinned) => writeln!(f, ", and pinned: {pinned}")?,
        None => writeln!(f)?,
    }
    let place = format!("image `{image}` (`spec.containers[0]`, container `explain`): ");
    for line in findings.message.iter().flat_map(|message| message.lines()) {
        writeln!(f, "  {}", line.strip_prefix(&place).unwrap_or(line))?;
    }
    findings
        .warnings
        .iter()
        .try_for_each(|warning| writeln!(f, "  {} {warning}", styled(UNSURE, "warning:")))
}

fn styled(style: Style, text: &str) -> impl Display {
    format!("{style}{text}{style:#}")
}
