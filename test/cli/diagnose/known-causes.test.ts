import { describe, expect, it, test } from "vitest";
import type { Evidence } from "../../../cli/diagnose/evidence.ts";
import { knownCauses, match } from "../../../cli/diagnose/known-causes.ts";
import { asked, but, failedRun, healthy, node, silent, units } from "./evidence.ts";

const well = healthy();
const worker = "worker-node-1";
const domain = { node: worker, step: "machine", resource: "lab-worker-node-1", type: "libvirt:index:Domain" };
const init = { node: "master", step: "control plane", resource: "lab-master-init" };
const join = { node: worker, step: "join", resource: "lab-worker-node-1-join" };
const printed = (log: string): Evidence => ({ ...well, log });
const unreached = (evidence: Evidence): Evidence => ({
  ...evidence,
  failed: [worker],
  failures: [{ ...domain, type: "", text: "" }],
  nodes: [node("master"), { ...node(worker, "machine", "host key", "token", "join"), address: undefined }],
});
const noLease = silent(
  but(
    well,
    "leases-lab",
    undefined,
    " Expiry Time   MAC address\n 2026   52:54:ac:74:0d:61   ipv4   192.168.222.10/24\n",
  ),
  worker,
  "the node has no address that the state or libvirt knows",
);

/** What Go says of a certificate that is not valid. */
const ended = (now: string, way: "after" | "before", limit: string) =>
  `tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time ${now} is ${way} ${limit}`;
const lateClock = but(well, "clock", worker, `asked ${asked} ${asked + 90}\nnode ${asked - 86_400}\n`);

const onRemote = (evidence: Evidence): Evidence => ({
  ...evidence,
  nodes: evidence.nodes.map((each) => ({ ...each, uri: "qemu+ssh://host/system" })),
});

