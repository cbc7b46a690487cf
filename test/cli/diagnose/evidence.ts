import type { Evidence, Item } from "../../../cli/diagnose/evidence.ts";
import type { Failure } from "../../../cli/diagnose/failures.ts";
import { stepOrder, type ClusterNode, type StepName } from "../../../cli/diagnose/state.ts";

/** Time at which the nodes of {@link healthy} were asked, in seconds since 1970. */
export const asked = 1_795_000_000;

/** Returns a node that has finished every step except these. */
export function node(name: string, ...notDone: readonly StepName[]): ClusterNode {
  const role = name === "master" ? "control-plane" : "worker";
  const own = stepOrder.filter((step) =>
    role === "worker" ? !["control plane", "kubeconfig"].includes(step) : !["token", "join"].includes(step),
  );
  return {
    name,
    role,
    resource: `lab-${name}`,
    uri: "qemu:///system",
    mac: name === "master" ? "52:54:ac:74:0d:61" : "52:54:79:3a:a5:20",
    address: name === "master" ? "192.168.222.10" : "192.168.222.100",
    leased: true,
    hostKey: "ssh-ed25519 AAAA",
    steps: own.map((step) => ({ name: step, done: !notDone.includes(step) })),
  };
}

const unit = (id: string, active = "active", sub = "running", more = "") =>
  `Result=${active === "failed" ? "exit-code" : "success"}\nNRestarts=${active === "active" ? 0 : 7}\nId=${id}.service\nLoadState=loaded\n` +
  `ActiveState=${active}\nSubState=${sub}\nConditionResult=yes\n${more}`;

/** Returns `systemctl show` of a node on which every unit runs except this one. */
export function units(role: "master" | "worker", id = "", active = "failed", sub = "failed"): string {
  const names = ["containerd", "kubelet", "flanneld", "kube-proxy"];
  if (role === "master") names.push("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler");
  return names.map((name) => (name === id ? unit(name, active, sub) : unit(name))).join("\n");
}

const df = (used: string) =>
  `Filesystem      Size  Used Avail Use% Mounted on\n/dev/vda1        20G  1.4G   18G  ${used} /\n`;

/** Returns the items of a node without a problem. Its journals have the failures of every healthy start. */
function wellNode(name: "master" | "worker-node-1"): readonly Item[] {
  const role = name === "master" ? "master" : "worker";
  const texts: Readonly<Record<string, string>> = {
    "domain-state": "running (booted)\n",
    domain: `Id:             3\nName:           lab-${name}\nState:          running\nAutostart:      enable\n`,
    "domain-log":
      "2026-11-20 07:39:12.101+0000: starting up libvirt version: 11.3.0\n" +
      "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory\n" +
      "2026-11-21 07:39:12.101+0000: starting up libvirt version: 11.3.0\nchar device redirected to /dev/pts/2 (label charserial0)\n",
    console:
      "Boot failed: not a bootable disk\n[    0.000000] Linux version 6.12.57\n[  OK  ] Reached target multi-user.target\nworker login: ",
    clock: `asked ${asked} ${asked + 90}\nnode ${asked + 4}\n               Local time: Sat 2026-11-21 07:46:44 UTC\nSystem clock synchronized: yes\n`,
    hostname: `${name}\n`,
    "cloud-init":
      "status: done\nextended_status: done\nboot_status_code: enabled-by-generator\ndetail: DataSourceNoCloud [seed=/dev/sr0]\nerrors: []\n",
    units: units(role),
    "failed-units": "",
    disk: df("8%"),
    inodes: df("2%"),
    memory: "               total        used        free\nMem:            1967         811         402\n",
    kernel:
      "Nov 21 07:40:01 kernel: ACPI: \\_SB_.PCI0: _OSC evaluation failed\n" +
      "Nov 21 07:52:01 kernel: Memory cgroup out of memory: Killed process 4242 (stress) total-vm:70000kB\n",
    kubelet:
      'E1121 07:44:02.1 kubelet.go:3117] "Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"\n' +
      'E1121 07:44:03.0 reflector.go:204] "Failed to watch" err="Get \\"https://192.168.222.10:6443/api\\": dial tcp 192.168.222.10:6443: connect: connection refused"\n' +
      "E1121 07:44:04.0 certificate_manager.go:562] Unauthorized\n",
    containerd:
      'level=error msg="failed to load cni during init, please check CRI plugin status before setting up network for pods" error="cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized"\n',
    flanneld: "E1121 07:44:09.1 main.go:359] Error registering network: node has no pod cidr assigned\n",
    ...(role === "master" ? { "api-server": "[+]ping ok\n[+]etcd ok\nreadyz check passed\n" } : {}),
  };
  return Object.entries(texts).map(([item, text]) => ({ name: item, node: name, text }));
}

