import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { argumentLines, auditFile, settingsParameters } from "../../guest/component-arguments.ts";
import { readDeclaration } from "../../image/declaration.ts";
import { initConfiguration } from "../../kubeadm/init-configuration.ts";
import { deriveTopology } from "../../topology.ts";
import { temporaryFolder } from "../support/folder.ts";
import { configWith } from "../support/settings.ts";
import { kubeletDefaults, TestNode } from "./node.ts";

/** Lines of every control plane, which test/guest/hardening.test.ts fixes. */
const ofEvery = new Set(argumentLines(configWith({})).split("\n"));
const withoutThose = (text: string) => text.split("\n").filter((line) => !ofEvery.has(line));

describe("the arguments of the units", () => {
  const linesOf = (controlPlaneArguments: object, featureGates: object = {}) =>
    argumentLines(
      configWith({
        controlPlaneArguments: JSON.stringify(controlPlaneArguments),
        featureGates: JSON.stringify(featureGates),
      }),
    );

  it("are those of every control plane without settings", () => {
    expect(withoutThose(linesOf({}))).toEqual([]);
    expect(linesOf({ scheduler: {} })).toBe(linesOf({}));
  });

  it("have the units' names and one order, and every unit but etcd has the feature gates", () => {
    const text = [
      'etcd "--quota-backend-bytes=8589934592"',
      'kube-apiserver "--feature-gates=A=false,B=true"',
      'kube-apiserver "--max-requests-inflight=3000"',
      'kube-apiserver "--v=2"',
      'kube-controller-manager "--feature-gates=A=false,B=true"',
      'kube-scheduler "--feature-gates=A=false,B=true"',
    ];
    const etcd = { "quota-backend-bytes": "8589934592" };
    const [v, most] = [{ v: 2 }, { "max-requests-inflight": "3000" }];
    const lines = linesOf({ apiServer: { ...v, ...most }, etcd }, { B: true, A: false });
    expect(withoutThose(lines)).toEqual(text);
    expect(linesOf({ etcd, apiServer: { ...most, ...v } }, { A: false, B: true })).toBe(lines);
  });

  it("reach a program unchanged: systemd replaces none of their characters", () => {
    expect(withoutThose(linesOf({ scheduler: { "log-dir": 'a b "c" 50% $HOME \\n' } }))).toEqual([
      String.raw`kube-scheduler "--log-dir=a b \"c\" 50%% $$HOME \\n"`,
    ]);
  });
});

describe("the arguments of metrics and of the audit log", () => {
  const linesOf = (raw: Record<string, string>) => withoutThose(argumentLines(configWith(raw)));

  it("open the authenticated ports on the node's address, and keep loopback", () => {
    const serving = (unit: string) => [
      `${unit} "--bind-address=0.0.0.0"`,
      `${unit} "--tls-cert-file=/etc/kubernetes/pki/apiserver.crt"`,
      `${unit} "--tls-private-key-file=/etc/kubernetes/pki/apiserver.key"`,
    ];
    expect(linesOf({ componentMetrics: '["scheduler","etcd","controllerManager"]' })).toEqual([
      'etcd "--listen-metrics-urls=http://127.0.0.1:2381,https://${NODE_ADDRESS}:2381"',
      ...serving("kube-controller-manager"),
      ...serving("kube-scheduler"),
    ]);
    expect(linesOf({ componentMetrics: '["scheduler"]' })).toEqual(serving("kube-scheduler"));
  });

  it("open no port of another component, and no unauthenticated one", () => {
    const text = linesOf({ componentMetrics: '["scheduler","etcd","controllerManager"]' }).join("\n");
    expect(text).not.toMatch(/kube-apiserver|kube-proxy|http:\/\/(?!127\.0\.0\.1)|:2379|0\.0\.0\.0:/);
  });

  it("of the audit log name a file of the policy's text, and limit the log", () => {
    const lines = linesOf({ auditPolicy: "default", featureGates: '{"A":true}' });
    const policy = configWith({ auditPolicy: "default" }).auditPolicy ?? "";
    expect(lines).toEqual([
      'kube-apiserver "--audit-log-maxage=30"',
      'kube-apiserver "--audit-log-maxbackup=5"',
      'kube-apiserver "--audit-log-maxsize=50"',
      'kube-apiserver "--audit-log-path=/var/log/kubernetes/audit.log"',
      `kube-apiserver "--audit-policy-file=${auditFile(policy)}"`,
      'kube-apiserver "--feature-gates=A=true"',
      'kube-controller-manager "--feature-gates=A=true"',
      'kube-scheduler "--feature-gates=A=true"',
    ]);
    expect(auditFile(policy)).not.toBe(auditFile(`${policy} `));
  });
});

/**
 * Programs of a control plane. A unit runs unless a word of BROKEN is in its drop-in, like a program with a wrong argument. It is
 * then found between two restarts. The unit SILENT does not answer. systemd cannot restart the unit REFUSED.
 */
