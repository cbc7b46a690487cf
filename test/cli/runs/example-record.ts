import type { RunRecord } from "../../../cli/runs/record.ts";

/** A record of a run that made a cluster, with some fields changed. */
export function exampleRecord(changed: Partial<RunRecord> = {}): RunRecord {
  return {
    formatVersion: 1,
    command: "up",
    arguments: ["--yes"],
    stack: "dev",
    cluster: "dev",
    process: "boot/1/1",
    outcome: "succeeded",
    exitCode: 0,
    start: "2026-11-21T09:00:00.000Z",
    end: "2026-11-21T09:08:20.000Z",
    seconds: 500,
    notes: [],
    configuration: { workers: 1 },
    git: { revision: "0".repeat(40), dirty: false },
    image: { location: "/cache/node.qcow2", sha256: "ab".repeat(32), manifest: { versions: { linux: "6.12" } } },
    versions: {
      nodeforge: "0.1.0",
      node: "24.21.0",
      pulumi: "3.250.0",
      kubernetes: "1.36.3",
      libvirt: "9.0.0",
      qemu: "7.2.22",
      packages: { "@pulumi/pulumi": "3.250.0" },
      plugins: { libvirt: "0.8.3" },
    },
    hypervisor: { uri: "qemu:///system", domainType: "qemu" },
    machine: { processor: "a processor", processors: 2, memoryMiB: 24000, architecture: "x64", kernel: "6.12.1" },
    changes: { created: 20, updated: 0, deleted: 0, replaced: 0, same: 0 },
    nodes: [
      { name: "master", role: "control-plane", address: "192.168.222.10", image: "ab".repeat(32) },
      { name: "worker-node-1", role: "worker", address: "192.168.222.230", image: "ab".repeat(32), pool: "workers" },
    ],
    timings: { master: { boot: 60, init: 40.5 }, "worker-node-1": { join: 12 }, cluster: { ready: 3 } },
    logs: ["pulumi.log"],
    ...changed,
  };
}
