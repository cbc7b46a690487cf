import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scriptText, type ScriptCall } from "../../guest/script.ts";
import { temporaryFolder } from "../support/folder.ts";
import type { Outcome } from "./node.ts";

/** Paths of a control plane, and their paths in the folder of a {@link BackupNode}. */
const places = {
  "/etc/nodeforge/image.json": "image.json",
  "/etc/kubernetes": "kubernetes",
  "/etc/cni/net.d": "cni",
  "/run/nodeforge": "run",
  "/run/flannel": "flannel",
  "/var/lib/nodeforge": "data",
  "/var/lib/cni": "leases",
};

/**
 * A control plane for one test of a backup or a restore: a folder instead of the root folder, and functions as programs. Its
 * store has a file `member/marker`, by which the programs know whose objects they serve.
 */
export class BackupNode {
  readonly folder = temporaryFolder();
  readonly #programs: string;

  /** @param programs Further Bash functions. They add to {@link calls} with `note`. */
  constructor(programs = "") {
    this.#programs = basics + programs;
    this.write("image.json", '{"contract": 2}');
    this.write("kubernetes/nodeforge-made", "{}\n");
    this.write("kubernetes/pki/ca.crt", "ca\n");
    this.write("kubernetes/pki/ca.key", "ca key\n");
    this.write("kubernetes/pki/sa.key", "own key\n");
    this.write("kubernetes/pki/sa.pub", "own pub\n");
    this.write("kubernetes/admin.conf", "clusters:\n- cluster:\n    server: https://192.0.2.10:6443\n");
    this.write("data/var/lib/etcd/member/marker", "own\n");
  }

  /** Runs a script with the replaced programs, without waiting. */
  run(call: ScriptCall, input: string | Buffer = "", environment: Readonly<Record<string, string>> = {}): Outcome {
    let text = scriptText(call);
    for (const [place, own] of Object.entries(places)) text = text.replaceAll(place, `${this.folder}/${own}`);
    const note = `note() { printf '%s\\n' "$*" >>"$FOLDER/calls"; }\nsleep() { SECONDS=$((SECONDS + 100)); }\n`;
    return spawnSync("bash", ["--norc", "-c", `${note}${this.#programs}\n${text}`], {
      input,
      env: { PATH: process.env.PATH, FOLDER: this.folder, ...environment },
      encoding: "utf8",
      timeout: 20_000,
    });
  }

  /** Calls that the programs noted, in their order, with the paths of a real node. */
  get calls(): readonly string[] {
    if (!existsSync(join(this.folder, "calls"))) return [];
    let text = this.read("calls").trimEnd();
    for (const [place, own] of Object.entries(places)) text = text.replaceAll(`${this.folder}/${own}`, place);
    return text.split("\n");
  }

  /** Writes a file and creates its folders. */
  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  has(file: string): boolean {
    return existsSync(join(this.folder, file));
  }
}

/**
 * Programs of a control plane. `nodes-own` and `nodes-backup` are the Nodes that the API server lists. NOT_READY is the marker
 * with which it never becomes ready.
 */
const basics = `
marker() { cat "$FOLDER/data/var/lib/etcd/member/marker"; }
kubeadm() { echo "\${RUNNING-v1.36.3}"; }
mountpoint() { [[ -z \${UNMOUNTED-} ]]; }
flock() { [[ -z \${LOCKED-} ]]; }
df() { echo Avail; echo "\${FREE-10000000000}"; }
openssl() { [[ $(cat "\${@: -1}") != *"no key"* ]]; }
timeout() { shift; "$@"; }
sync() { :; }
ip() { note "ip $*"; }
journalctl() { echo "panic: no such store"; }
systemctl() {
  note "systemctl $*"
  case "$1" in
  start) [[ $* != *kube-apiserver* || \${START_FAILS-} != "$(marker)" ]] ;;
  esac
}
kubectl() {
  case "$*" in
  *"get nodes"*) [[ -z \${API_DOWN-} || $(marker) == backup ]] && cat "$FOLDER/nodes-$(marker)" ;;
  *"get namespaces"*) [[ -z \${API_DOWN-} ]] && printf 'namespace/default\\nnamespace/kube-system\\nnamespace/nodeforge-smoke\\n' ;;
  *"-n default get"*) [[ -z \${API_DOWN-} ]] && printf '%s' "\${OBJECTS-}" ;;
  *"/readyz"*) [[ \${NOT_READY-} != "$(marker)" ]] ;;
  *) note "kubectl $*" ;;
  esac
}
`;
