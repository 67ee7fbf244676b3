// What other tools' own code says of patterns of images: the oracle of `make matchers`.
//
// Reads JSON, an object a line: {"dialect": "kyverno", "pattern": "ghcr.io/*", "text": "ghcr.io/a:1"}. Answers each with a
// line: `true`, `false`, or `error` where the pattern or the text is none.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/gobwas/glob"
	"github.com/kyverno/kyverno/ext/wildcard"
	policy "github.com/sigstore/policy-controller/pkg/apis/glob"
)

type question struct {
	Dialect string `json:"dialect"`
	Pattern string `json:"pattern"`
	Text    string `json:"text"`
}

func (q question) answer() (bool, error) {
	switch q.Dialect {
	case "kyverno":
		return wildcard.Match(q.Pattern, q.Text), nil
	case "image-validating-policy":
		// As pkg/cel/compiler of kyverno/kyverno compiles it: without separators.
		compiled, err := glob.Compile(q.Pattern)
		if err != nil {
			return false, err
		}
		return compiled.Match(q.Text), nil
	case "policy-controller":
		return policy.Match(q.Pattern, q.Text)
	default:
		return false, fmt.Errorf("no dialect is called %q", q.Dialect)
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	answers := bufio.NewWriter(os.Stdout)
	defer answers.Flush()
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		answer, err := asked.answer()
		if err != nil {
			fmt.Fprintln(answers, "error")
			continue
		}
		fmt.Fprintln(answers, answer)
	}
}
