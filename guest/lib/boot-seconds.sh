# shellcheck shell=bash
# The times of a boot.

# stage_seconds NAME: prints the times of cloud-init's stages that its status calls NAME, sorted, one a line, in whole seconds
# since power-on. cloud-init writes seconds since power-on; versions before 25 wrote seconds since 1970, which are far longer
# than any uptime. A stage that did not run has no time.
stage_seconds() {
  local at up now
  read -r up _ </proc/uptime
  now=$(date +%s)
  tr ',{}' '\n' 2>/dev/null </run/cloud-init/status.json | sed -n "s/^ *\"$1\": *\([0-9][0-9]*\).*/\1/p" |
    while read -r at; do
      # Below any time since 1970 that a clock shows, above any uptime.
      ((at < 1000000000)) || ((at -= now - ${up%.*}))
      printf '%d\n' "$at"
    done | sort -n
}

# boot_seconds: prints members of a JSON object, each with a trailing comma. `boot` has the seconds from power-on to the start
# of cloud-init, `cloudInit` those from there to its end. Prints only a warning when cloud-init's status is implausible: times
# since 1970 are wrong when the clock was set during the boot.
boot_seconds() {
  local up began ended
  read -r up _ </proc/uptime
  began=$(stage_seconds start | head -n 1) || true
  ended=$(stage_seconds finished | tail -n 1) || true
  # The status is older than now; one second more is allowed, because both are rounded.
  if [[ -n $began && -n $ended ]] && ((0 <= began && began <= ended && ended <= ${up%.*} + 1)); then
    printf '"boot":%d,"cloudInit":%d,' "$began" "$((ended - began))"
  else
    say "warning: the times of the boot are left out, because cloud-init's are implausible: start at ${began:-none}, end at ${ended:-none}, uptime ${up%.*}s"
  fi
}
