//! The images of the show.

use crate::demo::{DemoError, Key, Registry};

/// Two images, one of them signed.
#[derive(Debug)]
pub(super) struct Images {
    /// The registry that holds them.
    pub(super) host: String,
    /// Signed.
    pub(super) signed: String,
    /// The digest that the signature is for.
    pub(super) signed_digest: String,
    /// Not signed.
    pub(super) unsigned: String,
    /// Its digest.
    pub(super) unsigned_digest: String,
}

impl Images {
    /// Puts the images into a registry.
    pub(super) fn add_to(registry: &Registry, key: &Key) -> Result<Self, DemoError> {
        let signed_digest = registry.add_image("shop/cart", "1.4", "cart")?;
        registry.sign("shop/cart", &signed_digest, key)?;
        Ok(Self {
            host: registry.host(),
            signed: format!("{}/shop/cart:1.4", registry.host()),
            signed_digest,
            unsigned: format!("{}/shop/till:2.0", registry.host()),
            unsigned_digest: registry.add_image("shop/till", "2.0", "till")?,
        })
    }

    /// An image's name without the registry, which is the same for all.
    pub(super) fn name<'a>(&self, image: &'a str) -> &'a str {
        image.strip_prefix(&self.host).map_or(image, |name| name.trim_start_matches('/'))
    }

    /// What an image is of: `cart` for `host:port/shop/cart:1.4`.
    pub(super) fn app(image: &str) -> &str {
        let name = image.rsplit('/').next().unwrap_or(image);
        name.split_once(':').map_or(name, |(app, _tag)| app)
    }
}
