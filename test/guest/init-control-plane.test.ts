import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { initConfiguration } from "../../kubeadm/init-configuration.ts";
import { readDeclaration } from "../../image/declaration.ts";
import { deriveTopology } from "../../topology.ts";
import { configWith } from "../support/settings.ts";
import { kubeletDefaults, TestNode } from "./node.ts";

/** Programs of a control plane. All succeed and note their calls. */
const programs = `
timeout() { shift; "$@"; }
kubeadm() {
  local identity=$FOLDER/kubelet/pki/kubelet-client-current.pem
  case "$*" in
  version*) echo v1.36.3 ;;
  *"kubeconfig all"*) note "kubeadm $*" && { [[ -s $identity ]] || echo created >"$identity"; } ;;
  *) note "kubeadm $*" ;;
  esac
}
cloud-init() { :; }
hostname() { echo master; }
mountpoint() { :; }
systemctl() { [[ "$*" != *SubState* ]] || echo running; note "systemctl $*"; }
kubectl() { [[ $1 != apply ]] || cat >/dev/null; note "kubectl $*"; }
sh() { note "sh \${1##*/}"; [[ -z \${RENEWAL_FAILS-} ]]; }
`;
const config = configWith({});
const given = () =>
  initConfiguration({
    clusterName: config.clusterName,
    node: deriveTopology(config).master,
    network: config.clusterNetwork,
  });

/** Returns a node whose data disk has a cluster with this configuration, or is blank for undefined. */
function nodeWith(configuration: string | undefined): TestNode {
  const node = new TestNode(programs);
  node.write("image.json", JSON.stringify({ contract: readDeclaration().contract }));
  node.write("nodeforge/renew-certificates.sh", "");
  node.write("cloud-init/status.json", '{"start": 1}');
  node.write("cloud-init/result.json", "{}");
  node.write("kubelet/config.d/10-nodeforge.conf", "");
  if (configuration !== undefined) node.write("nodeforge-made", configuration);
  return node;
}

const parameters = {
  NODE_NAME: "master",
  NODE_ADDRESS: "192.168.222.10",
  CLUSTER_NAME: "dev",
  CLUSTER_DOMAIN: "cluster.local",
  POD_CIDR: "10.244.0.0/16",
  SERVICE_CIDR: "10.96.0.0/16",
  IMAGE: "0123456789ab",
  APPROVE_JOINS: "the script's text",
  APPROVE_KUBELETS: "the other script's text",
  SANDBOX: "PrivateTmp=yes\nPrivateDevices=yes",
};

function init(node: TestNode, text = given(), environment: Record<string, string> = {}) {
  // A real kubelet gets its certificate soon after its start.
  if (!existsSync(join(node.folder, "kubelet/pki/kubelet-client-current.pem"))) certificate(node);
  return node.run({ script: "init-control-plane", parameters }, environment, text);
}

/** Creates the kubelet's certificate. */
function certificate(node: TestNode): void {
  const path = "kubelet/pki/kubelet-client-current.pem";
  node.write(path, "");
  const [key, file] = [join(node.folder, "key.pem"), join(node.folder, path)];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=kubelet"];
  execFileSync("openssl", ["req", "-x509", ...kind, "-keyout", key, "-out", file], { stdio: "ignore" });
}

/** kubeadm's configuration of the first release, which the data disk keeps. */
const firstRelease = `{
  "apiVersion": "kubeadm.k8s.io/v1beta4",
  "kind": "InitConfiguration",
  "localAPIEndpoint": {
    "advertiseAddress": "192.168.222.10",
    "bindPort": 6443
  },
  "nodeRegistration": {
    "name": "master",
    "criSocket": "unix:///run/containerd/containerd.sock",
    "kubeletExtraArgs": [
      {
        "name": "node-ip",
        "value": "192.168.222.10"
      }
    ],
    "taints": [
      {
        "key": "node-role.kubernetes.io/control-plane",
        "effect": "NoSchedule"
      }
    ]
  }
}
---
{
  "apiVersion": "kubeadm.k8s.io/v1beta4",
  "kind": "ClusterConfiguration",
  "kubernetesVersion": "@KUBERNETES_VERSION@",
  "clusterName": "dev",
  "controlPlaneEndpoint": "192.168.222.10:6443",
  "networking": {
    "podSubnet": "10.244.0.0/16",
    "serviceSubnet": "10.96.0.0/16",
    "dnsDomain": "cluster.local"
  },
  "apiServer": {
    "certSANs": [
      "master",
      "master.internal"
    ]
  },
  "dns": {
    "disabled": true
  },
  "proxy": {
    "disabled": true
  }
}
---
{
  "apiVersion": "kubelet.config.k8s.io/v1beta1",
  "kind": "KubeletConfiguration",
  "cgroupDriver": "systemd"
}
`;

