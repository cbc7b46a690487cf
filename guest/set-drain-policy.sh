# shellcheck shell=bash
# Writes down, on the control plane, how workers leave from now on. Parameters: DRAIN_TIMEOUT_MINUTES DRAIN_GRACE_SECONDS
# DRAIN_POLICY.
write_file 0644 /etc/kubernetes/nodeforge-drain <<POLICY
DRAIN_TIMEOUT_MINUTES=$DRAIN_TIMEOUT_MINUTES
DRAIN_GRACE_SECONDS=$DRAIN_GRACE_SECONDS
DRAIN_POLICY=$DRAIN_POLICY
POLICY
say "a leaving worker has $DRAIN_TIMEOUT_MINUTES minutes for its pods; then: $DRAIN_POLICY"
