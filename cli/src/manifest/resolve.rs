//! What is written → what it means: aliases followed, merge keys (`<<`) applied, scalars read.
//!
//! - Whose rules? go-yaml 2's (`decode.go` of [`go.yaml.in/yaml/v2`](https://github.com/yaml/go-yaml/blob/v2.4.2/decode.go)).
//!   They differ from <https://yaml.org/type/merge.html>: a merge counts where it stands, so that it overrides
//!   the keys before it.
//! - And aliases of aliases? go-yaml counts what it decodes, and refuses a document that mostly consists of
//!   aliases. The same count bounds the work here.

use std::rc::Rc;

use super::members::{Members, Names};
use super::scalar;
use super::tree::{MAX_DEPTH, Node, Value};
use super::written::{Content, Written};
use super::{Doubled, Fault};

const MERGE: &str = "<<";
const MERGE_TAG: &str = "tag:yaml.org,2002:merge";
const NOT_MAPS: &str = "`<<` is neither a map nor a list of maps";

/// The value of a document.
///
/// # Errors
/// When it has none in JSON, or `kubectl` would not take it.
pub(super) fn resolve(document: &Rc<Written>, doubled: Doubled) -> Result<Rc<Node>, Fault> {
    // The document itself is decoded as well.
    let work = Work { values: 1, of_aliases: 0 };
    let mut resolver = Resolver { work, aliases: 0, depth: 0, doubled };
    resolver.value(document)
}

struct Resolver {
    work: Work,
    /// How many aliases lead here.
    aliases: usize,
    depth: usize,
    doubled: Doubled,
}

impl Resolver {
    fn value(&mut self, written: &Written) -> Result<Rc<Node>, Fault> {
        self.enter(written)?;
        let value = match &written.content {
            Content::Alias(target) => {
                self.aliases += 1;
                let node = self.value(target)?;
                self.aliases -= 1;
                self.depth -= 1;
                return Ok(node);
            }
            Content::Scalar(scalar) => {
                let value =
                    scalar::resolve(scalar.tag.as_deref(), scalar.is_implicit, &scalar.text);
                value.map_err(|reason| Fault::new(reason, written.range.start))?
            }
            Content::List(items) => {
                let items = items.iter().map(|item| self.value(item));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            Content::Map(entries) => {
                let mut members = Members::default();
                self.entries(entries, &mut members)?;
                members.into_value()
            }
        };
        self.depth -= 1;
        Ok(Rc::new(Node { value, range: written.range.clone() }))
    }

    fn entries(
        &mut self,
        entries: &[(Rc<Written>, Rc<Written>)],
        members: &mut Members,
    ) -> Result<(), Fault> {
        let mut names = Names::new(self.doubled);
        for (key, value) in entries {
            if is_merge(key) {
                self.merge(value, members)?;
            } else {
                let key = self.value(key)?;
                names.take(&key)?;
                members.add(&key, self.value(value)?)?;
            }
        }
        Ok(())
    }

    /// The first of several maps counts before the others.
    fn merge(&mut self, written: &Written, members: &mut Members) -> Result<(), Fault> {
        match &written.content {
            Content::List(maps) => {
                maps.iter().rev().try_for_each(|map| self.merge_map(map, members))
            }
            Content::Map(_) | Content::Alias(_) | Content::Scalar(_) => {
                self.merge_map(written, members)
            }
        }
    }

    fn merge_map(&mut self, written: &Written, members: &mut Members) -> Result<(), Fault> {
        self.enter(written)?;
        match &written.content {
            Content::Map(entries) => self.entries(entries, members)?,
            Content::Alias(target) if matches!(target.content, Content::Map(_)) => {
                self.aliases += 1;
                self.merge_map(target, members)?;
                self.aliases -= 1;
            }
            Content::Alias(_) | Content::List(_) | Content::Scalar(_) => {
                return Err(Fault::new(NOT_MAPS, written.range.start));
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn enter(&mut self, written: &Written) -> Result<(), Fault> {
        self.depth += 1;
        let fault = |reason: &str| Err(Fault::new(reason, written.range.start));
        if !self.work.add(self.aliases > 0) {
            return fault("the document has too many aliases");
        }
        if self.depth > 2 * MAX_DEPTH { fault("nested too deeply") } else { Ok(()) }
    }
}

fn is_merge(key: &Written) -> bool {
    let Content::Scalar(scalar) = &key.content else { return false };
    scalar.text == MERGE && (scalar.is_implicit || scalar.tag.as_deref() == Some(MERGE_TAG))
}

/// How many values were decoded.
struct Work {
    values: u32,
    of_aliases: u32,
}

/// As go-yaml has them: of 400,000 values, 99 % may come from aliases, of 4,000,000 still 10 %.
const FEW: u32 = 400_000;
const MANY: u32 = 4_000_000;

impl Work {
    /// Counts one more. Whether it is still little enough.
    fn add(&mut self, is_of_alias: bool) -> bool {
        self.values += 1;
        self.of_aliases += u32::from(is_of_alias);
        let over = f64::from(self.values.clamp(FEW, MANY) - FEW) / f64::from(MANY - FEW);
        let allowed = 0.99 - 0.89 * over;
        let ratio = f64::from(self.of_aliases) / f64::from(self.values);
        self.of_aliases <= 100 || self.values <= 1000 || ratio <= allowed
    }
}
