# shellcheck shell=bash
# Arguments of the control plane's units, and the files that they name.

# Files with the arguments of each unit's last good start, one a line, quoted for systemd. They are on the data disk. A new root
# disk starts with them, so etcd never sees data that is larger than its quota.
arguments=/etc/kubernetes/nodeforge-arguments

# systemd keeps settings of its own interface there. The folder stays after a reboot. NixOS cannot change /etc/systemd/system.
drop_ins=/etc/systemd/system.control

# unit_command UNIT: prints the command of the image's unit.
unit_command() {
  local file command
  file=$(systemctl show --property FragmentPath --value "$1")
  command=$(sed -n 's/^ExecStart=\(..*\)/\1/p' "$file" | head -n 1)
  [[ -n $command ]] || fail "the unit $1 has no command (${file:-no file})"
  printf '%s\n' "$command"
}

# drop_in UNIT ARGUMENTS: prints the drop-in that adds the arguments to the command of the image. Prints nothing without any.
drop_in() {
  local command
  [[ -n $2 ]] || return 0
  command=$(unit_command "$1") || return
  printf '[Service]\nExecStart=\nExecStart=%s %s\n' "$command" "$(paste -sd ' ' <<<"$2")"
}

# set_drop_in UNIT ARGUMENTS: gives the unit these arguments at its next start.
set_drop_in() {
  local text
  text=$(drop_in "$1" "$2")
  if [[ -n $text ]]; then
    mkdir -p "$drop_ins/$1.service.d"
    write_file 0644 "$drop_ins/$1.service.d/10-nodeforge.conf" <<<"$text"
  else
    rm -f "$drop_ins/$1.service.d/10-nodeforge.conf"
  fi
  systemctl daemon-reload
}

# Units that start with arguments of nodeforge alone, which need no proof. Their starts are not waited for one by one.
starting=()

# Units before the one whose arguments are set.
earlier=()

# keep_arguments UNIT ARGUMENTS: remembers that the unit runs with these arguments.
keep_arguments() {
  mkdir -p "$arguments"
  if [[ -n $2 ]]; then write_file 0644 "$arguments/$1" <<<"$2"; else rm -f "$arguments/$1"; fi
}

# set_arguments UNIT ARGUMENTS: lets the unit run with these arguments, and changes nothing when it does. A unit that does not run
# with them gets its former arguments back.
set_arguments() {
  local unit=$1 wanted=$2 former what log outcome="runs again as before"
  former=$(cat "$arguments/$unit" 2>/dev/null || true)
  if [[ $wanted == "$former" ]] &&
    [[ $(drop_in "$unit" "$wanted") == "$(cat "$drop_ins/$unit.service.d/10-nodeforge.conf" 2>/dev/null)" ]]; then
    return 0
  fi
  if [[ " ${PROVEN-} " == *" $unit "* ]] && ! systemctl is-active --quiet "$unit"; then
    set_drop_in "$unit" "$wanted"
    starting+=("$unit")
    return 0
  fi
  what=$(comm -13 <(sort <<<"$former") <(sort <<<"$wanted") | paste -sd ' ')
  say "restarting $unit with ${what:-fewer arguments}"
  set_drop_in "$unit" "$wanted"
  # On a new machine the start of the units before it would count towards the limit.
  ((${#earlier[@]} == 0)) || systemctl start "${earlier[@]}"
  if ! restart "$unit"; then
    systemctl stop "$unit" || true
    log=$(last_lines "$unit")
    say "$unit does not run with its arguments: restoring the former ones"
    set_drop_in "$unit" "$former"
    restart "$unit" || outcome="does not run with its former arguments either"
    fail "$unit does not run with ${what:-fewer arguments}, and $outcome. Fix: correct controlPlaneArguments, featureGates, auditPolicy or componentMetrics, and run up again. Its last lines:
$log"
  fi
  keep_arguments "$unit" "$wanted"
}

# write_files: writes the configuration files of the API server.
write_files() {
  local path text
  while read -r path text; do
    [[ -z $path ]] || write_file 0600 "$path" <<<"$text"
  done <<<"${FILES-}"
}

# remove_files: removes configuration files that no argument of the API server names any more.
remove_files() {
  local file
  for file in /etc/kubernetes/nodeforge-{authentication,admission}-*.json; do
    [[ ! -e $file || ${FILES-} == *"$file "* ]] || rm "$file"
  done
}

# remove_audit_policies: removes policies that no argument of the API server names any more.
remove_audit_policies() {
  local file
  for file in /etc/kubernetes/nodeforge-audit-*.json; do
    [[ $file == "${AUDIT_FILE-}" || ! -e $file ]] || rm "$file"
  done
}
