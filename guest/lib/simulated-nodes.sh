# shellcheck shell=bash
# Simulated nodes, which kwok runs on the control plane.

# Label of a simulated node (names.ts), and kwok's configuration. The unit kwok runs only while the file exists.
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
