# shellcheck shell=bash
# Metrics of the control plane's units, and access to them.

# Open ports of metrics. The packet filter's own unit opens them again at each boot.
metrics_drop_in=$drop_ins/firewall-control-plane.service.d/10-nodeforge.conf
# It exists while the cluster has a secret with etcd's certificate. It is on the data disk, because the secret is, too.
metrics_secret=/etc/kubernetes/nodeforge-etcd-metrics

# close_metrics: closes open ports unless METRICS has the same. A delete without the add before it fails if a port is closed.
close_metrics() {
  local nft ports
  [[ -e $metrics_drop_in ]] || return 0
  read -r nft ports < <(sed -n 's/^ExecStart=\([^ ]*\) .*{ \(.*\) }$/\1 \2/p' "$metrics_drop_in")
  [[ $ports != "${METRICS-}" ]] || return 0
  say "closing the ports of metrics: $ports"
  "$nft" "add element inet nodeforge control_plane { $ports }; delete element inet nodeforge control_plane { $ports }" >&2
  rm "$metrics_drop_in"
  systemctl daemon-reload
}

# open_metrics: opens the ports of METRICS, and changes nothing when they are open.
open_metrics() {
  local command text
  [[ -n ${METRICS-} ]] || return 0
  command=$(unit_command firewall-control-plane)
  text=$(printf '[Service]\nExecStart=%s add element inet nodeforge control_plane { %s }' "${command%% *}" "$METRICS")
  [[ $text != "$(cat "$metrics_drop_in" 2>/dev/null)" ]] || return 0
  say "opening the ports of metrics: $METRICS"
  mkdir -p "${metrics_drop_in%/*}"
  write_file 0644 "$metrics_drop_in" <<<"$text"
  systemctl daemon-reload
  if ! systemctl restart firewall-control-plane; then
    rm "$metrics_drop_in"
    systemctl daemon-reload
    systemctl restart firewall-control-plane || true
    fail "the packet filter does not open the ports $METRICS. Fix: correct componentMetrics, and run up again. Its last lines:
$(last_lines firewall-control-plane)"
  fi
}

# publish_etcd_certificate: lets a reader of secrets read etcd's metrics, while METRICS has etcd's port. kubeadm makes and renews the
# certificate for health checks.
publish_etcd_certificate() {
  local pki=/etc/kubernetes/pki/etcd
  if [[ ,${METRICS-}, == *,2381,* ]]; then
    touch "$metrics_secret"
    kubectl -n kube-system create secret generic nodeforge-etcd-metrics --type kubernetes.io/tls --dry-run=client -o yaml \
      --from-file "ca.crt=$pki/ca.crt" --from-file "tls.crt=$pki/healthcheck-client.crt" \
      --from-file "tls.key=$pki/healthcheck-client.key" |
      kubectl apply --server-side --force-conflicts --field-manager nodeforge -f - >&2
  elif [[ -e $metrics_secret ]]; then
    kubectl -n kube-system delete secret nodeforge-etcd-metrics --ignore-not-found >&2
    rm "$metrics_secret"
  fi
}
