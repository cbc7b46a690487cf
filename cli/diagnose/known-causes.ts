import { isLocalHypervisor } from "../../libvirt/virtualisation.ts";
import { answered, find, inItems, inLog, sign, type Evidence, type Sign } from "./evidence.ts";
import {
  alive,
  atStart,
  endedCertificates,
  ofConditions,
  ofLibvirt,
  ofNodes,
  ofSmokeCheck,
  ofStep,
  poolItems,
  sinceLast,
  withoutLease,
  wrongClocks,
} from "./signs.ts";
import { unitsDown, unitsMissing } from "./units.ts";

/** A known cause of failures. */
export interface KnownCause {
  /** What is wrong, in a few words. */
  readonly name: string;
  /** The most likely cause, one sentence. */
  readonly cause: string;
  /** What to do about it. */
  readonly mend: string;
  /** What speaks for it; nothing when it is not this. */
  readonly signs: (evidence: Evidence) => readonly Sign[];
}

/** Items of hypervisors, whose messages say that libvirt itself cannot be used. */
const hypervisorItems = ["domains", "hypervisor-memory"];

/** Where the control plane's data disk is mounted: of nix/files/machine.sh. */
const dataMounts = "/(var/lib/(nodeforge|etcd|kubelet/pki)|etc/kubernetes)$";

/** A line of df about a disk that is full, and where it is mounted. */
const fullDisk = (mounted: string) => new RegExp(String.raw`^/dev/(?!sr|loop)\S+ .* (99|100)% ${mounted}`);

/** What etcd and the API server say when its database has reached its quota. */
const databaseFull = /mvcc: database space exceeded/;

/** Whether a machine is on another hypervisor than this machine. */
function isRemote({ nodes }: Evidence): boolean {
  return nodes.some(({ uri }) => uri !== undefined && !isLocalHypervisor(uri));
}

