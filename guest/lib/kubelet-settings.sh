# shellcheck shell=bash
# Settings of a node's kubelet.

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
