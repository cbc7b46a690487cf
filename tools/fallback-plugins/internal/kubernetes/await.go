package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// defaultAwait is how long an object may take to become ready, or to go, when nothing else is said.
const defaultAwait = 10 * time.Minute

// How often a waited-for object is looked at, and how long a Service has to stay ready to count, because its
// endpoints come one after the other.
var (
	pollInterval  = time.Second
	serviceSettle = 10 * time.Second
)

// awaitLimit is the time limit of an operation: customTimeouts, else the annotation, else the default.
func awaitLimit(customSeconds float64, object *unstructured.Unstructured) time.Duration {
	if customSeconds > 0 {
		return time.Duration(customSeconds * float64(time.Second))
	}
	if seconds, err := strconv.Atoi(object.GetAnnotations()[annotationTimeout]); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return defaultAwait
}

func skipsAwait(object *unstructured.Unstructured) bool {
	return object.GetAnnotations()[annotationSkipAwait] == "true"
}

// judge looks at an object once.
func (k *plugin) judge(ctx context.Context, cluster *cluster, live *unstructured.Unstructured) verdict {
	kind := live.GroupVersionKind().GroupKind()
	if kind.Group == "" && kind.Kind == "Service" {
		return judgeService(ctx, cluster, live)
	}
	if rule, ok := readinessRules[kind]; ok {
		return rule(live)
	}
	return ready
}

// await waits until an object is ready and returns it as it was last seen. Its error says what is missing, and it is
// an error too when the object can no longer become ready or the run is cancelled.
func (k *plugin) await(
	ctx context.Context, object, live *unstructured.Unstructured, customSeconds float64,
) (*unstructured.Unstructured, error) {
	if skipsAwait(object) {
		return live, nil
	}
	cluster, err := k.reach(ctx)
	if err != nil {
		return live, err
	}
	limit := awaitLimit(customSeconds, object)
	expired := time.After(limit)
	logger := p.GetLogger(ctx)
	var readySince time.Time
	var shown string
	defer func() { clearStatus(ctx, shown) }()
	for {
		state := k.judge(ctx, cluster, live)
		if state.ready {
			if readySince.IsZero() {
				readySince = time.Now()
			}
			settle := settleTime(live)
			if time.Since(readySince) >= settle {
				return live, nil
			}
			state.why = fmt.Sprintf("ready, if it stays so for %s", settle)
		} else {
			readySince = time.Time{}
		}
		if state.lost {
			return live, fmt.Errorf("%s\n%s", state.why, diagnose(ctx, cluster, live))
		}
		if state.why != shown {
			shown = state.why
			logger.InfoStatusf("waiting for %s %s: %s", live.GetKind(), objectID(live), shown)
		}
		select {
		case <-ctx.Done():
			return live, fmt.Errorf("the run was cancelled while waiting: %s", state.why)
		case <-expired:
			return live, fmt.Errorf("%s %s is not ready after %s: %s\n%s", live.GetKind(), objectID(live), limit, state.why,
				diagnose(ctx, cluster, live))
		case <-time.After(pollInterval):
		}
		now, err := k.get(ctx, cluster, live)
		switch {
		case apierrors.IsNotFound(err):
			return live, errors.New("the object was deleted while it was waited for")
		case err == nil:
			live = now
		case ctx.Err() == nil:
			// An API server that is busy or restarts is no reason to give up before the limit.
			logger.InfoStatusf("waiting for %s %s: %v", live.GetKind(), objectID(live), err)
		}
	}
}

// clearStatus takes what was shown while waiting off the screen.
func clearStatus(ctx context.Context, shown string) {
	if shown != "" {
		p.GetLogger(ctx).InfoStatus("")
	}
}

func settleTime(live *unstructured.Unstructured) time.Duration {
	if live.GetKind() == "Service" && live.GetAPIVersion() == "v1" && selectsPods(live) {
		return serviceSettle
	}
	return 0
}
