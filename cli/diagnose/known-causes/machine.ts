import { answered, find, inItems, inLog, symptom, type Evidence, type Symptom } from "../evidence.ts";
import { alive, sinceLast, withoutLease } from "../symptoms.ts";
import type { KnownCause } from "./known-cause.ts";

/** Causes in a machine that starts: its domain, its image, its seed and its lease. */
export const machineCauses: readonly KnownCause[] = [
  {
    name: "image does not boot",
    cause: "The node image does not boot on this machine.",
    fix: "Read the node's `console.txt`. Check the image (`npm run doctor`) and its processor architecture; it must boot with BIOS.",
    symptoms: (evidence) =>
      inItems(
        sinceLast(evidence, "console", alive),
        ["console"],
        /Kernel panic|No bootable device|not a bootable disk|^\s*\(initramfs\)|emergency mode|Give root password|grub rescue>|Unable to mount root|dracut:\/#/i,
        ({ node = "" }) => !answered(evidence, node),
      ),
  },
  {
    name: "machine does not run",
    cause: "The machine crashed, was stopped, or is missing from libvirt.",
    fix: "Read the node's `domain-log.txt` and `console.txt`. `npm run up` starts a stopped machine, resumes a paused one and recreates a missing one. A machine that pauses again usually has a full pool: free space there first.",
    symptoms: (evidence) => [
      ...inLog(evidence, /because the machine is off/),
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
    cause: "cloud-init did not find the seed disk, so the node has neither its name nor a login key.",
    fix: "The image needs cloud-init with the NoCloud source: see the node's `cloud-init.txt`, and the image's contract in docs/image.md.",
    symptoms: (evidence) => [
      ...inLog(evidence, /its seed disk was not read/),
      ...inItems(evidence, ["cloud-init"], /DataSourceNone/),
      ...otherHostNames(evidence).filter(({ node }) => !hasJoined(evidence, node)),
    ],
  },
  {
    name: "host name changed",
    cause: "The node's host name was changed after the node had joined, so its kubelet looks for another Node.",
    fix: "On the node: `hostnamectl set-hostname NODE` with the node's name, then `systemctl restart kubelet`.",
    symptoms: (evidence) => otherHostNames(evidence).filter(({ node }) => hasJoined(evidence, node)),
  },
  {
    name: "no DHCP lease",
    cause: "The machine runs but has no address: its system does not ask for one, or no DHCP server answers it.",
    fix: "Read the node's `console.txt`. Look for a firewall on the bridge or another DHCP server; on an existing network also for a full range (`leases-*.txt`).",
    symptoms: (evidence) => [
      ...inLog(evidence, /couldn't retrieve IP address of domain|waiting for.*(lease|addresses).*time(d )?out/i),
      ...withoutLease(evidence),
    ],
  },
];

/** Finds nodes with another host name than their own. */
function otherHostNames(evidence: Evidence): readonly Symptom[] {
  return evidence.nodes.flatMap(({ name }) => {
    const hostname = find(evidence, "hostname", name);
    const line = hostname?.text.trim() ?? "";
    return hostname === undefined || hostname.missing !== undefined || line === "" || line.split(".")[0] === name
      ? []
      : [symptom("hostname", line, name)];
  });
}

/** Whether a node is in the cluster, for which its script has compared its host name. */
function hasJoined({ nodes }: Evidence, node: string | undefined): boolean {
  const steps = nodes.find(({ name }) => name === node)?.steps ?? [];
  return steps.some(({ name, done }) => done && (name === "join" || name === "control plane"));
}
