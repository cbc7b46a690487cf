# shellcheck shell=bash
# Removes all simulated nodes and stops kwok, on the control plane.
source lib/common.sh
source lib/simulated-nodes.sh
wait_for 600 "the API server" kubectl get --raw /readyz
delete_simulated < <(kubectl get nodes -l "$simulated" -o jsonpath='{range .items[*]}{.metadata.name}{"\n"}{end}')
rm -f "$kwok_configuration"
systemctl stop kwok
