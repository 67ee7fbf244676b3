//! A report made fit to be shown: every text in it that comes from elsewhere.

use super::report::{ObjectReport, Report};
use crate::legible;

impl Report {
    /// Every text that comes from elsewhere.
    pub(super) fn make_legible(&mut self) {
        let line = |text: &mut String| *text = legible::line(text);
        self.objects.iter_mut().for_each(ObjectReport::make_legible);
        for object in &mut self.not_reviewed {
            object.origin.file.iter_mut().for_each(line);
            [&mut object.group, &mut object.kind]
                .into_iter()
                .chain(&mut object.name)
                .for_each(line);
        }
        for part in &mut self.unreadable {
            part.origin.file.iter_mut().for_each(line);
            line(&mut part.reason);
        }
        self.no_objects.iter_mut().flat_map(|other| &mut other.origin.file).for_each(line);
        self.hints = self.hints.iter().map(|hint| legible::line(hint)).collect();
    }
}

impl ObjectReport {
    fn make_legible(&mut self) {
        let line = |text: &mut String| *text = legible::line(text);
        self.message = self.message.as_deref().map(legible::lines);
        let texts = [&mut self.group, &mut self.kind].into_iter();
        let names = self.origin.file.iter_mut().chain(&mut self.namespace).chain(&mut self.name);
        texts.chain(names).chain(&mut self.warnings).for_each(line);
        for image in &mut self.images {
            let approvals = image.approvals.iter_mut();
            approvals.flat_map(|of| [&mut of.rule, &mut of.signers]).for_each(line);
            let said = image.rule.iter_mut().chain(&mut image.code).chain(&mut image.reason);
            let texts = [&mut image.image, &mut image.path].into_iter();
            texts
                .chain(said)
                .chain(&mut image.reports)
                .chain(&mut image.digest)
                .chain(&mut image.pinned)
                .for_each(line);
        }
    }
}