/** For each cause: evidence that it explains best, and evidence that looks like it and is something else. */
const cases: Readonly<Record<string, { readonly is: readonly Evidence[]; readonly isNot: readonly Evidence[] }>> = {
  "wrong passphrase": {
    is: [
      printed("error: getting secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or …\n"),
      printed("error: incorrect passphrase\n"),
    ],
    isNot: [printed("warning: using a passphrase\n")],
  },
  "stack locked": {
    is: [
      printed(
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n",
      ),
    ],
    isNot: [printed("error: the door is locked\n")],
  },
  "hypervisor cannot be reached": {
    is: [
      printed(
        "error: failed to dial libvirt: dial unix /var/run/libvirt/libvirt-sock: connect: no such file or directory\n",
      ),
      but(
        well,
        "domains",
        undefined,
        "",
        "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
      ),
    ],
    isNot: [but(well, "domains", undefined, "", "virsh is not installed")],
  },
  "no KVM": {
    is: [
      failedRun(well, {
        ...domain,
        text: "    error: error creating libvirt domain: internal error: process exited while connecting to monitor: Could not access KVM kernel module: No such file or directory\n",
      }),
      but(
        but(well, "domain-log", worker, "qemu-system-x86_64: failed to initialize kvm: Permission denied\n"),
        "domain-state",
        worker,
        "shut off (failed)\n",
      ),
    ],
    isNot: [but(well, "domain-log", worker, "2026-11-20: failed to initialize kvm: Permission denied\n")],
  },
  "no memory on the hypervisor": {
    is: [
      failedRun(well, {
        ...domain,
        text: "    error: error creating libvirt domain: internal error: qemu unexpectedly closed the monitor: cannot set up guest memory 'pc.ram': Cannot allocate memory\n",
      }),
    ],
    isNot: [failedRun(well, { ...join, text: "    error: fork: Cannot allocate memory\n" })],
  },
  "no space in the storage pool": {
    is: [
      failedRun(well, {
        step: "base image",
        type: "libvirt:index:Volume",
        text: "    error: error while uploading source node.qcow2: write: No space left on device\n",
      }),
      but(well, "domain-state", worker, "paused (I/O error)\n"),
      but(well, "pool-nodeforge-lab", undefined, "Capacity:       105089261568\nAvailable:      0\n"),
    ],
    isNot: [but(well, "pool-nodeforge-lab", undefined, "Allocation:     0\nAvailable:      105089261568\n")],
  },
  "no permission on image or pool": {
    is: [
      failedRun(well, {
        ...domain,
        text: "    error: error creating libvirt domain: qemu-system-x86_64: -blockdev: Could not open '/root/pool/lab-base.qcow2': Permission denied\n",
      }),
      but(well, "volumes-nodeforge-lab", undefined, "", "error: cannot open directory '/root/pool': Permission denied"),
    ],
    isNot: [silent(well, worker, "ops@192.168.222.100: Permission denied (publickey).")],
  },
  "name taken in libvirt": {
    is: [
      failedRun(well, {
        ...domain,
        text: "    error: error defining libvirt domain: operation failed: domain 'lab-worker-node-1' already exists with uuid 5b8f\n",
      }),
      failedRun(well, {
        step: "storage pool",
        type: "libvirt:index:Pool",
        text: "    error: storage pool 'nodeforge-lab' already exists\n",
      }),
      failedRun(well, {
        step: "network",
        type: "libvirt:index:Network",
        text: "    error: operation failed: network 'scheduler_benchmark_net' already exists with uuid 1c\n",
      }),
    ],
    isNot: [
      failedRun(well, {
        step: "add-ons",
        type: "kubernetes:core/v1:Namespace",
        text: '    error: namespaces "nodeforge-smoke" already exists\n',
      }),
    ],
  },
  "address or network in use": {
    is: [
      failedRun(well, {
        step: "network",
        type: "libvirt:index:Network",
        text: "    error: internal error: Network is already in use by interface virbr1\n",
      }),
      failedRun(well, {
        step: "network",
        type: "libvirt:index:Network",
        text: "    error: dnsmasq: failed to create listening socket for 192.168.222.1: Address already in use\n",
      }),
    ],
    isNot: [
      failedRun(well, {
        ...init,
        text: "    error: [  9s] FAILED: listen tcp 127.0.0.1:2379: bind: address already in use\n",
      }),
    ],
  },
  "image does not boot": {
    is: [
      "[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
      "Boot failed: not a bootable disk\nNo bootable device.",
      "ALERT!  UUID=1 does not exist.  Dropping to a shell!\n(initramfs) ",
    ].map((text) => but(noLease, "console", worker, text)),
    isNot: [
      but(well, "console", worker, "[    2.1] Kernel panic - not syncing\n\n[   0.0] Linux version 6.12\nlogin: "),
    ],
  },
  "machine does not run": {
    is: [
      but(well, "domain-state", worker, "crashed (panicked)\n"),
      but(well, "domain-state", worker, "shut off (destroyed)\n"),
      but(well, "domain-state", worker, "", "error: failed to get domain 'lab-worker-node-1'"),
    ],
    isNot: [unreached(but(well, "domain-state", worker, "", "error: failed to get domain 'lab-worker-node-1'"))],
  },
  "seed disk not read": {
    is: [
      failedRun(well, {
        ...join,
        text: "    error: [ 12s] FAILED: this node is called localhost, not worker-node-1: its seed disk was not read\n",
      }),
      but(well, "hostname", worker, "localhost\n"),
      but(well, "cloud-init", worker, "status: done\ndetail: DataSourceNone\n"),
    ],
    isNot: [
      but(well, "hostname", worker, "worker-node-1.internal\n"),
      but(well, "hostname", worker, "", "it was cut off"),
    ],
  },
  "no DHCP lease": {
    is: [
      noLease,
      failedRun(well, {
        ...domain,
        text: "    error: couldn't retrieve IP address of domain id: 5b8f. Please check following: \n    1) is the domain running proplerly?\n",
      }),
    ],
    isNot: [
      { ...noLease, nodes: [node("master"), { ...node(worker), leased: false }] },
      // Addresses come from somebody else, of whose leases libvirt knows nothing.
      but(noLease, "definition-lab", undefined, "<network>\n  <forward mode='bridge'/>\n</network>\n"),
      but(noLease, "definition-lab", undefined, "", "virsh is not installed"),
    ],
  },
  "host key mismatch": {
    is: [
      failedRun(well, {
        ...join,
        text: "    error: connecting to 192.168.222.100:22: ssh: handshake failed: ssh: host key mismatch\n",
      }),
      silent(well, worker, "Host key verification failed."),
    ],
    isNot: [silent(well, worker, "its host key is not known, and the guest agent does not tell it")],
  },
  "ssh key with a passphrase": {
    is: [
      failedRun(well, {
        ...join,
        text: "    error: connecting to 192.168.222.100:22: ssh: this private key is passphrase protected\n",
      }),
    ],
    isNot: [failedRun(well, { ...join, text: "    error: the stack is protected by a passphrase\n" })],
  },
  "ssh key refused": {
    is: [
      failedRun(well, {
        ...join,
        text: "    error: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain\n",
      }),
      silent(well, worker, "ops@192.168.222.100: Permission denied (publickey)."),
    ],
    isNot: [silent(well, worker, "/etc/nodeforge: Permission denied")],
  },
  "image without the contract": {
    is: [
      failedRun(well, { ...init, text: "    error: init-control-plane: line 6: kubeadm: command not found\n" }),
      failedRun(well, {
        ...join,
        text: "    error: Failed to start flanneld.service: Unit flanneld.service not found.\n",
      }),
      but(
        well,
        "units",
        worker,
        "Id=flanneld.service\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nConditionResult=no\n",
      ),
    ],
    isNot: [failedRun(well, { ...join, text: "    error: page not found\n" })],
  },
  "data disk damaged": {
    is: [
      "/dev/vdc has data, but no file system that can be recognised, and is left as it is: e2fsck -b 32768 /dev/vdc repairs an ext4 by its copy",
      "/dev/vdc has errors that are not repaired without being asked (e2fsck ended with 4), and is left as it is: e2fsck /dev/vdc",
    ].map((said) =>
      failedRun(well, {
        ...init,
        text: `    [  3s] FAILED: the control plane's data disk is not there: sh[312]: ${said}\n    error: exit status 1\n`,
      }),
    ),
    isNot: [
      failedRun(well, {
        ...init,
        text: "    [  3s] FAILED: the control plane's data disk is not there: sh[312]: /dev/vdc cannot be read\n",
      }),
    ],
  },
  "data disk not there": {
    is: [
      failedRun(well, {
        ...init,
        text: "    [  3s] FAILED: the control plane's data disk is not there: × machine.service\n    error: exit status 1\n",
      }),
      but(
        well,
        "failed-units",
        "master",
        "machine.service loaded failed failed Data disk and identity of this machine\n",
      ),
    ],
    isNot: [
      but(
        well,
        "failed-units",
        worker,
        "machine.service loaded failed failed Data disk and identity of this machine\n",
      ),
      but(well, "failed-units", "master", "machine-check.service loaded failed failed Something else\n"),
    ],
  },
  "cloud-init failed": {
    is: [
      failedRun(well, {
        ...join,
        text: "    error: [601s] FAILED: cloud-init did not finish within 600s: status: running\n",
      }),
      but(
        well,
        "cloud-init",
        worker,
        "status: error\nextended_status: error - done\nerrors:\n\t- ('scripts_user', RuntimeError())\n",
      ),
    ],
    isNot: [
      but(
        well,
        "cloud-init",
        worker,
        "status: done\nextended_status: degraded done\nrecoverable_errors:\nWARNING: x\n",
      ),
    ],
  },
  "data disk full": {
    is: [
      but(well, "disk", "master", "/dev/vda1  20G  2G  18G  8% /\n/dev/vdb  9.8G  9.8G  0 100% /var/lib/nodeforge\n"),
      but(well, "disk", "master", "/dev/vdb  9.8G  9.8G  0 100% /etc/kubernetes\n"),
      but(well, "kube-apiserver", "master", 'err="etcdserver: mvcc: database space exceeded"\n'),
    ],
    isNot: [
      but(well, "disk", "master", "/dev/vda1  20G  20G  0 100% /\n/dev/vdb  9.8G  1G  8.8G 11% /var/lib/nodeforge\n"),
      but(well, "disk", "master", "/dev/vdb  9.8G  9.6G  0.2G 98% /var/lib/nodeforge\n"),
    ],
  },
  "disk of a node full": {
    is: [
      but(well, "disk", worker, "Filesystem  Size  Used Avail Use% Mounted on\n/dev/vda1    20G   20G     0 100% /\n"),
      failedRun(well, { ...join, text: "    error: write /etc/kubernetes/pki/ca.crt: no space left on device\n" }),
      but(
        well,
        "conditions",
        undefined,
        "worker-node-1: DiskPressure=True KubeletHasDiskPressure: kubelet has disk pressure",
      ),
    ],
    isNot: [
      but(well, "disk", worker, "/dev/vda1  20G  20G  0 98% /\n/dev/sr0  370K  370K  0 100% /mnt\n"),
      but(well, "disk", "master", "/dev/vdb  9.8G  9.8G  0 100% /var/lib/nodeforge\n"),
    ],
  },
  "memory of a node short": {
    is: [
      but(
        well,
        "kernel",
        worker,
        "Nov 21 07:52:01 kernel: Out of memory: Killed process 812 (kube-apiserver) total-vm:1400000kB\n",
      ),
      but(
        well,
        "conditions",
        undefined,
        "worker-node-1: MemoryPressure=True KubeletHasInsufficientMemory: kubelet has insufficient memory available",
      ),
    ],
    isNot: [but(well, "kernel", worker, "kernel: Memory cgroup out of memory: Killed process 9 (stress)\n")],
  },
  "certificates have ended": {
    is: [
      failedRun(well, {
        ...join,
        text: `    error: ${ended("2026-11-21T07:46:44Z", "after", "2026-11-10T00:00:00Z")}\n`,
      }),
      but(
        well,
        "kube-apiserver",
        "master",
        `err="[${ended("2026-11-21T07:46:44Z", "after", "2026-10-01T00:00:00Z")}]"\n`,
      ),
      but(well, "api-server", "master", "error: Get readyz: remote error: tls: expired certificate\n"),
      // Cut off before its dates: the nodes' clocks are right.
      failedRun(well, { ...join, text: "    error: x509: certificate has expired or is not yet valid\n" }),
    ],
    isNot: [
      failedRun(well, {
        ...join,
        text: `    error: ${ended("2026-11-21T07:46:44Z", "before", "2026-11-22T00:00:00Z")}\n`,
      }),
      failedRun(well, {
        ...join,
        text: `    error: ${ended("2028-11-21T07:46:44Z", "after", "2027-11-20T00:00:00Z")}\n`,
      }),
      failedRun(lateClock, {
        ...join,
        text: `    error: ${ended("2026-11-21T07:46:44Z", "after", "2026-11-10T00:00:00Z")}\n`,
      }),
    ],
  },
  "clock wrong": {
    is: [
      lateClock,
      failedRun(well, {
        ...join,
        text: `    error: ${ended("2026-11-20T07:46:44Z", "before", "2026-11-21T00:00:00Z")}\n`,
      }),
      failedRun(well, {
        ...join,
        text: `    error: ${ended("2028-11-21T07:46:44Z", "after", "2027-11-20T00:00:00Z")}\n`,
      }),
    ],
    isNot: [but(well, "clock", worker, `asked ${asked} ${asked + 90}\nnode ${asked + 120}\n`)],
  },
  "name taken in the cluster": {
    is: [
      failedRun(well, {
        ...join,
        step: "token or leaving",
        text: "    error: [  2s] FAILED: another machine named worker-node-1 is in the cluster and Ready, at 192.168.222.7\n",
      }),
    ],
    isNot: [failedRun(well, { ...join, text: "    error: another machine is busy\n" })],
  },
  "token refused": {
    is: [
      'couldn\'t validate the identity of the API Server: invalid discovery token CA certificate hash: invalid hash "sha256:x"',
      'could not find a JWS signature in the cluster-info ConfigMap for token ID "abcdef"',
      'cluster CA found in cluster-info ConfigMap is invalid: none of the public keys "sha256:1" are pinned',
      "tls: failed to verify certificate: x509: certificate signed by unknown authority",
      'error execution phase preflight: couldn\'t validate: invalid token "x"',
    ]
      .map((text) => failedRun(well, { ...join, text: `    error: ${text}\n` }))
      .concat(
        failedRun(but(well, "kubelet", worker, 'err="cannot create certificate signing request: Unauthorized"\n'), {
          ...join,
          text: "    error: timed out waiting for the condition\n",
        }),
      ),
    isNot: [
      failedRun(well, { ...init, text: "    error: x509: certificate signed by unknown authority\n" }),
      but(well, "kubelet", worker, "certificate_manager.go:562] Unauthorized\n"),
    ],
  },
  "pods hold a drain": {
    is: [
      failedRun(well, {
        ...join,
        step: "token or leaving",
        text: "    error: evicting pod default/web-0\nCannot evict pod as it would violate the pod's disruption budget.\n",
      }),
    ],
    isNot: [failedRun(well, { ...join, text: "    error: draining worker-node-1, at most 5 minutes\n" })],
  },
  "kubelet's folder emptied": {
    is: [
      but(
        but(well, "units", worker, units("worker", "kubelet", "activating", "auto-restart")),
        "kubelet",
        worker,
        'kubelet[812]: E1121 07:46:44 run.go:72] "command failed" err="failed to walk through kubelet dropin directory \\"/var/lib/kubelet/config.d\\": lstat /var/lib/kubelet/config.d: no such file or directory"\n',
      ),
    ],
    isNot: [but(well, "kubelet", worker, "kubelet[812]: reading /var/lib/kubelet/config.d\n")],
  },
  "containerd is down": {
    is: [
      but(well, "units", worker, units("worker", "containerd")),
      but(
        well,
        "conditions",
        undefined,
        "worker-node-1: Ready=False KubeletNotReady: [container runtime is down, PLEG is not healthy]",
      ),
    ],
    isNot: [
      but(
        well,
        "units",
        worker,
        units("worker", "containerd", "activating", "start").replace("NRestarts=7", "NRestarts=0"),
      ),
    ],
  },
  "etcd is down": {
    is: [
      but(well, "units", "master", units("master", "etcd", "activating", "auto-restart")),
      but(well, "api-server", "master", "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n"),
    ],
    isNot: [
      but(
        well,
        "units",
        "master",
        units("master", "etcd", "inactive", "dead").replace(
          "inactive\nSubState=dead\nConditionResult=yes",
          "inactive\nSubState=dead\nConditionResult=no",
        ),
      ),
    ],
  },
  "API server is down": {
    is: [
      failedRun(well, {
        ...init,
        text: "    error: [960s] FAILED: the API server: still missing after 900s: The connection to the server 192.168.222.10:6443 was refused\n",
      }),
      but(well, "units", "master", units("master", "kube-apiserver")),
      but(
        well,
        "api-server",
        "master",
        "The connection to the server 192.168.222.10:6443 was refused - did you specify the right host or port?\n(exit code 1)\n",
      ),
    ],
    isNot: [
      failedRun(well, {
        ...init,
        text: "    [ 30s] still waiting for the API server: connection refused\n    error: exit status 1\n",
      }),
    ],
  },
  "no pod network": {
    is: [
      but(
        well,
        "conditions",
        undefined,
        "worker-node-1: Ready=False KubeletNotReady: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
      ),
      but(well, "units", worker, units("worker", "flanneld", "activating", "auto-restart")),
      failedRun(well, {
        ...join,
        text: "    error: [400s] FAILED: flanneld and kube-proxy: still missing after 300s: activating\n",
      }),
    ],
    isNot: [
      but(
        well,
        "containerd",
        worker,
        'level=error msg="failed to load cni during init" error="cni plugin not initialized"\n',
      ),
    ],
  },
  "kubelet is down": {
    is: [
      but(well, "units", worker, units("worker", "kubelet")),
      but(
        well,
        "conditions",
        undefined,
        "worker-node-1: Ready=Unknown NodeStatusUnknown: Kubelet stopped posting node status.",
      ),
    ],
    isNot: [
      but(
        well,
        "units",
        worker,
        units("worker", "kubelet", "inactive", "dead").replaceAll(
          "dead\nConditionResult=yes",
          "dead\nConditionResult=no",
        ),
      ),
    ],
  },
  "container image missing": {
    is: [
      but(
        well,
        "pods",
        undefined,
        "NAMESPACE     NAME          READY   STATUS              RESTARTS   AGE\nkube-system   coredns-1-2   0/1     ErrImageNeverPull   0          3m\n",
      ),
    ],
    isNot: [
      but(well, "pods", undefined, "NAMESPACE   NAME   READY   STATUS\ndefault     web    0/1     ContainerCreating\n"),
    ],
  },
  "names do not resolve in the cluster": {
    is: [
      failedRun(well, {
        step: "add-ons",
        type: "kubernetes:apps/v1:DaemonSet",
        text: "    error: pod smoke-1: Startup probe failed: smoke resolves to 0 of 2 pods\n",
      }),
    ],
    isNot: [failedRun(well, { ...join, text: "    error: it resolves\n" })],
  },
  "pods do not reach each other": {
    is: [
      failedRun(well, {
        step: "add-ons",
        type: "kubernetes:apps/v1:DaemonSet",
        text: "    error: pod smoke-1: Startup probe failed: 10.244.2.3 did not answer, 1 of 2 pods did\n",
      }),
    ],
    isNot: [failedRun(well, { ...join, text: "    error: 192.168.222.100 did not answer\n" })],
  },
  "nodes out of reach": {
    is: ["connect: no route to host", "i/o timeout"].map((why) =>
      failedRun(onRemote(well), {
        ...join,
        text: `    error: after 60 failed attempts: dial tcp 192.168.222.100:22: ${why}\n`,
      }),
    ),
    isNot: [
      failedRun(well, { ...join, text: "    error: dial tcp 192.168.222.100:22: i/o timeout\n" }),
      failedRun(onRemote(well), {
        ...join,
        text: "    error: dial tcp 192.168.222.100:22: connect: connection refused\n",
      }),
    ],
  },
  "ssh not answered": {
    is: [
      failedRun(well, {
        ...join,
        text: "    error: connecting to 192.168.222.100:22: after 60 failed attempts: dial tcp 192.168.222.100:22: connect: connection refused\n",
      }),
      silent(well, worker, "ssh: connect to host 192.168.222.100 port 22: Connection timed out"),
    ],
    isNot: [
      failedRun(well, { ...join, text: "    error: dial tcp 192.168.222.10:6443: connect: connection refused\n" }),
    ],
  },
  "node not booted in time": {
    is: [
      failedRun(well, {
        node: worker,
        step: "host key",
        type: "command:local:Command",
        text: "    error: no address and host key of lab-worker-node-1 within 1200 s: error: Guest agent is not responding: QEMU guest agent is not connected\n",
      }),
    ],
    isNot: [
      failedRun(well, {
        node: worker,
        step: "host key",
        type: "command:local:Command",
        text: "    waiting for address and host key of lab-worker-node-1: error: Guest agent is not responding\n    error: node: not found\n",
      }),
    ],
  },
};

