# shellcheck shell=bash
# Approves the certificates of joining workers, on the control plane. A token gets one certificate, for the worker that it was
# minted for. mint_token lists the expected workers. systemd starts this script when the list has one, and it ends when the
# list is empty.
source lib/common.sh
source lib/joins.sh
source lib/certificate-requests.sh

# expected: fails when no worker is expected. Forgets expired tokens, and files without an end.
expected() {
  local file ends any=1
  for file in "$joins"/*; do
    read -r _ ends 2>/dev/null <"$file" || ends=0
    if ((ends > EPOCHSECONDS)); then any=0; else rm -f "$file"; fi
  done
  return "$any"
}

# requests: prints every certificate request of a kubelet, one a line: first the existing ones, then each new one. It ends after
# two minutes, so that a request that the watch has lost is in the next one's list. By default, kubectl lists only 500 objects
# before it watches.
requests() {
  exec timeout 120 kubectl get certificatesigningrequests --watch --chunk-size 0 \
    --field-selector spec.signerName=kubernetes.io/kube-apiserver-client-kubelet \
    -o jsonpath='{.metadata.name} {.spec.username} {.spec.request} {.status.conditions[*].type}{"\n"}'
}

# consider NAME USER REQUEST CONDITIONS: adds a request that may be approved to granted, by its token.
declare -A granted
consider() {
  local name=$1 token=${2#system:bootstrap:} worker text subject
  # The API server sets the user. Requests that are decided, and requests of nodes for themselves, are not for this script.
  [[ -z $4 && $2 == system:bootstrap:* ]] || return 0
  if [[ ! $token =~ ^[a-z0-9]{6}$ || ! -f $joins/$token || -n ${granted[$token]-} ]]; then
    say "$name is not approved: no worker is expected with token $token"
    return 0
  fi
  read -r worker _ <"$joins/$token" || return 0
  decode_request "$3" && subject=$(openssl req -noout -subject -nameopt RFC2253 <<<"$text") ||
    subject="more than a request, or none"
  if [[ $subject == "subject=CN=system:node:$worker,O=system:nodes" ]]; then
    granted[$token]=$name
  else
    say "$name is not approved: token $token is for $worker, got ${subject#subject=}"
  fi
}

# approve: approves all granted requests.
approve() {
  ((${#granted[@]} > 0)) || return 0
  approve_certificates "${granted[@]}" || return 1
  (cd "$joins" && rm -f "${!granted[@]}")
  granted=()
}

# follow: approves requests until no worker is expected, or the API server ends the watch.
follow() {
  local code feed line partial='' since name user request conditions
  granted=()
  exec 6< <(requests)
  feed=$!
  while :; do
    code=0
    IFS= read -r -t "$((${#granted[@]} > 0 ? 1 : 5))" -u 6 line || code=$?
    # kubectl writes a line in pieces. A read that ends between two of them has taken the first one.
    partial+=$line
    if ((code == 0)); then
      ((${#granted[@]} > 0)) || since=$SECONDS
      read -r name user request conditions <<<"$partial"
      partial=''
      consider "$name" "$user" "$request" "$conditions"
      # Requests that arrive together are approved together: after a second without one, or once the first has waited for two.
      ((SECONDS - since >= 2)) || continue
    fi
    approve || break
    # A code above 128 means that no request arrived in time; any other failure is the end of the watch.
    ((code == 0 || code > 128)) || break
    # Reads a file for each worker, so not after each request.
    expected || break
  done
  exec 6<&-
  kill "$feed" 2>/dev/null || true
}

while expected; do
  follow
  sleep 1
done
