# shellcheck shell=bash
# Encryption of the secrets in etcd.

# Keys with which the API server encrypts secrets in etcd, and a file that exists once every secret is encrypted. Both are on the
# data disk with etcd. Without its key, a secret cannot be read.
encryption=/etc/kubernetes/nodeforge-encryption.json
encrypted=/etc/kubernetes/nodeforge-encrypted

# keys_in_use: prints the path of the file with the keys of the API server's last good start. Prints nothing without such a file.
keys_in_use() {
  [[ ! -e $arguments/kube-apiserver ]] || sed -n 's/^"--encryption-provider-config=\(.*\)"$/\1/p' "$arguments/kube-apiserver"
}

# rewrite_secrets: writes every secret as it is, so that the API server encrypts it. Only warns of secrets that it cannot write.
rewrite_secrets() {
  local problems
  # A secret that changes or ends at this moment is a problem of one try. A webhook of the user may refuse each of them.
  for _ in 1 2 3 4 5; do
    say "encrypting the secrets in etcd"
    if problems=$({ timeout 600 kubectl get secrets --all-namespaces -o json | timeout 600 kubectl replace -f -; } 2>&1 >/dev/null); then
      touch "$encrypted"
      return 0
    fi
    sleep 2
  done
  say "warning: these secrets stay unencrypted until they are written, or until the next run: $problems"
}

# encrypts: succeeds if the API server's arguments name the keys.
encrypts() {
  [[ $'\n'${ARGUMENTS-}$'\n' == *$'\n'"kube-apiserver \"--encryption-provider-config=$encryption\""$'\n'* ]]
}

# write_encryption FIRST SECOND: writes the two providers in this order. The API server writes with the first, and reads with both.
# The file must be on the disk before any secret is encrypted with its key.
write_encryption() {
  write_file 0600 "$encryption" <<<"{\"apiVersion\":\"apiserver.config.k8s.io/v1\",\"kind\":\"EncryptionConfiguration\",\"resources\":[{\"resources\":[\"secrets\"],\"providers\":[$1,$2]}]}"
  sync "$encryption" "${encryption%/*}"
}
plain='{"identity":{}}'

# make_encryption_key: makes the key, unless there is one. The API server of a living cluster first learns to read with the key.
# The former arguments, to which it may return, could not read an encrypted secret.
make_encryption_key() {
  local secretbox
  encrypts && [[ ! -s $encryption ]] || return 0
  say "making the key that encrypts secrets in etcd"
  secretbox="{\"secretbox\":{\"keys\":[{\"name\":\"key1\",\"secret\":\"$(head -c 32 /dev/urandom | base64 -w 0)\"}]}}"
  if [[ -f $made ]]; then
    write_encryption "$plain" "$secretbox"
  else
    write_encryption "$secretbox" "$plain"
    touch "$encrypted"
  fi
}

# encrypt_secrets: lets the API server write with the key, and writes each secret of an earlier release once more.
encrypt_secrets() {
  local secretbox
  encrypts || return 0
  if grep -qF "\"providers\":[$plain" "$encryption"; then
    say "restarting kube-apiserver, which encrypts secrets from now on"
    secretbox=$(sed 's/.*"providers":\[{"identity":{}},\(.*\)\]}\]}$/\1/' "$encryption")
    write_encryption "$secretbox" "$plain"
    if ! restart kube-apiserver; then
      write_encryption "$plain" "$secretbox"
      restart kube-apiserver || true
      fail "kube-apiserver does not run with the keys of $encryption. Its last lines:
$(last_lines kube-apiserver)"
    fi
    wait_for 300 "the API server" kubectl get --raw /readyz
  fi
  [[ -e $encrypted ]] || rewrite_secrets
}
