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

// defaultAwait limits how long an object may take to become ready, or to be deleted.
const defaultAwait = 10 * time.Minute

// Interval at which await reads the object, and time for which a Service must stay ready: its endpoints become ready one
// after the other.
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

// judge judges an object once.
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

// await waits until an object is ready and returns the last one that it read. Its error says which part is missing. A
// cancelled run is an error, too.
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
			state.why = fmt.Sprintf("ready, if it stays ready for %s", settle)
		} else {
			readySince = time.Time{}
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
			return live, errors.New("the object was deleted during the wait")
		case err == nil:
			live = now
		case ctx.Err() == nil:
			// An API server that is busy or restarts does not end the wait before its limit.
			logger.InfoStatusf("waiting for %s %s: %v", live.GetKind(), objectID(live), err)
		}
	}
}

// clearStatus removes the status of a wait from the display.
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