const programs = String.raw`
timeout() { shift; "$@"; }
kubeadm() { [[ $1 != version ]] || echo v1.36.3; }
cloud-init() { :; }
hostname() { echo master; }
mountpoint() { :; }
kubectl() {
  [[ "$*" != *apply* ]] || cat >/dev/null
  [[ "$*" != *secret* || "$*" == *bootstrap* ]] || note "kubectl $*"
}
nft() { note "nft $*"; }
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
  *) note "systemctl $*" && [[ "$*" != "restart $REFUSED" ]] ;;
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
  node.write(kubeletDefaults.path, kubeletDefaults.text);
  node.write("kubelet/pki/kubelet-client-current.pem", "x");
  node.write("units/firewall-control-plane", "[Service]\nExecStart=nft --file /etc/a.nft\n");
  for (const unit of units) node.write(`units/${unit}`, `[Service]\nExecStart=${unit} --name=\${NODE_NAME}\n`);
  return node;
}

/** Runs the script with these arguments of the units, and returns the outcome with the calls of this run. */
function initWith(
  node: TestNode,
  lines: readonly string[],
  { broken = "", silent = "none", kubelet = "", refused = "none", more = {} } = {},
) {
  const config = configWith({});
  const parameters = {
    ...{ NODE_NAME: "master", NODE_ADDRESS: "192.168.222.10", CLUSTER_NAME: "dev", CLUSTER_DOMAIN: "cluster.local" },
    ...{ POD_CIDR: "10.244.0.0/16", SERVICE_CIDR: "10.96.0.0/16", IMAGE: "0123456789ab", APPROVE_JOINS: "text" },
    ...{ APPROVE_KUBELETS: "text", SANDBOX: "PrivateTmp=yes" },
    ...(kubelet === "" ? {} : { KUBELET: kubelet }),
    ...more,
    ...(lines.length === 0 ? {} : { ARGUMENTS: lines.join("\n"), RESTART_TIMEOUT_SECONDS: 30 }),
  };
  const { clusterName, clusterNetwork: network } = config;
  const text = initConfiguration({ clusterName, node: deriveTopology(config).master, network });
  const before = node.calls.length;
  const outcome = node.run(
    { script: "init-control-plane", parameters },
    { BROKEN: broken, SILENT: silent, REFUSED: refused },
    text,
  );
  const changes = node.calls
    .slice(before)
    .filter((call) => /restart|stop|start etcd|journalctl|nft|kubectl/.test(call));
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
    for (const unit of units) expect(existsSync(join(node.folder, dropIn(unit)))).toBe(false);
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
      'FAILED: kube-controller-manager does not run with "--kube-api-typo=1", and runs again as before. Fix: correct controlPlaneArguments, featureGates, auditPolicy or componentMetrics, and run up again. Its last lines:\nError: a wrong argument\n',
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

/** Returns a control plane with the settings of every one. */
function hardenedControlPlane(): TestNode {
  const node = controlPlane();
  const { status, stderr } = initWithSettings(node, {});
  expect(status, stderr).toBe(0);
  return node;
}

/** Runs the script with an audit policy and metrics as the stack's program does. */
function initWithSettings(node: TestNode, raw: Record<string, string>, options: Parameters<typeof initWith>[2] = {}) {
  const config = configWith(raw);
  const lines = argumentLines(config).split("\n").filter(Boolean);
  return initWith(node, lines, { ...options, more: settingsParameters(config) });
}

/** Returns a policy file with this level. */
function policyFile(level: string): string {
  const path = join(temporaryFolder(), "policy.yaml");
  writeFileSync(path, `{ apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{ level: ${level} }] }`);
  return path;
}

const policies = (node: TestNode) => readdirSync(node.folder).filter((file) => file.startsWith("nodeforge-audit"));
const nameOf = (policy: string) => basename(auditFile(configWith({ auditPolicy: policy }).auditPolicy ?? ""));

describe("an audit policy", () => {
  it("is a file of the control plane, whose API server restarts once", () => {
    const node = hardenedControlPlane();
    const { status, stderr, changes } = initWithSettings(node, { auditPolicy: "default" });
    expect(status, stderr).toBe(0);
    expect(changes).toEqual(["systemctl start etcd", "systemctl restart kube-apiserver", startAll]);
    expect(policies(node)).toEqual([nameOf("default")]);
    expect(JSON.parse(node.read(nameOf("default")))).toMatchObject({ kind: "Policy", apiVersion: "audit.k8s.io/v1" });
    expect(node.read(dropIn("kube-apiserver"))).toContain(`"--audit-policy-file=${node.folder}/${nameOf("default")}"`);
    expect(statSync(join(node.folder, nameOf("default"))).mode & 0o777).toBe(0o600);
    expect(initWithSettings(node, { auditPolicy: "default" }).changes).toEqual([startAll]);
  });

  it("restarts the API server when it changes, and the former file is removed", () => {
    const node = hardenedControlPlane();
    const [one, other] = [policyFile("Metadata"), policyFile("Request")];
    expect(initWithSettings(node, { auditPolicy: one }).status).toBe(0);
    expect(initWithSettings(node, { auditPolicy: other }).changes).toContain("systemctl restart kube-apiserver");
    expect(policies(node)).toEqual([nameOf(other)]);
  });

  it("with which the API server does not run is replaced by the former one", () => {
    const node = hardenedControlPlane();
    const [one, other] = [policyFile("Metadata"), policyFile("Request")];
    expect(initWithSettings(node, { auditPolicy: one }).status).toBe(0);
    const former = node.read(dropIn("kube-apiserver"));
    const { status, stderr } = initWithSettings(node, { auditPolicy: other }, { broken: nameOf(other) });
    expect(status).toBe(1);
    expect(stderr).toContain("and runs again as before. Fix: correct controlPlaneArguments, featureGates, auditPolicy");
    expect(node.read(dropIn("kube-apiserver"))).toBe(former);
    expect(policies(node)).toContain(nameOf(one));
    expect(initWithSettings(node, { auditPolicy: one }).status).toBe(0);
    expect(policies(node)).toEqual([nameOf(one)]);
  });

  it("is removed with its key", () => {
    const node = hardenedControlPlane();
    expect(initWithSettings(node, { auditPolicy: "default" }).status).toBe(0);
    expect(initWithSettings(node, {}).changes).toContain("systemctl restart kube-apiserver");
    expect(policies(node)).toEqual([]);
    expect(node.read(dropIn("kube-apiserver"))).not.toContain("audit");
  });
});

const firewall = "system.control/firewall-control-plane.service.d/10-nodeforge.conf";
const withMetrics = (...names: readonly string[]) => ({ componentMetrics: JSON.stringify(names) });
const closing = (ports: string) => {
  const element = `element inet nodeforge control_plane { ${ports} }`;
  return `nft add ${element}; delete ${element}`;
};

describe("the metrics of components", () => {
  it("are behind a closed port until the units run, and each boot opens the port", () => {
    const node = hardenedControlPlane();
    const { status, stderr, changes } = initWithSettings(node, withMetrics("scheduler", "controllerManager"));
    expect(status, stderr).toBe(0);
    expect(changes.slice(-3)).toEqual([
      "systemctl restart kube-scheduler",
      startAll,
      "systemctl restart firewall-control-plane",
    ]);
    expect(node.read(firewall)).toBe(
      "[Service]\nExecStart=nft add element inet nodeforge control_plane { 10257,10259 }\n",
    );
    expect(initWithSettings(node, withMetrics("scheduler", "controllerManager")).changes).toEqual([startAll]);
  });

  it("of etcd come with a secret that has a certificate for them", () => {
    const node = hardenedControlPlane();
    const { changes } = initWithSettings(node, withMetrics("etcd"));
    const calls = changes.filter((call) => call.startsWith("kubectl"));
    expect(calls).toHaveLength(1);
    expect(calls[0]).toContain(
      "create secret generic nodeforge-etcd-metrics --type kubernetes.io/tls --dry-run=client",
    );
    expect(calls[0]).toContain("--from-file tls.crt=/etc/kubernetes/pki/etcd/healthcheck-client.crt");
    expect(node.read(dropIn("etcd"))).toContain("https://${NODE_ADDRESS}:2381");
  });

  it("are closed first when the key is removed, and etcd's secret is deleted once", () => {
    const node = hardenedControlPlane();
    expect(initWithSettings(node, withMetrics("etcd", "scheduler")).status).toBe(0);
    const { status, stderr, changes } = initWithSettings(node, {});
    expect(status, stderr).toBe(0);
    expect(changes).toEqual([
      closing("2381,10259"),
      "systemctl restart etcd",
      "systemctl start etcd kube-apiserver kube-controller-manager",
      "systemctl restart kube-scheduler",
      startAll,
      "kubectl -n kube-system delete secret nodeforge-etcd-metrics --ignore-not-found",
    ]);
    expect(existsSync(join(node.folder, firewall))).toBe(false);
    expect(initWithSettings(node, {}).changes).toEqual([startAll]);
  });

  it("of fewer components close the former ports before they open the others", () => {
    const node = hardenedControlPlane();
    expect(initWithSettings(node, withMetrics("etcd", "scheduler")).status).toBe(0);
    const { changes } = initWithSettings(node, withMetrics("scheduler"));
    expect(changes[0]).toBe(closing("2381,10259"));
    expect(node.read(firewall)).toContain("{ 10259 }");
  });

  it("stay behind a closed port when a component does not run with them", () => {
    const node = hardenedControlPlane();
    expect(initWithSettings(node, withMetrics("scheduler"), { broken: "bind-address" }).status).toBe(1);
    expect(existsSync(join(node.folder, firewall))).toBe(false);
    expect(node.read(dropIn("kube-scheduler"))).not.toContain("bind-address");
  });

  it("are refused when the packet filter refuses the port, and the drop-in is removed", () => {
    const node = hardenedControlPlane();
    const { status, stderr } = initWithSettings(node, withMetrics("scheduler"), { refused: "firewall-control-plane" });
    expect(status).toBe(1);
    expect(stderr).toContain("FAILED: the packet filter does not open the ports 10259. Fix: correct componentMetrics");
    expect(existsSync(join(node.folder, firewall))).toBe(false);
  });
});
