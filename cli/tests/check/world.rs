//! A registry with a signed and an unsigned image, and a folder to run the command in.

use std::path::{Path, PathBuf};
use std::process::Command;

use signed_images::demo::{Key, Registry};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use signed_images_testing::command::{Outcome, signed_images};

/// As wide as the address of a registry on a loopback port is, so that tables keep their shape.
const REGISTRY: &str = "registry.local:";

pub(crate) struct World {
    _runtime: Runtime,
    pub(crate) folder: TempDir,
    host: String,
    /// Of the signed image.
    digest: String,
    /// The public key that it is signed with, as PEM.
    pub(crate) key: String,
}

impl World {
    /// Files may say `HOST` for the registry and `DIGEST` for the digest of the signed image.
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let registry = Registry::start(runtime.handle()).unwrap();
        let key = Key::generate().unwrap();
        let digest = registry.add_image("shop/cart", "1.4", "cart").unwrap();
        registry.sign("shop/cart", &digest, &key).unwrap();
        registry.add_image("shop/till", "2.0", "till").unwrap();
        registry.add_image("other/app", "1", "other").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let host = registry.host();
        let key = key.public().trim().to_owned();
        let world = Self { _runtime: runtime, folder, host, digest, key };
        world.write("settings.yaml", &settings(&world.key.replace('\n', "\n          ")));
        world.write("sources.yml", "insecure_sources: ['HOST', '127.0.0.1:9']\n");
        world
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, self.filled(text)).unwrap();
    }

    pub(crate) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path().join(file)).unwrap()
    }

    pub(crate) fn filled(&self, text: &str) -> String {
        text.replace("HOST", &self.host).replace("DIGEST", &self.digest)
    }

    /// `signed-images check` with these words, the settings and the sources.
    pub(crate) fn check(&self, line: &str) -> Outcome {
        self.check_stdin(line, "")
    }

    pub(crate) fn check_stdin(&self, line: &str, stdin: &str) -> Outcome {
        self.run(&self.completed(line), stdin)
    }

    pub(crate) fn check_with(&self, line: &str, variables: &[(&str, &str)]) -> Outcome {
        self.run_with(&self.completed(line), variables, "")
    }

    fn completed(&self, line: &str) -> String {
        let option = |names: &[&str], default: String| {
            let is_given = names.iter().any(|name| line.contains(name));
            if is_given { String::new() } else { default }
        };
        let settings = option(&["--settings", "-s ", "--tests "], "-s settings.yaml".to_owned());
        let module = option(&["--module"], format!("--module {}", module().display()));
        format!("{settings} --sources-path sources.yml {module} {}", self.filled(line))
    }

    /// `signed-images check` with these words alone.
    pub(crate) fn run(&self, line: &str, stdin: &str) -> Outcome {
        self.run_with(line, &[], stdin)
    }

    fn run_with(&self, line: &str, variables: &[(&str, &str)], stdin: &str) -> Outcome {
        let arguments = ["check"].into_iter().chain(line.split_whitespace());
        let outcome = signed_images(self.path(), arguments, variables, &self.filled(stdin));
        Outcome {
            stdout: self.anonymous(&outcome.stdout),
            stderr: self.anonymous(&outcome.stderr),
            ..outcome
        }
    }

    /// The command with these words and a stdout that nobody reads: its exit code, and what it said besides.
    pub(crate) fn run_unread(&self, line: &str) -> (Option<i32>, String) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let is_about_images = !line.starts_with("completions");
        let module = module();
        let options = ["--sources-path", "sources.yml", "--module", module.to_str().unwrap()];
        let output = Command::new(env!("CARGO_BIN_EXE_signed-images"))
            .args(line.split_whitespace())
            .args(options.iter().filter(|_| is_about_images))
            .current_dir(self.path())
            .env("DOCKER_CONFIG", self.path())
            .stdout(writer)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// The text without the registry's port.
    pub(crate) fn anonymous(&self, text: &str) -> String {
        let width = self.host.len();
        text.replace(&self.host, &format!("{REGISTRY:0<width$}"))
    }
}

fn module() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let module = root.join("annotated-policy.wasm");
    assert!(module.exists(), "there is no module: run `make annotated-policy.wasm`");
    module
}

fn settings(key: &str) -> String {
    format!(
        "\
rules:
  - name: shop
    images: [\"HOST/**\"]
    exclude: [\"HOST/other/**\"]
    allOf:
      - kind: pubKey
        owner: release team
        key: |
          {key}
  - name: down
    images: [\"127.0.0.1:9/**\"]
    allOf:
      - kind: pubKey
        owner: release team
        key: |
          {key}
  - name: monitored
    enforcement: warn
    images: [\"HOST/other/**\"]
    allOf:
      - kind: pubKey
        owner: release team
        key: |
          {key}
exempt: [\"HOST/platform/**\"]
"
    )
}
