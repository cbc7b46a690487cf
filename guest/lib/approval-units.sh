# shellcheck shell=bash
# Units of the control plane that approve the kubelets' certificate requests.

# approval_service NAME DESCRIPTION SETTINGS: prints the unit that runs a script that approves certificates, in the sandbox of the
# image's units.
approval_service() {
  # kubectl keeps what it knows of the API server in HOME. Otherwise each run would ask again. No limit of starts, because many
  # workers may join within seconds.
  printf '%s\n' "[Unit]
Description=$2
ConditionPathExists=/etc/nodeforge/control-plane
After=kube-apiserver.service
StartLimitIntervalSec=0
[Service]
$3
Environment=\"PATH=${PATH//%/%%}\" HOME=/var/cache/$1
CacheDirectory=$1
ExecStart=$BASH /etc/kubernetes/$1
$SANDBOX"
}

# start_at_boot UNIT TARGET: lets the target start the unit at each boot.
start_at_boot() {
  mkdir -p "$drop_ins/$2.wants"
  ln -sf "../$1" "$drop_ins/$2.wants/$1"
}

# install_approval: installs approve-joins and approve-kubelets, and the units that start them. They are no units of the image,
# because the image of a living cluster may be of an earlier release.
install_approval() {
  local -r joining=nodeforge-approve-joins serving=nodeforge-approve-kubelets
  install -d -m 0700 "$joins"
  write_file 0755 "/etc/kubernetes/$joining" <<<"$APPROVE_JOINS"
  write_file 0755 "/etc/kubernetes/$serving" <<<"$APPROVE_KUBELETS"
  mkdir -p "$drop_ins"
  approval_service "$joining" "Approval of the certificates of joining workers" "Type=exec
ReadWritePaths=$joins" | write_file 0644 "$drop_ins/$joining.service"
  # machine.service mounts the data disk. It starts after paths.target, before which systemd would otherwise start this unit.
  write_file 0644 "$drop_ins/$joining.path" <<UNIT
[Unit]
Description=Approval of the certificates of joining workers
ConditionPathExists=/etc/nodeforge/control-plane
DefaultDependencies=no
After=machine.service
Conflicts=shutdown.target
Before=shutdown.target
[Path]
DirectoryNotEmpty=$joins
UNIT
  start_at_boot "$joining.path" multi-user.target
  approval_service "$serving" "Approval of the kubelets' serving certificates" "Type=oneshot
TimeoutStartSec=10min
ReadWritePaths=/run" | write_file 0644 "$drop_ins/$serving.service"
  # A kubelet waits for 15 minutes before it asks again.
  write_file 0644 "$drop_ins/$serving.timer" <<'UNIT'
[Unit]
Description=Approval of the kubelets' serving certificates
[Timer]
OnCalendar=*:0/10
RandomizedDelaySec=2min
UNIT
  start_at_boot "$serving.timer" timers.target
  systemctl daemon-reload
  systemctl start "$joining.path" "$serving.timer"
}
