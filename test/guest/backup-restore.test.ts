import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../lib/digest.ts";
import { BackupNode } from "./backup-node.ts";

/** etcdutl that makes a store with the marker "backup", and notes its arguments. */
const program = `#!/bin/bash
printf 'etcdutl %s\\n' "$*" >>"$FOLDER/calls"
[[ -z \${UTL_FAILS-} ]] || exit 1
while [[ $1 != --data-dir ]]; do shift; done
mkdir -p "$2/member" && echo backup >"$2/member/marker"
`;
const snapshot = Buffer.from([1, 0, 10, 255, 13, 10]);
const parameters = {
  NODE_NAME: "master",
  VERSION: "v1.36.1",
  PROGRAM_SIZE: program.length,
  PROGRAM_SHA256: sha256(program),
  SNAPSHOT_SIZE: snapshot.length,
  SNAPSHOT_SHA256: sha256(snapshot),
  EMPTY: "yes",
  SECRETS_ENCRYPTED: "no",
  FILES: 0,
};
const base64 = (text: string) => Buffer.from(text).toString("base64");
const inputOf = (key: string, secretKeys = "", files = "") => {
  const keys = `${base64(key)}\n${base64("old pub\n")}\n${base64(secretKeys)}\n`;
  return Buffer.concat([Buffer.from(`${keys}${files}${program}`), snapshot]);
};
const ownNodes = "master 10.0.0.0/24 192.0.2.10\none 10.0.1.0/24 192.0.2.11\ntwo 10.0.2.0/24 192.0.2.12\n";

function node(ofBackup = ownNodes): BackupNode {
  const made = new BackupNode();
  made.write("nodes-own", ownNodes);
  made.write("nodes-backup", ofBackup);
  return made;
}

const restore = (made: BackupNode, environment = {}, changed = {}, input = inputOf("old key\n")) =>
  made.run({ script: "restore-control-plane", parameters: { ...parameters, ...changed } }, input, environment);
const marker = (made: BackupNode) => made.read("data/var/lib/etcd/member/marker").trim();
const stopped = "systemctl stop kube-scheduler kube-controller-manager kube-apiserver etcd";
const started = "systemctl start etcd kube-apiserver kube-controller-manager kube-scheduler";