/** Every known cause, the most specific first: what stands further up explains what stands below it. */
export const knownCauses: readonly KnownCause[] = [
  {
    name: "wrong passphrase",
    cause: "The stack is encrypted with another passphrase than the one that is here.",
    mend: "Put the right one into .pulumi-passphrase or PULUMI_CONFIG_PASSPHRASE.",
    signs: (evidence) => inLog(evidence, /incorrect passphrase|passphrase must be set with PULUMI_CONFIG_PASSPHRASE/),
  },
  {
    name: "stack locked",
    cause: "Another run changes this stack now, or one that was killed left its lock.",
    mend: "When no other run is alive: `npm run pulumi -- cancel`, then `npm run up`.",
    signs: (evidence) => inLog(evidence, /the stack is currently locked by|Another update is currently in progress/),
  },
  {
    name: "hypervisor cannot be reached",
    cause: "libvirt does not answer at libvirtUri.",
    mend: "`npm run doctor` says whether libvirt listens and lets this user in; for another machine try `virsh -c URI list`.",
    signs: (evidence) => {
      const pattern =
        /failed to connect to the hypervisor|Failed to connect socket to|failed to dial libvirt|failed to connect: .*libvirt|libvirt-sock.*(no such file|connection refused|permission denied)/i;
      return [...inLog(evidence, pattern), ...inItems(evidence, hypervisorItems, pattern)];
    },
  },
  {
    name: "no KVM",
    cause: "The machine was to run under KVM, which the hypervisor cannot offer.",
    mend: "Set domainType to qemu (slow), or enable virtualisation in the firmware and load the module kvm_intel or kvm_amd.",
    signs: (evidence) =>
      atStart(
        evidence,
        /could not access KVM|failed to initialize kvm|Domain requires KVM|domain type 'kvm'.*not (available|supported)|could not find capabilities for .*domaintype=kvm/i,
      ),
  },
  {
    name: "no memory on the hypervisor",
    cause: "The hypervisor has not enough free memory for the machine.",
    mend: "Set fewer workers or less workerMemoryMiB, or stop other machines (`virsh list`).",
    signs: (evidence) => atStart(evidence, /cannot set up guest memory|Cannot allocate memory/i),
  },
  {
    name: "no space in the storage pool",
    cause: "The disk that the storage pool lies on is full.",
    mend: "Free space there (hypervisor: `df -h`), or set storagePoolPath to a folder on a larger disk.",
    signs: (evidence) => [
      ...inLog(ofLibvirt(evidence), /no space left on device|ENOSPC|not enough space/i),
      ...inItems(evidence, ["domain-state"], /paused \(I\/O error\)/),
      ...inItems(evidence, poolItems(evidence), /^Available:\s+0\b/),
    ],
  },
  {
    name: "no permission on image or pool",
    cause: "libvirt's QEMU may not read or write the image or the pool's folder.",
    mend: "Give the user libvirt-qemu access to the path and every folder above it, or set storagePoolPath elsewhere.",
    signs: (evidence) =>
      atStart(
        evidence,
        /(could not open|cannot open|cannot access|cannot create|failed to create|unable to create|cannot stat|error creating).*permission denied/i,
        poolItems(evidence),
      ),
  },
  {
    name: "name taken in libvirt",
    cause:
      "A domain, network, pool or volume of that name exists, which this stack does not know: another cluster's, or one that a killed run left.",
    mend: "Look at `virsh desc NAME`; remove it when it is a leftover (`virsh undefine NAME`), else choose another clusterName or networkName.",
    signs: (evidence) =>
      inLog(
        evidence,
        /(domain|network|pool|storage vol\w*( name)?) '[^']*'.*(already exists|already in use|already defined)|storage volume '?[^ ]*'? already exists/i,
      ),
  },
  {
    name: "address or network in use",
    cause: "Another network on the hypervisor has the same addresses.",
    mend: "Set networkCidr to a free subnet, or `network` to the name of the network that has it; `npm run doctor` names it.",
    signs: (evidence) =>
      inLog(
        evidence,
        /already in use by interface|failed to create listening socket.*Address already in use|bridge name '[^']*' already in use/i,
      ),
  },
  {
    name: "image does not boot",
    cause: "The node image does not boot on this machine.",
    mend: "Look at the console; check the image (`npm run doctor`), its processor architecture and that it boots with BIOS.",
    signs: (evidence) =>
      inItems(
        sinceLast(evidence, "console", alive),
        ["console"],
        /Kernel panic|No bootable device|not a bootable disk|^\s*\(initramfs\)|emergency mode|Give root password|grub rescue>|Unable to mount root|dracut:\/#/i,
        ({ node = "" }) => !answered(evidence, node),
      ),
  },
  {
    name: "machine does not run",
    cause: "The machine has crashed, was stopped, or is gone from libvirt.",
    mend: "Read `domain-log.txt` and `console.txt` of the node; `npm run up` starts it, lets one go on that is paused, and makes one again that is gone. One that pauses again mostly has a full pool: make room there first.",
    signs: (evidence) => [
      ...inItems(evidence, ["domain-state"], /^(shut off|crashed|paused|pmsuspended|in shutdown)/),
      ...inItems(evidence, ["domain-state"], /failed to get domain|Domain not found/i, ({ node }) =>
        evidence.nodes.some(
          ({ name, steps }) => name === node && steps.some((step) => step.name === "machine" && step.done),
        ),
      ),
    ],
  },
  {
    name: "seed disk not read",
    cause: "cloud-init did not find the seed disk, so the node has no name and no key of its own.",
    mend: "The image needs cloud-init with the NoCloud source: see `cloud-init.txt` of the node, and the image's contract in docs/image.md.",
    signs: (evidence) => [
      ...inLog(evidence, /its seed disk was not read/),
      ...inItems(evidence, ["cloud-init"], /DataSourceNone/),
      ...evidence.nodes.flatMap(({ name }) => {
        const told = find(evidence, "hostname", name);
        const line = told?.text.trim() ?? "";
        return told === undefined || told.missing !== undefined || line === "" || line.split(".")[0] === name
          ? []
          : [sign("hostname", line, name)];
      }),
    ],
  },
  {
    name: "no DHCP lease",
    cause:
      "The machine runs but got no address: its system does not ask, or something between it and the network's DHCP server is in the way.",
    mend: "Read the node's `console.txt`; look for a firewall on the bridge or another DHCP server, on an existing network also for a full range (`leases-*.txt`).",
    signs: (evidence) => [
      ...inLog(evidence, /couldn't retrieve IP address of domain|waiting for.*(lease|addresses).*time(d )?out/i),
      ...withoutLease(evidence),
    ],
  },
  {
    name: "host key mismatch",
    cause: "Another machine answers at the node's address, or the node made itself a new host key.",
    mend: "Compare `leases-*.txt` with the node's address. Made anew by hand: `npm run refresh`, then `npm run up`.",
    signs: (evidence) => {
      const pattern =
        /host key mismatch|key mismatch|REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/i;
      return [...inLog(evidence, pattern), ...inItems(evidence, ["ssh"], pattern)];
    },
  },
  {
    name: "ssh key with a passphrase",
    cause: "The operator's private key has a passphrase, which no remote step asks for.",
    mend: "Name a key without one (sshPublicKey, sshPrivateKeyPath), or load it into an agent and set sshAgent.",
    signs: (evidence) => {
      const pattern = /private key is passphrase protected|cannot decode encrypted private keys/;
      return [...inLog(evidence, pattern), ...inItems(evidence, ["ssh"], pattern)];
    },
  },
  {
    name: "ssh key refused",
    cause: "The node does not accept the operator's key.",
    mend: "sshPublicKey, sshPrivateKeyPath (or the agent) and sshUser must be those of the last `up`; a key with a passphrase needs sshAgent.",
    signs: (evidence) => {
      const pattern = /ssh: unable to authenticate|Permission denied \([a-z,-]*publickey/;
      return [...inLog(evidence, pattern), ...inItems(evidence, ["ssh"], pattern)];
    },
  },
  {
    name: "image without the contract",
    cause:
      "The node image keeps another contract than nodeforge's scripts, or lacks a unit or a program that a node must have.",
    mend: "Build the image again (`npm run image`), or add what is missing: docs/image.md has the contract. `image.txt` says what the node came from.",
    signs: (evidence) => [
      ...inLog(
        evidence,
        /the image of this node keeps contract \S+ .*and nodeforge needs|Unit \S+ (could not be found|not found)|: command not found|failed to run command .*No such file/i,
      ),
      ...unitsMissing(evidence),
    ],
  },
  {
    name: "data disk damaged",
    cause:
      "The control plane's data disk has lost its first blocks, or its file system has errors; it was left as it is.",
    mend: "Copy the volume first. Then run the e2fsck command that the message names: on the node, or on the hypervisor while the machine is off. Then `virsh reboot NAME` and `npm run up`.",
    signs: (evidence) =>
      inLog(
        evidence,
        /has data, but no file system that can be recognised|has errors that are not repaired without being asked/,
      ),
  },
  {
    name: "data disk not there",
    cause: "The control plane's data disk is not attached to its machine, or its unit `machine` could not mount it.",
    mend: "`virsh domblklist NAME` shows whether it is attached, `systemctl status machine` on the node why it was not mounted. A disk that cannot be read is left as it is; once it can, `virsh reboot NAME`, then `npm run up`.",
    signs: (evidence) => [
      ...inLog(evidence, /the control plane's data disk is not there/),
      ...inItems(evidence, ["failed-units"], /^machine\.service\b/, ({ node }) =>
        evidence.nodes.some(({ name, role }) => name === node && role === "control-plane"),
      ),
    ],
  },
  {
    name: "cloud-init failed",
    cause: "cloud-init ended with an error or not at all on the node.",
    mend: "Read `cloud-init.txt` and `cloud-init-log.txt` of the node.",
    signs: (evidence) => [
      ...inLog(evidence, /FAILED: cloud-init (failed|did not finish)/),
      ...inItems(evidence, ["cloud-init"], /^(extended_)?status: error/),
    ],
  },
  {
    name: "data disk full",
    cause: "The control plane's data disk is full, or etcd's database has reached its limit.",
    mend: "masterDataDiskGiB cannot be changed on a living cluster: free space on it or delete objects that nobody needs, whose history goes within minutes; then `etcdctl defrag` gives the space back, and `etcdctl alarm disarm` lets etcd write again. The image has no etcdctl; the certificates are in /etc/kubernetes/pki/etcd.",
    signs: (evidence) => [
      ...inItems(evidence, ["disk", "inodes"], fullDisk(dataMounts)),
      ...inLog(evidence, databaseFull),
      ...inItems(evidence, ["etcd", "kube-apiserver"], databaseFull),
    ],
  },
  {
    name: "disk of a node full",
    cause: "The node's disk is full.",
    mend: "Free space on it, or give it more (workerDiskGiB, masterDiskGiB), which makes it anew; the control plane's data is on another disk, which stays.",
    signs: (evidence) => [
      ...inLog(ofNodes(evidence), /no space left on device|ENOSPC/i),
      ...inItems(evidence, ["disk", "inodes"], fullDisk(`(?!${dataMounts})`)),
      ...ofConditions(evidence, /^DiskPressure=True/),
    ],
  },
  {
    name: "memory of a node short",
    cause: "A node has too little memory: its kernel killed processes.",
    mend: "Set more workerMemoryMiB or masterMemoryMiB; `kernel.txt` names what was killed.",
    signs: (evidence) => [
      // A pod that outgrew its own limit is its own affair.
      ...inItems(evidence, ["kernel"], /(?<!Memory cgroup )\bout of memory: Killed process/i),
      ...ofConditions(evidence, /^MemoryPressure=True/),
    ],
  },
  {
    name: "certificates have ended",
    cause: "The cluster's certificates have ended: its machines were off, or their timer stopped, for too long.",
    mend: "`npm run up` renews them, fetches the new kubeconfig and lets the workers join again whose own have ended.",
    signs: (evidence) => endedCertificates(evidence),
  },
  {
    name: "clock wrong",
    cause: "The clocks of the machines differ, so certificates are not valid yet or not any more.",
    mend: "Set the hypervisor's clock (`timedatectl`), then `npm run up`, which sets the nodes' clocks by it.",
    signs: (evidence) => [
      ...(endedCertificates(evidence).length > 0
        ? []
        : inLog(evidence, /certificate has expired or is not yet valid|tls: expired certificate/)),
      ...wrongClocks(evidence),
    ],
  },
  {
    name: "name taken in the cluster",
    cause: "Another node of that name is in the cluster.",
    mend: "Choose another workerNamePrefix, or make way: `npm run kubectl -- delete node NAME`.",
    signs: (evidence) =>
      inLog(evidence, /another machine named \S+ is in the cluster|because a node \S+ is in the cluster/),
  },
  {
    name: "token refused",
    cause:
      "The worker's token had expired or was revoked, or the control plane's CA is not the one the worker was told.",
    mend: "Run `npm run up` again, which mints another; when it happens again, set a longer tokenTtlMinutes or a smaller joinWaveSize.",
    signs: (evidence) => {
      const pattern =
        /invalid bearer token|invalid token|token id .*is invalid|could not find a JWS signature|token .*(has )?expired|certificate signed by unknown authority|none of the public keys .*pinned|invalid discovery token CA certificate hash|Unauthorized/i;
      return [
        ...inLog(ofStep(evidence, "join"), pattern),
        ...inItems(
          evidence,
          ["kubelet"],
          /cannot create certificate signing request: .*Unauthorized|invalid bearer token/,
          ({ node }) => evidence.failures.some((failure) => failure.node === node && failure.step === "join"),
        ),
      ];
    },
  },
  {
    name: "pods hold a drain",
    cause: "A PodDisruptionBudget, or a pod without a controller, keeps the worker from being drained.",
    mend: "`npm run kubectl -- get pdb -A`: run more replicas or loosen the budget, then try again; drainTimeoutMinutes is the limit.",
    signs: (evidence) =>
      inLog(
        evidence,
        /could not be drained|violate the pod's disruption budget|cannot delete Pods.*(declare no controller|use --force)/i,
      ),
  },
  {
    name: "kubelet's folder emptied",
    cause:
      "A folder that kubelet does not start without is gone: `kubeadm reset`, or somebody by hand, emptied /var/lib/kubelet.",
    mend: "`npm run up` makes it again and lets the worker join.",
    signs: (evidence) => inItems(evidence, ["kubelet"], /failed to walk through kubelet dropin directory/),
  },
  {
    name: "containerd is down",
    cause: "The container runtime does not run on the node, so nothing else can.",
    mend: "Read `containerd.txt` of the node.",
    signs: (evidence) => [
      ...unitsDown(evidence, ["containerd"]),
      ...ofConditions(evidence, /^Ready=False .*(container runtime is down|containerd\.sock)/),
    ],
  },
  {
    name: "etcd is down",
    cause: "etcd does not run on the control plane, so the API server cannot.",
    mend: "Read `etcd.txt` of the control plane: a disk that is full or too slow is the usual reason.",
    signs: (evidence) => [...unitsDown(evidence, ["etcd"]), ...inItems(evidence, ["api-server"], /^\[-\]etcd failed/)],
  },
  {
    name: "API server is down",
    cause: "The API server does not answer.",
    mend: "Read `kube-apiserver.txt` of the control plane; too little memory or too slow a disk are the usual reasons.",
    signs: (evidence) => [
      ...inLog(evidence, /FAILED: the API server: still missing/),
      ...unitsDown(evidence, ["kube-apiserver"]),
      ...inItems(evidence, ["api-server"], /was refused - did you specify the right host|^\[-\](?!etcd)/),
    ],
  },
  {
    name: "no pod network",
    cause: "flanneld has not set up the node's pod network.",
    mend: "Read `flanneld.txt` and `containerd.txt` of the node.",
    signs: (evidence) => [
      ...inLog(evidence, /cni plugin not initialized|FAILED: flanneld and kube-proxy: still missing/),
      ...unitsDown(evidence, ["flanneld"]),
      ...ofConditions(evidence, /^Ready=False .*(cni plugin not initialized|NetworkPluginNotReady)/),
    ],
  },
  {
    name: "kubelet is down",
    cause: "kubelet does not run on the node, or does not report.",
    mend: "Read `kubelet.txt` of the node.",
    signs: (evidence) => [
      ...unitsDown(evidence, ["kubelet"]),
      ...ofConditions(evidence, /^Ready=Unknown .*Kubelet stopped posting/),
    ],
  },
  {
    name: "container image missing",
    cause: "A pod wants a container image that the node image does not hold, and nodes pull none of nodeforge's own.",
    mend: "Build the node image again (`npm run image`); images of your own need a registry that the nodes reach. `pods.txt` names the pods.",
    signs: (evidence) => {
      const pattern = /ErrImageNeverPull|ImagePullBackOff|ErrImagePull\b|InvalidImageName/;
      return [...inLog(evidence, pattern), ...inItems(evidence, ["pods"], pattern)];
    },
  },
  {
    name: "names do not resolve in the cluster",
    cause: "The cluster's name server cannot be reached from a worker.",
    mend: "`npm run kubectl -- -n nodeforge-smoke describe pods` and `-n kube-system logs -l k8s-app=kube-dns`; see `kube-proxy.txt` and `flanneld.txt` of the node.",
    signs: (evidence) => ofSmokeCheck(evidence, String.raw`resolves to \d+ of \d+ pods`),
  },
  {
    name: "pods do not reach each other",
    cause: "Pods of one node do not reach those of another.",
    mend: "Compare the routes in `addresses.txt` of both nodes and read their `flanneld.txt`; an existing network may drop addresses that are not its own.",
    signs: (evidence) => ofSmokeCheck(evidence, String.raw`did not answer, \d+ of \d+ pods did`),
  },
  {
    name: "nodes out of reach",
    cause: "The nodes are behind the NAT of a remote hypervisor, and this machine has no way to them.",
    mend: "Set a route to networkCidr by way of the hypervisor, or name a routed or bridged network that exists there with `network`: docs/operations.md.",
    signs: (evidence) =>
      isRemote(evidence)
        ? inLog(evidence, /dial tcp \S+: .*(i\/o timeout|no route to host|network is unreachable|timed out)/i)
        : [],
  },
  {
    name: "ssh not answered",
    cause: "The node has an address, but no ssh server answers there.",
    mend: "Read the node's `console.txt`; look for a firewall between this machine and the nodes, which must reach port 22.",
    signs: (evidence) => [
      ...inLog(evidence, /dial tcp \S+:22: .*(connection refused|i\/o timeout|no route to host|timed out)/i),
      ...inItems(
        evidence,
        ["ssh"],
        /port 22: (Connection refused|Connection timed out|No route to host)|Operation timed out|banner exchange/i,
      ),
    ],
  },
  {
    name: "node not booted in time",
    cause:
      "The node's guest agent never told an address and the ssh host key: it is still booting, or the image has no agent.",
    mend: "Read the node's `console.txt`; set a longer bootTimeoutMinutes when it was only slow.",
    signs: (evidence) => inLog(evidence, /no address and host key of \S+ within/),
  },
];

/** The causes that something speaks for, the most likely first: what explains a failed node before what is also wrong. */
export function match(evidence: Evidence): readonly { readonly cause: KnownCause; readonly signs: readonly Sign[] }[] {
  const { failed } = evidence;
  const explains = ({ node, where }: Sign) => where === "run" || node === undefined || failed.includes(node);
  return knownCauses
    .map((cause) => ({ cause, signs: cause.signs(evidence) }))
    .filter(({ signs }) => signs.length > 0)
    .map(({ cause, signs }) => ({ cause, signs: [...signs].sort((a, b) => Number(explains(b)) - Number(explains(a))) }))
    .sort((a, b) => Number(b.signs.some(explains)) - Number(a.signs.some(explains)));
}
