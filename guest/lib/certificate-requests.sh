# shellcheck shell=bash
# Certificate requests of kubelets, which the control plane approves.

# Nodes whose kubelets may get a serving certificate: a name and an address each line. approve-kubelets reads it, and writes what
# it did not approve to the second file. The first one is on the data disk, so that renewals need no `up`.
kubelets=/etc/kubernetes/nodeforge-kubelets
# shellcheck disable=SC2034 # only some scripts use it
refused=/run/nodeforge-kubelets.refused

# expect_kubelet NAME ADDRESS: lets the kubelet of a node get a certificate for this address, and for no earlier one.
expect_kubelet() {
  (
    # Several workers join at the same time.
    flock -w 60 8 || fail "the list of kubelets has been locked for 60s"
    { sed "/^$1 /d" "$kubelets" 2>/dev/null || true; echo "$1 $2"; } | write_file 0644 "$kubelets"
  ) 8>/run/nodeforge-kubelets.lock
}

# decode_request BASE64: sets text to a certificate request. Fails unless it is one request and nothing else, because Kubernetes and
# openssl skip different things before a request.
decode_request() {
  local -r one=$'^-----BEGIN CERTIFICATE REQUEST-----\n[A-Za-z0-9+/\n]+={0,2}\n-----END CERTIFICATE REQUEST-----$'
  ((${#1} < 8192)) && text=$(base64 -d <<<"$1" 2>/dev/null) && [[ $text =~ $one ]]
}

# approve_certificates NAME...: approves requests. kubectl sends five requests a second, two for each name, so several share the names.
approve_certificates() {
  local names=("$@") processes process failed=0
  local -r share=10 most=4
  while ((${#names[@]} > 0)); do
    processes=()
    while ((${#names[@]} > 0 && ${#processes[@]} < most)); do
      kubectl certificate approve "${names[@]:0:share}" >&2 &
      processes+=("$!")
      names=("${names[@]:share}")
    done
    for process in "${processes[@]}"; do wait "$process" || failed=1; done
  done
  ((failed == 0))
}