describe("a restore", () => {
  it("swaps the store and the keys of service accounts while the units are stopped, and keeps the CA and the list of kubelets", () => {
    const made = node();
    made.write("kubernetes/nodeforge-kubelets", "one 192.0.2.11\n");
    const { status, stdout, stderr } = restore(made);
    expect([status, stderr.includes("FAILED")]).toEqual([0, false]);
    expect(JSON.parse(stdout)).toEqual({ seconds: expect.any(Number) as number, stay: ["one", "two"], again: [] });
    expect(marker(made)).toBe("backup");
    expect(made.read("kubernetes/pki/sa.key")).toBe("old key\n");
    expect(made.read("kubernetes/pki/sa.pub")).toBe("old pub\n");
    expect(made.read("kubernetes/pki/ca.crt")).toBe("ca\n");
    expect(made.read("kubernetes/nodeforge-kubelets")).toBe("one 192.0.2.11\n");
    expect(made.has("data/restore")).toBe(false);
    const [first, ...others] = made.calls;
    expect(first).toMatch(/^etcdutl snapshot restore \/var\/lib\/nodeforge\/restore\/snapshot\.db --data-dir /);
    expect(first).toContain(" --name master --initial-cluster master=https://127.0.0.1:2380 ");
    expect(first).toMatch(/ --bump-revision 1000000000 --mark-compacted$/);
    expect(others.slice(0, 2)).toEqual([stopped, started]);
    expect(others.filter((each) => each.includes("delete node"))).toEqual([]);
  });

  it("writes the CA of this cluster for workers that join", () => {
    const made = node();
    restore(made);
    const patches = made.calls.filter((each) => each.includes("patch configmap cluster-info"));
    expect(patches).toHaveLength(1);
    const patch = JSON.parse(patches[0]?.split(" --patch ")[1] ?? "") as { data: { kubeconfig: string } };
    expect(JSON.parse(patch.data.kubeconfig)).toMatchObject({
      kind: "Config",
      clusters: [
        { name: "", cluster: { "certificate-authority-data": base64("ca\n"), server: "https://192.0.2.10:6443" } },
      ],
    });
  });

  it("deletes the automatic approval of joins, which a backup of an earlier release brings back", () => {
    const made = node();
    expect(restore(made).status).toBe(0);
    const deletions = made.calls.filter((each) => each.includes("node-autoapprove-bootstrap"));
    expect(deletions).toEqual([
      "kubectl delete clusterrolebinding kubeadm:node-autoapprove-bootstrap --ignore-not-found",
    ]);
    expect(made.calls.indexOf(deletions[0] ?? "")).toBeGreaterThan(made.calls.indexOf(started));
  });

  it("deletes Nodes whose range or address differs or that have no machine, and names those that join again", () => {
    const made = node(
      "master 10.0.0.0/24 192.0.2.99\none 10.0.1.0/24 192.0.2.11\ngone 10.0.2.0/24 192.0.2.12\nnew - -\n",
    );
    const { status, stdout } = restore(made);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stay: ["one"], again: ["gone", "new", "two"] });
    expect(made.calls.filter((each) => each.includes("delete node"))).toEqual([
      "kubectl --request-timeout 30s delete node --ignore-not-found --wait=false gone new two",
    ]);
    expect(made.calls).not.toContain("systemctl restart containerd");
  });

  it("clears the pod network of the control plane where its range differs", () => {
    const made = node(ownNodes.replace("master 10.0.0.0", "master 10.0.7.0"));
    made.write("cni/10-x.conflist", "{}");
    expect(restore(made).status).toBe(0);
    expect(made.has("cni/10-x.conflist")).toBe(false);
    expect(made.calls).toContain("systemctl restart containerd");
  });

  it("keeps every Node where the API server did not answer before, if it need not be empty", () => {
    const made = node("master - -\nother 10.0.9.0/24 192.0.2.50\n");
    const { status, stdout } = restore(made, { API_DOWN: "yes" }, { EMPTY: "no" });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stay: ["other"], again: [] });
  });

  it("can be repeated, and first brings back what a killed one has left", () => {
    const made = node();
    made.write("data/restore/former/member/marker", "own\n");
    made.write("data/restore/former/sa.key", "own key\n");
    made.write("kubernetes/pki/sa.key", "half\n");
    made.write("data/var/lib/etcd/member/marker", "half\n");
    expect(restore(made, { UTL_FAILS: "yes" }).status).toBe(1);
    expect([marker(made), made.read("kubernetes/pki/sa.key")]).toEqual(["own", "own key\n"]);
    expect([restore(made).status, marker(made), restore(made).status]).toEqual([0, "backup", 0]);
  });
});

const keyFile = "kubernetes/nodeforge-encryption.json";
const mark = "kubernetes/nodeforge-encrypted";
const plain = '{"identity":{}}';
const secretbox = (key: string) => `{"secretbox":{"keys":[{"name":"key1","secret":"${key}"}]}}`;
function keysOf(key: string, first: "secretbox" | "identity" = "secretbox"): string {
  const providers = first === "secretbox" ? [secretbox(key), plain] : [plain, secretbox(key)];
  return `{"kind":"EncryptionConfiguration","resources":[{"resources":["secrets"],"providers":[${providers.join(",")}]}]}\n`;
}

/** A control plane that encrypts with the key "own". */
function encrypting(): BackupNode {
  const made = node();
  made.useKeys("nodeforge-encryption.json");
  made.write(keyFile, keysOf("own"), 0o600);
  made.write(mark, "");
  return made;
}
const rewrites = (made: BackupNode) => made.calls.filter((each) => /secrets|replace/.test(each));
const rewrite = ["kubectl get secrets --all-namespaces -o json", "kubectl replace -f -"];
const starts = (made: BackupNode) => made.read("starts").trimEnd().split("\n");

