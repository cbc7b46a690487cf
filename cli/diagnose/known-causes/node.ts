import { inItems, inLog } from "../evidence.ts";
import { ofConditions, ofNodes } from "../symptoms.ts";
import { unitsMissing } from "../units.ts";
import type { KnownCause } from "./known-cause.ts";

/** Mount points of the control plane's data disk, as nix/files/machine.sh sets them. */
const dataMounts = "/(var/lib/(nodeforge|etcd|kubelet/pki)|etc/kubernetes)$";

/** Pattern of a line of df about a full disk with this mount point. */
const fullDisk = (mountPoint: string) => new RegExp(String.raw`^/dev/(?!sr|loop)\S+ .* (99|100)% ${mountPoint}`);

/** Message of etcd and the API server when the database has reached its quota. */
const databaseFull = /mvcc: database space exceeded/;

/** Causes in the image, the disks and the memory of a node. */
export const nodeCauses: readonly KnownCause[] = [
  {
    name: "image without the contract",
    cause:
      "The node image has another contract than nodeforge's scripts, or lacks a unit or program that a node must have.",
    fix: "Rebuild the image (`npm run image`), or add the missing part: docs/image.md has the contract. `image.txt` says where the node's image came from.",
    symptoms: (evidence) => [
      ...inLog(
        evidence,
        /this node's image has contract \S+ .*, expected|Unit \S+ (could not be found|not found)|: command not found|failed to run command .*No such file/i,
      ),
      ...unitsMissing(evidence),
    ],
  },
  {
    name: "data disk damaged",
    cause:
      "The control plane's data disk has lost its first blocks, or its file system has errors; it was not changed.",
    fix: "Copy the volume first. Then run the e2fsck command from the message: on the node, or on the hypervisor while the machine is off. Then `virsh reboot NAME` and `npm run up`.",
    symptoms: (evidence) =>
      inLog(
        evidence,
        /has data, but no file system that can be recognised|has errors that are not repaired without being asked/,
      ),
  },
  {
    name: "data disk not mounted",
    cause: "The control plane's data disk is not attached to its machine, or its unit `machine` could not mount it.",
    fix: "`virsh domblklist NAME` shows whether it is attached; `systemctl status machine` on the node shows why it was not mounted. An unreadable disk is never changed: once it is readable, `virsh reboot NAME`, then `npm run up`.",
    symptoms: (evidence) => [
      ...inLog(evidence, /the control plane's data disk is not mounted/),
      ...inItems(evidence, ["failed-units"], /^machine\.service\b/, ({ node }) =>
        evidence.nodes.some(({ name, role }) => name === node && role === "control-plane"),
      ),
    ],
  },
  {
    name: "cloud-init failed",
    cause: "cloud-init failed on the node, or did not finish.",
    fix: "Read the node's `cloud-init.txt` and `cloud-init-log.txt`.",
    symptoms: (evidence) => [
      ...inLog(evidence, /FAILED: cloud-init (failed|did not finish)/),
      ...inItems(evidence, ["cloud-init"], /^(extended_)?status: error/),
    ],
  },
  {
    name: "data disk full",
    cause: "The control plane's data disk is full, or etcd's database has reached its limit.",
    fix: "Set a larger masterDataDiskGiB and run `npm run up`, which grows the disk while the machine runs. Or free space on the disk. Where etcd's database has reached its limit, delete unneeded objects; etcd drops their history within minutes. Then `etcdctl defrag` frees the space, and `etcdctl alarm disarm` lets etcd write again. The image has no etcdctl; the certificates are in /etc/kubernetes/pki/etcd.",
    symptoms: (evidence) => [
      ...inItems(evidence, ["disk", "inodes"], fullDisk(dataMounts)),
      ...inLog(evidence, databaseFull),
      ...inItems(evidence, ["etcd", "kube-apiserver"], databaseFull),
    ],
  },
  {
    name: "disk of a node full",
    cause: "The node's disk is full.",
    fix: "Free space on it, or set a larger workerDiskGiB or masterDiskGiB, which recreates the disk. The control plane's data is on another disk, which stays.",
    symptoms: (evidence) => [
      ...inLog(ofNodes(evidence), /no space left on device|ENOSPC/i),
      ...inItems(evidence, ["disk", "inodes"], fullDisk(`(?!${dataMounts})`)),
      ...ofConditions(evidence, /^DiskPressure=True/),
    ],
  },
  {
    name: "memory of a node short",
    cause: "The node has too little memory: its kernel killed processes.",
    fix: "Increase workerMemoryMiB or masterMemoryMiB; `kernel.txt` names the killed processes.",
    symptoms: (evidence) => [
      // A container that exceeds its own limit says nothing about the node.
      ...inItems(evidence, ["kernel"], /(?<!Memory cgroup )\bout of memory: Killed process/i),
      ...ofConditions(evidence, /^MemoryPressure=True/),
    ],
  },
];
