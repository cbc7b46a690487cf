package kubernetes

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// apiServer simulates an API server: discovery, create, get, list, server-side apply without merging, and delete. Paths and
// status codes are those of Kubernetes.
type apiServer struct {
	*httptest.Server
	mutex    sync.Mutex
	objects  map[string]map[string]any // by path
	requests []apiRequest
	// conflict makes every apply without force fail.
	conflict bool
	// onGet changes an object before each read, as a controller does. A nil result deletes it.
	onGet func(object map[string]any) map[string]any
	// lingers keeps deleted objects, as a finalizer does, until onGet deletes them.
	lingers bool
	serial  int
}

type apiRequest struct {
	method, path, query, contentType string
	body                             map[string]any
}

// kinds that the server knows, by group and version. The value is whether they are in namespaces.
var kinds = map[string]map[string]bool{
	"/api/v1": {
		"ConfigMap": true,
		"Secret":    true,
		"Service":   true,
		"Pod":       true,
		"Event":     true,
		"Namespace": false,
	},
	"/apis/apps/v1":                      {"Deployment": true},
	"/apis/discovery.k8s.io/v1":          {"EndpointSlice": true},
	"/apis/rbac.authorization.k8s.io/v1": {"ClusterRole": false},
}

func plural(kind string) string { return strings.ToLower(kind) + "s" }

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	server := &apiServer{objects: map[string]map[string]any{}}
	server.Server = httptest.NewServer(server)
	t.Cleanup(server.Close)
	server.objects["/api/v1/namespaces/default"] = map[string]any{}
	return server
}

// kubeconfig returns the content of a kubeconfig for the server.
func (s *apiServer) kubeconfig() string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"x",
		"clusters":[{"name":"c","cluster":{"server":%q}}],"users":[{"name":"u","user":{"token":"kubeconfig-token"}}],
		"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}]}`, s.URL)
}

// made lists the requests that changed objects, by method and path.
func (s *apiServer) made() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var made []string
	for _, request := range s.requests {
		if request.method != http.MethodGet {
			made = append(made, strings.TrimSpace(request.method+" "+request.path))
		}
	}
	return made
}

// last returns the last request with the method.
func (s *apiServer) last(t *testing.T, method string) apiRequest {
	t.Helper()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, request := range slices.Backward(s.requests) {
		if request.method == method {
			return request
		}
	}
	t.Fatalf("there was no %s", method)
	return apiRequest{}
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	content, _ := io.ReadAll(r.Body)
	request := apiRequest{method: r.Method, path: r.URL.Path, query: r.URL.RawQuery, contentType: r.Header.Get("Content-Type")}
	json.Unmarshal(content, &request.body)
	s.requests = append(s.requests, request)
	request.body = nil // the code below changes its own copy
	json.Unmarshal(content, &request.body)
	if r.Method == http.MethodGet && s.discover(w, r.URL.Path) {
		return
	}
	object, exists := s.objects[r.URL.Path]
	dryRun := r.URL.Query().Get("dryRun") == "All"
	switch r.Method {
	case http.MethodGet:
		if !exists {
			s.list(w, r.URL.Path)
			return
		}
		if s.onGet != nil {
			if object = s.onGet(object); object == nil {
				delete(s.objects, r.URL.Path)
				fail(w, http.StatusNotFound, "NotFound", r.URL.Path)
				return
			}
		}
		answer(w, http.StatusOK, object)
	case http.MethodPost:
		s.create(w, r, request.body, dryRun)
	case http.MethodPatch:
		s.patch(w, r, request, dryRun)
	case http.MethodDelete:
		if !exists {
			fail(w, http.StatusNotFound, "NotFound", r.URL.Path)
			return
		}
		if s.lingers {
			metadataOf(object)["deletionTimestamp"] = "2026-01-01T00:00:00Z"
			metadataOf(object)["finalizers"] = []any{"example.com/hold"}
		} else {
			delete(s.objects, r.URL.Path)
		}
		answer(w, http.StatusOK, object)
	}
}

