# shellcheck shell=bash
# Approves the certificates of workers that join, on the control plane, while any is expected: one for each token, and only
# for the name that the token was minted for. mint_token starts it and writes down who is expected; it ends by itself.
install -d -m 0700 "$joins"
exec 7>"$joins.running" 8>"$joins.lock"
flock -n 7 || exit 0

# Fails when no worker is expected any more. A token that has ended lets nobody in.
expected() {
  local file ends any=1
  for file in "$joins"/*; do
    read -r _ ends 2>/dev/null <"$file" || continue
    if ((ends > $(date +%s))); then any=0; else rm -f "$file"; fi
  done
  return "$any"
}

# Every request of a kubelet for a certificate, those that are there first, a line each.
requests() {
  exec kubectl get certificatesigningrequests --watch \
    --field-selector spec.signerName=kubernetes.io/kube-apiserver-client-kubelet \
    -o jsonpath='{.metadata.name} {.spec.username} {.spec.request} {.status.conditions[*].type}{"\n"}'
}

# consider NAME USER REQUEST CONDITIONS: keeps what is to be approved in granted, by its token.
declare -A granted
consider() {
  local name=$1 token=${2#system:bootstrap:} worker subject
  # The API server itself says who asks. What was decided already, and what a node asks for itself, is not ours.
  [[ -z $4 && $2 == system:bootstrap:* ]] || return 0
  if [[ ! $token =~ ^[a-z0-9]{6}$ || ! -f $joins/$token || -n ${granted[$token]-} ]]; then
    say "$name is left alone: token $token lets nobody in any more"
    return 0
  fi
  read -r worker _ <"$joins/$token"
  subject=$(base64 -d <<<"$3" | openssl req -noout -subject -nameopt RFC2253) || subject=
  if [[ $subject == "subject=CN=system:node:$worker,O=system:nodes" ]]; then
    granted[$token]=$name
  else
    say "$name is left alone: token $token is for $worker, and it asks for ${subject#subject=}"
  fi
}

# Approves what was granted, all at once.
approve() {
  local token
  ((${#granted[@]} > 0)) || return 0
  kubectl certificate approve "${granted[@]}" >&2 || return 1
  for token in "${!granted[@]}"; do rm -f "$joins/$token"; done
  granted=()
}

# Follows the requests until no worker is expected, or the API server ends the conversation.
follow() {
  local code pause feed name user request conditions
  granted=()
  exec 6< <(requests 7>&- 8>&-)
  feed=$!
  while expected; do
    # Requests that come together are approved together.
    pause=$((${#granted[@]} > 0 ? 1 : 5))
    code=0
    read -r -t "$pause" -u 6 name user request conditions || code=$?
    if ((code == 0)); then
      consider "$name" "$user" "$request" "$conditions"
    # Beyond 128 nothing came in time; else nothing will.
    elif ! approve || ((code <= 128)); then
      break
    fi
  done
  exec 6<&-
  kill "$feed" 2>/dev/null || true
}

while :; do
  while expected; do
    follow
    sleep 1
  done
  # A worker that is let in just now is either seen here, or starts another one of this.
  flock -w 60 8
  expected || break
  flock -u 8
done
exec 7>&-
