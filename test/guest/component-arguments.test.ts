import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { argumentLines } from "../../guest/component-arguments.ts";
import { readDeclaration } from "../../image/declaration.ts";
import { initConfiguration } from "../../kubeadm/init-configuration.ts";
import { deriveTopology } from "../../topology.ts";
import { configWith } from "../support/settings.ts";
import { TestNode } from "./node.ts";

describe("the arguments of the units", () => {
  const linesOf = (controlPlaneArguments: object, featureGates: object = {}) =>
    argumentLines(
      configWith({
        controlPlaneArguments: JSON.stringify(controlPlaneArguments),
        featureGates: JSON.stringify(featureGates),
      }),
    );

  it("are none without settings", () => {
    expect(linesOf({})).toBe("");
    expect(linesOf({ scheduler: {} })).toBe("");
  });

  it("have the units' names and one order, and every unit but etcd has the feature gates", () => {
    const text = [
      'etcd "--quota-backend-bytes=8589934592"',
      'kube-apiserver "--feature-gates=A=false,B=true"',
      'kube-apiserver "--max-requests-inflight=3000"',
      'kube-apiserver "--v=2"',
      'kube-controller-manager "--feature-gates=A=false,B=true"',
      'kube-scheduler "--feature-gates=A=false,B=true"',
    ].join("\n");
    const etcd = { "quota-backend-bytes": "8589934592" };
    const [v, most] = [{ v: 2 }, { "max-requests-inflight": "3000" }];
    expect(linesOf({ apiServer: { ...v, ...most }, etcd }, { B: true, A: false })).toBe(text);
    expect(linesOf({ etcd, apiServer: { ...most, ...v } }, { A: false, B: true })).toBe(text);
  });

  it("reach a program unchanged: systemd replaces none of their characters", () => {
    expect(linesOf({ scheduler: { "log-dir": 'a b "c" 50% $HOME \\n' } })).toBe(
      String.raw`kube-scheduler "--log-dir=a b \"c\" 50%% $$HOME \\n"`,
    );
  });
});

/**
 * Programs of a control plane. A unit runs unless a word of BROKEN is in its drop-in, like a program with a wrong argument. It is
 * then found between two restarts. The unit SILENT does not answer.
 */
const programs = String.raw`
timeout() { shift; "$@"; }
kubeadm() { [[ $1 != version ]] || echo v1.36.3; }
cloud-init() { :; }
hostname() { echo master; }
mountpoint() { :; }
kubectl() { [[ $1 != apply ]] || cat >/dev/null; }
sh() { :; }
openssl() {
  cat >/dev/null
  case "$*" in
  *s_client*"127.0.0.1:$SILENT") echo "HTTP/1.0 500 Internal Server Error" ;;
  *s_client*) echo "HTTP/1.0 200 OK" ;;
  esac
}
journalctl() { note "journalctl $*"; echo "Error: a wrong argument"; }
systemctl() {
  local unit=${"${@: -1}"} word
  case "$*" in
  *FragmentPath*) echo "$FOLDER/units/$unit" ;;
  *SubState*)
    for word in $BROKEN; do
      ! grep -q -e "$word" "$FOLDER/system.control/$unit.service.d/10-nodeforge.conf" 2>/dev/null || { echo auto-restart && return; }
    done
    echo running ;;
  *) note "systemctl $*" ;;
  esac
}
`;

const units = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
const dropIn = (unit: string) => `system.control/${unit}.service.d/10-nodeforge.conf`;

/** Returns a control plane with this data disk, which has a cluster. */
function controlPlane(): TestNode {
  const node = new TestNode(programs);
  node.write("image.json", JSON.stringify({ contract: readDeclaration().contract }));
  node.write("cloud-init/status.json", '{"start": 1}');
  node.write("nodeforge/joined", "control-plane");
  node.write("kubelet/pki/kubelet-client-current.pem", "x");
  for (const unit of units) node.write(`units/${unit}`, `[Service]\nExecStart=${unit} --name=\${NODE_NAME}\n`);
  return node;
}

