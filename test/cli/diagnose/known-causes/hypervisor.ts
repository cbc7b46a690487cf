import { but, failedRun, silent } from "../evidence.ts";
import { domain, init, join, printed, well, worker, type CauseFixtures } from "./fixtures.ts";

/** Fixtures of cli/diagnose/known-causes/hypervisor.ts. */
export const hypervisorFixtures: CauseFixtures = {
  "hypervisor cannot be reached": {
    is: [
      {
        when: "the libvirt provider cannot dial the socket",
        evidence: printed(
          "error: failed to dial libvirt: dial unix /var/run/libvirt/libvirt-sock: connect: no such file or directory\n",
        ),
        line: "error: failed to dial libvirt: dial unix /var/run/libvirt/libvirt-sock: connect: no such file or directory",
      },
      {
        when: "virsh cannot connect",
        evidence: but(
          well,
          "domains",
          undefined,
          "",
          "error: failed to connect to the hypervisor\nerror: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
        ),
        line: "error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory",
      },
    ],
    isNot: [
      { when: "virsh is not installed", evidence: but(well, "domains", undefined, "", "virsh is not installed") },
    ],
  },
  "libvirt restarted": {
    is: [
      {
        when: "the answer to a creation was lost",
        evidence: failedRun(well, {
          ...domain,
          text: "error: 1 error occurred:\n\t* error creating libvirt domain: procedure interrupted while awaiting response\n",
        }),
        line: "* error creating libvirt domain: procedure interrupted while awaiting response",
      },
      {
        when: "the provider waited for an address",
        evidence: failedRun(well, {
          ...domain,
          text: "couldn't retrieve IP address of domain id: 5b8f. Please check following: \n1) is the domain running proplerly?\n invalid argument: provider=libvirt@0.8.3\n",
        }),
        line: "invalid argument: provider=libvirt@0.8.3",
      },
    ],
    isNot: [
      {
        when: "a machine gets no lease",
        evidence: failedRun(well, {
          ...domain,
          text: "couldn't retrieve IP address of domain id: 5b8f. Please check following: \n timeout while waiting for state to become 'all-addresses-obtained'\n",
        }),
      },
      {
        when: "libvirt refuses an argument",
        evidence: failedRun(well, {
          ...domain,
          text: "error: invalid argument: could not find capabilities for arch\n",
        }),
      },
    ],
  },
  "no KVM": {
    is: [
      {
        when: "QEMU finds no KVM during a creation",
        evidence: failedRun(well, {
          ...domain,
          text: "    error: error creating libvirt domain: internal error: process exited while connecting to monitor: Could not access KVM kernel module: No such file or directory\n",
        }),
        line: "error: error creating libvirt domain: internal error: process exited while connecting to monitor: Could not access KVM kernel module: No such file or directory",
      },
      {
        when: "a stopped machine's log has a KVM failure",
        evidence: but(
          but(well, "domain-log", worker, "qemu-system-x86_64: failed to initialize kvm: Permission denied\n"),
          "domain-state",
          worker,
          "shut off (failed)\n",
        ),
        line: "qemu-system-x86_64: failed to initialize kvm: Permission denied",
      },
    ],
    isNot: [
      {
        when: "a running machine's log has an old KVM failure",
        evidence: but(well, "domain-log", worker, "2026-11-20: failed to initialize kvm: Permission denied\n"),
      },
    ],
  },
  "no memory on the hypervisor": {
    is: [
      {
        when: "QEMU cannot allocate the machine's memory",
        evidence: failedRun(well, {
          ...domain,
          text: "    error: error creating libvirt domain: internal error: qemu unexpectedly closed the monitor: cannot set up guest memory 'pc.ram': Cannot allocate memory\n",
        }),
        line: "error: error creating libvirt domain: internal error: qemu unexpectedly closed the monitor: cannot set up guest memory 'pc.ram': Cannot allocate memory",
      },
    ],
    isNot: [
      {
        when: "a script on a node runs out of memory",
        evidence: failedRun(well, { ...join, text: "    error: fork: Cannot allocate memory\n" }),
      },
    ],
  },
  "no space in the storage pool": {
    is: [
      {
        when: "an upload to the pool fails",
        evidence: failedRun(well, {
          step: "base image",
          type: "libvirt:index:Volume",
          text: "    error: error while uploading source node.qcow2: write: No space left on device\n",
        }),
        line: "error: error while uploading source node.qcow2: write: No space left on device",
      },
      {
        when: "an I/O error has paused a machine",
        evidence: but(well, "domain-state", worker, "paused (I/O error)\n"),
        line: "paused (I/O error)",
      },
      {
        when: "the pool has no byte available",
        evidence: but(well, "pool-nodeforge-lab", undefined, "Capacity:       105089261568\nAvailable:      0\n"),
        line: "Available:      0",
      },
    ],
    isNot: [
      {
        when: "the pool has bytes available",
        evidence: but(well, "pool-nodeforge-lab", undefined, "Allocation:     0\nAvailable:      105089261568\n"),
      },
    ],
  },
  "no permission on image or pool": {
    is: [
      {
        when: "QEMU cannot open a volume",
        evidence: failedRun(well, {
          ...domain,
          text: "    error: error creating libvirt domain: qemu-system-x86_64: -blockdev: Could not open '/root/pool/lab-base.qcow2': Permission denied\n",
        }),
        line: "error: error creating libvirt domain: qemu-system-x86_64: -blockdev: Could not open '/root/pool/lab-base.qcow2': Permission denied",
      },
      {
        when: "libvirt cannot open the pool's folder",
        evidence: but(
          well,
          "volumes-nodeforge-lab",
          undefined,
          "",
          "error: cannot open directory '/root/pool': Permission denied",
        ),
        line: "error: cannot open directory '/root/pool': Permission denied",
      },
    ],
    isNot: [
      {
        when: "a node refuses an ssh key",
        evidence: silent(well, worker, "ops@192.168.222.100: Permission denied (publickey)."),
      },
    ],
  },
  "name taken in libvirt": {
    is: [
      {
        when: "a domain exists",
        evidence: failedRun(well, {
          ...domain,
          text: "    error: error defining libvirt domain: operation failed: domain 'lab-worker-node-1' already exists with uuid 5b8f\n",
        }),
        line: "error: error defining libvirt domain: operation failed: domain 'lab-worker-node-1' already exists with uuid 5b8f",
      },
      {
        when: "a storage pool exists",
        evidence: failedRun(well, {
          step: "storage pool",
          type: "libvirt:index:Pool",
          text: "    error: storage pool 'nodeforge-lab' already exists\n",
        }),
        line: "error: storage pool 'nodeforge-lab' already exists",
      },
      {
        when: "a network exists",
        evidence: failedRun(well, {
          step: "network",
          type: "libvirt:index:Network",
          text: "    error: operation failed: network 'scheduler_benchmark_net' already exists with uuid 1c\n",
        }),
        line: "error: operation failed: network 'scheduler_benchmark_net' already exists with uuid 1c",
      },
    ],
    isNot: [
      {
        when: "a Kubernetes namespace exists",
        evidence: failedRun(well, {
          step: "add-ons",
          type: "kubernetes:core/v1:Namespace",
          text: '    error: namespaces "nodeforge-smoke" already exists\n',
        }),
      },
    ],
  },
  "address or network in use": {
    is: [
      {
        when: "an interface has the subnet",
        evidence: failedRun(well, {
          step: "network",
          type: "libvirt:index:Network",
          text: "    error: internal error: Network is already in use by interface virbr1\n",
        }),
        line: "error: internal error: Network is already in use by interface virbr1",
      },
      {
        when: "dnsmasq cannot listen on the address",
        evidence: failedRun(well, {
          step: "network",
          type: "libvirt:index:Network",
          text: "    error: dnsmasq: failed to create listening socket for 192.168.222.1: Address already in use\n",
        }),
        line: "error: dnsmasq: failed to create listening socket for 192.168.222.1: Address already in use",
      },
    ],
    isNot: [
      {
        when: "a service of a node cannot bind its port",
        evidence: failedRun(well, {
          ...init,
          text: "    error: [  9s] FAILED: listen tcp 127.0.0.1:2379: bind: address already in use\n",
        }),
      },
    ],
  },
};
