import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readDeclaration } from "../../image/declaration.ts";
import { joinConfiguration } from "../../kubeadm/join-configuration.ts";
import { kubeletDefaults, TestNode } from "./node.ts";

const programs = `
timeout() { shift; "$@"; }
cloud-init() { :; }
hostname() { echo worker-1; }
# The unit DOWN is active from its second check on.
systemctl() {
  note "systemctl $*"
  [[ $1 != is-enabled || -z \${DISABLED-} ]] || return 1
  [[ $* != "is-active \${DOWN:-none}" ]] || (($(grep -c "^systemctl is-active $DOWN" "$FOLDER/calls") > 1))
}
systemd-tmpfiles() { note "systemd-tmpfiles $*"; }
ip() { note "ip $*"; }
# The Node exists from this attempt on.
kubectl() {
  note "kubectl $*"
  (($(grep -c '^kubectl ' "$FOLDER/calls") >= \${ATTEMPTS:-1})) || { echo 'nodes "worker-1" not found' >&2; return 1; }
}
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
function worker(files: readonly string[] = [], replaced = programs): TestNode {
  const node = new TestNode(replaced);
  node.write("image.json", JSON.stringify({ contract: readDeclaration().contract }));
  node.write("cloud-init/status.json", '{"start": 1}');
  node.write("cloud-init/result.json", "{}");
  node.write(kubeletDefaults.path, kubeletDefaults.text);
  for (const file of files) node.write(file, "aaaaaa\n");
  return node;
}
const joinWith = (node: TestNode, token = "bbbbbb.0123456789abcdef", environment = {}) =>
  node.run({ script: "join", parameters }, environment, configuration(token));

const enabled = "systemctl is-enabled --quiet kubelet";
const folders = "systemd-tmpfiles --create --prefix /var/lib/kubelet --prefix /etc/kubernetes";
const joining = [
  "kubeadm join --config /dev/stdin",
  "kubectl --kubeconfig /etc/kubernetes/kubelet.conf get node worker-1 -o name",
];
const begun = [
  "systemctl start --no-block flanneld kube-proxy",
  "systemctl is-active flanneld",
  "systemctl is-active kube-proxy",
];

describe("a worker", () => {
  it("that never joined gets its folders and joins, and no file is removed", () => {
    const node = worker();
    expect(joinWith(node).status).toBe(0);
    expect(node.calls).toEqual([enabled, folders, ...joining, ...begun]);
    expect(node.read("nodeforge/joined")).toBe("bbbbbb\n");
    expect(node.read("configuration")).toBe(configuration("bbbbbb.0123456789abcdef"));
  });

  it("whose kubelet is disabled gets it enabled, so that it also starts at a boot", () => {
    const node = worker();
    expect(joinWith(node, undefined, { DISABLED: "1" }).status).toBe(0);
    expect(node.calls.slice(0, 3)).toEqual([enabled, "systemctl enable --quiet kubelet", folders]);
  });

  it("has joined once its Node exists", () => {
    const node = worker();
    const { status, stderr } = joinWith(node, undefined, { ATTEMPTS: "3" });
    expect([status, node.calls]).toEqual([0, [enabled, folders, ...joining, joining[1], joining[1], ...begun]]);
    expect(stderr).toContain("] waiting for the registration of worker-1\n");
  });

  it("has not joined without a Node, and its error says what is missing", () => {
    // Each pause takes 100 s.
    const node = worker([], `${programs}\nsleep() { SECONDS=$((SECONDS + 100)); }`);
    const { status, stderr } = joinWith(node, undefined, { ATTEMPTS: "9" });
    expect([status, node.calls]).toEqual([1, [enabled, folders, ...joining, joining[1], joining[1], joining[1]]]);
    expect(stderr).toContain(
      'FAILED: the registration of worker-1: still missing after 300s: nodes "worker-1" not found\n',
    );
    expect(existsSync(join(node.folder, "nodeforge/joined"))).toBe(false);
  });

  it.each([
    ["flanneld", [begun[1]]],
    ["kube-proxy", begun.slice(1)],
  ])("waits for %s also while the other unit is active", (unit, first) => {
    const node = worker();
    expect(joinWith(node, undefined, { DOWN: unit }).status).toBe(0);
    expect(node.calls).toEqual([enabled, folders, ...joining, begun[0], ...first, ...begun.slice(1)]);
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

  it("has a CA and a kubelet's configuration for root only, also if it has joined before", () => {
    const files = ["pki/ca.crt", "kubelet/config.yaml"];
    const modes = (node: TestNode) => files.map((file) => statSync(join(node.folder, file)).mode & 0o777);
    const kubeadm = `kubeadm() {
  [[ $1 != join ]] || mkdir -p "$FOLDER/pki" "$FOLDER/kubelet/pki"
  [[ $1 != join ]] || touch "$FOLDER/pki/ca.crt" "$FOLDER/kubelet/config.yaml"
  echo x >"$FOLDER/kubelet/pki/kubelet-client-current.pem"
}`;
    const fresh = worker([], `${programs}\n${kubeadm}`);
    expect([joinWith(fresh).status, modes(fresh)]).toEqual([0, [0o600, 0o600]]);
    const joined = worker(["nodeforge/joined", "kubelet/pki/kubelet-client-current.pem", ...files]);
    expect(modes(joined)).toEqual([0o644, 0o644]);
    expect([joinWith(joined, "").status, modes(joined)]).toEqual([0, [0o600, 0o600]]);
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
      enabled,
      folders,
      ...joining,
      ...begun,
    ]);
    for (const removed of ["flannel", "leases/networks", "cni/10.conflist", "pki/ca.crt"])
      expect(existsSync(join(node.folder, removed)), removed).toBe(false);
    expect(node.read("nodeforge/joined")).toBe("bbbbbb\n");
  });
});

describe("the settings of a worker's kubelet", () => {
  const dropIn = "kubelet/config.d/60-nodeforge.conf";
  const defaults = kubeletDefaults.path;
  const settings = (fields: object) => JSON.stringify({ kind: "KubeletConfiguration", ...fields });
  // kubelet ends while the word BROKEN is in its drop-in. kubeadm then fails, too.
  const kubelet = String.raw`
