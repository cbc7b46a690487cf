# shellcheck shell=bash
# Writes the drain policy for leave.sh, on the control plane. Parameters: DRAIN_TIMEOUT_MINUTES DRAIN_GRACE_SECONDS
# DRAIN_POLICY.
source lib/common.sh
write_file 0644 /etc/kubernetes/nodeforge-drain <<POLICY
DRAIN_TIMEOUT_MINUTES=$DRAIN_TIMEOUT_MINUTES
DRAIN_GRACE_SECONDS=$DRAIN_GRACE_SECONDS
DRAIN_POLICY=$DRAIN_POLICY
POLICY
say "a worker's drain ends after at most $DRAIN_TIMEOUT_MINUTES minutes; drainPolicy then: $DRAIN_POLICY"