describe("the secrets after a restore", () => {
  it("of an encrypting cluster have the key of the backup before the API server starts, and are not written again", () => {
    const made = encrypting();
    const changed = { SECRETS_ENCRYPTED: "yes" };
    const { status, stderr } = restore(made, { KEY: "old" }, changed, inputOf("old key\n", keysOf("old")));
    expect(status, stderr).toBe(0);
    expect([made.read(keyFile), made.has(mark)]).toEqual([keysOf("old"), true]);
    expect(statSync(join(made.folder, keyFile)).mode & 0o777).toBe(0o600);
    expect([rewrites(made), starts(made)]).toEqual([[], [`backup ${keysOf("old").trim()} marked`]]);
    expect(made.has("data/restore")).toBe(false);
  });

  it("of a plain cluster are read with the own key, and then encrypted with it", () => {
    const made = encrypting();
    expect(restore(made).status).toBe(0);
    expect([made.read(keyFile), made.has(mark)]).toEqual([keysOf("own"), true]);
    expect([rewrites(made), starts(made)]).toEqual([rewrite, [`backup ${keysOf("own").trim()} unmarked`]]);
  });

  it("of a cluster in its first encryption are encrypted with its key", () => {
    const made = encrypting();
    const input = inputOf("old key\n", keysOf("old", "identity"));
    expect(restore(made, { KEY: "old" }, {}, input).status).toBe(0);
    expect([made.read(keyFile), made.has(mark), rewrites(made)]).toEqual([keysOf("old"), true, rewrite]);
    expect(starts(made)).toEqual([`backup ${keysOf("old").trim()} unmarked`]);
  });

  it("of a plain cluster stay plain on a control plane without keys", () => {
    const made = node();
    expect(restore(made).status).toBe(0);
    expect([made.has(keyFile), made.has(mark), rewrites(made)]).toEqual([false, false, []]);
  });

  it("are read with a file of the stack, and the key of the backup stays beside it", () => {
    const made = node();
    made.useKeys("/etc/own.json");
    const input = inputOf("old key\n", keysOf("old"));
    expect(restore(made, {}, { SECRETS_ENCRYPTED: "yes" }, input).status).toBe(0);
    expect([made.read(keyFile), made.has(mark), rewrites(made)]).toEqual([keysOf("old"), true, []]);
  });

  it("that cannot be written again are a warning, and no mark says that all are encrypted", () => {
    const made = encrypting();
    const { status, stderr } = restore(made, { REPLACE_FAILS: "yes" });
    expect([status, marker(made), made.has(mark)]).toEqual([0, "backup", false]);
    expect(stderr).toContain(
      'warning: these secrets stay unencrypted until they are written, or until the next run: secret "a"',
    );
  });
});

describe("the key of the secrets comes back", () => {
  const input = inputOf("old key\n", keysOf("old"));

  it.each([
    [
      "the units do not start",
      { START_FAILS: "backup", KEY: "old" },
      "the control plane does not start with the backup",
    ],
    [
      "the API server cannot read a secret",
      { KEY: "other" },
      'the API server cannot read the secrets of the backup: unable to transform key "/registry/secrets/a"',
    ],
  ])("with its mark where %s", (_, environment, message) => {
    const made = encrypting();
    const { status, stderr } = restore(made, environment, {}, input);
    expect([status, marker(made), made.read("kubernetes/pki/sa.key")]).toEqual([1, "own", "own key\n"]);
    expect(stderr).toContain(`FAILED: ${message}`);
    expect([made.read(keyFile), made.has(mark)]).toEqual([keysOf("own"), true]);
    expect(statSync(join(made.folder, keyFile)).mode & 0o777).toBe(0o600);
    expect(starts(made)).toEqual([`backup ${keysOf("old").trim()} unmarked`, `own ${keysOf("own").trim()} marked`]);
  });

  it("without a mark that the control plane did not have", () => {
    const made = encrypting();
    rmSync(join(made.folder, mark));
    expect(restore(made, { NOT_READY: "backup", KEY: "old" }, { SECRETS_ENCRYPTED: "yes" }, input).status).toBe(1);
    expect([made.read(keyFile), made.has(mark)]).toEqual([keysOf("own"), false]);
  });

  it("after a restore that was killed", () => {
    const made = encrypting();
    made.write("data/restore/former/member/marker", "own\n");
    made.write("data/restore/former/nodeforge-encryption.json", keysOf("own"), 0o600);
    made.write("data/restore/former/nodeforge-encrypted", "");
    made.write("data/var/lib/etcd/member/marker", "half\n");
    made.write(keyFile, keysOf("half"));
    rmSync(join(made.folder, mark));
    expect(restore(made, { UTL_FAILS: "yes" }).status).toBe(1);
    expect([marker(made), made.read(keyFile), made.has(mark)]).toEqual(["own", keysOf("own"), true]);
  });
});

