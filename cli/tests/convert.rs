//! `signed-images convert`, as a command. What is written is tested where it is made, in `convert/tests`.

#![cfg(test)]

use std::path::Path;

use signed_images_testing::command::signed_images;

#[test]
fn exit_codes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../convert/tests/sources");
    let rows = [
        ("kyverno-attestors.yaml", 0, ""),
        (
            "kyverno-attestors.yaml kyverno-keyless-attestation.yaml",
            1,
            "verifies less than the source at 2 points: see the comments\n",
        ),
        (
            "--lossy kyverno-keyless-attestation.yaml",
            0,
            "verifies less than the source at 2 points: see the comments\n",
        ),
        ("kyverno-kms.yaml", 1, "to be filled in at 1 point: see the comments\n"),
        (
            "nowhere.yaml",
            2,
            "error: cannot read `nowhere.yaml`: No such file or directory (os error 2)\n",
        ),
    ];
    for (line, code, stderr) in rows {
        let arguments = ["convert"].into_iter().chain(line.split(' '));
        let outcome = signed_images(&folder, arguments, &[], "");
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(code), stderr), "{line}");
        assert_eq!(outcome.stdout.is_empty(), code == 2, "{line}");
    }
}
