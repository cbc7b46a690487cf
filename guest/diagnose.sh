# shellcheck shell=bash
# Prints what a node knows of itself, and changes nothing. What cannot be told says why and stops nothing that follows.
# Parameters: BOUNDARY ROLE ITEM_LIMIT_SECONDS JOURNAL_LINES. Result: for each item an empty line, a line "BOUNDARY
# name", and its text.
set +e

# The end of a text is where its failure is.
item_bytes=65536

# item NAME COMMAND...: a section with what the command prints, bounded in time and size.
item() {
  local name=$1 code
  shift
  # Not every text ends its last line.
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

# What tells most comes first: the whole may be cut off.
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
  item nodes kubectl get nodes --output wide --request-timeout 20s
fi
for unit in "${units[@]}"; do
  # shellcheck disable=SC2016 # the inner shell's own parameters
  item "$unit" sh -c 'systemctl status --no-pager --full --lines 0 "$1"; journalctl --no-pager --unit "$1" --lines "$2"' \
    sh "$unit" "$JOURNAL_LINES"
done
item container-images ctr --namespace k8s.io images list --quiet
item cloud-init-log tail -n "$JOURNAL_LINES" /var/log/cloud-init.log
# Without this last line the text was cut off.
printf '\n%s end\n' "$BOUNDARY"
