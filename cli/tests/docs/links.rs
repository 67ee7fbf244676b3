//! Links lead somewhere: to files and headings of this repository.

use std::path::{Path, PathBuf};

use crate::pages::{BOOK, Page, pages, root};

/// How pages name files of this repository that are not beside them where they are read.
const HERE: [&str; 3] = [
    "https://github.com/signed-images/signed-images-policy/blob/main/",
    concat!(
        "https://github.com/signed-images/signed-images-policy/blob/v",
        env!("CARGO_PKG_VERSION"),
        "/"
    ),
    "https://github.com/signed-images/signed-images-policy/tree/main/",
];

/// Where Kubewarden's documentation is on its site, in the version that these pages are about.
const KUBEWARDEN: &str = "admission-controller/1.37/en/";

/// Pages in <https://github.com/kubewarden/docs/tree/main/docs/admission-controller/version-1.37/modules/en/pages>.
const KUBEWARDEN_PAGES: [&str; 14] = [
    "explanations/audit-scanner/audit-scanner",
    "explanations/audit-scanner/policy-reports",
    "howtos/airgap/02-hauler",
    "howtos/emergency-disable",
    "howtos/policy-servers/05-private-sigstore",
    "howtos/security-hardening/secure-supply-chain",
    "howtos/telemetry/30-metrics-qs",
    "quick-start",
    "reference/CRDs",
    "reference/monitor-mode",
    "reference/spec/host-capabilities/01-intro-host-capabilities",
    "reference/spec/host-capabilities/02-signature-verifier-policies",
    "reference/upgrade-path",
    "tutorials/writing-policies/metadata",
];

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let mut faults = Vec::new();
    for page in &pages {
        for link in page.links() {
            if let Err(fault) = check(page, &link) {
                faults.push(format!("{}: `{link}`: {fault}", page.path));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn check(page: &Page, link: &str) -> Result<(), String> {
    if let Some(path) = HERE.iter().find_map(|here| link.strip_prefix(here)) {
        return target(root(), path).map(drop);
    }
    if link.contains("://") || link.starts_with("mailto:") {
        let is_safe = link.starts_with("https://") || link.starts_with("mailto:");
        return if is_safe { Ok(()) } else { Err("write https".to_owned()) };
    }
    let here = root().join(&page.path);
    if link.starts_with('#') {
        return anchor(page, link.trim_start_matches('#'));
    }
    let path = target(here.parent().unwrap(), link)?;
    let is_of_book = path.starts_with(root().join(BOOK).canonicalize().unwrap());
    if page.is_of_book() && !is_of_book {
        return Err("leads out of the book: write the URL of the file".to_owned());
    }
    Ok(())
}

/// The file that is linked to, which has the heading.
fn target(folder: &Path, link: &str) -> Result<std::path::PathBuf, String> {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let path = folder.join(path).canonicalize().map_err(|error| error.to_string())?;
    if !heading.is_empty() {
        anchor(&Page::read(&path), heading)?;
    }
    Ok(path)
}

fn anchor(page: &Page, wanted: &str) -> Result<(), String> {
    let mut anchors = page.headings().into_iter().map(|heading| heading.anchor());
    if anchors.any(|anchor| anchor == wanted) { Ok(()) } else { Err("no such heading".to_owned()) }
}

/// Kubewarden's documentation is linked at pages that it has, in one version; so are the images of its policy server.
#[test]
fn kubewarden_is_named_in_one_version() {
    let mut files = vec![root().join("metadata.yml"), root().join("README.md")];
    for folder in ["cli/src", "cli/tests", "convert/src", "docs/src", "src", "xtask"] {
        collect(&root().join(folder), &mut files);
    }
    files.retain(|file| !file.ends_with("docs/links.rs"));
    let mut links = 0;
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let place = file.display();
        for link in text.split("https://docs.kubewarden.io/").skip(1) {
            let end = |c: char| c.is_whitespace() || ")>\"".contains(c);
            let path = link.split(end).next().unwrap_or_default();
            let page = path.strip_prefix(KUBEWARDEN).and_then(|page| page.strip_suffix(".html"));
            let page = page.unwrap_or_else(|| panic!("{place}: {path} is not below {KUBEWARDEN}"));
            assert!(KUBEWARDEN_PAGES.contains(&page), "{place}: there is no page {page}");
            links += 1;
        }
        let mut versions = text.split("policy-server:v").skip(1);
        assert!(versions.all(|version| version.starts_with("1.37.")), "{place}: another version");
    }
    assert!(links > 15, "{links}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "md" || extension == "rs") {
            files.push(path);
        }
    }
}

/// The forms of issues are forms, and what they link to is there.
#[test]
fn the_forms_link_somewhere() {
    let mut forms = 0;
    for entry in std::fs::read_dir(root().join(".github/ISSUE_TEMPLATE")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let form: yaml_serde::Value = yaml_serde::from_str(&text).unwrap();
        let parts = form.get("body").or_else(|| form.get("contact_links")).unwrap();
        let parts = parts.as_sequence().unwrap();
        let keys: &[&str] =
            if form.get("body").is_some() { &["type"] } else { &["name", "url", "about"] };
        for part in parts {
            assert!(keys.iter().all(|key| part.get(key).is_some()), "{}", path.display());
        }
        for link in HERE.iter().flat_map(|here| text.split(here).skip(1)) {
            let end = link.find([')', ' ', '"', '\n']).unwrap_or(link.len());
            let link = link.get(..end).unwrap();
            assert!(target(root(), link).is_ok(), "{}: {link}", path.display());
        }
        forms += 1;
    }
    assert_eq!(forms, 3);
}

/// Every page of the book is in its table of contents; that nothing else is, the links say.
#[test]
fn every_page_is_in_the_summary() {
    let summary = Page::read(&root().join(BOOK).join("SUMMARY.md"));
    let links = summary.links();
    for page in pages().iter().filter(|page| page.is_of_book()) {
        let name = page.path.strip_prefix(BOOK).unwrap();
        assert!(name == "SUMMARY.md" || links.iter().any(|link| link == name), "{name}");
    }
}
