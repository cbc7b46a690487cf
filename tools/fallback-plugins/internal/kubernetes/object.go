package kubernetes

import (
	"math"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// unknown represents a value of a plain object that is not known yet.
type unknown struct{}

// The SDK cannot spell some keys of a CustomResourceDefinition's schema and writes them with underscores.
const (
	sdkExtensionPrefix = "x_kubernetes_"
	apiExtensionPrefix = "x-kubernetes-"
)

func apiKey(key string) string {
	if rest, found := strings.CutPrefix(key, sdkExtensionPrefix); found {
		return apiExtensionPrefix + strings.ReplaceAll(rest, "_", "-")
	}
	return key
}

func sdkKey(key string) string {
	if rest, found := strings.CutPrefix(key, apiExtensionPrefix); found {
		return sdkExtensionPrefix + strings.ReplaceAll(rest, "-", "_")
	}
	return key
}

// plainObject turns the properties of a resource into the form of client-go. Secrets lose their mark, whole numbers
// become integers, and unknown values become unknown{}. The plugin's own keys, which begin with two underscores, are left
// out.
func plainObject(properties property.Map) map[string]any {
	object := plainMap(properties)
	for key := range object {
		if strings.HasPrefix(key, "__") {
			delete(object, key)
		}
	}
	return object
}

func plainMap(properties property.Map) map[string]any {
	object := make(map[string]any, properties.Len())
	for key, value := range properties.All {
		object[apiKey(key)] = plain(value)
	}
	return object
}

func plain(value property.Value) any {
	switch {
	case value.IsComputed():
		return unknown{}
	case value.IsBool():
		return value.AsBool()
	case value.IsString():
		return value.AsString()
	case value.IsNumber():
		number := value.AsNumber()
		if number == math.Trunc(number) && math.Abs(number) < 1<<53 {
			return int64(number)
		}
		return number
	case value.IsArray():
		list := []any{}
		for _, item := range value.AsArray().All {
			list = append(list, plain(item))
		}
		return list
	case value.IsMap():
		return plainMap(value.AsMap())
	default:
		return nil
	}
}

// properties reverses plainObject.
func properties(object map[string]any) property.Map {
	values := make(map[string]property.Value, len(object))
	for key, value := range object {
		values[sdkKey(key)] = propertyOf(value)
	}
	return property.NewMap(values)
}

func propertyOf(value any) property.Value {
	switch value := value.(type) {
	case unknown:
		return property.New(property.Computed)
	case bool:
		return property.New(value)
	case string:
		return property.New(value)
	case int64:
		return property.New(float64(value))
	case float64:
		return property.New(value)
	case []any:
		list := make([]property.Value, len(value))
		for i, item := range value {
			list[i] = propertyOf(item)
		}
		return property.New(list)
	case map[string]any:
		return property.New(properties(value))
	default:
		return property.Value{}
	}
}

// at returns the value at path, or null.
func at(properties property.Map, path ...string) property.Value {
	value := property.New(properties)
	for _, key := range path {
		if !value.IsMap() {
			return property.Value{}
		}
		value = value.AsMap().Get(key)
	}
	return value
}

// with returns properties with the value at path set. It returns them unchanged if an unknown value is on the path,
// because an unknown value has no members.
func with(properties property.Map, set property.Value, path ...string) property.Map {
	key, rest := path[0], path[1:]
	if len(rest) == 0 {
		return properties.Set(key, set)
	}
	inner := properties.Get(key)
	switch {
	case inner.IsComputed():
		return properties
	case !inner.IsMap():
		inner = property.New(property.Map{})
	}
	return properties.Set(key, property.WithGoValue(inner, with(inner.AsMap(), set, rest...)))
}

// refersOutside returns whether value contains an asset, an archive or a resource.
func refersOutside(value property.Value) bool {
	switch {
	case value.IsAsset(), value.IsArchive(), value.IsResourceReference():
		return true
	case value.IsArray():
		for _, item := range value.AsArray().All {
			if refersOutside(item) {
				return true
			}
		}
	case value.IsMap():
		for _, item := range value.AsMap().All {
			if refersOutside(item) {
				return true
			}
		}
	}
	return false
}
