use super::*;
use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

/// What `serde_json` makes of the text. It reads values no deeper than 128 levels, but skips any.
fn reads(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

fn read(text: &str) -> Option<&str> {
    Some(Document::read(text).ok()?.text.trim_ascii())
}

fn root(text: &str) -> Option<String> {
    Some(Document::read(text).ok()?.root().text().to_owned())
}

fn fault(text: &str) -> Option<NotJson> {
    Document::read(text).err()
}

#[test]
fn what_is_json() {
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "12",
        "-1.5e+10",
        "1E5",
        "0.0",
        "\"\"",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        " [1 , 2]\n",
        "\t{\"a\" :\r[ {} ] , \"b\":\"\"}",
        r#""\"\\\/\b\f\n\r\tA""#,
        r#""\ud800""#,
        "\"é\u{1f600}\"",
        "\"\u{7f}\"",
        "[[[[]]]]",
        r#"{"":{"":0}}"#,
    ] {
        assert_eq!(root(text).as_deref(), Some(text.trim()), "{text}");
        assert!(reads(text), "{text}");
    }
}

#[test]
fn what_is_not() {
    let texts = concat!(
        "| |nul|nulll|True|+1|01|-|1.|.5|1e|1e+|0x1|NaN|\"|\"\\\"|\"\\x\"|\"\\u12g4\"|\"\\u+123\"|\"\\u123\"|",
        "\"\n\"|\"\u{1}\"|[|]|[1|[1,|[1,]|[,1]|[1 2]|{|}|{\"a\"|{\"a\":|{\"a\":1|{\"a\":1,}|{\"a\" 1}|{a:1}|{1:2}|",
        "{\"a\":1 \"b\":2}|[}|{]|[1}|{\"a\":1]|1 2|{} {}|[]]|\"a\"b|1\"a\"|//|1/*a*/|\u{feff}1|\u{a0}1|[1\u{c}]|[1\u{1a}2]",
    );
    for text in texts.split('|') {
        assert_eq!(read(text), None, "{text}");
        assert!(!reads(text), "{text}");
    }
}

#[test]
fn a_fault_has_a_place() {
    for (text, at) in
        [("", 0), ("[1,x]", 3), ("{\"a\":\"b\\q\"}", 8), ("{} x", 3), ("[1 2]", 3), ("\"a\n\"", 2)]
    {
        assert_eq!(fault(text), Some(NotJson::Syntax { at }), "{text}");
        // And where it is not in the first block.
        let (later, at) = (format!("{}{text}", " ".repeat(100)), at + 100);
        assert_eq!(fault(&later), Some(NotJson::Syntax { at }), "{later}");
    }
}

#[test]
fn faults_are_told() {
    assert_eq!(fault("[1 2]").unwrap().to_string(), "it is not valid JSON at byte 3");
    assert_eq!(NotJson::Depth.to_string(), "it is nested more than 10000 levels deep");
    let error = Document::from_bytes(b"\"\xff\"").unwrap_err();
    assert_eq!(error.to_string(), "invalid utf-8 sequence of 1 bytes from index 1");
    assert_eq!(NoMember::NotAnObject.to_string(), "it is not a JSON object");
    assert_eq!(NoMember::Twice("a").to_string(), "`a` stands there twice");
}

/// Whatever stands around them.
#[test]
fn values_end_where_they_end() {
    let document = Document::read("[ \"a\" , true\n,{ \"b\" : false } ,\t\"\" ]").unwrap();
    let elements: Vec<Json<'_>> = document.root().elements().unwrap().collect();
    let texts: Vec<&str> = elements.iter().map(|element| element.text()).collect();
    assert_eq!(texts, ["\"a\"", "true", "{ \"b\" : false }", "\"\""]);
    assert_eq!(format!("{:?}", elements[0]), "\"a\"");
    let flags: Vec<Option<bool>> = elements.iter().map(|element| element.flag()).collect();
    assert_eq!(flags, [None, Some(true), None, None]);
    assert_eq!(elements[2].pick(["b"]).unwrap()[0].and_then(Json::flag), Some(false));
}

#[test]
fn the_deepest_nesting() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let nested = |levels: usize| {
            let times = levels / close.len();
            format!("{}0{}", open.repeat(times), close.repeat(times))
        };
        assert!(read(&nested(MAX_DEPTH)).is_some());
        assert_eq!(fault(&nested(MAX_DEPTH + close.len())), Some(NotJson::Depth));
        assert_eq!(fault(&nested(1_000_000)), Some(NotJson::Depth));
    }
}

