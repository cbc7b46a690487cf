# shellcheck shell=bash
# Prints the end of the journal of a scheduler under test, or of the logs of its pods, and changes nothing.
# Parameters: LINES_KEPT; INVOCATION, the result of bench-activate, empty for all; NAMESPACE of its pods, unset for a unit.
# Result: the lines as text.
source lib/common.sh
[[ $LINES_KEPT =~ ^[1-9][0-9]*$ ]] || fail "LINES_KEPT is $LINES_KEPT, expected a number of lines"
[[ $INVOCATION =~ ^[0-9a-f]*$ ]] || fail "INVOCATION is $INVOCATION, expected hexadecimal digits"
if [[ -n ${NAMESPACE-} ]]; then
  [[ $NAMESPACE =~ ^[a-z0-9-]+$ ]] || fail "NAMESPACE is $NAMESPACE, expected the name of a namespace"
  pods=$(kubectl --request-timeout 20s --namespace "$NAMESPACE" get pods --output name)
  for pod in $pods; do
    # A container that has not started yet has no log.
    kubectl --request-timeout 20s --namespace "$NAMESPACE" logs --all-containers --prefix --tail "$LINES_KEPT" "$pod" || true
  done
  exit
fi
match=(--unit nodeforge-bench-scheduler)
[[ -z $INVOCATION ]] || match=("_SYSTEMD_INVOCATION_ID=$INVOCATION")
journalctl --no-pager --output short-iso --lines "$LINES_KEPT" "${match[@]}"
