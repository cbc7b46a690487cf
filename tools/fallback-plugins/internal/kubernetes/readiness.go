package kubernetes

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// verdict says whether an object is ready, and the reason if it is not.
type verdict struct {
	ready bool
	why   string
}

var ready = verdict{ready: true}

func notYet(format string, values ...any) verdict {
	return verdict{why: fmt.Sprintf(format, values...)}
}

// readinessRules judge a workload by its own fields. A Service is judged in service.go, because its endpoints count, too.
// An object of any other kind is ready as soon as it exists.
var readinessRules = map[schema.GroupKind]func(*unstructured.Unstructured) verdict{
	{Group: "apps", Kind: "DaemonSet"}:  judgeDaemonSet,
	{Group: "apps", Kind: "Deployment"}: judgeDeployment,
}

func judgeDeployment(object *unstructured.Unstructured) verdict {
	if v := judgeObserved(object); !v.ready {
		return v
	}
	desired := numberOr(object, 1, "spec", "replicas")
	total := number(object, "status", "replicas")
	updated := number(object, "status", "updatedReplicas")
	available := number(object, "status", "availableReplicas")
	switch {
	case updated < desired:
		return notYet("%d of %d replicas updated%s", updated, desired, stuck(object))
	case total > updated:
		return notYet("%d replicas of the previous revision remain", total-updated)
	case available < updated:
		return notYet("%d of %d replicas available%s", available, updated, stuck(object))
	}
	if status, why := condition(object, "Available"); status != "True" {
		return notYet("not available%s", why)
	}
	return ready
}

// stuck returns the controller's reason for a rollout that makes no progress.
func stuck(object *unstructured.Unstructured) string {
	if status, why := condition(object, "ReplicaFailure"); status == "True" {
		return why
	}
	if status, why := condition(object, "Progressing"); status == "False" {
		return why
	}
	return ""
}

func judgeDaemonSet(object *unstructured.Unstructured) verdict {
	if v := judgeObserved(object); !v.ready {
		return v
	}
	desired := number(object, "status", "desiredNumberScheduled")
	updated := number(object, "status", "updatedNumberScheduled")
	available := number(object, "status", "numberAvailable")
	switch {
	case updated < desired:
		return notYet("%d of %d pods updated", updated, desired)
	case available < desired:
		return notYet("%d of %d pods available", available, desired)
	}
	return ready
}

// judgeObserved judges whether the controller has seen the current generation of the object. Until then, the rest of the
// status may describe an earlier one.
func judgeObserved(object *unstructured.Unstructured) verdict {
	if number(object, "status", "observedGeneration") < object.GetGeneration() {
		return notYet("its controller has not seen generation %d yet", object.GetGeneration())
	}
	return ready
}

// condition returns the status of a condition, and its reason and message as the end of a sentence.
func condition(object *unstructured.Unstructured, kind string) (status, why string) {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, item := range conditions {
		fields, _ := item.(map[string]any)
		if fields["type"] != kind {
			continue
		}
		status, _ := fields["status"].(string)
		reason, _ := fields["reason"].(string)
		message, _ := fields["message"].(string)
		return status, explain(reason, message)
	}
	return "", ""
}

func explain(reason, message string) string {
	switch {
	case reason == "" && message == "":
		return ""
	case message == "":
		return ": " + reason
	case reason == "":
		return ": " + message
	default:
		return ": " + reason + ": " + message
	}
}

func number(object *unstructured.Unstructured, path ...string) int64 {
	return numberOr(object, 0, path...)
}

func numberOr(object *unstructured.Unstructured, fallback int64, path ...string) int64 {
	value, found, _ := unstructured.NestedFieldNoCopy(object.Object, path...)
	if found {
		if float, ok := asFloat(value); ok {
			return int64(float)
		}
	}
	return fallback
}