/** Runs the script with these arguments of the units, and returns the outcome with the calls of this run. */
function initWith(node: TestNode, lines: readonly string[], { broken = "", silent = "none", kubelet = "" } = {}) {
  const config = configWith({});
  const parameters = {
    ...{ NODE_NAME: "master", NODE_ADDRESS: "192.168.222.10", CLUSTER_NAME: "dev", CLUSTER_DOMAIN: "cluster.local" },
    ...{ POD_CIDR: "10.244.0.0/16", SERVICE_CIDR: "10.96.0.0/16", IMAGE: "0123456789ab", APPROVE_JOINS: "text" },
    ...(kubelet === "" ? {} : { KUBELET: kubelet }),
    ...(lines.length === 0 ? {} : { ARGUMENTS: lines.join("\n"), RESTART_TIMEOUT_SECONDS: 1 }),
  };
  const { clusterName, clusterNetwork: network } = config;
  const text = initConfiguration({ clusterName, node: deriveTopology(config).master, network });
  const before = node.calls.length;
  const outcome = node.run({ script: "init-control-plane", parameters }, { BROKEN: broken, SILENT: silent }, text);
  const changes = node.calls.slice(before).filter((call) => /restart|stop|start etcd|journalctl/.test(call));
  return { ...outcome, changes };
}

const startAll = `systemctl start ${units.join(" ")}`;
const qps = 'kube-controller-manager "--kube-api-qps=500"';
const inflight = 'kube-apiserver "--max-requests-inflight=3000"';

