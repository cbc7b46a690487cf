# shellcheck shell=bash
# The beginning of every script on a node. Progress goes to stderr, which you see line by line. stdout has only the script's
# result, a JSON object.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf
started=$SECONDS

say() { printf '[%4ds] %s\n' "$((SECONDS - started))" "$*" >&2; }

fail() {
  say "FAILED: $*"
  exit 1
}

# check_image: fails unless the node's image has the contract of these scripts. An image of another contract has other paths,
# units or variables, so a script would fail half-way. The program has checked the manifest beside the image; an image without
# a manifest is checked only here.
image_record=/etc/nodeforge/image.json
check_image() {
  local contract=
  [[ ! -e $image_record ]] || contract=$(sed -n 's/.*"contract": *\([0-9]*\).*/\1/p' "$image_record")
  [[ $contract == "$IMAGE_CONTRACT" ]] ||
    fail "this node's image has contract ${contract:-none} ($image_record), expected $IMAGE_CONTRACT. Fix: use an image built from the same sources as nodeforge"
}

# wait_for LIMIT_SECONDS WHAT COMMAND...: repeats the command until it succeeds, first after a second, later every five seconds.
# On an emulated machine one kubectl takes five seconds of the processor, which the awaited thing needs itself. The failure
# quotes the command's last output, because "timed out" alone explains nothing.
wait_for() {
  local limit=$1 what=$2 from=$SECONDS spoken=$SECONDS pause=1 last=
  shift 2
  say "waiting for $what"
  until last=$("$@" 2>&1); do
    ((SECONDS - from < limit)) || fail "$what: still missing after ${limit}s: ${last:-no output}"
    if ((SECONDS - spoken >= 15)); then
      spoken=$SECONDS
      say "still waiting for $what: ${last##*$'\n'}"
    fi
    sleep "$pause"
    ((pause = pause < 5 ? pause + 1 : 5))
  done
}

# wait_for_cloud_init: waits until every stage has ended. The first stage sets the names, but later stages write files and
# keys. Exit code 2 means that cloud-init finished with a warning, which does not make the node unusable.
wait_for_cloud_init() {
  local code=0
  say "waiting for cloud-init"
  timeout 600 cloud-init status --wait >/dev/null 2>&1 || code=$?
  case $code in
    0 | 2) ;;
    124) fail "cloud-init did not finish within 600s: $(cloud-init status --long 2>&1)" ;;
    *) fail "cloud-init failed: $(cloud-init status --long 2>&1)" ;;
  esac
}

# lock_node: lets one script at a time change the node. A script that has lost its connection runs on until its limit.
lock_node() {
  exec 9>/run/nodeforge.lock
  flock -w 300 9 || fail "another step has locked this node for 300s"
}

# write_file MODE PATH: writes stdin to the path in one step, so that a unit never reads an incomplete file.
write_file() {
  local made
  made=$(mktemp "$2.XXXXXX")
  cat >"$made"
  chmod "$1" "$made"
  mv "$made" "$2"
}

# write_node_parameters: writes the parameters for the image's units (EnvironmentFile), and flanneld's configuration.
write_node_parameters() {
  mkdir -p /etc/nodeforge
  write_file 0644 /etc/nodeforge/node.env <<PARAMETERS
NODE_NAME=$NODE_NAME
NODE_ADDRESS=$NODE_ADDRESS
CLUSTER_NAME=$CLUSTER_NAME
CLUSTER_DOMAIN=$CLUSTER_DOMAIN
POD_CIDR=$POD_CIDR
SERVICE_CIDR=$SERVICE_CIDR
PARAMETERS
  write_file 0644 /etc/nodeforge/net-conf.json <<NETWORK
{"Network": "$POD_CIDR", "EnableNFTables": true, "Backend": {"Type": "host-gw"}}
NETWORK
}

# start_node_network HOW: starts flanneld and kube-proxy, once the kubelet has the client certificate that both use. HOW is how
# the node joined the cluster: its token's id, or "control-plane". The units wait for the file that it is written to.
start_node_network() {
  wait_for 300 "the kubelet's client certificate" test -s /var/lib/kubelet/pki/kubelet-client-current.pem
  write_file 0644 /etc/nodeforge/joined <<<"$1"
  # flanneld exits until its node has a pod range, and its unit restarts it. So its first failures are expected.
  systemctl start --no-block flanneld kube-proxy
  wait_for 300 "flanneld and kube-proxy" systemctl is-active flanneld kube-proxy
}