/** Returns the evidence of a cluster of one control plane and one worker, without a problem. */
export function healthy(): Evidence {
  return {
    log: "",
    failures: [],
    failed: [],
    nodes: [node("master"), node("worker-node-1")],
    items: [
      {
        name: "domains",
        text: " Id   Name                State\n------------\n 2    lab-master          running\n 3    lab-worker-node-1   running\n",
      },
      {
        name: "definition-lab",
        text: "<network>\n  <name>lab</name>\n  <ip family='ipv4' address='192.168.222.1' prefix='24'>\n    <dhcp>\n    </dhcp>\n  </ip>\n</network>\n",
      },
      {
        name: "leases-lab",
        text:
          " Expiry Time           MAC address         Protocol   IP address           Hostname\n" +
          " 2026-11-21 08:40:12   52:54:ac:74:0d:61   ipv4       192.168.222.10/24    master\n" +
          " 2026-11-21 08:40:19   52:54:79:3a:a5:20   ipv4       192.168.222.100/24   worker-node-1\n",
      },
      {
        name: "pool-nodeforge-lab",
        text: "Name:           nodeforge-lab\nState:          running\nCapacity:       105089261568\nAllocation:     4089261568\nAvailable:      81089261568\n",
      },
      {
        name: "nodes",
        text:
          "NAME            STATUS   ROLES           AGE   VERSION   INTERNAL-IP\n" +
          "master          Ready    control-plane   12m   v1.36.3   192.168.222.10\n" +
          "worker-node-1   Ready    <none>          10m   v1.36.3   192.168.222.100\n",
      },
      {
        name: "conditions",
        text:
          "master: DiskPressure=False KubeletHasNoDiskPressure: kubelet has no disk pressure\nmaster: Ready=True KubeletReady: kubelet is posting ready status\n" +
          "worker-node-1: MemoryPressure=False KubeletHasSufficientMemory: kubelet has sufficient memory available\nworker-node-1: Ready=True KubeletReady: kubelet is posting ready status",
      },
      { name: "pods", text: "all 9 pods run" },
      {
        name: "events",
        text: "nodeforge-smoke   8m   Warning   Unhealthy   pod/smoke-x2x   Startup probe failed: smoke resolves to 1 of 2 pods\n",
      },
      ...wellNode("master"),
      ...wellNode("worker-node-1"),
    ],
  };
}

/** Returns the evidence with another text of an item, or without the item. */
export function but(
  evidence: Evidence,
  name: string,
  of: string | undefined,
  text: string,
  missing?: string,
): Evidence {
  const other = {
    name,
    ...(of === undefined ? {} : { node: of }),
    text,
    ...(missing === undefined ? {} : { missing }),
  };
  return { ...evidence, items: [...evidence.items.filter((each) => each.name !== name || each.node !== of), other] };
}

/** Returns the evidence with a node that could not be asked over ssh. */
export function silent(evidence: Evidence, of: string, why: string): Evidence {
  const hypervisors = ["domain-state", "domain", "domain-log", "console"];
  const items = evidence.items.filter(({ name, node: owner }) => owner !== of || hypervisors.includes(name));
  return { ...evidence, failed: [of], items: [...items, { name: "ssh", node: of, text: "", missing: why }] };
}

/** Returns the evidence of a run that failed in one resource. */
export function failedRun(evidence: Evidence, failure: Partial<Failure>): Evidence {
  const full = {
    step: "join",
    resource: "lab-worker-node-1-join",
    type: "command:remote:Command",
    text: "",
    ...failure,
  };
  return {
    ...evidence,
    log: `Diagnostics:\n${full.text}\n`,
    failures: [full],
    failed: full.node === undefined ? [] : [full.node],
  };
}
