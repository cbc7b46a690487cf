import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { argumentLines, settingsParameters } from "../../guest/component-arguments.ts";
import { readDeclaration } from "../../image/declaration.ts";
import { initConfiguration } from "../../kubeadm/init-configuration.ts";
import { deriveTopology } from "../../topology.ts";
import { configWith } from "../support/settings.ts";
import { kubeletDefaults, TestNode } from "./node.ts";

const argumentsOf = (apiServer: object = {}) =>
  configWith({ controlPlaneArguments: JSON.stringify({ apiServer, scheduler: {} }) });
const filesOf = (apiServer: object = {}) =>
  (settingsParameters(argumentsOf(apiServer)).FILES ?? "")
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const at = line.indexOf(" ");
      return { path: line.slice(0, at), content: JSON.parse(line.slice(at)) as Record<string, unknown> };
    });

describe("every control plane", () => {
  it("has profiling off, and files that narrow anonymous access, warn of pods and encrypt secrets, and verifies kubelets", () => {
    const [authentication, admission] = filesOf();
    expect(argumentLines(argumentsOf()).split("\n")).toEqual([
      `kube-apiserver "--admission-control-config-file=${admission?.path}"`,
      `kube-apiserver "--authentication-config=${authentication?.path}"`,
      'kube-apiserver "--encryption-provider-config=/etc/kubernetes/nodeforge-encryption.json"',
      'kube-apiserver "--kubelet-certificate-authority=/etc/kubernetes/pki/ca.crt"',
      'kube-apiserver "--profiling=false"',
      'kube-controller-manager "--profiling=false"',
      'kube-scheduler "--profiling=false"',
    ]);
    expect(filesOf()).toHaveLength(2);
  });

  it("answers an anonymous client only at the probes and the discovery of a join", () => {
    expect(filesOf()[0]?.content).toEqual({
      ...{ apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration" },
      anonymous: {
        enabled: true,
        conditions: ["/readyz", "/livez", "/healthz", "/api/v1/namespaces/kube-public/configmaps/cluster-info"].map(
          (path) => ({ path }),
        ),
      },
    });
  });

  it("warns of pods beyond the level baseline, and refuses none", () => {
    const [plugin] = (filesOf()[1]?.content.plugins ?? []) as { configuration: { defaults: object } }[];
    expect(plugin?.configuration.defaults).toMatchObject({
      enforce: "privileged",
      warn: "baseline",
      audit: "baseline",
    });
  });

  it("keeps an argument of the stack, without the file that it replaces", () => {
    const given = { profiling: true, "admission-control-config-file": "/etc/own.yaml" };
    const lines = argumentLines(argumentsOf(given));
    expect(lines).toContain('kube-apiserver "--profiling=true"');
    expect(lines).not.toContain('kube-apiserver "--profiling=false"');
    expect(lines).toContain('kube-apiserver "--admission-control-config-file=/etc/own.yaml"');
    expect(filesOf(given).map(({ content }) => content.kind)).toEqual(["AuthenticationConfiguration"]);
  });

  it("with OpenID Connect keeps its flags, beside which the API server refuses the file", () => {
    const given = { "oidc-issuer-url": "https://issuer.example", "oidc-client-id": "x" };
    expect(argumentLines(argumentsOf(given))).not.toContain("authentication-config");
    expect(filesOf(given).map(({ content }) => content.kind)).toEqual(["AdmissionConfiguration"]);
  });

  it("names the units that have no argument of the stack", () => {
    expect(settingsParameters(argumentsOf()).PROVEN).toBe("etcd kube-apiserver kube-controller-manager kube-scheduler");
    expect(settingsParameters(argumentsOf({ v: 2 })).PROVEN).toBe("etcd kube-controller-manager kube-scheduler");
    expect(settingsParameters(configWith({ featureGates: '{"A":true}' })).PROVEN).toBe("etcd");
    expect(settingsParameters(configWith({ componentMetrics: '["etcd"]' })).PROVEN).not.toContain("etcd");
    expect(settingsParameters(configWith({ auditPolicy: "default" })).PROVEN).not.toContain("kube-apiserver");
  });
});

/**
 * Programs of a control plane. The restart number BROKEN of the API server fails. The first KEPT times, a secret cannot be written.
 * Each start of the API server notes which provider of its keys is the first.
 */
const programs = String.raw`
timeout() { shift; "$@"; }
kubeadm() { case "$1 $*" in version*) echo v1.36.3 ;; *kubeconfig*) touch "$FOLDER/super-admin.conf" ;; esac; }
cloud-init() { :; }
hostname() { echo master; }
mountpoint() { :; }
openssl() { cat >/dev/null; echo "HTTP/1.0 200 OK"; }
journalctl() { echo "last line"; }
sync() { note "sync $*"; }
restarts=0
kubectl() {
  case "$*" in
  "get secrets"*) note "kubectl $*"; echo '{"kind":"List"}' ;;
  "replace"*)
    cat >/dev/null
    note "kubectl $*"
    # Each try is a process of its own.
    echo x >>"$FOLDER/tries"
    (($(wc -l <"$FOLDER/tries") > KEPT)) || { echo 'secret "a" is refused' >&2; return 1; } ;;
  *apply*) cat >/dev/null ;;
  esac
}
systemctl() {
  case "$*" in
  *FragmentPath*) echo "$FOLDER/units/${"${@: -1}"}" ;;
  *SubState*) echo running ;;
  "is-active --quiet "*) [[ -n $RUNNING ]] ;;
  "restart kube-apiserver")
    note "$* with $(grep -o 'providers":\[{"[a-z]*' "$FOLDER/nodeforge-encryption.json" | sed 's/.*"//')"
    ((++restarts != BROKEN)) ;;
  *) note "systemctl $*" ;;
  esac
}
`;
const units = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
const config = configWith({});
const configuration = initConfiguration({
  clusterName: config.clusterName,
  node: deriveTopology(config).master,
  network: config.clusterNetwork,
});

/** Returns a control plane; `made` says whether its data disk has a cluster. */
function controlPlane(made: boolean): TestNode {
  const node = new TestNode(programs);
  node.write("image.json", JSON.stringify({ contract: readDeclaration().contract }));
  node.write("cloud-init/status.json", '{"start": 1}');
  node.write(kubeletDefaults.path, kubeletDefaults.text);
  node.write("kubelet/pki/kubelet-client-current.pem", "x");
  if (made) node.write("nodeforge-made", configuration);
  if (made) node.write("nodeforge/joined", "control-plane");
  for (const unit of units) node.write(`units/${unit}`, `[Service]\nExecStart=${unit}\n`);
  return node;
}

/** Runs the script. @returns the outcome, and the calls about secrets and units. */
function init(node: TestNode, { running = "yes", broken = 0, kept = 0, without = "NOTHING" } = {}) {
  const parameters = {
    ...{ NODE_NAME: "master", NODE_ADDRESS: "192.168.222.10", CLUSTER_NAME: "dev", CLUSTER_DOMAIN: "cluster.local" },
    ...{ POD_CIDR: "10.244.0.0/16", SERVICE_CIDR: "10.96.0.0/16", IMAGE: "0123456789ab", APPROVE_JOINS: "text" },
    ...{ APPROVE_KUBELETS: "text", SANDBOX: "PrivateTmp=yes" },
    ...settingsParameters(config),
    ARGUMENTS: argumentLines(config)
      .split("\n")
      .filter((line) => !line.includes(without))
      .join("\n"),
    RESTART_TIMEOUT_SECONDS: 30,
  };
  const before = node.calls.length;
  const environment = { RUNNING: running, BROKEN: String(broken), KEPT: String(kept) };
  const outcome = node.run({ script: "init-control-plane", parameters }, environment, configuration);
  const calls = node.calls.slice(before).filter((call) => /secrets|replace|restart|start etcd/.test(call));
  return { ...outcome, calls };
}

const startAll = `systemctl start ${units.join(" ")}`;
const rewrite = ["kubectl get secrets --all-namespaces -o json", "kubectl replace -f -"];
const others = [
  "systemctl start etcd kube-apiserver",
  "systemctl restart kube-controller-manager",
  "systemctl start etcd kube-apiserver kube-controller-manager",
  "systemctl restart kube-scheduler",
];
const providers = (node: TestNode) => {
  const { resources } = JSON.parse(node.read("nodeforge-encryption.json")) as {
    resources: { resources: string[]; providers: Record<string, { keys?: { secret: string }[] }>[] }[];
  };
  return resources[0]?.providers ?? [];
};

describe("the secrets of a living cluster", () => {
  it("are encrypted once, after the API server can read with the key", () => {
    const node = controlPlane(true);
    const { status, stderr, calls } = init(node);
    expect(status, stderr).toBe(0);
    const [first, second] = ["identity", "secretbox"].map((name) => `restart kube-apiserver with ${name}`);
    expect(calls.filter((call) => /^restart|replace|secrets/.test(call))).toEqual([first, second, ...rewrite]);
    expect(calls.filter((call) => others.includes(call))).toEqual(others);
    expect(providers(node).map((provider) => Object.keys(provider))).toEqual([["secretbox"], ["identity"]]);
    const [key] = providers(node)[0]?.secretbox?.keys ?? [];
    expect(Buffer.from(key?.secret ?? "", "base64")).toHaveLength(32);
    expect(statSync(join(node.folder, "nodeforge-encryption.json")).mode & 0o777).toBe(0o600);
    const text = node.read("nodeforge-encryption.json");
    expect(init(node).calls).toEqual([startAll]);
    expect(node.read("nodeforge-encryption.json")).toBe(text);
  });

  it("stay readable when the API server does not run with the arguments or the key", () => {
    for (const broken of [1, 2]) {
      const node = controlPlane(true);
      const { status } = init(node, { broken });
      expect([broken, status, Object.keys(providers(node)[0] ?? {})]).toEqual([broken, 1, ["identity"]]);
      expect(existsSync(join(node.folder, "nodeforge-encrypted"))).toBe(false);
      const key = JSON.stringify(providers(node)[1]);
      expect(init(node).status).toBe(0);
      expect([JSON.stringify(providers(node)[0]), existsSync(join(node.folder, "nodeforge-encrypted"))]).toEqual([
        key,
        true,
      ]);
    }
  });

  it("are written again when another client changes one, five times at most", () => {
    const node = controlPlane(true);
    expect(init(node, { kept: 2 }).calls.filter((call) => call.includes("replace"))).toHaveLength(3);
    const refusing = controlPlane(true);
    const { status, stderr, calls } = init(refusing, { kept: 5 });
    expect([status, calls.filter((call) => call.includes("replace")).length]).toEqual([0, 5]);
    expect(stderr).toContain(
      'warning: these secrets stay unencrypted until they are written, or until the next run: secret "a"',
    );
    expect(init(refusing, { kept: 5 }).calls.filter((call) => call.includes("replace"))).toHaveLength(1);
    expect(existsSync(join(refusing.folder, "nodeforge-encrypted"))).toBe(true);
  });

  it("get no key when the stack names keys of its own", () => {
    const node = controlPlane(true);
    const { status, calls } = init(node, { without: "encryption" });
    expect([status, calls.some((call) => call.includes("replace"))]).toEqual([0, false]);
    expect(existsSync(join(node.folder, "nodeforge-encryption.json"))).toBe(false);
  });
});

describe("a new cluster", () => {
  it("encrypts from its first secret, and starts its units without a restart", () => {
    const node = controlPlane(false);
    const { status, stderr, calls } = init(node, { running: "" });
    expect(status, stderr).toBe(0);
    expect(calls.filter((call) => !call.includes("bootstrap"))).toEqual([startAll]);
    expect(providers(node).map((provider) => Object.keys(provider))).toEqual([["secretbox"], ["identity"]]);
    expect(node.read("nodeforge-arguments/kube-scheduler")).toBe('"--profiling=false"\n');
    expect(existsSync(join(node.folder, "nodeforge-arguments/etcd"))).toBe(false);
    expect(init(node).calls).toEqual([startAll]);
  });
});

describe("the data disk", () => {
  it("keeps no certificate that may do everything", () => {
    for (const made of [true, false]) {
      const node = controlPlane(made);
      expect(init(node).status).toBe(0);
      expect(existsSync(join(node.folder, "super-admin.conf"))).toBe(false);
    }
  });

  it("has the configuration files that the API server names, and no former one", () => {
    const node = controlPlane(true);
    node.write("nodeforge-admission-0123.json", "{}");
    expect(init(node).status).toBe(0);
    const found = readdirSync(node.folder).filter((file) => /^nodeforge-(admission|authentication)/.test(file));
    expect(found.sort().map((file) => `/etc/kubernetes/${file}`)).toEqual(
      filesOf()
        .map(({ path }) => path)
        .sort(),
    );
  });
});
