//! What a check of many objects takes grows as they do, and not as their square: how many bytes are asked of the
//! allocator in all, and how many of them are held at once.

#![cfg(test)]

use std::alloc::{GlobalAlloc, Layout as Memory, System};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use signed_images::check::conclusion::Demands;
use signed_images::check::output::{Detail, Format, Layout, render};
use signed_images::check::policy::Manifest;
use signed_images::check::report::Report;
use signed_images::check::{self, Check, source};
use signed_images::evaluation::Evaluation;
use signed_images::host::{Answers, Cluster, Host, Live, Registries, Shared, Trust};
use signed_images::module::Module;
use signed_images::settings::Settings;
use tokio::runtime::Runtime;

struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "the interface of allocators")]
// SAFETY: all is done by the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, memory: Memory) -> *mut u8 {
        ALLOCATED.fetch_add(memory.size(), Relaxed);
        MOST.fetch_max(HELD.fetch_add(memory.size(), Relaxed) + memory.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(memory) }
    }

    unsafe fn dealloc(&self, at: *mut u8, memory: Memory) {
        HELD.fetch_sub(memory.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, memory) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What something took.
struct Taken {
    allocated: usize,
    most: usize,
}

fn measure(work: impl FnOnce()) -> Taken {
    let (allocated, held) = (ALLOCATED.load(Relaxed), HELD.load(Relaxed));
    MOST.store(held, Relaxed);
    work();
    Taken { allocated: ALLOCATED.load(Relaxed) - allocated, most: MOST.load(Relaxed) - held }
}

const FEW: usize = 250;
const MANY: usize = 4 * FEW;
/// The square of 4 is 16.
const GROWTH: usize = 5;

/// A Deployment with an image of its own, each of its lines after `indent`.
fn deployment(index: usize, indent: &str) -> String {
    let lines = [
        "apiVersion: apps/v1".to_owned(),
        "kind: Deployment".to_owned(),
        format!("metadata: {{name: web-{index}, labels: {{app: web, team: shop}}}}"),
        "spec:".to_owned(),
        "  template:".to_owned(),
        "    spec:".to_owned(),
        "      containers:".to_owned(),
        format!("      - {{name: web, image: 'registry.example/web-{index}:1', args: [a, b, c]}}"),
        "      - {name: proxy, image: 'registry.example/proxy:2', env: [{name: A, value: b}]}"
            .to_owned(),
    ];
    lines.join(&format!("\n{indent}")) + "\n"
}

fn list(count: usize) -> String {
    let mut text = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
    (0..count).for_each(|index| write!(text, "- {}", deployment(index, "  ")).unwrap());
    text
}

fn documents(count: usize) -> String {
    (0..count).map(|index| deployment(index, "")).collect::<Vec<_>>().join("---\n")
}

fn write(folder: &Path, text: &str) -> PathBuf {
    let file = folder.join("objects.yaml");
    std::fs::write(&file, text).unwrap();
    file
}

fn policy(settings: &str, host: &Arc<Host>, module: &Module) -> Check {
    let evaluation = Evaluation {
        module: module.clone(),
        settings: Settings::parse(settings).unwrap(),
        host: Arc::clone(host),
        deadline: None,
    };
    Check::new(evaluation, Manifest::default(), Demands::default()).unwrap()
}

fn run(policies: &[&Check], file: &Path) {
    let sources = source::read(&[file.display().to_string()]).unwrap();
    let reports = policies.iter().zip(check::read(policies, &sources)).enumerate();
    let reports = reports
        .map(|(index, (check, reading))| {
            (index.to_string(), check.ask(&sources, &reading, 4, &|| ()))
        })
        .collect();
    let report = Report::merge(reports).unwrap();
    assert!(report.objects.len() >= FEW);
    let layout = Layout { width: 120, is_coloured: false };
    for format in [
        Format::Table(layout, Detail::All),
        Format::Lines(Detail::All),
        Format::Json,
        Format::Sarif,
        Format::Junit,
    ] {
        assert!(!render(&report, format).unwrap().is_empty());
    }
}

/// What it is called, the text of so many objects, and who reads it.
type Row<'a> = (&'a str, fn(usize) -> String, &'a [&'a Check]);

#[test]
fn what_many_objects_take_grows_as_they_do() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let module = Module::load(root.join("annotated-policy.wasm")).unwrap();
    let runtime = Runtime::new().unwrap();
    let live = Live::new(
        runtime.handle().clone(),
        Registries::default(),
        Trust::default(),
        Cluster::default(),
    );
    let host = Host { answers: Answers::Shared(live, Shared::default()), readable: [].into() };
    let host = Arc::new(host);
    let warning = policy(r#"{"unmatchedImages": "warn"}"#, &host, &module);
    let rejecting = policy(r#"{"unmatchedImages": "reject"}"#, &host, &module);
    let folder = tempfile::tempdir().unwrap();
    let rows: [Row<'_>; 3] = [
        ("a list", list, &[&warning]),
        ("documents", documents, &[&warning]),
        ("several policies", list, &[&warning, &rejecting]),
    ];
    for (what, text, policies) in rows {
        let take = |count| {
            let file = write(folder.path(), &text(count));
            measure(|| run(policies, &file))
        };
        // What is made once is made before.
        run(policies, &write(folder.path(), &text(FEW)));
        let (few, many) = (take(FEW), take(MANY));
        eprintln!(
            "{what}: {} and {} bytes in all, {} and {} at once",
            few.allocated, many.allocated, few.most, many.most
        );
        assert!(
            many.allocated < GROWTH * few.allocated,
            "{what}: {} is {} times",
            many.allocated,
            many.allocated / few.allocated
        );
        assert!(many.most < GROWTH * few.most, "{what}: {}", many.most);
    }
}
