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

# all_active UNIT...: succeeds if every unit is active. `systemctl is-active` succeeds if any of its units is.
all_active() {
  local unit
  for unit; do systemctl is-active "$unit" || return; done
}

# start_node_network HOW: starts flanneld and kube-proxy, once the kubelet has the client certificate that both use. HOW is how
# the node joined the cluster: its token's id, or "control-plane". The units wait for the file that it is written to.
start_node_network() {
  wait_for 300 "the kubelet's client certificate" test -s /var/lib/kubelet/pki/kubelet-client-current.pem
  write_file 0644 /etc/nodeforge/joined <<<"$1"
  # flanneld exits until its node has a pod range, and its unit restarts it. So its first failures are expected.
  systemctl start --no-block flanneld kube-proxy
  wait_for 300 "flanneld and kube-proxy" all_active flanneld kube-proxy
}

# answers UNIT: succeeds if the unit answers as healthy. The units of etcd and the API server have started only once they do.
answers() {
  local request='GET /healthz HTTP/1.0\r\n\r\n' port status
  case $1 in
  kube-controller-manager) port=10257 ;;
  kube-scheduler) port=10259 ;;
  kubelet)
    # shellcheck disable=SC2059 # the format is the request
    (exec 3<>/dev/tcp/127.0.0.1/10248 && printf "$request" >&3 && read -r -t 10 status <&3 && [[ $status == HTTP/1.?\ 200* ]]) 2>/dev/null
    return
    ;;
  *) return 0 ;;
  esac
  # shellcheck disable=SC2059 # the format is the request
  printf "$request" | timeout 10 openssl s_client -quiet -connect "127.0.0.1:$port" 2>/dev/null | grep '^HTTP/1.. 200' >/dev/null
}

# runs UNIT: succeeds once the unit has been healthy for five seconds. Fails as soon as the unit ends.
runs() {
  local from=$SECONDS good=0
  while ((good < 5)); do
    [[ $(systemctl show --property SubState --value "$1") == running ]] &&
      ((SECONDS - from <= ${RESTART_TIMEOUT_SECONDS:-300})) || return 1
    if answers "$1"; then ((++good)); else good=0; fi
    sleep 1
  done
}

# restart UNIT: restarts a unit, and succeeds once it runs.
restart() {
  timeout "${RESTART_TIMEOUT_SECONDS:-300}" systemctl restart "$1" && runs "$1"
}

# last_lines UNIT: prints the last lines of a unit's log.
last_lines() {
  journalctl --unit "$1" --lines 12 --output cat --no-pager 2>&1 || true
}

# Files with the arguments of each unit's last good start, one a line, quoted for systemd. They are on the data disk. A new root
# disk starts with them, so etcd never sees data that is larger than its quota.
arguments=/etc/kubernetes/nodeforge-arguments

# Keys with which the API server encrypts secrets in etcd, and a file that exists once every secret is encrypted. Both are on the
# data disk with etcd. Without its key, a secret cannot be read.
# shellcheck disable=SC2034 # only some scripts use it
encryption=/etc/kubernetes/nodeforge-encryption.json
encrypted=/etc/kubernetes/nodeforge-encrypted

# keys_in_use: prints the path of the file with the keys of the API server's last good start. Prints nothing without such a file.
keys_in_use() {
  [[ ! -e $arguments/kube-apiserver ]] || sed -n 's/^"--encryption-provider-config=\(.*\)"$/\1/p' "$arguments/kube-apiserver"
}

# rewrite_secrets: writes every secret as it is, so that the API server encrypts it. Only warns of secrets that it cannot write.
rewrite_secrets() {
  local problems
  # A secret that changes or ends at this moment is a problem of one try. A webhook of the user may refuse each of them.
  for _ in 1 2 3 4 5; do
    say "encrypting the secrets in etcd"
    if problems=$({ timeout 600 kubectl get secrets --all-namespaces -o json | timeout 600 kubectl replace -f -; } 2>&1 >/dev/null); then
      touch "$encrypted"
      return 0
    fi
    sleep 2
  done
  say "warning: these secrets stay unencrypted until they are written, or until the next run: $problems"
}

# Settings of the kubelet with which it ran last. kubelet reads the drop-in after those of the image.
kubelet_settings=/etc/nodeforge/kubelet-settings.json
kubelet_drop_in=/var/lib/kubelet/config.d/60-nodeforge.conf

# Defaults of every kubelet. The stack's settings override it, because kubelet reads them later.
kubelet_defaults=/var/lib/kubelet/config.d/50-nodeforge.conf

# kubelet_defaults_with [RESERVED]: prints the defaults of every node, and further fields as JSON. podPidsLimit keeps a pod from using
# up the node's processes. With serverTLSBootstrap the cluster's CA signs the kubelet's serving certificate (approve-kubelets.sh).
kubelet_defaults_with() {
  printf '{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration","seccompDefault":true,"podPidsLimit":4096,"serverTLSBootstrap":true%s}\n' "${1-}"
}

# set_new_kubelet_defaults: gives the kubelet of a node without pods the defaults at its next start. Also reserves memory and
# processes for the daemons of the node. A node with pods gets no reservation: kubelet would evict pods that no longer fit.
set_new_kubelet_defaults() {
  kubelet_defaults_with ',"systemReserved":{"memory":"128Mi","pid":"1000"},"kubeReserved":{"memory":"128Mi"}' |
    write_file 0644 "$kubelet_defaults"
}

