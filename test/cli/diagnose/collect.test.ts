import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { DiagnosedSession } from "../../../cli/diagnose/collect.ts";
import { diagnose, explainFailure } from "../../../cli/diagnose/explain.ts";
import { units } from "./evidence.ts";
import { fakePrograms } from "./programs.ts";
import { complete, kubeconfig, stackState, type Progress } from "./stack-state.ts";
import { test } from "../../support/folder.ts";
import { settingsOf } from "../stack/stack-settings.ts";

const token = "abcdef.0123456789abcdef";
const nodeTable =
  "NAME            STATUS   ROLES           AGE   VERSION   INTERNAL-IP\n" +
  "master          Ready    control-plane   12m   v1.36.3   192.168.222.10\n" +
  "worker-node-1   Ready    <none>          10m   v1.36.3   192.168.222.100\n";

const virsh = `
case " $* " in
  *" domstate "*) echo "running (booted)" ;;
  *" net-dhcp-leases "*) echo " 2026  52:54:00:00:00:01  ipv4  192.168.222.10/24"; echo " 2026  52:54:00:00:00:02  ipv4  192.168.222.100/24" ;;
  *) echo "virsh $*" ;;
esac`;

/** Answers as a node does, with the items of guest/diagnose.sh. A journal has the token of a join. */
const ssh = (name: string, role: "master" | "worker") => `
program=$(cat)
boundary=$(sed -n "s/^BOUNDARY='\\(.*\\)'$/\\1/p" <<<"$program")
section() { printf '\\n%s %s\\n%s\\n' "$boundary" "$1" "$2"; }
section clock "node $(date +%s)"
section hostname "${name}"
section cloud-init "status: done"
section units '${units(role)}'
section kubelet "joined with ${token}"
section end ""`;

const kubectl = `
case "$*" in
  *jsonpath*) printf 'master\\n  Ready=True KubeletReady: ok\\nworker-node-1\\n  Ready=True KubeletReady: ok\\n' ;;
  *" get nodes "*) cat "$(dirname "$0")/nodes" ;;
  *" get pods "*) printf 'NAMESPACE NAME READY STATUS\\nkube-system coredns-1 1/1 Running\\n' ;;
  *) echo "no events" ;;
esac
[[ -s $2 ]] && stat -c '%a %n' "$2" >>"$0.kubeconfig"; cat "$2" >>"$0.kubeconfig"`;

let folder: string;
let programs: string;
let outer: string | undefined;
test.beforeEach(({ folder: own }) => {
  folder = own;
  programs = join(folder, "bin");
  outer = process.env.PATH;
  process.env.PATH = `${programs}:${outer}`;
});
test.afterEach(() => {
  process.env.PATH = outer;
});

const settings: Readonly<Record<string, string>> = {
  libvirtUri: "qemu:///system",
  networkName: "lab-net",
  sshUser: "ops",
  sshPrivateKeyPath: "/keys/id",
};

function session(progress: Progress, ask?: DiagnosedSession["capture"]): DiagnosedSession {
  return {
    stack: "lab",
    settings: () => settingsOf(settings),
    variables: {},
    capture: ask ?? ((args) => Promise.resolve(stackState(progress, args.includes("--show-secrets")))),
  };
}

async function fakes(more: Readonly<Record<string, string>> = {}, nodes = nodeTable): Promise<void> {
  const sshBody = `case " $* " in *" 192.168.222.10 "*) ${ssh("master", "master")} ;; *) ${ssh("worker-node-1", "worker")} ;; esac`;
  await fakePrograms(programs, { virsh, ssh: sshBody, kubectl, ...more });
  await fakePrograms(programs, { keep: `cat <<'N' >"${programs}/nodes"\n${nodes}N` });
  const { execFileSync } = await import("node:child_process");
  execFileSync(join(programs, "keep"));
}