/** Returns the text with changed documents, formatted as the program does. */
function changed(text: string, change: (documents: Record<string, unknown>[]) => Record<string, unknown>[]): string {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Record<string, unknown>);
  return change(documents)
    .map((document) => `${JSON.stringify(document, null, 2)}\n`)
    .join("---\n");
}

/** Returns the value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe("an existing cluster", () => {
  it("accepts the configuration of the first release, and of this release", () => {
    expect(init(nodeWith(firstRelease), firstRelease)).toMatchObject({ status: 0 });
    const node = nodeWith(firstRelease);
    const { status, stderr } = init(node);
    expect(status, stderr).toBe(0);
    expect(node.read("nodeforge-made")).toBe(given());
  });

  it("accepts further fields, and another order of keys", () => {
    const later = changed(given(), (documents) =>
      documents.map((document) => ({
        ...(reversed(document) as object),
        certificateValidityPeriod: "8760h0m0s",
        etcd: { local: { name: "other", extraArgs: [{ name: "quota-backend-bytes", value: "8" }] } },
      })),
    );
    const { status, stderr } = init(nodeWith(firstRelease), later);
    expect([status, stderr.includes("FAILED")]).toEqual([0, false]);
    expect(init(nodeWith(later), given()).status).toBe(0);
  });

  it.each([
    ["clusterName", { clusterName: "lab" }, "cluster name from dev to lab"],
    [
      "masterAddress",
      { masterAddress: "192.168.222.11" },
      "address of the control plane from 192.168.222.10 to 192.168.222.11; endpoint of the API server from 192.168.222.10:6443 to 192.168.222.11:6443",
    ],
    ["clusterDomain", { clusterDomain: "lab.local" }, "domain of the cluster from cluster.local to lab.local"],
    ["podCidr", { podCidr: "10.245.0.0/16" }, "range of the pods from 10.244.0.0/16 to 10.245.0.0/16"],
    ["serviceCidr", { serviceCidr: "10.97.0.0/16" }, "range of the services from 10.96.0.0/16 to 10.97.0.0/16"],
    [
      "masterName",
      { masterName: "head" },
      "name of the control plane from master to head; name of the API server from master to nothing; name of the API server from master.internal to nothing",
    ],
    ["nodeDomain", { nodeDomain: "lab" }, "name of the API server from master.internal to nothing"],
  ])("refuses another %s, and names the old and the new value", (_, raw, said) => {
    const other = configWith(raw);
    const text = initConfiguration({
      clusterName: other.clusterName,
      node: deriveTopology(other).master,
      network: other.clusterNetwork,
    });
    const node = nodeWith(firstRelease);
    const { status, stderr } = init(node, text);
    expect(status).toBe(1);
    expect(stderr).toContain(
      `FAILED: these values cannot be changed on an existing cluster: ${said}; fix: revert the change, or destroy the cluster and create it again\n`,
    );
    expect(node.calls).toEqual([]);
    expect(node.read("nodeforge-made")).toBe(firstRelease);
  });
});

describe("a blank data disk", () => {
  it("gets a cluster when the stack has created none", () => {
    const node = nodeWith(undefined);
    const { status, stdout } = init(node);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ kubernetesVersion: "v1.36.3" });
    expect(node.read("nodeforge-made")).toBe(given());
  });

  it("is refused when the stack has created the cluster before, and nothing is changed", () => {
    const node = nodeWith(undefined);
    const { status, stderr } = init(node, given(), { REPEATED: "yes" });
    expect(status).toBe(1);
    expect(stderr).toContain("FAILED: the stack has created this cluster before, but its data disk is empty");
    expect(node.calls).toEqual([]);
    expect(existsSync(join(node.folder, "nodeforge-made"))).toBe(false);
  });

  it("is the only disk that is refused: one with the cluster is accepted", () => {
    expect(init(nodeWith(firstRelease), given(), { REPEATED: "yes" }).status).toBe(0);
  });
});

describe("certificates", () => {
  const order = (calls: readonly string[]) =>
    calls.map((call) => call.replace(/ --config .*/, "")).filter((call) => /^sh |phase (certs|kubeconfig)/.test(call));

  it("of an existing cluster are renewed before kubeadm reads them", () => {
    const node = nodeWith(firstRelease);
    expect(init(node).status).toBe(0);
    expect(order(node.calls)).toEqual([
      "sh renew-certificates.sh",
      "kubeadm init phase certs all",
      "kubeadm init phase kubeconfig all",
    ]);
  });

  it("of a new cluster, or on an image without the renewal, are not renewed", () => {
    const fresh = nodeWith(undefined);
    expect(init(fresh).status).toBe(0);
    expect(order(fresh.calls)).toHaveLength(2);
    const earlier = nodeWith(firstRelease);
    execFileSync("rm", [join(earlier.folder, "nodeforge/renew-certificates.sh")]);
    expect(init(earlier).status).toBe(0);
    expect(order(earlier.calls)).toHaveLength(2);
  });

  it("are for root only, as is the kubelet's configuration, and other files keep their modes", () => {
    const node = nodeWith(firstRelease);
    const guarded = ["pki/ca.crt", "pki/etcd/server.crt", "kubelet/config.yaml"];
    for (const file of [...guarded, "pki/sa.pub"]) node.write(file, "");
    expect(init(node).status).toBe(0);
    const mode = (file: string) => statSync(join(node.folder, file)).mode & 0o777;
    expect(guarded.map(mode)).toEqual([0o600, 0o600, 0o600]);
    expect(mode("pki/sa.pub")).toBe(0o644);
  });

  it("fail the step when the renewal fails", () => {
    const { status, stderr } = init(nodeWith(firstRelease), given(), { RENEWAL_FAILS: "yes" });
    expect([status, stderr.includes("FAILED: the certificates could not be renewed")]).toEqual([1, true]);
  });

  it("of the kubelet are recreated after their end, and kept before", () => {
    const kept = nodeWith(firstRelease);
    kept.write("kubelet.conf", "kept");
    expect(init(kept).status).toBe(0);
    expect(kept.read("kubelet.conf")).toBe("kept");

    const node = nodeWith(firstRelease);
    node.write("kubelet.conf", "expired");
    node.write("kubelet/pki/kubelet-client-current.pem", "no certificate");
    const { status, stderr } = init(node);
    expect([status, stderr.includes("the kubelet's certificate has expired: creating another one")]).toEqual([0, true]);
    expect(existsSync(join(node.folder, "kubelet.conf"))).toBe(false);
    expect(node.read("kubelet/pki/kubelet-client-current.pem")).toBe("created\n");
  });
});