describe("a restore that fails after the swap brings the former objects and keys back", () => {
  it.each([
    ["the units do not start", { START_FAILS: "backup" }, "the control plane does not start with the backup: panic"],
    ["the API server is never ready", { NOT_READY: "backup" }, "the API server: still missing after 900s"],
    [
      "the automatic approval of joins stays",
      { DELETE_FAILS: "yes" },
      "the removal of kubeadm's automatic approval: still missing after 120s: it is forbidden",
    ],
  ])("where %s", (_, environment, message) => {
    const made = node();
    const { status, stdout, stderr } = restore(made, environment);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`FAILED: ${message}`);
    expect([marker(made), made.read("kubernetes/pki/sa.key")]).toEqual(["own", "own key\n"]);
    expect(made.read("kubernetes/pki/sa.pub")).toBe("own pub\n");
    expect(made.calls.filter((each) => each.startsWith("systemctl"))).toEqual([stopped, started, stopped, started]);
  });
});

describe("a restore onto a blank data disk", () => {
  const kept = {
    "nodeforge-made": "old made\n",
    "pki/ca.crt": "old ca\n",
    "pki/ca.key": "old ca key\n",
    "kubelet.conf": "old kubelet\n",
    "admin.conf": "clusters:\n- cluster:\n    server: https://192.0.2.10:6443\n",
    "nodeforge-joins/empty": "",
  };
  const filesOf = (files: Readonly<Record<string, string>>) =>
    Object.entries(files)
      .map(([name, text]) => `${name} 600 ${base64(text)}\n`)
      .join("");
  const kubeadm = 'kubeadm() { [[ $1 != init ]] || note "kubeadm $*"; echo v1.36.3; }\n';
  const count = Object.keys(kept).length;

  /** A control plane whose root disk is the former one. */
  function blankNode(): BackupNode {
    const made = new BackupNode(kubeadm);
    made.write("nodes-own", ownNodes);
    made.write("nodes-backup", ownNodes);
    made.write("control-plane", "");
    made.write("kubelet/pki/kubelet-client-current.pem", "certificate\n");
    for (const folder of ["kubernetes", "data/var/lib/etcd"]) {
      rmSync(join(made.folder, folder), { recursive: true });
      mkdirSync(join(made.folder, folder));
    }
    return made;
  }
  const fill = (made: BackupNode, environment = {}, files: Readonly<Record<string, string>> = kept) =>
    restore(
      made,
      environment,
      { EMPTY: "no", FILES: Object.keys(files).length },
      inputOf("old key\n", "", filesOf(files)),
    );

  it("writes the files of the backup, makes a kubelet's kubeconfig, and keeps every worker", () => {
    const made = blankNode();
    const { status, stdout, stderr } = fill(made);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stay: ["one", "two"], again: [] });
    expect(marker(made)).toBe("backup");
    for (const [name, text] of Object.entries(kept)) {
      if (name !== "kubelet.conf") expect(made.read(`kubernetes/${name}`), name).toBe(text);
    }
    expect(made.has("kubernetes/kubelet.conf")).toBe(false);
    expect(made.read("kubernetes/pki/sa.key")).toBe("old key\n");
    expect(statSync(join(made.folder, "kubernetes/pki/ca.key")).mode & 0o777).toBe(0o600);
    const phases = made.calls.filter((each) => each.startsWith("kubeadm "));
    expect(phases).toEqual([
      "kubeadm init phase kubeconfig kubelet --config /etc/nodeforge/kubeadm.yaml",
      "kubeadm init phase kubelet-finalize all --config /etc/nodeforge/kubeadm.yaml",
    ]);
    expect(made.calls.indexOf(phases[0] ?? "")).toBeLessThan(made.calls.indexOf(started));
    expect(made.has("data/restore")).toBe(false);
  });

  it("can be repeated after a failure, because the mark of a complete control plane is the last file", () => {
    const made = blankNode();
    expect(fill(made, { START_FAILS: "backup" }).status).toBe(1);
    expect(made.has("kubernetes/nodeforge-made")).toBe(false);
    expect([fill(made).status, marker(made)]).toEqual([0, "backup"]);
    expect(made.read("kubernetes/nodeforge-made")).toBe("old made\n");
  });

  it("leaves the files of a complete control plane as they are", () => {
    const made = node();
    const input = inputOf("old key\n", "", filesOf(kept));
    expect(restore(made, {}, { FILES: count }, input).status).toBe(0);
    expect([made.read("kubernetes/pki/ca.crt"), made.read("kubernetes/nodeforge-made")]).toEqual(["ca\n", "{}\n"]);
    expect(made.calls.filter((each) => each.startsWith("kubeadm "))).toEqual([]);
  });

  it.each([
    ["of another cluster", true, {}, "this node has no complete control plane. Fix: npm run up"],
    ["with another root disk", false, kept, "this node has no complete control plane. Fix: npm run up"],
    ["with a file outside of the folder", true, { "../x": "x" }, "the backup has a file ../x of mode 600"],
  ])("is refused %s", (_, isSameRoot, files, message) => {
    const made = blankNode();
    if (!isSameRoot) rmSync(join(made.folder, "control-plane"));
    const { status, stderr } = fill(made, {}, files);
    expect(status).toBe(1);
    expect(stderr).toContain(`FAILED: ${message}`);
    expect(readdirSync(join(made.folder, "kubernetes"))).toEqual([]);
    expect(made.calls.filter((each) => each.startsWith("systemctl"))).toEqual([]);
  });
});

