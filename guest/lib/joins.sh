# shellcheck shell=bash
# Tokens on the control plane, and the list of the workers that may join with them.

# The start of the descriptions of our tokens; the worker's name follows. wait-ready revokes tokens by it.
token_description="nodeforge: join of "

# mint_token: mints a token for the worker WORKER_NAME and prints it.
mint_token() {
  local token
  token=$(kubeadm token create --ttl "${TOKEN_TTL_MINUTES}m" --description "$token_description$WORKER_NAME")
  expect_join "${token%%.*}" >&2
  echo "$token"
}

# expect_join TOKEN_ID: allows one certificate for the worker WORKER_NAME with this token. systemd runs approve-joins while this
# folder has a file: one process serves all joins, because each kubectl takes seconds. The folder is on the data disk, so that a
# control plane that restarts during a join goes on approving.
joins=/etc/kubernetes/nodeforge-joins
expect_join() {
  write_file 0600 "$joins.$1" <<<"$WORKER_NAME $(($(date +%s) + TOKEN_TTL_MINUTES * 60))"
  # approve-joins never reads half a file, also after a power loss.
  sync "$joins.$1"
  mv "$joins.$1" "$joins/$1"
  sync "$joins"
}

# print_token TOKEN: prints the result of the scripts that mint: the token, and the hash of the CA's public key.
print_token() {
  local hash
  hash=$(openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum)
  printf '{"token":"%s","caCertHash":"sha256:%s","seconds":%d}\n' "$1" "${hash%% *}" "$((SECONDS - started))"
}
