// Prints what `kubectl apply -R -f` would send of each file or folder: kubectl's own packages, at the versions of
// go.mod, without a cluster. The paths are the arguments, or the lines of stdin when there are none.
//
// One line of JSON a path:
//   - objects: what would be sent; error: what kubectl says it cannot read
//   - documents: of a file, what it makes of each document, object or not; fault: why it read no further
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"k8s.io/apimachinery/pkg/runtime"
	kubejson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/cli-runtime/pkg/resource"
)

type answer struct {
	Objects   []runtime.Object `json:"objects"`
	Error     string           `json:"error"`
	Documents []any            `json:"documents"`
	Fault     string           `json:"fault"`
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, path := range os.Args[1:] {
		print(out, path)
	}
	if len(os.Args) > 1 {
		return
	}
	for paths := bufio.NewScanner(os.Stdin); paths.Scan(); out.Flush() {
		print(out, paths.Text())
	}
}

func print(out io.Writer, path string) {
	found := answer{Objects: []runtime.Object{}, Documents: []any{}}
	if err := safely(func() error { return found.objects(path) }); err != nil {
		found.Error = err.Error()
	}
	if err := safely(func() error { return found.documents(path) }); err != nil {
		found.Fault = err.Error()
	}
	line, err := json.Marshal(found)
	if err != nil {
		line, _ = json.Marshal(answer{Error: err.Error(), Fault: err.Error()})
	}
	fmt.Fprintf(out, "%s\n", line)
}

// objects does as k8s.io/kubectl/pkg/cmd/apply (`ApplyOptions.GetObjects`).
func (found *answer) objects(path string) error {
	files := resource.FilenameOptions{Filenames: []string{path}, Recursive: true}
	infos, err := resource.NewLocalBuilder().Unstructured().ContinueOnError().
		FilenameParam(false, &files).Flatten().Do().Infos()
	for _, info := range infos {
		found.Objects = append(found.Objects, info.Object)
	}
	return err
}

// documents does as k8s.io/cli-runtime/pkg/resource (`FileVisitor.Visit`, `StreamVisitor.Visit`), before it looks
// what they are.
func (found *answer) documents(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	text := transform.NewReader(file, unicode.BOMOverride(unicode.UTF8.NewDecoder()))
	decoder := yaml.NewYAMLOrJSONDecoder(text, 4096)
	for {
		document := runtime.RawExtension{}
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if len(document.Raw) == 0 {
			continue
		}
		var value any
		if err := kubejson.Unmarshal(document.Raw, &value); err != nil {
			return err
		}
		found.Documents = append(found.Documents, value)
	}
}

func safely(read func() error) (err error) {
	defer func() {
		if trap := recover(); trap != nil {
			err = fmt.Errorf("panic: %v", trap)
		}
	}()
	return read()
}