${programs}
broken() { [[ -n $BROKEN ]] && grep -q "$BROKEN" "$FOLDER/${dropIn}" 2>/dev/null; }
systemctl() {
  case "$*" in
  *SubState*) if broken; then echo auto-restart; else echo running; fi ;;
  *) note "systemctl $*" ;;
  esac
}
journalctl() { note "journalctl $*"; echo "failed to load kubelet config"; }
kubeadm() {
  [[ $1 != join ]] || { cat >/dev/null; [[ -z $REFUSED ]] || return 1; touch "$FOLDER/kubelet/config.yaml"; ! broken || return 1; mkdir -p "$FOLDER/kubelet/pki"; echo x >"$FOLDER/kubelet/pki/kubelet-client-current.pem"; }
  note "kubeadm $*"
}
`;

  /** Returns a worker whose kubelet answers, with these files. */
  function node(files: readonly string[]): TestNode {
    const made = new TestNode(kubelet);
    made.write("image.json", JSON.stringify({ contract: readDeclaration().contract }));
    made.write("cloud-init/status.json", '{"start": 1}');
    made.write(defaults, kubeletDefaults.text);
    for (const file of files) made.write(file, "aaaaaa\n");
    return made;
  }
  const joined = ["nodeforge/joined", "kubelet/pki/kubelet-client-current.pem", "kubelet/cpu_manager_state"];

  /** Joins with these settings. @returns the outcome and the calls about the kubelet. */
  function joinWithSettings(made: TestNode, given: string | undefined, broken = "", refused = "") {
    // The request overwrites the first 26 bytes, and the script reads the rest.
    made.write("tcp/127.0.0.1/10248", `${" ".repeat(26)}HTTP/1.0 200 OK\r\n`.repeat(20));
    const more: Record<string, string | number> =
      given === undefined ? {} : { KUBELET: given, RESTART_TIMEOUT_SECONDS: 30 };
    const before = made.calls.length;
    const call = { script: "join", parameters: { ...parameters, ...more } } as const;
    const outcome = made.run(call, { BROKEN: broken, REFUSED: refused }, configuration("aaaaaa.0123456789abcdef"));
    const isChange = (text: string) => /kubelet$|kubeadm join/.test(text) && text !== enabled;
    const changes = made.calls.slice(before).filter(isChange);
    return { ...outcome, changes };
  }
  const has = (made: TestNode, file: string) => existsSync(join(made.folder, file));

  it("are written before it joins, and a second run changes nothing", () => {
    const made = node([]);
    const { status, stderr, changes } = joinWithSettings(made, settings({ maxPods: 200 }));
    expect([status, changes], stderr).toEqual([0, ["kubeadm join --config /dev/stdin"]]);
    expect(made.read(dropIn)).toBe(`${settings({ maxPods: 200 })}\n`);
    expect(joinWithSettings(made, settings({ maxPods: 200 })).changes).toEqual([]);
  });

  it("are none without the parameter", () => {
    const made = node([]);
    expect(joinWithSettings(made, undefined).status).toBe(0);
    expect([has(made, dropIn), has(made, "nodeforge/kubelet-settings.json")]).toEqual([false, false]);
  });

  it("reach a worker that has joined by a restart of its kubelet, and are removed again", () => {
    const made = node(joined);
    const { status, stderr, changes } = joinWithSettings(made, settings({ maxPods: 200 }));
    expect([status, changes], stderr).toEqual([0, ["systemctl restart kubelet"]]);
    expect(has(made, "kubelet/cpu_manager_state")).toBe(true);
    expect(joinWithSettings(made, undefined).changes).toEqual(["systemctl restart kubelet"]);
    expect(has(made, dropIn)).toBe(false);
    expect(joinWithSettings(made, undefined).changes).toEqual([]);
  });

  it("about processors delete the assignments of the policy before", () => {
    const made = node(joined);
    const { status, changes } = joinWithSettings(made, settings({ cpuManagerPolicy: "static" }));
    expect([status, changes]).toEqual([0, ["systemctl stop kubelet", "systemctl restart kubelet"]]);
    expect(has(made, "kubelet/cpu_manager_state")).toBe(false);
  });

  it("with which it does not run are replaced by the former ones, and the error names them and the last lines", () => {
    const made = node(joined);
    expect(joinWithSettings(made, settings({ maxPods: 200 })).status).toBe(0);
    const wrong = settings({ maxPods: "typo" });
    const { status, stderr, changes } = joinWithSettings(made, wrong, "typo");
    expect(status).toBe(1);
    expect(stderr).toContain(
      `FAILED: the kubelet does not run with ${wrong}, and runs again as before. Fix: correct workerKubelet, the pool's kubelet or featureGates, and run up again. Its last lines:\nfailed to load kubelet config\n`,
    );
    expect(changes).toEqual(["systemctl restart kubelet", "systemctl stop kubelet", "systemctl restart kubelet"]);
    expect(made.read(dropIn)).toBe(`${settings({ maxPods: 200 })}\n`);
    expect(joinWithSettings(made, settings({ maxPods: 200 })).changes).toEqual([]);
  });

  it("of an earlier release get the defaults of this one by one restart, without a reservation", () => {
    const made = node(joined);
    rmSync(join(made.folder, defaults));
    const { status, stderr, changes } = joinWithSettings(made, undefined);
    expect([status, changes], stderr).toEqual([0, ["systemctl restart kubelet"]]);
    expect(made.read(defaults)).toBe(kubeletDefaults.text);
    expect(joinWithSettings(made, undefined).changes).toEqual([]);
  });

  /** Defaults of a release whose kubelets sign their own serving certificates. */
  const selfSigned = (reserved = "") =>
    `${kubeletDefaults.text.trimEnd().replace(',"serverTLSBootstrap":true}', "")}${reserved}}\n`;
  const reserved = ',"systemReserved":{"memory":"128Mi","pid":"1000"},"kubeReserved":{"memory":"128Mi"}';

  it.each(["", reserved])(
    "with a self-signed certificate get one of the cluster by one restart, and keep: %s",
    (kept) => {
      const made = node(joined);
      made.write(defaults, selfSigned(kept));
      const { status, stderr, changes } = joinWithSettings(made, undefined);
      expect([status, changes], stderr).toEqual([0, ["systemctl restart kubelet"]]);
      expect(made.read(defaults)).toBe(kubeletDefaults.text.replace("}\n", `${kept}}\n`));
      expect(joinWithSettings(made, undefined).changes).toEqual([]);
    },
  );

  it("get the defaults of the release before again when the kubelet does not run with them", () => {
    const made = node(joined);
    made.write(defaults, selfSigned(reserved));
    expect(joinWithSettings(made, settings({ maxPods: "typo" }), "typo").status).toBe(1);
    expect(made.read(defaults)).toBe(selfSigned(reserved));
  });

  it("of a new worker reserve memory for the daemons of the node", () => {
    const made = node([]);
    expect(joinWithSettings(made, undefined).status).toBe(0);
    expect(JSON.parse(made.read(defaults))).toMatchObject({
      ...{ seccompDefault: true, podPidsLimit: 4096, serverTLSBootstrap: true, kubeReserved: { memory: "128Mi" } },
      systemReserved: { memory: "128Mi", pid: "1000" },
    });
  });

  it("of an earlier release lose the defaults again when the kubelet does not run with them", () => {
    const made = node(joined);
    rmSync(join(made.folder, defaults));
    const { status, stderr } = joinWithSettings(made, settings({ maxPods: "typo" }), "typo");
    expect([status, stderr.includes("and runs again as before")]).toEqual([1, true]);
    expect(has(made, defaults)).toBe(false);
  });

  it("with which it does not join are named", () => {
    const made = node([]);
    const wrong = settings({ maxPods: "typo" });
    const { status, stderr } = joinWithSettings(made, wrong, "typo");
    expect(status).toBe(1);
    expect(stderr).toContain(`FAILED: the kubelet does not run with ${wrong}. Fix: correct workerKubelet`);
    expect(has(made, "nodeforge/joined")).toBe(false);
  });

  it("are not named when the API server refuses the worker", () => {
    const { status, stderr } = joinWithSettings(node([]), settings({ maxPods: 200 }), "", "yes");
    expect([status, stderr.includes("the kubelet does not run")]).toEqual([1, false]);
  });
});
