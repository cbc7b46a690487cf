# shellcheck shell=bash
# Prints the administrator's kubeconfig, on the control plane. Result, secret: its text.
source lib/common.sh
cat "$KUBECONFIG"
