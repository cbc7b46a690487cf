# shellcheck shell=bash
# Runs on the control plane when its connection or the parameters of a worker's token change, but not the worker's machine.
# Parameters: WORKER_NAME TOKEN_TTL_MINUTES. Result, secret: as of mint-token.sh. A worker in the cluster gets an empty token.
source lib/common.sh
source lib/joins.sh

# The control plane may have just started, for example after a power loss.
wait_for 600 "the API server" kubectl get --raw /readyz
if kubectl get node "$WORKER_NAME" --ignore-not-found -o name | grep -q .; then
  say "$WORKER_NAME is in the cluster: no token is minted"
  print_token ""
else
  print_token "$(mint_token)"
fi
