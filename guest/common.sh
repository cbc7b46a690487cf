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
mint_token() { kubeadm token create --ttl "${TOKEN_TTL_MINUTES}m" --description "nodeforge: join of $WORKER_NAME"; }

# print_token TOKEN: the result of the scripts that mint: a token, and the hash of the CA's public key.
print_token() {
  local hash
  hash=$(openssl x509 -pubkey -noout -in /etc/kubernetes/pki/ca.crt | openssl pkey -pubin -outform der | sha256sum)
  printf '{"token":"%s","caCertHash":"sha256:%s","seconds":%d}\n' "$1" "${hash%% *}" "$((SECONDS - started))"
}

# Members of a JSON object: seconds from power-on until cloud-init began, and until it was done. Its status has the start of
# each stage; its result is what it wrote last.
boot_seconds() {
  local up now powered_on began ended
  read -r up _ </proc/uptime
  now=$(date +%s)
  powered_on=$((now - ${up%.*}))
  began=$(sed -n 's/.*"start": *\([0-9]*\).*/\1/p' /run/cloud-init/status.json | sort -n | head -n 1)
  ended=$(stat -c %Y /run/cloud-init/result.json)
  printf '"boot":%d,"cloudInit":%d' "$((${began:-ended} - powered_on))" "$((ended - ${began:-ended}))"
}
