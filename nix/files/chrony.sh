#!/bin/sh
# Synchronizes the clock. Its source is the hypervisor's clock under KVM, else the NTP servers that DHCP names, else the system's
# zone of pool.ntp.org. If none answers, the clock runs freely. No unit waits for this one.
set -eu

# Only KVM supports the module. An emulated machine would print the failure to load it on its console.
read -r clocks </sys/devices/system/clocksource/clocksource0/available_clocksource
case $clocks in
*kvm-clock*) modprobe -q ptp_kvm || true ;;
esac

# Arguments are lines of chrony's configuration.
set --
for device in /sys/class/ptp/ptp*; do
  if [ -e "$device/clock_name" ] && read -r name <"$device/clock_name" && [ "$name" = "KVM virtual PTP" ]; then
    set -- "refclock PHC /dev/${device##*/} poll 2"
  fi
done
if [ $# -eq 0 ]; then
  for lease in /run/systemd/netif/leases/*; do
    [ -e "$lease" ] || continue
    while IFS='=' read -r key value; do
      [ "$key" = NTP ] || continue
      for server in $value; do set -- "$@" "server $server iburst"; done
    done <"$lease"
  done
fi
if [ $# -eq 0 ]; then
  # shellcheck source=/dev/null
  . /etc/os-release
  set -- "pool 2.$ID.pool.ntp.org iburst"
fi

# makestep: sets a clock that is off by more than a second at once, because slewing a machine that was paused could take days.
# rtcsync: keeps the hardware clock in step, and lets systemd show that the clock is synchronized. cmdport 0: accepts no commands.
exec chronyd -d -4 -u _chrony "$@" "makestep 1 -1" rtcsync "cmdport 0"
