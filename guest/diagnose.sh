# shellcheck shell=bash
# Prints the state of a node, and changes nothing. An item that fails says why, and the next items follow.
# Parameters: BOUNDARY ROLE ITEM_LIMIT_SECONDS JOURNAL_LINES. Result: for each item an empty line, a line "BOUNDARY
# name", and its text.
source lib/common.sh
source lib/certificate-requests.sh
source lib/simulated-nodes.sh
set +e

# Bytes kept of an item: its end, where a failure is.
item_bytes=65536

# item NAME COMMAND...: prints a section with the command's output, limited in time and size.
item() {
  local name=$1 code
  shift
  # The text before may lack a newline at its end.
  printf '\n%s %s\n' "$BOUNDARY" "$name"
  timeout --kill-after 5 "$ITEM_LIMIT_SECONDS" "$@" 2>&1 </dev/null | tail -c "$item_bytes"
  code=${PIPESTATUS[0]}
  case $code in
    0) ;;
    124 | 137) printf '\n(did not end within %s s)\n' "$ITEM_LIMIT_SECONDS" ;;
    *) printf '\n(exit code %s)\n' "$code" ;;
  esac
}

units=(containerd kubelet flanneld kube-proxy)
[[ $ROLE != control-plane ]] || units+=(etcd kube-apiserver kube-controller-manager kube-scheduler)

# The most telling items come first, because the output may be cut off.
item clock sh -c 'date --utc +"node %s"; timedatectl'
item hostname hostname
item cloud-init cloud-init status --long
item units systemctl show --property Id,LoadState,ActiveState,SubState,Result,ConditionResult,NRestarts "${units[@]}"
item failed-units systemctl list-units --failed --no-legend --plain
item disk df -h -x tmpfs -x devtmpfs -x overlay
item inodes df -i -x tmpfs -x devtmpfs -x overlay
item memory free -m
item kernel journalctl --no-pager --dmesg --priority warning --lines "$JOURNAL_LINES"
item addresses sh -c 'ip address; ip route'
item image cat /etc/nodeforge/image.json
if [[ $ROLE == control-plane ]]; then
  item api-server kubectl get --raw '/readyz?verbose' --request-timeout 20s
  item nodes kubectl get nodes --output wide --selector "!$simulated" --request-timeout 20s
  item join-requests kubectl get certificatesigningrequests --request-timeout 20s
  item join-approval journalctl --no-pager --unit nodeforge-approve-joins --lines "$JOURNAL_LINES"
  item kubelet-requests cat "$refused"
  item kubelet-approval journalctl --no-pager --unit nodeforge-approve-kubelets --lines "$JOURNAL_LINES"
fi
for unit in "${units[@]}"; do
  # shellcheck disable=SC2016 # the inner shell's own parameters
  item "$unit" sh -c 'systemctl status --no-pager --full --lines 0 "$1"; journalctl --no-pager --unit "$1" --lines "$2"' \
    sh "$unit" "$JOURNAL_LINES"
done
item container-images ctr --namespace k8s.io images list --quiet
item cloud-init-log tail -n "$JOURNAL_LINES" /var/log/cloud-init.log
# A text without this last line was cut off.
printf '\n%s end\n' "$BOUNDARY"
