package kubernetes

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// verdict tells whether an object is ready and, when it is not, why, and whether it can still become ready.
type verdict struct {
	ready bool
	lost  bool
	why   string
}

var ready = verdict{ready: true}

func notYet(format string, values ...any) verdict {
	return verdict{why: fmt.Sprintf(format, values...)}
}

func lost(format string, values ...any) verdict {
	return verdict{lost: true, why: fmt.Sprintf(format, values...)}
}

// readinessRules judge an object by itself. A kind that is not here is ready as soon as it is there; a Service needs
// more than itself and is judged in await.go.
var readinessRules = map[schema.GroupKind]func(*unstructured.Unstructured) verdict{
	{Group: "apps", Kind: "DaemonSet"}:   judgeDaemonSet,
	{Group: "apps", Kind: "Deployment"}:  judgeDeployment,
	{Group: "apps", Kind: "StatefulSet"}: judgeStatefulSet,
	{Group: "batch", Kind: "Job"}:        judgeJob,
	{Kind: "Pod"}:                        judgePod,
}

func judgeDeployment(object *unstructured.Unstructured) verdict {
	if v := judgeObserved(object); !v.ready {
		return v
	}
	if paused, _, _ := unstructured.NestedBool(object.Object, "spec", "paused"); paused {
		return ready
	}
	wanted := numberOr(object, 1, "spec", "replicas")
	total := number(object, "status", "replicas")
	updated := number(object, "status", "updatedReplicas")
	available := number(object, "status", "availableReplicas")
	switch {
	case updated < wanted:
		return notYet("%d of %d replicas updated%s", updated, wanted, stuck(object))
	case total > updated:
		return notYet("%d replicas of before are still there", total-updated)
	case available < updated:
		return notYet("%d of %d replicas available%s", available, updated, stuck(object))
	}
	if status, why := condition(object, "Available"); status != "True" {
		return notYet("not available%s", why)
	}
	return ready
}

// stuck adds the controller's own explanation of a rollout that does not move.
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
	wanted := number(object, "status", "desiredNumberScheduled")
	updated := number(object, "status", "updatedNumberScheduled")
	available := number(object, "status", "numberAvailable")
	strategy, _, _ := unstructured.NestedString(object.Object, "spec", "updateStrategy", "type")
	switch {
	case strategy != "OnDelete" && updated < wanted:
		return notYet("%d of %d pods updated", updated, wanted)
	case available < wanted:
		return notYet("%d of %d pods available", available, wanted)
	}
	return ready
}

func judgeStatefulSet(object *unstructured.Unstructured) verdict {
	if v := judgeObserved(object); !v.ready {
		return v
	}
	wanted := numberOr(object, 1, "spec", "replicas")
	updated := number(object, "status", "updatedReplicas")
	readyReplicas := number(object, "status", "readyReplicas")
	partition := number(object, "spec", "updateStrategy", "rollingUpdate", "partition")
	strategy, _, _ := unstructured.NestedString(object.Object, "spec", "updateStrategy", "type")
	current, _, _ := unstructured.NestedString(object.Object, "status", "currentRevision")
	next, _, _ := unstructured.NestedString(object.Object, "status", "updateRevision")
	switch {
	case readyReplicas < wanted:
		return notYet("%d of %d replicas ready", readyReplicas, wanted)
	case strategy == "OnDelete":
		return ready
	case updated < wanted-partition:
		return notYet("%d of %d replicas updated", updated, wanted-partition)
	case partition == 0 && current != next:
		return notYet("revision %s is not rolled out yet", next)
	}
	return ready
}

func judgeJob(object *unstructured.Unstructured) verdict {
	if status, why := condition(object, "Failed"); status == "True" {
		return lost("the job failed%s", why)
	}
	if status, _ := condition(object, "Complete"); status == "True" {
		return ready
	}
	return notYet("%d of %d completions, %d active, %d failed pods", number(object, "status", "succeeded"),
		numberOr(object, 1, "spec", "completions"), number(object, "status", "active"), number(object, "status", "failed"))
}

func judgePod(object *unstructured.Unstructured) verdict {
	phase, _, _ := unstructured.NestedString(object.Object, "status", "phase")
	switch phase {
	case "Succeeded":
		return ready
	case "Failed":
		return lost("%s", podTrouble(object))
	}
	if status, _ := condition(object, "Ready"); status == "True" {
		return ready
	}
	return notYet("%s", podTrouble(object))
}

// judgeObserved waits until the controller has seen the object as it is now, for the rest of the status may be about
// what it was before.
func judgeObserved(object *unstructured.Unstructured) verdict {
	if number(object, "status", "observedGeneration") < object.GetGeneration() {
		return notYet("its controller has not seen generation %d yet", object.GetGeneration())
	}
	return ready
}

// condition is the status of a condition, and its reason and message as the end of a sentence.
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
