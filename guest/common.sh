# shellcheck shell=bash
# What every script on a node starts with. Progress goes to stderr, which the operator sees line by line; stdout carries
# nothing but the script's result, a JSON object.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf
started=$SECONDS

say() { printf '[%4ds] %s\n' "$((SECONDS - started))" "$*" >&2; }

fail() {
  say "FAILED: $*"
  exit 1
}

# An image of another contract has other paths, units or variables than these scripts know, and would fail half-way. The
# operator's side has judged the manifest beside the image; an image without one is judged here.
image_record=/etc/nodeforge/image.json
check_image() {
  local contract=
  [[ ! -e $image_record ]] || contract=$(sed -n 's/.*"contract": *\([0-9]*\).*/\1/p' "$image_record")
  [[ $contract == "$IMAGE_CONTRACT" ]] ||
    fail "the image of this node keeps contract ${contract:-none} ($image_record), and nodeforge needs $IMAGE_CONTRACT: use an image that was built from the same sources"
}

# wait_for LIMIT_SECONDS WHAT COMMAND...: repeats the command until it succeeds, first after a second, later every five:
# emulated, a single kubectl takes five seconds of the processor that what it waits for needs. What the command last
# printed is part of the failure, because "timed out" alone has never mended anything.
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

# The names are set in cloud-init's first stage, but its later ones still write files and keys. Exit code 2 means that
# it finished with a warning, which is no reason to give up a node.
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

# Only one of these scripts may change a node at a time: one that lost its connection goes on until its limit.
lock_node() {
  exec 9>/run/nodeforge.lock
  flock -w 300 9 || fail "another step has held this node for 300s"
}

# write_file MODE PATH: puts stdin there in one step, so that a unit never reads half a file.
write_file() {
  local made
  made=$(mktemp "$2.XXXXXX")
  cat >"$made"
  chmod "$1" "$made"
  mv "$made" "$2"
}

# The parameters the image's units read (EnvironmentFile), and flanneld's own file.
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

# start_node_network HOW: starts what routes pods and services, once the kubelet has the certificate that both use and that
# rotates by itself. How the node came into the cluster is written down; the units wait for that file.
start_node_network() {
  wait_for 300 "the kubelet's client certificate" test -s /var/lib/kubelet/pki/kubelet-client-current.pem
  write_file 0644 /etc/nodeforge/joined <<<"$1"
  # flanneld gives up while its node has no pod range yet, and its unit starts it again: the first failure is no failure.
  systemctl start --no-block flanneld kube-proxy
  wait_for 300 "flanneld and kube-proxy" systemctl is-active flanneld kube-proxy
}

# Mints a token for the worker WORKER_NAME and prints it.
mint_token() {
  local token
  token=$(kubeadm token create --ttl "${TOKEN_TTL_MINUTES}m" --description "nodeforge: join of $WORKER_NAME")
  expect_join "${token%%.*}" >&2
  echo "$token"
}

# expect_join TOKEN_ID: lets the worker WORKER_NAME have one certificate by this token, and starts what approves it where it
# does not run: one process for all joins, because each kubectl costs seconds.
joins=/run/nodeforge-joins
expect_join() {
  install -d -m 0700 "$joins"
  (
    # Who approves ends under this lock: it either sees this worker, or has ended before.
    flock -w 60 8 || fail "the list of joins has been locked for 60s"
    write_file 0600 "$joins/$1" <<<"$WORKER_NAME $(($(date +%s) + TOKEN_TTL_MINUTES * 60))"
    ! flock -n "$joins.running" true ||
      systemd-run --quiet --collect --unit "nodeforge-approve-joins-$1" --setenv "PATH=$PATH" \
        "$BASH" /etc/kubernetes/nodeforge-approve-joins
  ) 8>"$joins.lock"
}

# print_token TOKEN: the result of the scripts that mint: a token, and the hash of the CA's public key.
print_token() {
  local hash
  hash=$(openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum)
  printf '{"token":"%s","caCertHash":"sha256:%s","seconds":%d}\n' "$1" "${hash%% *}" "$((SECONDS - started))"
}

# stage_seconds NAME: the seconds that cloud-init's status gives as NAME for its stages, a line each, in order; whole, and
# since power-on. cloud-init writes them since power-on, and wrote them since 1970 before version 25: no machine is up that
# long. A stage that did not run has none.
stage_seconds() {
  local at up now
  read -r up _ </proc/uptime
  now=$(date +%s)
  tr ',{}' '\n' 2>/dev/null </run/cloud-init/status.json | sed -n "s/^ *\"$1\": *\([0-9][0-9]*\).*/\1/p" |
    while read -r at; do
      # Shorter than an epoch, longer than any machine is up.
      ((at < 1000000000)) || ((at -= now - ${up%.*}))
      printf '%d\n' "$at"
    done | sort -n
}

# Members of a JSON object, each with a comma behind it: seconds from power-on until cloud-init began, and from there until
# it was done. Nothing, with a warning, where cloud-init's status makes no sense: a clock that was set during the boot makes
# nonsense of times since 1970.
boot_seconds() {
  local up began ended
  read -r up _ </proc/uptime
  began=$(stage_seconds start | head -n 1) || true
  ended=$(stage_seconds finished | tail -n 1) || true
  # The status was written before now; a second more, because both are rounded.
  if [[ -n $began && -n $ended ]] && ((0 <= began && began <= ended && ended <= ${up%.*} + 1)); then
    printf '"boot":%d,"cloudInit":%d,' "$began" "$((ended - began))"
  else
    say "warning: the time of the boot is left out: cloud-init began at ${began:-no second} and ended at ${ended:-none}, after power-on ${up%.*}s ago"
  fi
}
