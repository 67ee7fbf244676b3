# What the policy makes of a signature, and the table of it.
#
# A test names its `scenario` and puts images to the policy; every outcome becomes a cell of the table in
# tests/sigstore/README.md, in the row of the scenario and the column of the way that the image was signed in.

readonly OUTCOMES=$BATS_FILE_TMPDIR/outcomes.jsonl

# scenario NAME
scenario() { SCENARIO=$1; }

# asked ENTRY NAME:TAG: put the image to an entry of `signatures`; ENTRY is JSON in the words of `settings`
asked() {
  settings "{signatures: [{image: \"\\(\$registry)/*\"} + {$1}]}"
  ASKED=$2
  create "$(pod "$(image "$2")")"
}

# asked_of SIGNER NAME:TAG: put the image to a rule with that signer
asked_of() {
  settings "{rules: [{images: [\"\\(\$registry)/**\"], allOf: [{$1}]}]}"
  ASKED=$2
  create "$(pod "$(image "$2")")"
}

# passes WAY: the image is accepted and pinned
passes() {
  unread "$1" && return
  { accepted && patched /spec/containers/0/image "$(pinned "$ASKED")" && tells_of_bundles "$1"; } || of "$1" || return
  record "$1" accepted
}

# fails WAY TEXT…: the image is refused, and the message has every TEXT; the table shows the first
fails() {
  unread "$1" && return
  refused "$(image "$ASKED")" "${@:2}" || of "$1" || return
  record "$1" "refused: $2"
}

# signs_not WAY TEXT COMMAND…: cosign itself refuses, and says so
signs_not() {
  run "${@:3}"
  [[ $status -ne 0 && $output == *"$2"* ]] || complain 'it signs, or fails otherwise' || of "$1" || return
  record "$1" "cosign: $2"
}

# tells_of_bundles WAY: the command warns when older policy servers would not read the signature, and only then
tells_of_bundles() {
  [ -z "${KWCTL:-}" ] || return 0
  case $1 in
    bundle3) [[ $stderr == *'policy servers before 1.37 do not read'* ]] || complain 'it tells nothing of the bundle' ;;
    *) [[ $stderr != *'policy servers before 1.37'* ]] || complain 'it tells of a bundle' ;;
  esac
}

# unread WAY: Kubewarden's hosts up to 1.36 read no bundles
unread() {
  [ "$1" = bundle3 ] && ! reads_bundles && refused "$(image "$ASKED")" "not signed"
}

reads_bundles() {
  [ -z "${KWCTL:-}" ] || [ "$("$KWCTL" --version | sed -n 's/^kwctl 1\.\([0-9]*\).*/\1/p')" -gt 36 ]
}

of() {
  echo "--- of: $SCENARIO, signed in the way $1"
  return 1
}

record() {
  jq -cn --arg scenario "$SCENARIO" --arg way "$1" --arg outcome "$2" '{$scenario, $way, $outcome}' >>"$OUTCOMES"
}

# table: of all that was recorded, in the order of the tests
table() {
  echo '| scenario | cosign 2 | cosign 3, classic | cosign 3, bundle |'
  echo '|---|---|---|---|'
  jq -rs 'reduce .[] as $it ({}; .[$it.scenario][$it.way] = $it.outcome)
    | to_entries[]
    | "| \(.key) | \(.value.cosign2 // "–") | \(.value.classic3 // "–") | \(.value.bundle3 // "–") |"' "$OUTCOMES"
}
