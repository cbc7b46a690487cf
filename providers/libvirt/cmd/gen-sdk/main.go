// Command gen-sdk writes the libvirt provider's schema and its Node SDK into the checkout. With --check it fails if the
// committed files differ from the generated ones. Run it in providers/libvirt.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	schemaPath = "providers/libvirt/cmd/pulumi-resource-libvirt/schema.json"
	sdkFolder  = "sdks/libvirt"
)

func main() {
	root := flag.String("root", "../..", "root of the checkout")
	check := flag.Bool("check", false, "compare with the committed files instead of writing them")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "gen-sdk:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	wanted, err := generate()
	if err != nil {
		return err
	}
	stale, err := compare(root, wanted)
	if err != nil {
		return err
	}
	if check {
		if len(stale) > 0 {
			return fmt.Errorf("stale, run `go run ./cmd/gen-sdk` in providers/libvirt:\n  %s", strings.Join(stale, "\n  "))
		}
		return nil
	}
	for _, name := range stale {
		if err := put(filepath.Join(root, name), wanted[name]); err != nil {
			return err
		}
		fmt.Println("wrote", name)
	}
	return nil
}

// compare lists the files that are missing, different or no longer generated.
func compare(root string, wanted map[string][]byte) ([]string, error) {
	var stale []string
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		found, err := os.ReadFile(filepath.Join(root, name))
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		if err != nil || !bytes.Equal(found, wanted[name]) {
			stale = append(stale, name)
		}
	}
	folder := filepath.Join(root, sdkFolder)
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) && path == folder {
			return fs.SkipAll
		}
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == "bin" || entry.Name() == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if _, ok := wanted[name]; !ok {
			stale = append(stale, name)
		}
		return nil
	})
	return stale, err
}

// put writes a file; nil content removes it.
func put(path string, content []byte) error {
	if content == nil {
		return os.Remove(path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