describe("a control plane", () => {
  it("without arguments restarts nothing and has no drop-in", () => {
    const node = controlPlane();
    const { status, stderr, changes } = initWith(node, []);
    expect([status, changes], stderr).toEqual([0, [startAll]]);
    expect(existsSync(join(node.folder, "system.control"))).toBe(false);
    expect(existsSync(join(node.folder, "nodeforge-arguments"))).toBe(false);
  });

  it("restarts just the unit with other arguments, and adds them to the image's command", () => {
    const node = controlPlane();
    const { status, stderr, changes } = initWith(node, [qps]);
    expect(status, stderr).toBe(0);
    expect(changes).toEqual([
      "systemctl start etcd kube-apiserver",
      "systemctl restart kube-controller-manager",
      startAll,
    ]);
    expect(node.read(dropIn("kube-controller-manager"))).toBe(
      '[Service]\nExecStart=\nExecStart=kube-controller-manager --name=${NODE_NAME} "--kube-api-qps=500"\n',
    );
    expect(existsSync(join(node.folder, dropIn("kube-apiserver")))).toBe(false);

    expect(initWith(node, [qps]).changes).toEqual([startAll]);
    expect(initWith(node, [inflight, qps]).changes).toEqual([
      "systemctl start etcd",
      "systemctl restart kube-apiserver",
      startAll,
    ]);
  });

  it("removes arguments that the stack no longer has", () => {
    const node = controlPlane();
    expect(initWith(node, [qps]).status).toBe(0);
    const { status, changes } = initWith(node, []);
    expect(status).toBe(0);
    expect(changes).toContain("systemctl restart kube-controller-manager");
    expect(existsSync(join(node.folder, dropIn("kube-controller-manager")))).toBe(false);
    expect(existsSync(join(node.folder, "nodeforge-arguments/kube-controller-manager"))).toBe(false);
    expect(initWith(node, []).changes).toEqual([startAll]);
  });

  it("on a new root disk, or with another command of the image, has its arguments again", () => {
    const node = controlPlane();
    expect(initWith(node, [qps]).status).toBe(0);
    node.write("units/kube-controller-manager", "[Service]\nExecStart=/other/kube-controller-manager\n");
    expect(initWith(node, [qps]).changes).toContain("systemctl restart kube-controller-manager");
    expect(node.read(dropIn("kube-controller-manager"))).toContain(
      'ExecStart=/other/kube-controller-manager "--kube-api-qps=500"\n',
    );
  });

  it("gives a unit that ends its former arguments back, and names the new ones and the last lines", () => {
    const node = controlPlane();
    expect(initWith(node, [qps]).status).toBe(0);
    const former = node.read(dropIn("kube-controller-manager"));
    const wrong = 'kube-controller-manager "--kube-api-typo=1"';
    const { status, stderr, changes } = initWith(node, [qps, wrong], { broken: "typo" });
    expect(status).toBe(1);
    expect(stderr).toContain(
      'FAILED: kube-controller-manager does not run with "--kube-api-typo=1", and runs again as before. Fix: correct controlPlaneArguments or featureGates, and run up again. Its last lines:\nError: a wrong argument\n',
    );
    expect(changes).toEqual([
      "systemctl start etcd kube-apiserver",
      "systemctl restart kube-controller-manager",
      "systemctl stop kube-controller-manager",
      "journalctl --unit kube-controller-manager --lines 12 --output cat --no-pager",
      "systemctl restart kube-controller-manager",
    ]);
    expect(node.read(dropIn("kube-controller-manager"))).toBe(former);
    // The next run tries the stack's arguments again, and succeeds with the former ones.
    expect(initWith(node, [qps, wrong], { broken: "typo" }).status).toBe(1);
    expect(initWith(node, [qps]).changes).toEqual([startAll]);
  });

  it("gives a unit back what it had when it runs and does not answer, and says if that does not help", () => {
    const { status, stderr } = initWith(controlPlane(), [qps], { silent: "10257" });
    expect(status).toBe(1);
    expect(stderr).toContain("and does not run with its former arguments either. Fix:");
    expect(initWith(controlPlane(), [qps], { silent: "10259" }).status).toBe(0);
  });

  it("keeps the arguments of the units before the one that fails", () => {
    const node = controlPlane();
    expect(initWith(node, [inflight, qps], { broken: "qps" }).status).toBe(1);
    expect(node.read("nodeforge-arguments/kube-apiserver")).toBe('"--max-requests-inflight=3000"\n');
    expect(existsSync(join(node.folder, "nodeforge-arguments/kube-controller-manager"))).toBe(false);
    expect(existsSync(join(node.folder, dropIn("kube-controller-manager")))).toBe(false);
  });

  it("restarts its kubelet with other feature gates, once", () => {
    const node = controlPlane();
    // The request overwrites the first 26 bytes, and the script reads the rest.
    node.write("tcp/127.0.0.1/10248", `${" ".repeat(26)}HTTP/1.0 200 OK\r\n`);
    node.write("kubelet/config.d/10-nodeforge.conf", "");
    const kubelet = '{"featureGates":{"A":true}}';
    const { status, stderr, changes } = initWith(node, [], { kubelet });
    expect([status, changes], stderr).toEqual([0, [startAll, "systemctl restart kubelet"]]);
    expect(node.read("kubelet/config.d/60-nodeforge.conf")).toBe(`${kubelet}\n`);
    expect(initWith(node, [], { kubelet }).changes).toEqual([startAll]);
    expect(initWith(node, []).changes).toEqual([startAll, "systemctl restart kubelet"]);
    expect(existsSync(join(node.folder, "kubelet/config.d/60-nodeforge.conf"))).toBe(false);
  });

  it("starts its kubelet with the feature gates when it is new", () => {
    const node = controlPlane();
    rmSync(join(node.folder, "nodeforge/joined"));
    node.write("tcp/127.0.0.1/10248", `${" ".repeat(26)}HTTP/1.0 200 OK\r\n`);
    node.write("kubelet/config.d/10-nodeforge.conf", "");
    const { status, stderr, changes } = initWith(node, [], { kubelet: "{}" });
    expect([status, changes], stderr).toEqual([0, [startAll]]);
    expect(node.read("nodeforge/kubelet-settings.json")).toBe("{}\n");
  });

  it("refuses a unit without a command", () => {
    const node = controlPlane();
    node.write("units/kube-scheduler", "[Service]\n");
    const { status, stderr } = initWith(node, ['kube-scheduler "--v=4"']);
    expect([status, stderr.includes("FAILED: the unit kube-scheduler has no command")]).toEqual([1, true]);
  });
});
