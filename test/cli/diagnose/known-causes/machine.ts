import { but, failedRun, node, silent } from "../evidence.ts";
import { domain, join, noLease, unreached, well, worker, type CauseFixtures } from "./fixtures.ts";

/** Evidence of a worker with another host name. */
const renamed = but(well, "hostname", worker, "localhost\n");

/** Fixtures of cli/diagnose/known-causes/machine.ts. */
export const machineFixtures: CauseFixtures = {
  "image does not boot": {
    is: [
      {
        when: "the kernel panics",
        evidence: but(
          noLease,
          "console",
          worker,
          "[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
        ),
        line: "[    2.1] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
      },
      {
        when: "the BIOS finds no bootable disk",
        evidence: but(noLease, "console", worker, "Boot failed: not a bootable disk\nNo bootable device."),
        line: "No bootable device.",
      },
      {
        when: "the initramfs opens a shell",
        evidence: but(noLease, "console", worker, "ALERT!  UUID=1 does not exist.  Dropping to a shell!\n(initramfs) "),
        line: "(initramfs)",
      },
    ],
    isNot: [
      {
        when: "a later boot succeeded",
        evidence: but(
          well,
          "console",
          worker,
          "[    2.1] Kernel panic - not syncing\n\n[   0.0] Linux version 6.12\nlogin: ",
        ),
      },
    ],
  },
  "machine does not run": {
    is: [
      {
        when: "it ended during its boot",
        evidence: failedRun(well, {
          node: worker,
          step: "host key",
          type: "command:local:Command",
          text: "    error: no address and host key of lab-worker-node-1, because the machine is off: error: domain is not running\n",
        }),
        line: "error: no address and host key of lab-worker-node-1, because the machine is off: error: domain is not running",
      },
      {
        when: "its domain crashed",
        evidence: but(well, "domain-state", worker, "crashed (panicked)\n"),
        line: "crashed (panicked)",
      },
      {
        when: "its domain is shut off",
        evidence: but(well, "domain-state", worker, "shut off (destroyed)\n"),
        line: "shut off (destroyed)",
      },
      {
        when: "its domain is missing from libvirt",
        evidence: but(well, "domain-state", worker, "", "error: failed to get domain 'lab-worker-node-1'"),
        line: "error: failed to get domain 'lab-worker-node-1'",
      },
    ],
    isNot: [
      {
        when: "its domain was never created",
        evidence: unreached(but(well, "domain-state", worker, "", "error: failed to get domain 'lab-worker-node-1'")),
      },
    ],
  },
  "seed disk not read": {
    is: [
      {
        when: "a script finds another host name",
        evidence: failedRun(well, {
          ...join,
          text: "    error: [ 12s] FAILED: this node is called localhost, not worker-node-1: its seed disk was not read\n",
        }),
        line: "error: [ 12s] FAILED: this node is called localhost, not worker-node-1: its seed disk was not read",
      },
      {
        when: "a node that has not joined has another host name",
        evidence: { ...renamed, nodes: [node("master"), node(worker, "join", "ready")] },
        line: "localhost",
      },
      {
        when: "cloud-init found no data source",
        evidence: but(well, "cloud-init", worker, "status: done\ndetail: DataSourceNone\n"),
        line: "detail: DataSourceNone",
      },
    ],
    isNot: [
      { when: "the host name has a domain", evidence: but(well, "hostname", worker, "worker-node-1.internal\n") },
      { when: "the host name is missing", evidence: but(well, "hostname", worker, "", "it was cut off") },
      { when: "the node had its name when it joined", evidence: renamed },
    ],
  },
  "host name changed": {
    is: [
      { when: "a worker that has joined has another host name", evidence: renamed, line: "localhost" },
      {
        when: "the control plane has the name of another node",
        evidence: but(well, "hostname", "master", `${worker}\n`),
        line: worker,
      },
    ],
    isNot: [
      {
        when: "the node has not joined",
        evidence: { ...renamed, nodes: [node("master"), node(worker, "join", "ready")] },
      },
      { when: "the host name has a domain", evidence: but(well, "hostname", worker, "worker-node-1.internal\n") },
    ],
  },
  "no DHCP lease": {
    is: [
      { when: "a running machine has no lease", evidence: noLease, line: "no lease for 52:54:79:3a:a5:20" },
      {
        when: "the libvirt provider found no address",
        evidence: failedRun(well, {
          ...domain,
          text: "    error: couldn't retrieve IP address of domain id: 5b8f. Please check following: \n    1) is the domain running proplerly?\n",
        }),
        line: "error: couldn't retrieve IP address of domain id: 5b8f. Please check following:",
      },
    ],
    isNot: [
      {
        when: "the node sets its own address",
        evidence: { ...noLease, nodes: [node("master"), { ...node(worker), leased: false }] },
      },
      {
        when: "libvirt and the state write the lease's MAC address differently",
        evidence: {
          ...silent(well, worker, "Permission denied"),
          nodes: well.nodes.map((each) => ({ ...each, mac: each.mac?.toUpperCase() })),
        },
      },
      {
        when: "libvirt does not serve DHCP on the network",
        evidence: but(noLease, "definition-lab", undefined, "<network>\n  <forward mode='bridge'/>\n</network>\n"),
      },
      {
        when: "the network's definition is missing",
        evidence: but(noLease, "definition-lab", undefined, "", "virsh is not installed"),
      },
    ],
  },
};
