# shellcheck shell=bash
# Settings that an existing cluster keeps.

# settings: prints every value of kubeadm's configuration on stdin with the path of its keys, one a line. The input is JSON
# with one key a line.
settings() {
  awk '{
    match($0, /^ */); depth = RLENGTH / 2
    value = substr($0, RLENGTH + 1); sub(/,$/, "", value); key[depth] = ""
    if (match(value, /^"[^"]*": /)) { key[depth] = substr(value, 2, RLENGTH - 4); value = substr(value, RLENGTH + 1) }
    path = ""; for (level = 1; level <= depth; level++) path = path "." key[level]
    gsub(/"/, "", value); print path, value
  }'
}

# check_fixed_settings BEFORE NOW: fails when a value differs that certificates and objects contain: changing it breaks an
# existing cluster. Any other value may differ between releases.
check_fixed_settings() {
  local path what was is name changed=()
  local before=$1 now=$2
  value() { sed -n "s|^$1 ||p" <<<"$2" | head -n 1; }
  while read -r path what; do
    was=$(value "$path" "$before")
    is=$(value "$path" "$now")
    # An older release may not have written the value.
    [[ -z $was || $was == "$is" ]] || changed+=("$what from $was to ${is:-nothing}")
  done <<'FIXED'
.clusterName cluster name
.nodeRegistration.name name of the control plane
.localAPIEndpoint.advertiseAddress address of the control plane
.controlPlaneEndpoint endpoint of the API server
.networking.dnsDomain domain of the cluster
.networking.podSubnet range of the pods
.networking.serviceSubnet range of the services
FIXED
  while read -r name; do
    grep -qxF ".apiServer.certSANs. $name" <<<"$now" || changed+=("name of the API server from $name to nothing")
  done < <(sed -n 's|^\.apiServer\.certSANs\. \([^]]*\)$|\1|p' <<<"$before")
  ((${#changed[@]} == 0)) ||
    fail "these values cannot be changed on an existing cluster: $(printf '%s; ' "${changed[@]}")fix: revert the change, or destroy the cluster and create it again"
}
