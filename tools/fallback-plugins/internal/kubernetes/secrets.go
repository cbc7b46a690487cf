package kubernetes

import (
	"encoding/base64"
	"errors"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// hide marks the values of object as secret that are secret in inputs. A list that contains one secret becomes secret as
// a whole, because the API server may reorder it. The data of a Secret is always secret.
func hide(object, inputs property.Map) property.Map {
	if kind := object.Get("kind"); kind.IsString() && kind.AsString() == "Secret" {
		for _, key := range []string{"data", "stringData"} {
			if value, ok := object.GetOk(key); ok {
				object = object.Set(key, value.WithSecret(true))
			}
		}
	}
	for key, input := range inputs.All {
		value, ok := object.GetOk(key)
		if !ok || !input.HasSecrets() {
			continue
		}
		if value.IsMap() && input.IsMap() && !input.Secret() {
			object = object.Set(key, property.WithGoValue(value, hide(value.AsMap(), input.AsMap())))
		} else {
			object = object.Set(key, value.WithSecret(true))
		}
	}
	return object
}

// shortestRedacted is the least length of a secret that redact removes. A shorter one is as likely a part of another word.
const shortestRedacted = 4

// redact removes the secret strings of inputs from the text of err: as they are, and encoded or decoded as base64. The
// API server quotes values that it refuses.
func redact(err error, inputs property.Map) error {
	if err == nil {
		return nil
	}
	var secrets []string
	collectSecrets(property.New(hide(inputs, property.Map{})), false, &secrets)
	sort.Slice(secrets, func(i, j int) bool { return len(secrets[i]) > len(secrets[j]) })
	text := err.Error()
	redacted := text
	for _, secret := range secrets {
		redacted = strings.ReplaceAll(redacted, secret, "[secret]")
	}
	if redacted == text {
		return err
	}
	return errors.New(redacted)
}

func collectSecrets(value property.Value, inside bool, secrets *[]string) {
	inside = inside || value.Secret()
	switch {
	case value.IsString() && inside:
		text := value.AsString()
		forms := []string{text, base64.StdEncoding.EncodeToString([]byte(text))}
		if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
			forms = append(forms, string(decoded))
		}
		for _, form := range forms {
			if len(form) >= shortestRedacted {
				*secrets = append(*secrets, form)
			}
		}
	case value.IsArray():
		for _, item := range value.AsArray().All {
			collectSecrets(item, inside, secrets)
		}
	case value.IsMap():
		for _, item := range value.AsMap().All {
			collectSecrets(item, inside, secrets)
		}
	}
}
