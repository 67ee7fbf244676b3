//! What is said of a policy, and where it stands in it.

use yaml_serde::{Mapping, Value};

use crate::Converted;
use crate::head;
use crate::remark::{Remark, Remarks};
use crate::signer::{Signer, field, mapping};
use crate::trust::Group;
use crate::yaml::{Comments, join};

/// `allOf`, and `anyOf`.
pub(super) type Signers = (Option<Group>, Option<Group>);

/// What was said, and where.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) comments: Comments,
    all: Remarks,
}

impl Said {
    /// Remarks on the element at that path of the output.
    pub(crate) fn remarks(&mut self, path: &str, remarks: &Remarks) {
        let known: Vec<&Remark> = self.all.iter().collect();
        for remark in remarks.iter().filter(|remark| !known.contains(remark)) {
            if let Some(comment) = remark.comment() {
                self.comments.add(path, comment);
            }
        }
        self.all.extend(remarks.clone());
    }

    pub(super) fn trust(&mut self, path: &str, fields: &mut Mapping, (all_of, any_of): Signers) {
        if let Some(group) = all_of {
            fields.extend([field("allOf", self.signers(&join(path, "allOf"), &group.signers))]);
        }
        if let Some(group) = any_of {
            let signers = self.signers(&join(path, "anyOf.signatures"), &group.signers);
            let minimum = u64::try_from(group.minimum).unwrap_or(u64::MAX);
            let any_of = [field("minimumMatches", minimum), field("signatures", signers)];
            fields.extend([field("anyOf", mapping(any_of))]);
        }
    }

    fn signers(&mut self, path: &str, signers: &[Signer]) -> Value {
        let mut elements = Vec::new();
        for (index, signer) in signers.iter().enumerate() {
            self.remarks(&format!("{path}[{index}]"), &signer.remarks);
            elements.push(signer.settings());
        }
        Value::Sequence(elements)
    }

    /// The document with all that is said on top, the most important first. Of a source, its title and its origin.
    pub(crate) fn finish(
        mut self,
        document: &Mapping,
        comments: &mut Comments,
        (title, origin): (&str, &str),
        mut remarks: Remarks,
    ) -> Converted {
        self.all.extend(std::mem::take(&mut remarks));
        crate::check::check(document, &mut self.all);
        let mut all: Vec<Remark> = self.all.of(title).iter().cloned().collect();
        all.sort_by_key(|remark| remark.weight);
        comments.add("", head::text(origin, &all));
        comments.extend(self.comments);
        let name = document.get("metadata").and_then(|metadata| metadata.get("name"));
        Converted {
            name: name.and_then(Value::as_str).unwrap_or_default().to_owned(),
            text: crate::yaml::write(document, comments),
            remarks: all,
        }
    }
}