it("is tested whole: every cause has its cases, and no case is of none", () => {
  expect(Object.keys(cases)).toEqual(knownCauses.map(({ name }) => name));
  expect(new Set(Object.keys(cases)).size).toBe(knownCauses.length);
});

test("a healthy cluster matches no cause, whatever its journals say of the start", () => {
  expect(match(well)).toEqual([]);
});

describe.each(Object.entries(cases))("%s", (name, { is, isNot }) => {
  it.each(is.map((evidence, index) => [index, evidence] as const))(
    "is the most likely cause (case %i)",
    (_, evidence) => {
      const [first] = match(evidence);
      expect(first?.cause.name).toBe(name);
      expect(first?.signs[0]?.line).not.toBe("");
    },
  );

  it.each(isNot.map((evidence, index) => [index, evidence] as const))(
    "is not what only looks like it (case %i)",
    (_, evidence) => {
      expect(match(evidence).map(({ cause }) => cause.name)).not.toContain(name);
    },
  );
});

describe("several causes", () => {
  it("are ranked: what is specific before what follows from it", () => {
    const evidence = silent(
      but(well, "domain-state", worker, "crashed (panicked)\n"),
      worker,
      "ssh: connect to host 192.168.222.100 port 22: No route to host",
    );
    expect(match(evidence).map(({ cause }) => cause.name)).toEqual(["machine does not run", "ssh not answered"]);
  });

  it("are ranked: what is on the failed node before what is elsewhere", () => {
    const evidence = but(
      silent(well, worker, "Permission denied (publickey)."),
      "disk",
      "master",
      "/dev/vda1  20G  20G  0 100% /\n",
    );
    expect(match(evidence).map(({ cause }) => cause.name)).toEqual(["ssh key refused", "disk of a node full"]);
  });
});

it("says every cause in one sentence, and what to do", () => {
  for (const { cause, mend } of knownCauses) {
    expect(cause).toMatch(/^[A-Za-z].*\.$/);
    expect(cause).not.toMatch(/\. [A-Z]/);
    expect(mend).toMatch(/.{20,}\.$/);
  }
});