describe("a token alone", () => {
  it("gets no certificate: the automatic approval is removed, and the script that approves joins is installed", () => {
    for (const configuration of [undefined, firstRelease]) {
      const node = nodeWith(configuration);
      expect(init(node).status).toBe(0);
      expect(readFileSync(join(node.folder, "nodeforge-approve-joins"), "utf8")).toBe("the script's text\n");
      const deleted = node.calls.filter((call) => call.includes("node-autoapprove-bootstrap"));
      expect(deleted).toEqual([
        "kubectl delete clusterrolebinding kubeadm:node-autoapprove-bootstrap --ignore-not-found",
      ]);
    }
  });

  it("gets one while a join is expected: systemd watches the list on the data disk, also after a reboot", () => {
    const node = nodeWith(undefined);
    expect(init(node).status).toBe(0);
    const unit = (file: string) => node.read(`system.control/${file}`).split("\n");
    const list = join(node.folder, "nodeforge-joins");
    expect(statSync(list).mode & 0o777).toBe(0o700);
    expect(unit("nodeforge-approve-joins.path")).toEqual(
      expect.arrayContaining([`DirectoryNotEmpty=${list}`, "DefaultDependencies=no", "After=machine.service"]),
    );
    expect(unit("multi-user.target.wants/nodeforge-approve-joins.path")).toEqual(unit("nodeforge-approve-joins.path"));
    const service = unit("nodeforge-approve-joins.service");
    expect(service).toEqual(expect.arrayContaining(["Type=exec", "StartLimitIntervalSec=0", `ReadWritePaths=${list}`]));
    expect(service).toEqual(expect.arrayContaining(["PrivateTmp=yes", "PrivateDevices=yes"]));
    expect(service.filter((line) => /^ExecStart=\/\S*bash \S*nodeforge-approve-joins$/.test(line))).toHaveLength(1);
    expect(existsSync(join(node.folder, "system.control/timers.target.wants/nodeforge-approve-joins.path"))).toBe(
      false,
    );
  });

  it("keeps the list of expected workers in a second run", () => {
    const node = nodeWith(firstRelease);
    node.write("nodeforge-joins/abcdef", "worker-1 1\n");
    expect(init(node).status).toBe(0);
    expect(node.read("nodeforge-joins/abcdef")).toBe("worker-1 1\n");
  });
});

