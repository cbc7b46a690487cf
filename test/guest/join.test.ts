import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDeclaration } from "../../image/declaration.ts";
import { joinConfiguration } from "../../kubeadm/join-configuration.ts";
import { TestNode } from "./node.ts";

const programs = `
timeout() { shift; "$@"; }
cloud-init() { :; }
hostname() { echo worker-1; }
systemctl() { note "systemctl $*"; }
systemd-tmpfiles() { note "systemd-tmpfiles $*"; }
ip() { note "ip $*"; }
kubeadm() {
  [[ $1 != join ]] || { cat >"$FOLDER/configuration"; mkdir -p "$FOLDER/kubelet/pki"; echo x >"$FOLDER/kubelet/pki/kubelet-client-current.pem"; }
  note "kubeadm $*"
}
`;
const parameters = {
  NODE_NAME: "worker-1",
  NODE_ADDRESS: "192.168.222.100",
  CLUSTER_NAME: "dev",
  CLUSTER_DOMAIN: "cluster.local",
  POD_CIDR: "10.244.0.0/16",
  SERVICE_CIDR: "10.96.0.0/16",
};
/** Configuration in the program's layout, from which the script reads the token's id. */
const configuration = (token: string) =>
  joinConfiguration({
    name: "worker-1",
    address: "192.168.222.100",
    endpoint: "192.168.222.10:6443",
    token,
    caCertHash: "sha256:00",
    taints: [{ key: "token", value: "cccccc", effect: "NoSchedule" }],
  });

/** Returns a worker with these files. */
function worker(files: readonly string[] = []): TestNode {
  const node = new TestNode(programs);
  node.write("image.json", JSON.stringify({ contract: readDeclaration().contract }));
  node.write("cloud-init/status.json", '{"start": 1}');
  node.write("cloud-init/result.json", "{}");
  for (const file of files) node.write(file, "aaaaaa\n");
  return node;
}
const joinWith = (node: TestNode, token = "bbbbbb.0123456789abcdef") =>
  node.run({ script: "join", parameters }, {}, configuration(token));

const folders = "systemd-tmpfiles --create --prefix /var/lib/kubelet --prefix /etc/kubernetes";
const begun = ["systemctl start --no-block flanneld kube-proxy", "systemctl is-active flanneld kube-proxy"];

describe("a worker", () => {
  it("that never joined gets its folders and joins, and no file is removed", () => {
    const node = worker();
    expect(joinWith(node).status).toBe(0);
    expect(node.calls).toEqual([folders, "kubeadm join --config /dev/stdin", ...begun]);
    expect(node.read("nodeforge/joined")).toBe("bbbbbb\n");
    expect(node.read("configuration")).toBe(configuration("bbbbbb.0123456789abcdef"));
  });

  it("that has joined with this token is not changed", () => {
    const node = worker(["nodeforge/joined", "kubelet/pki/kubelet-client-current.pem", "flannel/subnet.env"]);
    expect(joinWith(node, "aaaaaa.0123456789abcdef").status).toBe(0);
    expect(node.calls).toEqual(begun);
    expect(existsSync(join(node.folder, "flannel"))).toBe(true);
  });

  it("that has joined is not changed when it gets no token", () => {
    const node = worker(["nodeforge/joined", "kubelet/pki/kubelet-client-current.pem"]);
    expect(joinWith(node, "").status).toBe(0);
    expect(node.calls).toEqual(begun);
    expect(node.read("nodeforge/joined")).toBe("aaaaaa\n");
  });

  it("that never joined fails when it gets no token, and its error has the command to run", () => {
    const node = worker();
    const { status, stderr } = joinWith(node, "");
    expect([status, node.calls]).toEqual([1, []]);
    expect(stderr).toContain(
      "FAILED: no token was minted, because a node worker-1 is in the cluster. Fix: kubectl delete node worker-1\n",
    );
  });

  // Files that each case leaves. kubeadm's reset removes only kubelet.conf, bootstrap-kubelet.conf and pki/ca.crt.
  it.each([
    [
      "was reset by hand",
      ["nodeforge/joined", "flannel/subnet.env", "leases/networks/cbr0/10.244.1.2", "cni/10.conflist"],
    ],
    ["was reset by hand, and has only its pod network", ["flannel/subnet.env"]],
    ["has the pods' bridge of an earlier join", ["net/cni0/address"]],
    ["has the pods' addresses of an earlier join", ["leases/networks/cbr0/10.244.1.2"]],
    ["has the pods' network of an earlier join", ["cni/10.conflist"]],
    ["was interrupted in a join", ["bootstrap-kubelet.conf", "pki/ca.crt"]],
    ["was in a cluster", ["kubelet.conf", "pki/ca.crt", "nodeforge/joined"]],
  ])("that %s loses those files before it joins", (_, files) => {
    const node = worker(files);
    expect(joinWith(node).status).toBe(0);
    expect(node.calls).toEqual([
      "systemctl stop flanneld kube-proxy",
      "kubeadm reset --force",
      "ip link delete cni0",
      "systemctl restart containerd",
      folders,
      "kubeadm join --config /dev/stdin",
      ...begun,
    ]);
    for (const removed of ["flannel", "leases/networks", "cni/10.conflist", "pki/ca.crt"])
      expect(existsSync(join(node.folder, removed)), removed).toBe(false);
    expect(node.read("nodeforge/joined")).toBe("bbbbbb\n");
  });
});
