# shellcheck shell=bash
# Prints the administrator's kubeconfig, on the control plane. Result, secret: its text.
cat "$KUBECONFIG"
