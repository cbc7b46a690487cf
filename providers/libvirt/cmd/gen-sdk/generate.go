package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"

	provider "nodeforge.dev/providers/libvirt"
)

const packageName = "@pulumi/libvirt"

// generate returns every generated file by its path in the checkout.
func generate() (map[string][]byte, error) {
	spec, err := packageSpec()
	if err != nil {
		return nil, err
	}
	schemaJSON, err := indented(spec)
	if err != nil {
		return nil, err
	}
	sdk, err := nodeSDK(spec)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{schemaPath: schemaJSON}
	for name, content := range sdk {
		files[path.Join(sdkFolder, name)] = content
	}
	return files, nil
}

// packageSpec derives the Pulumi schema from the Terraform provider's own; its web documentation is not fetched.
func packageSpec() (schema.PackageSpec, error) {
	spec, err := derive()
	if err != nil {
		return spec, fmt.Errorf("derive the schema: %w", err)
	}
	node, err := json.Marshal(map[string]any{
		"packageName":                  packageName,
		"liftSingleValueMethodReturns": true,
		"respectSchemaVersion":         true,
	})
	if err != nil {
		return schema.PackageSpec{}, err
	}
	spec.Language = map[string]schema.RawMessage{"nodejs": node}
	spec.Attribution = ""
	return spec, nil
}

// derive runs the bridge's generator outside the checkout. Inside, it would read the plugins of Pulumi.yaml, and look for their
// paths in the working folder.
func derive() (schema.PackageSpec, error) {
	var spec schema.PackageSpec
	checkout, err := os.Getwd()
	if err != nil {
		return spec, err
	}
	empty, err := os.MkdirTemp("", "gen-sdk-")
	if err != nil {
		return spec, err
	}
	defer os.RemoveAll(empty)
	if err := os.Chdir(empty); err != nil {
		return spec, err
	}
	result, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo:    provider.Info(),
		DiagnosticsSink: diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never}),
		XInMemoryDocs:   true,
	})
	if result != nil {
		spec = result.PackageSpec
	}
	return spec, errors.Join(err, os.Chdir(checkout))
}

// nodeSDK generates the TypeScript sources; package.json is written here because the generator's own asks npm for a
// compiler and for a `@pulumi/pulumi` of its own.
func nodeSDK(spec schema.PackageSpec) (map[string][]byte, error) {
	pkg, diagnostics, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	if err != nil {
		return nil, fmt.Errorf("bind the schema: %w", err)
	}
	if diagnostics.HasErrors() {
		return nil, fmt.Errorf("bind the schema: %w", diagnostics)
	}
	files, err := nodejs.GeneratePackage("gen-sdk", pkg, nil, nil, false, nil)
	if err != nil {
		return nil, fmt.Errorf("generate the Node SDK: %w", err)
	}
	delete(files, "README.md")

	// The compiled file lies in bin/, where there is no package.json to ask for the version.
	const ask = `require('./package.json').version`
	utilities := files["utilities.ts"]
	if bytes.Count(utilities, []byte(ask)) != 1 {
		return nil, fmt.Errorf("utilities.ts no longer contains %s once", ask)
	}
	files["utilities.ts"] = bytes.Replace(utilities, []byte(ask), []byte(`"`+provider.Version+`"`), 1)

	plugin := map[string]any{"resource": true, "name": provider.Name, "version": provider.Version}
	if files["pulumi-plugin.json"], err = indented(plugin); err != nil {
		return nil, err
	}
	files["package.json"], err = indented(map[string]any{
		"name":             packageName,
		"version":          provider.Version,
		"description":      spec.Description,
		"license":          spec.License,
		"repository":       spec.Repository,
		"main":             "bin/index.js",
		"types":            "bin/index.d.ts",
		"peerDependencies": map[string]string{"@pulumi/pulumi": "^3.142.0"},
		"pulumi":           plugin,
	})
	return files, err
}

func indented(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return buffer.Bytes(), err
}
