# shellcheck shell=bash
# Prints what the checks of cli/cis/ need from a node, and changes nothing. It prints no key and no content of a certificate.
# Result: one fact a line, its words separated by tabs; the last line is "end".
source lib/common.sh
set +e

# arguments UNIT: prints each argument of the unit's process.
arguments() {
  local pid
  pid=$(systemctl show --property MainPID --value "$1")
  [[ ${pid:-0} != 0 ]] || return 0
  printf 'unit\t%s\n' "$1"
  tr '\0' '\n' <"/proc/$pid/cmdline" | sed -n "s/^--/argument\t$1\t/p"
}

# value UNIT FLAG: prints the value of a unit's argument.
value() { arguments "$1" | sed -n "s/^argument\t$1\t$2=//p" | tail -n 1; }

for unit in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy; do arguments "$unit"; done
for path in /etc/kubernetes /etc/kubernetes/*.conf /etc/kubernetes/nodeforge-* /etc/kubernetes/pki /etc/kubernetes/pki/*.{crt,key} \
  /etc/kubernetes/pki/etcd/*.{crt,key} /var/lib/etcd /var/lib/kubelet/config.yaml /etc/cni/net.d/* /etc/kubernetes/manifests/* \
  "$(systemctl show --property FragmentPath --value kubelet)"; do
  [[ ! -e $path ]] || stat --dereference --printf 'file\t%n\t%a\t%U:%G\n' "$path"
done
authentication=$(value kube-apiserver authentication-config)
[[ -z $authentication ]] || printf 'anonymous\t%s\n' "$(tr -d '\n\t' <"$authentication")"
providers=$(value kube-apiserver encryption-provider-config)
[[ -z $providers ]] || printf 'provider\t%s\n' "$(tr -d '\n\t ' <"$providers" | sed -n 's/.*"providers":\[{"\([a-z]*\)".*/\1/p')"
# Each server has a certificate authority of its own.
for name in ca etcd/ca; do
  [[ ! -e /etc/kubernetes/pki/$name.crt ]] ||
    printf 'authority\t%s\t%s\n' "$name" "$(openssl x509 -noout -fingerprint -sha256 -in "/etc/kubernetes/pki/$name.crt")"
done
echo end
