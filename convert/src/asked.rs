//! The options of whoever converts, put into a manifest.
//!
//! - What if they contradict the source? They win, and it is said on top. That is no loss in silence, so it does not
//!   count as one.
//! - What can they not change? A policy of one namespace selects none; its document is refused.

use yaml_serde::Mapping;

use super::ConvertError;
use super::manifest::{Manifest, Options, Replaced};
use super::remark::Remarks;

/// The document as the options want it.
pub(super) fn change(
    document: Mapping,
    options: &Options,
    remarks: &mut Remarks,
) -> Result<Mapping, ConvertError> {
    let mut manifest = Manifest::new(document);
    for replaced in manifest.replace(options)? {
        remark(&replaced, remarks);
    }
    Ok(manifest.document())
}

fn remark(replaced: &Replaced, remarks: &mut Remarks) {
    match replaced {
        Replaced::Field(key, now, before) => {
            remarks.chosen(key, format!("is `{now}`; in the source, it is `{before}`"));
        }
        Replaced::OtherNamespaces => {
            remarks.chosen("metadata.namespace", "other namespaces are left out");
        }
        Replaced::LeftOut => {
            let text = "leaves out namespaces that the source does not leave out";
            remarks.chosen("spec.namespaceSelector", text);
        }
    }
}
