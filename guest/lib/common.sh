# shellcheck shell=bash
# The beginning of every script on a node. Progress goes to stderr, which you see line by line. stdout has only the script's
# result, a JSON object.
set -euo pipefail
export KUBECONFIG=/etc/kubernetes/admin.conf
started=$SECONDS

say() { printf '[%4ds] %s\n' "$((SECONDS - started))" "$*" >&2; }

fail() {
  say "FAILED: $*"
  exit 1
}

# check_image: fails unless the node's image has the contract of these scripts. An image of another contract has other paths,
# units or variables, so a script would fail half-way. The program has checked the manifest beside the image; an image without
# a manifest is checked only here.
image_record=/etc/nodeforge/image.json
check_image() {
  local contract=
  [[ ! -e $image_record ]] || contract=$(sed -n 's/.*"contract": *\([0-9]*\).*/\1/p' "$image_record")
  [[ $contract == "$IMAGE_CONTRACT" ]] ||
    fail "this node's image has contract ${contract:-none} ($image_record), expected $IMAGE_CONTRACT. Fix: use an image built from the same sources as nodeforge"
}

# wait_for LIMIT_SECONDS WHAT COMMAND...: repeats the command until it succeeds, first after a second, later every five seconds.
# On an emulated machine one kubectl takes five seconds of the processor, which the awaited thing needs itself. The failure
# quotes the command's last output, because "timed out" alone explains nothing.
wait_for() {
  local limit=$1 what=$2 from=$SECONDS spoken=$SECONDS pause=1 last=
  shift 2
  say "waiting for $what"
  until last=$("$@" 2>&1); do
    ((SECONDS - from < limit)) || fail "$what: still missing after ${limit}s: ${last:-no output}"
    if ((SECONDS - spoken >= 15)); then
      spoken=$SECONDS
      say "still waiting for $what: ${last##*$'\n'}"
    fi
    sleep "$pause"
    ((pause = pause < 5 ? pause + 1 : 5))
  done
}

# wait_for_cloud_init: waits until every stage has ended. The first stage sets the names, but later stages write files and
# keys. Exit code 2 means that cloud-init finished with a warning, which does not make the node unusable.
wait_for_cloud_init() {
  local code=0
  say "waiting for cloud-init"
  timeout 600 cloud-init status --wait >/dev/null 2>&1 || code=$?
  case $code in
    0 | 2) ;;
    124) fail "cloud-init did not finish within 600s: $(cloud-init status --long 2>&1)" ;;
    *) fail "cloud-init failed: $(cloud-init status --long 2>&1)" ;;
  esac
}

# lock_node: lets one script at a time change the node. A script that has lost its connection runs on until its limit.
lock_node() {
  exec 9>/run/nodeforge.lock
  flock -w 300 9 || fail "another step has locked this node for 300s"
}

# write_file MODE PATH: writes stdin to the path in one step, so that a unit never reads an incomplete file.
write_file() {
  local made
  made=$(mktemp "$2.XXXXXX")
  cat >"$made"
  chmod "$1" "$made"
  mv "$made" "$2"
}