#[test]
fn what_strings_say() {
    for (text, said) in [
        (r#""""#, Some("")),
        (r#""plain""#, Some("plain")),
        (r#""\\""#, Some("\\")),
        (r#""\\\\n""#, Some("\\\\n")),
        (r#""\\\n""#, Some("\\\n")),
        (r#""\\u0041""#, Some("\\u0041")),
        (r#""a\/b\"c\b\f\n\r\t""#, Some("a/b\"c\u{8}\u{c}\n\r\t")),
        (r#""im\u0061ge\u00e9!""#, Some("imageé!")),
        (r#""\ud83d\ude00x""#, Some("\u{1f600}x")),
        (r#""\ud83d""#, None),
        (r#""\ude00""#, None),
        (r#""\ude00\ud83d""#, None),
        (r#""\ud83d \ude00""#, None),
        (r#""\ud83d\n""#, None),
        (r#""\ud83d\\ude00""#, None),
        ("1", None),
        ("{}", None),
    ] {
        let document = Document::read(text).unwrap();
        assert_eq!(document.root().string().as_deref(), said, "{text}");
        assert_eq!(serde_json::from_str::<String>(text).ok().as_deref(), said, "{text}");
    }
}

#[test]
fn members_by_their_names() {
    let text = r#"{"a": 1, "b" :null, "\u0063": [2, 3], "d": {"a": 4}, "x": 1, "x": 2}"#;
    let document = Document::read(text).unwrap();
    let json = document.root();
    let texts = |values: [Option<Json<'_>>; 4]| {
        values.map(|value| value.map(|json| json.text().to_owned()))
    };
    let values = json.pick(["a", "b", "c", "e"]).map(texts).unwrap();
    assert_eq!(values, [Some("1".to_owned()), None, Some("[2, 3]".to_owned()), None]);
    assert_eq!(json.pick(["a", "x"]).err(), Some(NoMember::Twice("x")));
    assert_eq!(Document::read("[]").unwrap().root().pick(["a"]).err(), Some(NoMember::NotAnObject));
    assert!(Document::read("{}").unwrap().root().elements().is_none());
    assert!(Document::read("[]").unwrap().root().members().is_none());
}

/// The value, read again by our reader alone.
fn rebuilt(json: Json<'_>) -> Value {
    if let Some(elements) = json.elements() {
        return elements.map(rebuilt).collect();
    }
    if let Some(members) = json.members() {
        let members = members.map(|(key, value)| (key.into_owned(), rebuilt(value)));
        return Value::Object(members.collect());
    }
    match json.string() {
        Some(text) => text.into_owned().into(),
        None => serde_json::from_str(json.text()).unwrap(),
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z\"\\\\{}\\[\\], :]{0,24}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map("[a-c\"\\\\]{0,10}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn values_are_read_as_serde_json_reads_them(value in value(), pretty: bool) {
        let write = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
        let text = write(&value).unwrap();
        let document = Document::read(&text).unwrap();
        prop_assert_eq!(document.root().text(), &text);
        prop_assert_eq!(rebuilt(document.root()), serde_json::from_str::<Value>(&text).unwrap());
    }

    /// One letter more, less or other.
    #[test]
    fn what_is_damaged_is_judged_alike(
        value in value(), at: prop::sample::Index, letter in "[\\PC\"\\\\{}\\[\\],:0-9eE.+ -]", how in 0..3,
    ) {
        let mut letters: Vec<char> = value.to_string().chars().collect();
        let at = at.index(letters.len());
        let letter = letter.chars().next().unwrap();
        match how {
            0 => drop(letters.remove(at)),
            1 => letters.insert(at, letter),
            _ => letters[at] = letter,
        }
        let text: String = letters.into_iter().collect();
        prop_assert_eq!(read(&text).is_some(), reads(&text), "{}", text);
    }

    #[test]
    fn any_text_is_judged_alike(text in "[\\[\\]{}\",:0-9aeE.+ \\\\ntrufls-]{0,16}") {
        prop_assert_eq!(read(&text).is_some(), reads(&text), "{}", text);
    }

    #[test]
    fn any_string_is_judged_alike(text in "\"([a-c\"\u{1}\u{1f}é]|\\\\|\\\\u[dD][89abcCEF][0-9a-f]{2}|\\\\[\"\\\\/bfnrtu]){0,20}\"") {
        let ours = Document::read(&text).ok();
        let ours = ours.and_then(|document| Some(document.root().string()?.into_owned()));
        prop_assert_eq!(ours, serde_json::from_str::<String>(&text).ok());
    }
}