describe("a restore changes nothing", () => {
  it.each([
    ["of another minor version", {}, { VERSION: "v1.35.9" }, "the backup is of Kubernetes v1.35.9"],
    [
      "onto a cluster with objects",
      { OBJECTS: "pod/web\n" },
      {},
      "the cluster has objects that the backup would replace: pod/web.",
    ],
    ["onto a cluster that may have objects", { API_DOWN: "yes" }, {}, "the API server does not answer"],
    ["without the data disk", { UNMOUNTED: "yes" }, {}, "the control plane's data disk is not mounted"],
    ["without room", { FREE: "1000" }, {}, "the data disk has 0 MiB free, and the restore needs 128 MiB"],
    ["of a damaged snapshot", {}, { SNAPSHOT_SHA256: "0".repeat(64) }, "snapshot.db arrived incomplete"],
    ["with a damaged program", {}, { PROGRAM_SHA256: "0".repeat(64) }, "etcdutl arrived incomplete"],
    ["that etcdutl refuses", { UTL_FAILS: "yes" }, {}, "etcdutl refuses the snapshot"],
    ["with a size that is no number", {}, { SNAPSHOT_SIZE: "1k" }, "SNAPSHOT_SIZE is 1k, expected"],
    ["with a wrong mark", {}, { SECRETS_ENCRYPTED: "" }, "SECRETS_ENCRYPTED is , expected yes or no"],
    ["with a number of files that is no number", {}, { FILES: "x" }, "FILES is x, expected a number of files"],
    ["with a wrong parameter", {}, { EMPTY: "maybe" }, "EMPTY is maybe, expected yes or no"],
  ])("%s", (_, environment, changed, message) => {
    const made = node();
    const { status, stdout, stderr } = restore(made, environment, changed);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`FAILED: ${message}`);
    expect([marker(made), made.read("kubernetes/pki/sa.key")]).toEqual(["own", "own key\n"]);
    expect(made.calls.filter((each) => each.startsWith("systemctl"))).toEqual([]);
  });

  it.each([
    [
      "with a key of the secrets that is no key",
      true,
      "x",
      "the key of the secrets is no key. Fix: npm run backup -- verify",
    ],
    [
      "of encrypted secrets onto a control plane without keys",
      false,
      keysOf("old"),
      "this control plane does not use keys yet. Fix: npm run up",
    ],
  ])("%s", (_, encrypts, keys, message) => {
    const made = encrypts ? encrypting() : node();
    const { status, stderr } = restore(made, {}, { SECRETS_ENCRYPTED: "yes" }, inputOf("old key\n", keys));
    expect([status, marker(made), made.has(keyFile)]).toEqual([1, "own", encrypts]);
    expect(stderr).toContain(message);
    expect(made.calls.filter((each) => each.startsWith("systemctl"))).toEqual([]);
  });

  it("with keys that are no keys", () => {
    const made = node();
    const { status, stderr } = restore(made, {}, {}, inputOf("no key\n"));
    expect([status, marker(made)]).toEqual([1, "own"]);
    expect(stderr).toContain("FAILED: the keys of the service accounts are no keys");
  });
});