func (s *apiServer) discover(w http.ResponseWriter, path string) bool {
	switch path {
	case "/version":
		answer(w, http.StatusOK, map[string]any{"major": "1", "minor": "36"})
	case "/api":
		answer(w, http.StatusOK, map[string]any{"kind": "APIVersions", "versions": []any{"v1"}})
	case "/apis":
		groups := []any{}
		for _, prefix := range slices.Sorted(maps.Keys(kinds)) {
			if group, version, found := strings.Cut(strings.TrimPrefix(prefix, "/apis/"), "/"); found && group != "" {
				gv := map[string]any{"groupVersion": group + "/" + version, "version": version}
				groups = append(groups, map[string]any{"name": group, "versions": []any{gv}, "preferredVersion": gv})
			}
		}
		answer(w, http.StatusOK, map[string]any{"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
	default:
		known, ok := kinds[path]
		if !ok {
			return false
		}
		resources := []any{}
		for kind, namespaced := range known {
			resources = append(resources, map[string]any{"name": plural(kind), "kind": kind, "namespaced": namespaced,
				"verbs": []any{"get", "create", "patch", "delete", "list"}})
		}
		answer(w, http.StatusOK, map[string]any{"kind": "APIResourceList", "apiVersion": "v1", "resources": resources})
	}
	return true
}

func (s *apiServer) list(w http.ResponseWriter, path string) {
	last := path[strings.LastIndex(path, "/")+1:]
	for _, known := range kinds {
		for kind := range known {
			if plural(kind) != last {
				continue
			}
			items := []any{}
			for place, object := range s.objects {
				if strings.HasPrefix(place, path+"/") {
					items = append(items, object)
				}
			}
			answer(w, http.StatusOK, map[string]any{"kind": kind + "List", "apiVersion": "v1", "items": items})
			return
		}
	}
	fail(w, http.StatusNotFound, "NotFound", path)
}

func (s *apiServer) create(w http.ResponseWriter, r *http.Request, object map[string]any, dryRun bool) {
	if parent, _, namespaced := cutLast(r.URL.Path); namespaced && strings.Contains(parent, "/namespaces/") {
		if _, exists := s.objects["/api/v1"+parent[strings.Index(parent, "/namespaces/"):]]; !exists {
			fail(w, http.StatusNotFound, "NotFound", "namespace")
			return
		}
	}
	path := r.URL.Path + "/" + metadataOf(object)["name"].(string)
	if _, exists := s.objects[path]; exists {
		fail(w, http.StatusConflict, "AlreadyExists", path)
		return
	}
	s.keep(path, object, r.URL.Query().Get("fieldManager"), "Update", dryRun)
	answer(w, http.StatusCreated, object)
}

func (s *apiServer) patch(w http.ResponseWriter, r *http.Request, request apiRequest, dryRun bool) {
	switch {
	case !strings.HasPrefix(request.contentType, "application/apply-patch"):
		answer(w, http.StatusOK, s.objects[r.URL.Path])
	case s.conflict && r.URL.Query().Get("force") != "true":
		fail(w, http.StatusConflict, "Conflict", `conflict with "stranger": .data.a`)
	default:
		s.keep(r.URL.Path, request.body, r.URL.Query().Get("fieldManager"), "Apply", dryRun)
		answer(w, http.StatusOK, request.body)
	}
}

func (s *apiServer) keep(path string, object map[string]any, manager, operation string, dryRun bool) {
	s.serial++
	metadata := metadataOf(object)
	metadata["uid"] = fmt.Sprintf("uid-%d", s.serial)
	metadata["resourceVersion"] = fmt.Sprint(s.serial)
	metadata["managedFields"] = []any{map[string]any{"manager": manager, "operation": operation, "apiVersion": "v1",
		"fieldsType": "FieldsV1", "fieldsV1": map[string]any{}}}
	if !dryRun {
		s.objects[path] = object
	}
}

func metadataOf(object map[string]any) map[string]any {
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		metadata = map[string]any{}
		object["metadata"] = metadata
	}
	return metadata
}

func cutLast(path string) (before, after string, found bool) {
	i := strings.LastIndex(path, "/")
	return path[:i], path[i+1:], i > 0
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func fail(w http.ResponseWriter, status int, reason, message string) {
	answer(w, status, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status,
		"reason": reason, "message": message})
}
