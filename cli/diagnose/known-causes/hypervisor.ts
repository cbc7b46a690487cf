import { inItems, inLog } from "../evidence.ts";
import { atStart, ofLibvirt, poolItems } from "../symptoms.ts";
import type { KnownCause } from "./known-cause.ts";

/** Items of hypervisors, whose messages say that libvirt itself cannot be used. */
const hypervisorItems = ["domains", "hypervisor-memory"];

/** Causes in libvirt and on its host. */
export const hypervisorCauses: readonly KnownCause[] = [
  {
    name: "hypervisor cannot be reached",
    cause: "libvirt does not answer at libvirtUri.",
    fix: "Run `npm run doctor`: it checks whether libvirt listens and accepts your user. For another machine, try `virsh -c URI list`.",
    symptoms: (evidence) => {
      const pattern =
        /failed to connect to the hypervisor|Failed to connect socket to|failed to dial libvirt|failed to connect: .*libvirt|libvirt-sock.*(no such file|connection refused|permission denied)/i;
      return [...inLog(evidence, pattern), ...inItems(evidence, hypervisorItems, pattern)];
    },
  },
  {
    name: "libvirt restarted",
    cause: "The connection to libvirt ended during an operation, such as by a restart of libvirtd.",
    fix: "Run `npm run up` again. It continues with the machine, or creates the machine again.",
    symptoms: (evidence) =>
      // The provider (0.8.3) reports the last one while it waits for a machine's address.
      inLog(
        ofLibvirt(evidence),
        /procedure interrupted while awaiting response|end of file while reading data|^\s*invalid argument(: provider=|$)/i,
      ),
  },
  {
    name: "no KVM",
    cause: "The machine needs KVM, which the hypervisor does not offer.",
    fix: "Set domainType to qemu (slow), or enable virtualisation in the firmware and load the module kvm_intel or kvm_amd.",
    symptoms: (evidence) =>
      atStart(
        evidence,
        /could not access KVM|failed to initialize kvm|Domain requires KVM|domain type 'kvm'.*not (available|supported)|could not find capabilities for .*domaintype=kvm/i,
      ),
  },
  {
    name: "no memory on the hypervisor",
    cause: "The hypervisor has too little free memory for the machine.",
    fix: "Reduce workers or workerMemoryMiB, or stop other machines (`virsh list`).",
    symptoms: (evidence) => atStart(evidence, /cannot set up guest memory|Cannot allocate memory/i),
  },
  {
    name: "no space in the storage pool",
    cause: "The disk that holds the storage pool is full.",
    fix: "Free space on it (on the hypervisor: `df -h`), or set storagePoolPath to a folder on a larger disk.",
    symptoms: (evidence) => [
      ...inLog(ofLibvirt(evidence), /no space left on device|ENOSPC|not enough space/i),
      ...inItems(evidence, ["domain-state"], /paused \(I\/O error\)/),
      ...inItems(evidence, poolItems(evidence), /^Available:\s+0\b/),
    ],
  },
  {
    name: "no permission on image or pool",
    cause: "libvirt's QEMU has no permission to read or write the image or the pool's folder.",
    fix: "Give the user libvirt-qemu access to the path and every folder above it, or set storagePoolPath to another folder.",
    symptoms: (evidence) =>
      atStart(
        evidence,
        /(could not open|cannot open|cannot access|cannot create|failed to create|unable to create|cannot stat|error creating).*permission denied/i,
        poolItems(evidence),
      ),
  },
  {
    name: "name taken in libvirt",
    cause:
      "libvirt already has a domain, network, pool or volume of that name outside this stack: another cluster's, or an orphan of a killed run.",
    fix: "Look at `virsh desc NAME`. Remove an orphan (`virsh undefine NAME`); otherwise choose another clusterName or networkName.",
    symptoms: (evidence) =>
      inLog(
        evidence,
        /(domain|network|pool|storage vol\w*( name)?) '[^']*'.*(already exists|already in use|already defined)|storage volume '?[^ ]*'? already exists/i,
      ),
  },
  {
    name: "address or network in use",
    cause: "Another network on the hypervisor uses the same addresses.",
    fix: "Set networkCidr to a free subnet, or set `network` to the name of that network; `npm run doctor` names it.",
    symptoms: (evidence) =>
      inLog(
        evidence,
        /already in use by interface|failed to create listening socket.*Address already in use|bridge name '[^']*' already in use/i,
      ),
  },
];
