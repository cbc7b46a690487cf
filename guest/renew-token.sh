# shellcheck shell=bash
# Runs on the control plane when the way to it or the parameters of a worker's token change, but not the worker's machine.
# Parameters: WORKER_NAME TOKEN_TTL_MINUTES. Result, secret: as mint-token's; a worker in the cluster needs no token.
if kubectl get node "$WORKER_NAME" --ignore-not-found -o name | grep -q .; then
  say "$WORKER_NAME is in the cluster: no token is minted"
  print_token ""
else
  print_token "$(mint_token)"
fi