# The start of the descriptions of our tokens; the worker's name follows. wait-ready revokes tokens by it.
token_description="nodeforge: join of "

# mint_token: mints a token for the worker WORKER_NAME and prints it.
mint_token() {
  local token
  token=$(kubeadm token create --ttl "${TOKEN_TTL_MINUTES}m" --description "$token_description$WORKER_NAME")
  expect_join "${token%%.*}" >&2
  echo "$token"
}

# expect_join TOKEN_ID: allows one certificate for the worker WORKER_NAME with this token. Starts approve-joins unless it runs:
# one process serves all joins, because each kubectl takes seconds.
joins=/run/nodeforge-joins
expect_join() {
  install -d -m 0700 "$joins"
  (
    # approve-joins ends only while it holds this lock, so it either sees this worker or has ended before.
    flock -w 60 8 || fail "the list of joins has been locked for 60s"
    write_file 0600 "$joins/$1" <<<"$WORKER_NAME $(($(date +%s) + TOKEN_TTL_MINUTES * 60))"
    ! flock -n "$joins.running" true ||
      systemd-run --quiet --collect --unit "nodeforge-approve-joins-$1" --setenv "PATH=$PATH" \
        "$BASH" /etc/kubernetes/nodeforge-approve-joins
  ) 8>"$joins.lock"
}

# print_token TOKEN: prints the result of the scripts that mint: the token, and the hash of the CA's public key.
print_token() {
  local hash
  hash=$(openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum)
  printf '{"token":"%s","caCertHash":"sha256:%s","seconds":%d}\n' "$1" "${hash%% *}" "$((SECONDS - started))"
}

# stage_seconds NAME: prints the times of cloud-init's stages that its status calls NAME, sorted, one a line, in whole seconds
# since power-on. cloud-init writes seconds since power-on; versions before 25 wrote seconds since 1970, which are far longer
# than any uptime. A stage that did not run has no time.
stage_seconds() {
  local at up now
  read -r up _ </proc/uptime
  now=$(date +%s)
  tr ',{}' '\n' 2>/dev/null </run/cloud-init/status.json | sed -n "s/^ *\"$1\": *\([0-9][0-9]*\).*/\1/p" |
    while read -r at; do
      # Below any time since 1970 that a clock shows, above any uptime.
      ((at < 1000000000)) || ((at -= now - ${up%.*}))
      printf '%d\n' "$at"
    done | sort -n
}

# boot_seconds: prints members of a JSON object, each with a trailing comma. `boot` has the seconds from power-on to the start
# of cloud-init, `cloudInit` those from there to its end. Prints only a warning when cloud-init's status is implausible: times
# since 1970 are wrong when the clock was set during the boot.
boot_seconds() {
  local up began ended
  read -r up _ </proc/uptime
  began=$(stage_seconds start | head -n 1) || true
  ended=$(stage_seconds finished | tail -n 1) || true
  # The status is older than now; one second more is allowed, because both are rounded.
  if [[ -n $began && -n $ended ]] && ((0 <= began && began <= ended && ended <= ${up%.*} + 1)); then
    printf '"boot":%d,"cloudInit":%d,' "$began" "$((ended - began))"
  else
    say "warning: the times of the boot are left out, because cloud-init's are implausible: start at ${began:-none}, end at ${ended:-none}, uptime ${up%.*}s"
  fi
}

# Label of a simulated node (names.ts), and kwok's configuration. The unit kwok runs only while the file exists.
# shellcheck disable=SC2034 # only some scripts use it
simulated=nodeforge.local/simulated
# shellcheck disable=SC2034 # only some scripts use it
kwok_configuration=/etc/nodeforge/simulated-nodes.yaml

# delete_simulated: deletes the simulated nodes whose names are on stdin, one a line.
delete_simulated() {
  local names
  names=$(sed '/^$/d')
  [[ -n $names ]] || return 0
  say "deleting $(wc -l <<<"$names") simulated nodes"
  # kubectl sends five requests a second for names, and has no such limit for objects of a file.
  # shellcheck disable=SC2001 # each line, not the first one
  sed 's/.*/{"apiVersion":"v1","kind":"Node","metadata":{"name":"&"}}/' <<<"$names" |
    split --elide-empty-files --unbuffered --number r/4 --filter 'kubectl delete --ignore-not-found --wait=false -f - >/dev/null'
  # With each of them it releases their range of the pod network, which other nodes may have. At its start it reads the ranges
  # of all nodes again.
  systemctl restart kube-controller-manager
}
