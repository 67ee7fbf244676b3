//! What evaluations share: every question is asked once, and few at a time.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use signed_images::credentials::Credentials;
use signed_images::host::{AT_ONCE, Answers, Cluster, Host, Live, Registries, Shared, Trust};
use signed_images::sources::Sources;
use tokio::runtime::Runtime;

use crate::world::{World, ask};

/// A registry that takes its time and answers nothing.
struct Slow {
    host: String,
    connections: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
}

impl Slow {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let slow = Self { host, connections: Arc::default(), most_at_once: Arc::default() };
        let (connections, most) = (Arc::clone(&slow.connections), Arc::clone(&slow.most_at_once));
        let open = Arc::new(AtomicUsize::new(0));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                connections.fetch_add(1, Ordering::SeqCst);
                most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let open = Arc::clone(&open);
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(200));
                    open.fetch_sub(1, Ordering::SeqCst);
                    drop(connection);
                });
            }
        });
        slow
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn shared(runtime: &Runtime, insecure: &str) -> Host {
    let sources = Sources::default().with_insecure(insecure.to_owned());
    let registries = Registries::new(sources, Credentials::default(), AT_ONCE);
    let live =
        Live::new(runtime.handle().clone(), registries, Trust::default(), Cluster::default());
    Host { answers: Answers::Shared(live, Shared::default()), readable: [].into() }
}

fn asked(host: &Host) -> usize {
    match &host.answers {
        Answers::Shared(_, shared) => shared.asked(),
        _ => 0,
    }
}

fn ask_at_once(host: &Host, questions: &[Value]) {
    std::thread::scope(|scope| {
        for question in questions {
            scope.spawn(|| ask(host, "v1/manifest_digest", question).unwrap_err());
        }
    });
}

#[test]
fn a_question_is_asked_once_however_many_ask_it() {
    let runtime = Runtime::new().unwrap();
    let slow = Slow::start();
    let host = shared(&runtime, &slow.host);
    ask_at_once(&host, &[json!(format!("{}/app:1", slow.host))]);
    let once = slow.connections();
    ask_at_once(&host, &vec![json!(format!("{}/app:2", slow.host)); 16]);
    assert_eq!(slow.connections(), 2 * once);
    assert_eq!(asked(&host), 2);
}

#[test]
fn a_registry_is_asked_few_things_at_once() {
    let runtime = Runtime::new().unwrap();
    let slow = Slow::start();
    let host = shared(&runtime, &slow.host);
    let questions: Vec<Value> =
        (0..3 * AT_ONCE).map(|index| json!(format!("{}/app:{index}", slow.host))).collect();
    ask_at_once(&host, &questions);
    assert_eq!(slow.most_at_once.load(Ordering::SeqCst), AT_ONCE);
    assert_eq!(asked(&host), 3 * AT_ONCE);
}

/// A run says one thing of an image, even when it is signed meanwhile.
#[test]
fn an_answer_stays() {
    let runtime = Runtime::new().unwrap();
    let world = World::new(Trust::default());
    let host = shared(&runtime, &world.registry.host());
    let question = json!({
        "type": "SigstorePubKeyVerify",
        "image": world.image(":unsigned"),
        "pub_keys": [world.key.public()],
        "annotations": null,
    });
    let first = ask(&host, "v2/verify", &question).unwrap_err();
    let digest = world.registry.add_image("app", "unsigned", "2").unwrap();
    world.registry.sign("app", &digest, &world.key).unwrap();
    assert_eq!(ask(&host, "v2/verify", &question).unwrap_err(), first);
    assert!(ask(&world.host, "v2/verify", &question).is_ok());
}