# set_kubelet_settings SETTINGS: gives the kubelet these settings at its next start; none removes them.
set_kubelet_settings() {
  if [[ -n $1 ]]; then write_file 0644 "$kubelet_drop_in" <<<"$1"; else rm -f "$kubelet_drop_in"; fi
}

# keep_kubelet_settings: remembers that the kubelet runs with its settings.
keep_kubelet_settings() {
  if [[ -n ${KUBELET-} ]]; then write_file 0644 "$kubelet_settings" <<<"$KUBELET"; else rm -f "$kubelet_settings"; fi
}

# refuse_kubelet_settings [OUTCOME]: fails because the kubelet does not run with its settings.
refuse_kubelet_settings() {
  fail "the kubelet does not run with ${KUBELET:-no settings}${1-}. Fix: correct workerKubelet, the pool's kubelet or featureGates, and run up again. Its last lines:
${kubelet_log-$(last_lines kubelet)}"
}

# configure_kubelet: lets the kubelet of a joined node run with its settings, and changes nothing when it does. A kubelet that does
# not run with them gets its former settings back. Pods keep running.
configure_kubelet() {
  local former former_defaults defaults changed="" kubelet_log outcome=", and runs again as before"
  former=$(cat "$kubelet_settings" 2>/dev/null || true)
  former_defaults=$(cat "$kubelet_defaults" 2>/dev/null || true)
  # A node keeps its reservation.
  defaults=$(kubelet_defaults_with "$(sed -n 's/.*\(,"systemReserved":.*\)}$/\1/p' <<<"$former_defaults")")
  [[ $defaults == "$former_defaults" ]] || changed=yes
  if [[ -z $changed && ${KUBELET-} == "$former" && $(cat "$kubelet_drop_in" 2>/dev/null || true) == "$former" ]]; then
    return 0
  fi
  say "restarting the kubelet with ${KUBELET:-no settings}${changed:+ of the stack, and the defaults of this release}"
  write_file 0644 "$kubelet_defaults" <<<"$defaults"
  set_kubelet_settings "${KUBELET-}"
  forget_managers "$former"
  if ! restart kubelet; then
    systemctl stop kubelet || true
    kubelet_log=$(last_lines kubelet)
    say "the kubelet does not run with its settings: restoring the former ones"
    if [[ -n $former_defaults ]]; then write_file 0644 "$kubelet_defaults" <<<"$former_defaults"; else rm -f "$kubelet_defaults"; fi
    set_kubelet_settings "$former"
    forget_managers "$former"
    restart kubelet || outcome=", and does not run with its former settings either"
    refuse_kubelet_settings "$outcome"
  fi
  keep_kubelet_settings
}

# forget_managers FORMER: stops the kubelet and deletes the assignments of processors and memory, if the settings are about them.
# kubelet refuses assignments of another policy, and makes them again for the pods that run.
forget_managers() {
  [[ ${KUBELET-}$1 == *cpuManager* || ${KUBELET-}$1 == *memoryManager* || ${KUBELET-}$1 == *reservedSystemCPUs* ]] || return 0
  systemctl stop kubelet || true
  rm -f /var/lib/kubelet/cpu_manager_state /var/lib/kubelet/memory_manager_state
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

# Nodes whose kubelets may get a serving certificate: a name and an address each line. approve-kubelets reads it, and writes what
# it did not approve to the second file. The first one is on the data disk, so that renewals need no `up`.
kubelets=/etc/kubernetes/nodeforge-kubelets
# shellcheck disable=SC2034 # only some scripts use it
refused=/run/nodeforge-kubelets.refused

# expect_kubelet NAME ADDRESS: lets the kubelet of a node get a certificate for this address, and for no earlier one.
expect_kubelet() {
  (
    # Several workers join at the same time.
    flock -w 60 8 || fail "the list of kubelets has been locked for 60s"
    { sed "/^$1 /d" "$kubelets" 2>/dev/null || true; echo "$1 $2"; } | write_file 0644 "$kubelets"
  ) 8>/run/nodeforge-kubelets.lock
}

# decode_request BASE64: sets text to a certificate request. Fails unless it is one request and nothing else, because Kubernetes and
# openssl skip different things before a request.
decode_request() {
  local -r one=$'^-----BEGIN CERTIFICATE REQUEST-----\n[A-Za-z0-9+/\n]+={0,2}\n-----END CERTIFICATE REQUEST-----$'
  ((${#1} < 8192)) && text=$(base64 -d <<<"$1" 2>/dev/null) && [[ $text =~ $one ]]
}

# approve_certificates NAME...: approves requests. kubectl sends five requests a second, two for each name, so several share the names.
approve_certificates() {
  local names=("$@") processes process failed=0
  local -r share=10 most=4
  while ((${#names[@]} > 0)); do
    processes=()
    while ((${#names[@]} > 0 && ${#processes[@]} < most)); do
      kubectl certificate approve "${names[@]:0:share}" >&2 &
      processes+=("$!")
      names=("${names[@]:share}")
    done
    for process in "${processes[@]}"; do wait "$process" || failed=1; done
  done
  ((failed == 0))
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