const out = () => join(folder, "out");
const everything = async () => {
  const files = (await readdir(out(), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return Promise.all(files.map(async ({ parentPath, name }) => [name, await readFile(join(parentPath, name), "utf8")]));
};

test("a diagnosis connects to no URI that could start a program, and has the reason", async () => {
  await fakes({ virsh: `echo "$*" >>"$0.calls"` });
  const libvirtUri = "qemu+ssh://host/system?command=/tmp/x";
  const unknown = { ...session(complete, () => Promise.reject(new Error("no state"))) };
  await diagnose({ ...unknown, settings: () => settingsOf({ ...settings, libvirtUri }) }, out());
  expect(await readFile(join(out(), "domains.txt"), "utf8")).toMatch(
    /^\(missing: libvirtUri is not used: expected a URI with no parameters but .*command=\/tmp\/x\)$/m,
  );
  expect(await readdir(programs)).not.toContain("virsh.calls");
  await diagnose(unknown, join(folder, "allowed"));
  expect(await readFile(join(programs, "virsh.calls"), "utf8")).toContain("-c qemu:///system list --all");
});

describe("a diagnosis of a healthy cluster", () => {
  test("finds no problem, and keeps every answer", async () => {
    await fakes();
    const result = await diagnose(session(complete), out());
    expect(result.text.split("\n")).toEqual([
      "All 2 nodes of stack lab are Ready, and no problem is known.",
      `Everything that was collected: ${out()}/summary.md`,
    ]);
    expect(result.healthy).toBe(true);
    expect((await readdir(out())).sort()).toEqual([
      "conditions.txt",
      "definition-lab-net.txt",
      "domains.txt",
      "events.txt",
      "hypervisor-memory.txt",
      "leases-lab-net.txt",
      "network-lab-net.txt",
      "nodes",
      "nodes.txt",
      "pods.txt",
      "pool-nodeforge-lab.txt",
      "state.txt",
      "summary.md",
      "volumes-nodeforge-lab.txt",
    ]);
    const items = [
      "clock",
      "console",
      "cloud-init",
      "domain",
      "domain-log",
      "domain-state",
      "hostname",
      "interfaces",
      "kubelet",
      "units",
    ];
    expect((await readdir(join(out(), "nodes", "master"))).sort()).toEqual(items.map((name) => `${name}.txt`).sort());
    expect(await readFile(join(out(), "pods.txt"), "utf8")).toBe("all 1 pods run\n");
    expect(await readFile(join(out(), "nodes", "master", "console.txt"), "utf8")).toBe(
      "(missing: /var/log/libvirt/qemu/lab-master-console.log does not exist)\n",
    );
    const summary = await readFile(join(out(), "summary.md"), "utf8");
    expect(summary).toContain("### worker-node-1\n\n| item | found |");
    expect(summary).toContain("| [console](nodes/master/console.txt) | missing: ");
  });

  test("keeps no secret, and no file that other users can read", async () => {
    await fakes();
    await diagnose(session(complete), out());
    const files = await everything();
    expect(files.length).toBeGreaterThan(30);
    for (const [, text] of files) {
      expect(text).not.toContain(token);
      expect(text).not.toContain("c2VjcmV0");
    }
    expect(await readFile(join(out(), "nodes", "worker-node-1", "kubelet.txt"), "utf8")).toBe(
      "joined with [redacted]\n",
    );
    for (const path of [out(), join(out(), "nodes"), join(out(), "nodes", "master")]) {
      expect((await stat(path)).mode & 0o777).toBe(0o700);
    }
    expect((await stat(join(out(), "summary.md"))).mode & 0o777).toBe(0o600);
  });

  test("uses a kubeconfig that only its owner can read, and deletes it", async () => {
    await fakes();
    await diagnose(session(complete), out());
    const seen = await readFile(join(programs, "kubectl.kubeconfig"), "utf8");
    const [, mode, path] = /^(\d+) (\S+)$/m.exec(seen) ?? [];
    expect(mode).toBe("600");
    expect(seen).toContain(kubeconfig);
    await expect(stat(path ?? "")).rejects.toThrow("ENOENT");
  });

  test("logs in to each node with its pinned host key, and without a secret in the arguments", async () => {
    await fakes();
    await diagnose(session(complete), out());
    const calls = (await readFile(join(programs, "ssh.calls"), "utf8")).trim().split("\n");
    expect(calls).toHaveLength(2);
    for (const call of calls) {
      expect(call).toMatch(/^-F none -T -o BatchMode=yes -o ConnectTimeout=20 .* -o StrictHostKeyChecking=yes /);
      expect(call).toContain("IdentitiesOnly=yes -i /keys/id -l ops -- 192.168.222.10");
      expect(call).toMatch(/ sudo -n timeout .* diagnose$/);
    }
  });
});

describe("a diagnosis of a degraded cluster", () => {
  test("names nodes that are not Ready", async () => {
    await fakes({}, nodeTable.replace("worker-node-1   Ready   ", "worker-node-1   NotReady"));
    const result = await diagnose(session(complete), out());
    expect(result.healthy).toBe(false);
    expect(result.text).toContain("worker-node-1: not Ready\nNo known cause fits.");
  });

  test("names step, cause, fix and folder for an incomplete cluster without a kubeconfig", async () => {
    await fakes({ ssh: 'echo "ops@192.168.222.10: Permission denied (publickey)." >&2; exit 255' });
    const progress = { master: ["root", "domain", "host-key"], worker: ["root", "domain", "host-key"] };
    const result = await explainFailure(session(progress), { folder: out(), log: "" });
    expect(result.split("\n")).toEqual([
      "master: control plane was not reached or failed",
      "Most likely: The node does not accept your ssh key.",
      "  master, ssh: ops@192.168.222.10: Permission denied (publickey).",
      expect.stringMatching(/^Fix: Use the sshPublicKey, /) as string,
      `Everything that was collected: ${out()}/diagnosis/summary.md`,
    ]);
    expect(await readFile(join(out(), "diagnosis", "nodes.txt"), "utf8")).toBe(
      "(missing: the state has no kubeconfig)\n",
    );
  });

  test("says that a stack has no nodes, or that its state cannot be read", async () => {
    await fakes();
    const empty = await diagnose(
      session({ master: [], worker: [] }, () => Promise.resolve("{}")),
      out(),
    );
    expect([empty.healthy, empty.text]).toEqual([false, expect.stringContaining("Stack lab has no nodes: npm run up")]);
    const refused = () =>
      Promise.reject(new Error("pulumi stack export: exit code 6\nerror: no stack named 'lab' found"));
    const unread = await diagnose(session(complete, refused), out());
    expect(unread.text).toContain("The state of stack lab could not be read: error: no stack named 'lab' found");
  });

  test("reads the output of a failed run with its colours", async () => {
    await fakes();
    const log =
      "Diagnostics:\n\u001b[1m  command:remote:Command (lab-worker-node-1-join):\u001b[0m\n" +
      `    \u001b[31merror:\u001b[0m   none of the public keys "sha256:1" are pinned, token ${token}\n`;
    const text = await explainFailure(session({ ...complete, ready: false }), { folder: out(), log });
    expect(text).toContain("worker-node-1: join failed\nMost likely: The worker's token had expired");
    expect(text).not.toContain(token);
  });

  test("continues when programs are missing or fail, and has the reason of each", async () => {
    await fakePrograms(programs, {
      virsh: "echo 'error: failed to connect to the hypervisor' >&2; exit 1",
      ssh: "exit 255",
    });
    process.env.PATH = `${programs}:/usr/bin:/bin`;
    await fakePrograms(programs, { kubectl: "echo 'Unable to connect to the server' >&2; exit 1" });
    const result = await diagnose(session(complete), out());
    expect(result.healthy).toBe(false);
    expect(result.text).toContain("Most likely: libvirt does not answer at libvirtUri.");
    expect(result.summary).toContain("| [ssh](nodes/master/ssh.txt) | missing: exit code 255 |");
    expect(result.summary).toContain("| [events](events.txt) | missing: Unable to connect to the server |");
  });

  test("keeps the items of a node before its output was cut off", async () => {
    await fakes({
      ssh: `program=$(cat); boundary=$(sed -n "s/^BOUNDARY='\\(.*\\)'$/\\1/p" <<<"$program"); printf '\\n%s hostname\\nx\\n\\n%s kubelet\\nhalf' "$boundary" "$boundary"; exit 255`,
    });
    await diagnose(session(complete), out());
    expect(await readFile(join(out(), "nodes", "master", "hostname.txt"), "utf8")).toBe("x\n");
    expect(await readFile(join(out(), "nodes", "master", "kubelet.txt"), "utf8")).toBe(
      "half\n(missing: cut off, with all later items: exit code 255)\n",
    );
  });

  test("gets the address and the host key of a node from libvirt when the state has neither", async () => {
    await fakes({
      virsh: `case " $* " in
  *" domifaddr "*"lease"*) echo " vnet0  52:54:00:00:00:01  ipv4  192.168.222.10/24" ;;
  *"guest-network-get-interfaces"*) echo '{"return":[{"name":"lo"},{"name":"eth0","ip-addresses":[{"ip-address":"192.168.222.10","ip-address-type":"ipv4"}]}]}' ;;
  *"guest-file-open"*) echo '{"return":7}' ;;
  *"guest-file-read"*) echo '{"return":{"buf-b64":"${Buffer.from("ssh-ed25519 FROMAGENT root@x\n").toString("base64")}"}}' ;;
  *"guest-file-close"*) echo '{"return":{}}' ;;
  *) echo "{}" ;;
esac`,
      ssh: `cat $(printf '%s\\n' "$@" | sed -n 's/^UserKnownHostsFile="\\(.*\\)"/\\1/p') >>"$0.known"; exit 255`,
    });
    await diagnose(session({ master: ["root"], worker: [] }), out());
    expect(await readFile(join(programs, "ssh.known"), "utf8")).toContain("192.168.222.10 ssh-ed25519 FROMAGENT\n");
  });
});

describe("explaining a failure", () => {
  test("never throws", async () => {
    await fakes();
    const broken = session(complete, () => Promise.reject(new Error("pulumi: exit code 255\nerror: no stack")));
    const text = await explainFailure(broken, { folder: out(), log: "error: incorrect passphrase\n" });
    expect(text).toContain("Most likely: The passphrase on this machine does not decrypt the stack.");
    expect(await explainFailure(session(complete), { folder: join(programs, "virsh"), log: "" })).toMatch(
      /^The failure could not be diagnosed: E/,
    );
  });
});
