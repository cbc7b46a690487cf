package kubernetes

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// identity returns an object with the fields that identify it, and with the annotations that configure the plugin.
func identity(kind schema.GroupVersionKind, id string, inputs property.Map) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetGroupVersionKind(kind)
	namespace, name, found := strings.Cut(id, "/")
	if !found {
		namespace, name = "", id
	}
	object.SetName(name)
	object.SetNamespace(namespace)
	annotations := map[string]string{}
	if given := at(inputs, "metadata", "annotations"); given.IsMap() {
		for key, value := range given.AsMap().All {
			if strings.HasPrefix(key, annotationPrefix) && value.IsString() {
				annotations[key] = value.AsString()
			}
		}
	}
	object.SetAnnotations(annotations)
	return object
}

// asInputs returns the inputs from which the live object would result, with the fields of the given inputs only. A field
// that another writer filled in is left out. A value of the same meaning keeps its spelling.
func asInputs(live, inputs map[string]any) map[string]any {
	return shapeMap(live, inputs, "")
}

func shapeMap(live, inputs map[string]any, key string) map[string]any {
	shaped := map[string]any{}
	for name, input := range inputs {
		value, ok := live[name]
		switch {
		case ok:
			shaped[name] = shape(value, input, key, name)
		case isEmpty(input), name == "stringData":
			// The API server removes empty values, and turns stringData into data.
			shaped[name] = input
		}
	}
	return shaped
}

func shape(live, input any, parent, key string) any {
	switch live := live.(type) {
	case map[string]any:
		if input, ok := input.(map[string]any); ok {
			return shapeMap(live, input, key)
		}
	case []any:
		if input, ok := input.([]any); ok {
			return shapeList(live, input, key)
		}
	default:
		if sameScalar(live, input) || isQuantity(parent, key) && sameQuantity(live, input) {
			return input
		}
	}
	return live
}

// shapeList pairs the items by position if both lists have the same length. Otherwise an item was added or removed, and
// shapeList returns the whole live list.
func shapeList(live, inputs []any, key string) any {
	if len(live) != len(inputs) {
		return live
	}
	shaped := make([]any, len(live))
	for i := range live {
		shaped[i] = shape(live[i], inputs[i], key, "")
	}
	return shaped
}

func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	case string:
		return value == ""
	case bool:
		return !value
	case int64:
		return value == 0
	}
	return false
}

// isQuantity returns whether the value at key, inside parent, is a quantity. The API server normalizes quantities: 1000m
// becomes 1, and 1024Mi becomes 1Gi.
func isQuantity(parent, key string) bool {
	switch parent {
	case "requests", "limits", "hard", "capacity", "allocatable", "overhead", "podFixed", "default", "defaultRequest",
		"max", "min":
		return true
	}
	return key == "sizeLimit" || key == "divisor"
}

func sameQuantity(a, b any) bool {
	parse := func(value any) (resource.Quantity, error) {
		if number, ok := asFloat(value); ok {
			return *resource.NewMilliQuantity(int64(number*1000), resource.DecimalSI), nil
		}
		text, _ := value.(string)
		return resource.ParseQuantity(text)
	}
	left, err := parse(a)
	if err != nil {
		return false
	}
	right, err := parse(b)
	return err == nil && left.Cmp(right) == 0
}
