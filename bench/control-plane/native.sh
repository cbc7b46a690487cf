# shellcheck shell=bash
# Runs a control plane without a kubelet in the namespaces of this process, until standard input ends. native.ts starts it.
# Environment: FOLDER, a temporary folder; NODE_ADDRESS. The file `units` in the folder has a command on each line.
set -euo pipefail

start() {
  ip link set lo up
  # kubeadm refuses a loopback address, and the namespace has no other interface.
  ip address add "$NODE_ADDRESS/32" dev lo
  # The paths of a node, without a change to this machine.
  mkdir "$FOLDER/lib" "$FOLDER/run"
  cp -a /etc "$FOLDER/etc"
  mount --bind "$FOLDER/etc" /etc
  mount --bind "$FOLDER/lib" /var/lib
  mount --bind "$FOLDER/run" /run
  mkdir -p /etc/kubernetes /etc/nodeforge
  # A program that reads /proc must see the processes of its own namespace.
  mount -t proc proc /proc

  for phase in "certs all" "kubeconfig all"; do
    # shellcheck disable=SC2086
    kubeadm init phase $phase --config "$FOLDER/kubeadm.yaml" >>"$FOLDER/kubeadm.log" 2>&1
  done
  cp /etc/kubernetes/admin.conf "$FOLDER/admin.conf"
  while IFS=$'\t' read -r name line; do
    # shellcheck disable=SC2086
    $line >"$FOLDER/$name.log" 2>&1 </dev/null &
    # A benchmark kills some of them. bash would print a line for each job that was killed.
    disown
  done <"$FOLDER/units"
  export KUBECONFIG=/etc/kubernetes/admin.conf
  until kubectl get --raw /readyz >/dev/null 2>&1; do sleep 0.5; done
  for phase in "upload-config kubeadm" "upload-config kubelet" "bootstrap-token --skip-token-print"; do
    # shellcheck disable=SC2086
    kubeadm init phase $phase --config "$FOLDER/kubeadm.yaml" >>"$FOLDER/kubeadm.log" 2>&1
  done
  echo ready
}

# The end of the parent closes standard input, also during the start. The end of this process, the first of its namespace, ends all
# others.
cat <&0 >/dev/null &
parent=$!
start &
wait -n
wait "$parent"
