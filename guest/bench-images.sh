# shellcheck shell=bash
# Imports an archive of images into the containerd of the control plane, and remembers the names that are new. bench-restore
# removes those. Parameter: SHA256 of an archive of bench-receive. Result: the number of new names.
source lib/common.sh
check_image
[[ $SHA256 =~ ^[0-9a-f]{64}$ ]] || fail "SHA256 is $SHA256, expected 64 hexadecimal digits"
folder=/var/lib/nodeforge/bench
archive=$folder/$SHA256/scheduler
[[ -e $archive ]] || fail "the control plane has no archive with the SHA-256 $SHA256. Fix: copy it again"

# names: prints the names of all images, sorted.
names() { ctr --namespace k8s.io images ls --quiet | sort -u; }

lock_node
before=$(names)
# Images of an import that fails half-way must be known, too.
code=0
output=$(ctr --namespace k8s.io images import --local "$archive" 2>&1) || code=$?
new=$(comm -13 <(printf '%s\n' "$before") <(names))
[[ -z $new ]] || printf '%s\n' "$new" >>"$folder/images"
((code == 0)) || fail "containerd did not import the archive: ${output##*$'\n'}. Fix: make it with docker save or ctr images export"
rm -rf "${archive%/*}"
printf '{"images":%d}\n' "$(grep -c . <<<"$new" || true)"
