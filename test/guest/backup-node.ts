import { resolve } from "node:path";
import { ScriptNode } from "./script-node.ts";

/** Paths of a control plane, and their paths in the folder of a {@link BackupNode}. */
const places = {
  "/etc/nodeforge/image.json": "image.json",
  "/etc/nodeforge/control-plane": "control-plane",
  "/etc/kubernetes": "kubernetes",
  "/etc/cni/net.d": "cni",
  "/run/nodeforge": "run",
  "/run/flannel": "flannel",
  "/var/lib/nodeforge": "data",
  "/var/lib/cni": "leases",
  "/var/lib/kubelet": "kubelet",
};

/**
 * A control plane for one test of a backup or a restore. Its store has a file `member/marker`, by which the programs know whose
 * objects they serve.
 */
export class BackupNode extends ScriptNode {
  /** @param programs Further Bash functions. */
  constructor(programs = "") {
    super(places, basics + programs);
    this.write("kubernetes/nodeforge-made", "{}\n");
    this.write("kubernetes/pki/ca.crt", "ca\n");
    this.write("kubernetes/pki/ca.key", "ca key\n");
    this.write("kubernetes/pki/sa.key", "own key\n");
    this.write("kubernetes/pki/sa.pub", "own pub\n");
    this.write("kubernetes/admin.conf", "clusters:\n- cluster:\n    server: https://192.0.2.10:6443\n");
    this.write("data/var/lib/etcd/member/marker", "own\n");
  }

  /** Lets the API server encrypt secrets with a file below /etc/kubernetes, or with the one of an absolute path. */
  useKeys(file: string): void {
    const path = resolve(this.folder, "kubernetes", file);
    this.write("kubernetes/nodeforge-arguments/kube-apiserver", `"--v=2"\n"--encryption-provider-config=${path}"\n`);
  }
}

/**
 * Programs of a control plane. `nodes-own` and `nodes-backup` are the Nodes that the API server lists. NOT_READY is the marker
 * with which it never becomes ready. The API server cannot read the secrets of the backup unless
 * `kubernetes/nodeforge-encryption.json` contains KEY. Each of its starts adds a line to `starts`: whose objects it has, that file,
 * and whether the mark of the encryption exists.
 */
const basics = `
keys_file=$FOLDER/kubernetes/nodeforge-encryption.json
mark_file=$FOLDER/kubernetes/nodeforge-encrypted
marker() { cat "$FOLDER/data/var/lib/etcd/member/marker"; }
kubeadm() { echo "\${RUNNING-v1.36.3}"; }
mountpoint() { [[ -z \${UNMOUNTED-} ]]; }
flock() { [[ -z \${LOCKED-} ]]; }
df() { echo Avail; echo "\${FREE-10000000000}"; }
openssl() { [[ $(cat "\${@: -1}") != *"no key"* ]]; }
timeout() { shift; "$@"; }
sync() { :; }
ip() { note "ip $*"; }
journalctl() {
  # The API server says nothing before its start, which runs beside the script.
  grep -qs "^$(marker) " "$FOLDER/starts" || return 0
  [[ $(marker) != backup || $(cat "$keys_file" 2>/dev/null) == *"\${KEY-}"* ]] ||
    echo 'failed to list: unable to transform key "/registry/secrets/a": no matching prefix found'
  echo "panic: no such store"
}
systemctl() {
  note "systemctl $*"
  case "$1" in
  start)
    [[ $* != *kube-apiserver* ]] || echo "$(marker) $(cat "$keys_file" 2>/dev/null) $([[ -e $mark_file ]] && echo marked || echo unmarked)" >>"$FOLDER/starts"
    [[ $* != *kube-apiserver* || \${START_FAILS-} != "$(marker)" ]] ;;
  esac
}
kubectl() {
  case "$*" in
  *"get nodes"*) [[ -z \${API_DOWN-} || $(marker) == backup ]] && cat "$FOLDER/nodes-$(marker)" ;;
  *"get namespaces"*) [[ -z \${API_DOWN-} ]] && printf 'namespace/default\\nnamespace/kube-system\\nnamespace/nodeforge-smoke\\n' ;;
  *"-n default get"*) [[ -z \${API_DOWN-} ]] && printf '%s' "\${OBJECTS-}" ;;
  *"get secrets"*) note "kubectl $*"; echo '{"kind":"List"}' ;;
  replace*) cat >/dev/null; note "kubectl $*"; [[ -z \${REPLACE_FAILS-} ]] || { echo 'secret "a" is refused' >&2; return 1; } ;;
  *clusterrolebinding*) note "kubectl $*"; [[ -z \${DELETE_FAILS-} ]] || { echo "it is forbidden" >&2; return 1; } ;;
  *"/readyz"*) [[ \${NOT_READY-} != "$(marker)" ]] ;;
  *) note "kubectl $*" ;;
  esac
}
`;