describe("the serving certificates of kubelets", () => {
  const unit = (kind: string) => `system.control/nodeforge-approve-kubelets.${kind}`;
  const ofUnit = (calls: readonly string[]) => calls.filter((call) => /approve-kubelets|daemon-reload/.test(call));

  it("are approved by a timer that a reboot starts again, whether or not the image is of this release", () => {
    for (const configuration of [undefined, firstRelease]) {
      const node = nodeWith(configuration);
      expect(init(node).status).toBe(0);
      expect(node.read("nodeforge-approve-kubelets")).toBe("the other script's text\n");
      const service = node.read(unit("service")).split("\n");
      expect(service).toContain(
        "ConditionPathExists=/etc/nodeforge/control-plane".replace("/etc/nodeforge", `${node.folder}/nodeforge`),
      );
      expect(service.filter((line) => /^ExecStart=\/\S*bash \S*nodeforge-approve-kubelets$/.test(line))).toHaveLength(
        1,
      );
      const home = "/var/cache/nodeforge-approve-kubelets";
      expect(
        service.filter((line) => line.startsWith('Environment="PATH=/') && line.endsWith(`" HOME=${home}`)),
      ).toHaveLength(1);
      const restricted = [
        "CacheDirectory=nodeforge-approve-kubelets",
        "ReadWritePaths=/run",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
      ];
      expect(service).toEqual(expect.arrayContaining(restricted));
      // A kubelet asks again after 15 minutes.
      expect(node.read(unit("timer"))).toContain("[Timer]\nOnCalendar=*:0/10\nRandomizedDelaySec=2min\n");
      const link = join(node.folder, "system.control/timers.target.wants/nodeforge-approve-kubelets.timer");
      expect(readFileSync(link, "utf8")).toBe(node.read(unit("timer")));
      expect(ofUnit(node.calls)).toEqual([
        "systemctl daemon-reload",
        "systemctl start nodeforge-approve-joins.path nodeforge-approve-kubelets.timer",
        "systemctl start --no-block nodeforge-approve-kubelets",
      ]);
    }
  });

  it("are approved by the same timer after a second run", () => {
    const node = nodeWith(firstRelease);
    expect(init(node).status).toBe(0);
    const before = node.calls.length;
    expect(init(node).status).toBe(0);
    expect(ofUnit(node.calls.slice(before))).toEqual([
      "systemctl daemon-reload",
      "systemctl start nodeforge-approve-joins.path nodeforge-approve-kubelets.timer",
      "systemctl start --no-block nodeforge-approve-kubelets",
    ]);
  });

  it("are permitted for the control plane, beside the workers that the data disk knows", () => {
    const node = nodeWith(firstRelease);
    node.write("nodeforge-kubelets", "master 192.168.222.9\nworker-1 192.168.222.100\n");
    expect(init(node).status).toBe(0);
    expect(node.read("nodeforge-kubelets")).toBe("worker-1 192.168.222.100\nmaster 192.168.222.10\n");
  });

  it("reach the kubelet of a living control plane by one restart", () => {
    const node = nodeWith(firstRelease);
    node.write("nodeforge/joined", "control-plane");
    node.write(kubeletDefaults.path, kubeletDefaults.text.replace(',"serverTLSBootstrap":true', ""));
    node.write("tcp/127.0.0.1/10248", `${" ".repeat(26)}HTTP/1.0 200 OK\r\n`.repeat(20));
    const { status, stderr } = init(node);
    expect(status, stderr).toBe(0);
    expect(node.calls.filter((call) => call === "systemctl restart kubelet")).toHaveLength(1);
    expect(node.read(kubeletDefaults.path)).toBe(kubeletDefaults.text);
  });
});
