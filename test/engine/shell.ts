import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Fake programs for the scripts on nodes, with these variables:
 * - NODES: a line for each Node, with its name, the status of its condition Ready and its address
 * - STUCK: names of nodes with a pod that cannot be moved
 * - POLICY: the drain policy
 * - PODS: number of pods that the name of the smoke check's service resolves to
 */
const tools = `
kubectl() {
  local seen
  seen=$(grep "^\${3-} " <<<"$NODES" || true)
  case "$*" in
  "get nodes -o jsonpath="*) cut -d ' ' -f 1,2 <<<"$NODES" ;;
  # A working kubelet has renewed its lease at each query.
  *"get nodes,leases -o jsonpath="*)
    sed -n 's/^\\([^ ]* [^ ]*\\).*/Node \\1/p' <<<"$NODES"
    sed -n "s/^\\([^ ]*\\) True .*/Lease \\1 $(date -u +%FT%T.%NZ)/p" <<<"$NODES"
    ;;
  "get node "*)
    [[ -n $seen ]] || { [[ $* == *--ignore-not-found* ]]; return; }
    case "$*" in
    *"-o name"*) echo "node/$3" ;;
    *unschedulable*) echo " $(cut -d ' ' -f 2 <<<"$seen")" ;;
    *) cut -d ' ' -f 2,3 <<<"$seen" ;;
    esac
    ;;
  "drain "*) [[ " $STUCK " != *" $2 "* || $* == *--disable-eviction* ]] || { echo "global timeout reached" && return 1; } ;;
  "get pods "*) echo "ReplicaSet default/stuck" ;;
  "delete node "*) [[ -z $seen ]] || echo "node \\"$3\\" deleted" ;;
  esac
}
# The file of set-drain-policy.
source() { DRAIN_TIMEOUT_MINUTES=0 DRAIN_GRACE_SECONDS=-1 DRAIN_POLICY=$POLICY; }
hostname() { echo master; }
# A kubelet that starts registers its node.
systemctl() {
  [[ $* == "restart kubelet" ]] || return 0
  NODES+=$'\\n'"$(hostname) True 192.168.222.10"
  echo "node \\"$(hostname)\\" registered" >&2
}
kubeadm() { echo "$TOKEN"; }
timeout() { shift; "$@"; }
openssl() { [[ $1 == x509 ]] || cat >/dev/null; echo "$CLUSTER"; }
nslookup() { printf 'Address: 10.96.0.10\\n\\n' && seq -f 'Address: 10.244.0.%.0f' "$PODS"; }
wget() { :; }
`;

/** Variables of the fake programs, and the minted values TOKEN and CLUSTER. */
export type Surroundings = Readonly<Record<string, string>>;

/** Result of a script on the control plane. */
export interface ScriptOutcome {
  /** Its standard output. */
  readonly result: string;
  /** Names of the Nodes that it deleted, and of those that it registered. */
  readonly deleted: readonly string[];
  readonly registered: readonly string[];
  /** Address that it released. */
  readonly givenBack: string | undefined;
  /** List of expected Nodes for the next script. */
  readonly expected: string | undefined;
}

/** Address of the DHCP server of the control plane. */
const dhcpServer = "192.168.222.1";

/**
 * Runs a script of the project for real, with fake programs, and with a temporary folder for its files.
 * @param expected The list of expected Nodes that the script before has written.
 * @throws when the script fails, with its message.
 */
export function runForReal(
  script: string,
  surroundings: Surroundings,
  stdin = "",
  expected: string | undefined = undefined,
): ScriptOutcome {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-guest-"));
  try {
    const [list, datagram] = [join(folder, "nodeforge-nodes"), join(folder, "udp", dhcpServer, "67")];
    for (const path of ["leases", "joins", join("udp", dhcpServer)]) mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, "leases", "2"), `SERVER_ADDRESS=${dhcpServer}\n`);
    if (expected !== undefined) writeFileSync(list, expected);
    const here = script
      .replaceAll("/etc/kubernetes/nodeforge-nodes", list)
      .replaceAll("/run/systemd/netif/", `${folder}/`)
      .replaceAll("/etc/kubernetes/nodeforge-joins", join(folder, "joins"))
      .replaceAll("/etc/kubernetes/nodeforge-kubelets", join(folder, "kubelets"))
      .replaceAll("/run/nodeforge-kubelets", join(folder, "kubelets-run"))
      .replaceAll("/dev/udp/", `${folder}/udp/`);
    // Without --norc, bash mistakes its standard input for a network connection, and reads ~/.bashrc.
    const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", `${tools}\n${here}`], {
      input: stdin,
      env: { PATH: process.env.PATH, ...surroundings },
      encoding: "utf8",
      // Nothing real is waited for, so a longer run hangs.
      timeout: 20_000,
    });
    if (status !== 0) throw new Error(stderr.trim() || stdout.trim() || "the script failed without a word");
    const named = (event: string) =>
      [...stderr.matchAll(new RegExp(`^node "(.*)" ${event}$`, "gm"))].map(([, name = ""]) => name);
    return {
      result: stdout.trim(),
      deleted: named("deleted"),
      registered: named("registered"),
      // Bytes 12 to 15 of a DHCP message are the client's address.
      givenBack: existsSync(datagram) ? [...readFileSync(datagram).subarray(12, 16)].join(".") : undefined,
      expected: existsSync(list) ? readFileSync(list, "utf8") : undefined,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
