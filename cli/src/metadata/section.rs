//! The custom section that holds the metadata: reading it, replacing it, and reading what else a module says.
//!
//! - What else changes in the module? Nothing: every other section is copied byte for byte, so the same
//!   module and the same metadata always give the same file.

use wasm_encoder::{CustomSection, RawSection};
use wasmparser::{Parser, Payload};

use super::Metadata;

/// The section's name.
pub const SECTION: &str = "io.kubewarden.metadata";

const MAGIC: &[u8] = b"\0asm";

/// Why a module's sections could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SectionError {
    /// The bytes are something else.
    #[error("not a WebAssembly module")]
    NotAModule,
    /// The bytes begin like a module.
    #[error("a broken WebAssembly module: {0}")]
    Malformed(#[from] wasmparser::BinaryReaderError),
    /// The section does not hold metadata.
    #[error("the module's section `{SECTION}` is not metadata: {0}")]
    Metadata(#[from] serde_json::Error),
}

/// The metadata that the module carries, if any.
///
/// # Errors
/// When the bytes are not a module, or the section is not metadata.
pub fn read(module: &[u8]) -> Result<Option<Metadata>, SectionError> {
    for payload in parse(module)? {
        if let Payload::CustomSection(section) = payload?
            && section.name() == SECTION
        {
            return Ok(serde_json::from_slice(section.data()).map(Some)?);
        }
    }
    Ok(None)
}

/// The module with `metadata` in the place of what it carried.
///
/// # Errors
/// When the bytes are not a module.
pub fn replace(module: &[u8], metadata: &Metadata) -> Result<Vec<u8>, SectionError> {
    let mut annotated = wasm_encoder::Module::new();
    for payload in parse(module)? {
        let payload = payload?;
        let is_replaced =
            matches!(&payload, Payload::CustomSection(section) if section.name() == SECTION);
        if let Some((id, data)) = contents(module, &payload)
            && !is_replaced
        {
            annotated.section(&RawSection { id, data });
        }
    }
    let json = serde_json::to_vec(metadata)?;
    annotated.section(&CustomSection { name: SECTION.into(), data: json.into() });
    Ok(annotated.finish())
}

fn parse(
    module: &[u8],
) -> Result<impl Iterator<Item = wasmparser::Result<Payload<'_>>>, SectionError> {
    if module.starts_with(MAGIC) {
        return Ok(Parser::new(0).parse_all(module));
    }
    Err(SectionError::NotAModule)
}

/// What a section consists of: its number and its bytes.
fn contents<'a>(module: &'a [u8], payload: &Payload<'_>) -> Option<(u8, &'a [u8])> {
    let (id, range) = payload.as_section()?;
    let start = usize::try_from(range.start).ok()?;
    let end = usize::try_from(range.end).ok()?;
    Some((id, module.get(start..end)?))
}

/// The module's data segments: the text and tables that its code refers to.
///
/// # Errors
/// When the bytes are not a module.
pub fn data_segments(module: &[u8]) -> Result<Vec<&[u8]>, SectionError> {
    let mut segments = Vec::new();
    for payload in parse(module)? {
        if let Payload::DataSection(section) = payload? {
            for segment in section {
                segments.push(segment?.data);
            }
        }
    }
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{ConstExpr, DataSection, MemorySection, MemoryType};

    use super::*;

    fn module() -> Vec<u8> {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(0), *b"oci");
        data.active(0, &ConstExpr::i32_const(9), *b"v2/verify");
        let mut module = wasm_encoder::Module::new();
        module
            .section(&memories)
            .section(&data)
            .section(&CustomSection { name: "producers".into(), data: b"\0"[..].into() });
        module.finish()
    }

    fn metadata(title: &str) -> Metadata {
        Metadata::parse(&format!(
            "rules: [{{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE]}}]\nmutating: true\nannotations: {{title: {title}}}\n"
        ))
        .unwrap()
    }

    #[test]
    fn metadata_is_replaced_and_nothing_else() {
        let once = replace(&module(), &metadata("one")).unwrap();
        let twice = replace(&once, &metadata("two")).unwrap();
        assert_eq!(read(&once).unwrap(), Some(metadata("one")));
        assert_eq!(read(&twice).unwrap(), Some(metadata("two")));
        assert_eq!(twice, replace(&module(), &metadata("two")).unwrap());
        assert!(twice.starts_with(&module()));
        assert_eq!(read(&module()).unwrap(), None);
    }

    #[test]
    fn segments_are_kept_apart() {
        assert_eq!(data_segments(&module()).unwrap(), [b"oci".as_slice(), b"v2/verify"]);
        assert!(data_segments(b"text").is_err());
    }
}
