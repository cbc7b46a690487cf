# shellcheck shell=bash
# Stores the program of a scheduler, or an archive of images, on the control plane, below its SHA-256. bench-restore removes it.
# Parameters: SHA256; STORE, "no" to ask only whether it is there. Stdin: the program. Result: whether it is there.
source lib/common.sh
check_image
[[ $SHA256 =~ ^[0-9a-f]{64}$ ]] || fail "SHA256 is $SHA256, expected 64 hexadecimal digits"
folder=/var/lib/nodeforge/bench/$SHA256

# same FILE: whether a file has the SHA-256.
same() { [[ -x $1 && $(sha256sum <"$1") == "$SHA256 "* ]]; }

if [[ $STORE == no ]]; then
  if same "$folder/scheduler"; then present=true; else present=false; fi
else
  install -d -m 0700 "${folder%/*}" "$folder"
  made=$(mktemp "$folder/new.XXXXXX")
  trap 'rm -f "$made"' EXIT
  cat >"$made" || fail "the control plane cannot store the program in $folder. Fix: free space on its disk"
  chmod 0755 "$made"
  same "$made" || fail "the program arrived incomplete: expected the SHA-256 $SHA256. Fix: copy it again"
  mv "$made" "$folder/scheduler"
  present=true
fi
printf '{"present":%s}\n' "$present"
