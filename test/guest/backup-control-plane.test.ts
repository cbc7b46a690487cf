import { describe, expect, it } from "vitest";
import { BackupNode } from "./backup-node.ts";

const call = { script: "backup-control-plane" } as const;
const status = '{"header":{"revision":"42"},"version":"3.6.8"}';
const pieces = '{"result":{"blob":"YWJj"}}\n{"result":{"blob":"ZGVm"}}';

/** etcd that answers a status and a snapshot. ETCD_FAILS is the path at which it fails. */
const etcd = `
kubectl() {
  note "kubectl $* <<$(cat)"
  [[ -z \${ETCD_FAILS-} || $* != *$ETCD_FAILS* ]] || return 1
  case "$*" in
  *status*) echo '${status}' ;;
  *snapshot*) printf '%s' '${pieces}' ;;
  esac
}
`;

function lines(text: string): readonly Readonly<Record<string, unknown>>[] {
  const printed = text.split("\n").filter((line) => line !== "");
  return printed.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

describe("the output of a backup", () => {
  it("has the versions, every file, the snapshot and an end, in this order", () => {
    const node = new BackupNode(etcd);
    node.write("kubernetes/.hidden", "dot\n");
    const { status: code, stdout } = node.run(call);
    expect(code).toBe(0);
    const [first, ...others] = lines(stdout);
    expect(first).toEqual({ kubernetesVersion: "v1.36.3", status: JSON.parse(status) as unknown });
    const files = others.slice(0, -3);
    expect(files.map(({ file }) => file).sort()).toEqual(
      [".hidden", "admin.conf", "nodeforge-made", "pki/ca.crt", "pki/ca.key", "pki/sa.key", "pki/sa.pub"].sort(),
    );
    const key = files.find(({ file }) => file === "pki/sa.key");
    expect(Buffer.from(String(key?.content), "base64").toString()).toBe("own key\n");
    expect(key?.mode).toBe("644");
    expect(others.slice(-3)).toEqual([{ result: { blob: "YWJj" } }, { result: { blob: "ZGVm" } }, { complete: true }]);
  });

  it("comes from etcd's own interface, with the client certificate of the API server", () => {
    const node = new BackupNode(etcd);
    node.run(call);
    expect(node.calls).toHaveLength(2);
    for (const each of node.calls) {
      expect(each).toContain("--server https://127.0.0.1:2379 ");
      expect(each).toContain("--client-key /etc/kubernetes/pki/apiserver-etcd-client.key ");
      expect(each).toMatch(/ --filename - <<\{\}$/);
    }
    expect(node.calls[1]).toContain("create --raw /v3/maintenance/snapshot ");
  });

  it("has the key of the secrets with its mode, and the mark of the encryption", () => {
    const node = new BackupNode(etcd);
    node.useKeys("nodeforge-encryption.json");
    node.write("kubernetes/nodeforge-encryption.json", "keys\n", 0o600);
    node.write("kubernetes/nodeforge-encrypted", "");
    const { status: code, stdout, stderr } = node.run(call);
    expect([code, stderr.includes("warning")]).toEqual([0, false]);
    const file = (name: string) => lines(stdout).filter((line) => line.file === name);
    expect(file("nodeforge-encryption.json")).toMatchObject([{ mode: "600", content: "a2V5cwo=" }]);
    expect(file("nodeforge-encrypted")).toMatchObject([{ content: "" }]);
  });

  it("lacks a file with keys of the stack elsewhere, and names it", () => {
    const node = new BackupNode(etcd);
    node.useKeys("/etc/own/keys.json");
    const { status: code, stderr } = node.run(call);
    expect(code).toBe(0);
    expect(stderr).toContain("warning: the backup has no /etc/own/keys.json, with which the secrets are encrypted");
  });

  it("lacks files that are no keys, and names them", () => {
    const node = new BackupNode(etcd);
    node.write("kubernetes/huge", "x".repeat(1048577));
    node.write("kubernetes/a b", "blank\n");
    const { status: code, stdout, stderr } = node.run(call);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/"file":"(huge|a b)"/);
    for (const name of ["huge", "a b"]) expect(stderr).toContain(`kubernetes/${name}, because its name or its size`);
  });
});

describe("a backup fails, and prints no end,", () => {
  it.each([
    ["where etcd is down", { ETCD_FAILS: "status" }, "etcd does not answer. Fix: npm run diagnose"],
    ["where etcd ends its snapshot", { ETCD_FAILS: "snapshot" }, "etcd ended its snapshot early"],
    ["while another step changes the node", { LOCKED: "yes" }, "another step has locked this node"],
  ])("%s", (_, environment, message) => {
    const { status: code, stdout, stderr } = new BackupNode(etcd).run(call, "", environment);
    expect(code).toBe(1);
    expect(stderr).toContain(`FAILED: ${message}`);
    expect(stdout).not.toContain("complete");
  });

  it("without the key of the secrets", () => {
    const node = new BackupNode(etcd);
    node.useKeys("nodeforge-encryption.json");
    const { status: code, stdout, stderr } = node.run(call);
    expect([code, stdout, node.calls]).toEqual([1, "", []]);
    expect(stderr).toMatch(/FAILED: the control plane has no file \S+\/nodeforge-encryption\.json, with whose key/);
  });

  it("on a node without a control plane", () => {
    const node = new BackupNode(`${etcd}\nrm "$FOLDER/kubernetes/nodeforge-made"`);
    const { status: code, stdout, stderr } = node.run(call);
    expect([code, stdout, node.calls]).toEqual([1, "", []]);
    expect(stderr).toContain("FAILED: this node has no complete control plane. Fix: npm run up");
  });
});
