//! Fields of any report.

use crate::{asks_field, said, text};
use serde_json::json;
use signed_images_policy::policy::report::{FieldTest, Number, Scalar};
use signed_images_policy::policy::text_pattern::TextPattern;

#[test]
fn fields_that_hold() {
    use FieldTest::{Absent, AtLeast, AtMost, Contains, Equals, In, Pattern};
    let predicate = json!({
        "level": 3, "ratio": 0.5, "ok": true, "by": "ann", "none": null, "list": ["a", "b"], "empty": [],
        "a/b": {"~": "odd"}, "object": {},
        "approvers": [{"team": "web"}, {"team": "security"}],
        "partly": [{"team": "web"}, {}], "null": [{"team": "web"}, null], "mixed": [{"team": "web"}, "web"],
        "deep": [{"of": [{"x": 1}, {"x": 1}]}, {"of": [{"x": 1}]}],
        "hollow": [{"of": [{"x": 1}]}, {"of": []}],
        "shallow": [{"of": [{"x": 1}]}, {}],
        "vendor": "Größer & Söhne", "notes": "a line\nand another/".repeat(1_000),
    });
    let pattern = |text: &str| Pattern(TextPattern::new(text));
    let rows = [
        ("/level", Equals(Scalar::Number(Number(3.0))), true),
        ("/level", Equals(text("3")), false),
        ("/ok", Equals(Scalar::Flag(true)), true),
        ("/by", In(vec![text("bob"), text("ann")]), true),
        ("/by", In(vec![text("bob")]), false),
        ("/by", pattern("a*"), true),
        ("/by", pattern("b*"), false),
        ("/level", pattern("*"), false),
        ("/vendor", pattern("Größer *"), true),
        ("/vendor", pattern("Größer *ä*"), false),
        ("/vendor", Equals(text("Größer & Söhne")), true),
        ("/vendor", In(vec![text("Größer"), text("Größer & Söhne")]), true),
        ("/vendor", Contains(text("Größer & Söhne")), true),
        ("/notes", pattern("**"), true),
        ("/notes", pattern("a line**another/"), true),
        ("/notes", pattern("a line*another/"), false),
        ("/level", AtMost(Number(3.0)), true),
        ("/level", AtMost(Number(2.5)), false),
        ("/level", AtLeast(Number(3.0)), true),
        ("/level", AtLeast(Number(4.0)), false),
        ("/by", AtLeast(Number(0.0)), false),
        ("/object", Equals(text("{}")), false),
        ("/a~1b/~0", Equals(text("odd")), true),
        ("/list", Contains(text("b")), true),
        ("/list", Contains(text("c")), false),
        ("/list/*", Contains(text("b")), true),
        ("/by", Contains(text("ann")), true),
        ("/by", Contains(text("an")), false),
        ("/list", Equals(text("a")), false),
        ("/list/*", Equals(text("a")), false),
        ("/list/*", In(vec![text("a"), text("b")]), true),
        ("/empty/*", In(vec![text("a")]), false),
        ("/approvers/*/team", Contains(text("security")), true),
        ("/approvers/*/team", Equals(text("security")), false),
        ("/approvers/*/team", In(vec![text("web"), text("security")]), true),
        ("/partly/*/team", Equals(text("web")), false),
        ("/null/*/team", Equals(text("web")), false),
        ("/mixed/*/team", Equals(text("web")), false),
        ("/deep/*/of/*/x", Equals(Scalar::Number(Number(1.0))), true),
        ("/hollow/*/of/*/x", Equals(Scalar::Number(Number(1.0))), false),
        ("/shallow/*/of/*/x", Equals(Scalar::Number(Number(1.0))), false),
        ("/none", Absent, true),
        ("/nothing/below", Absent, true),
        ("/by/below", Absent, true),
        ("/object", Absent, false),
        ("/list", Absent, false),
        ("/partly/*/team", Absent, false),
        ("/approvers/*/name", Absent, true),
        ("/none", Equals(text("")), false),
    ];
    for (at, test, expected) in rows {
        let asked = asks_field(at, test);
        let said = said("https://a/b", &predicate, &asked);
        assert_eq!(said.is_empty(), expected, "{asked:?}: {said}");
    }
}
