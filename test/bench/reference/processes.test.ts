import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runningPrograms } from "../../../bench/reference/processes.ts";

describe("programs that run", () => {
  let proc: string;
  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), "nodeforge-proc-"));
  });
  afterEach(() => {
    rmSync(proc, { recursive: true });
  });

  function add(pid: string, name: string, { state = "S", user = 0, system = 0, peak = "" } = {}) {
    mkdirSync(join(proc, pid));
    const fields = ["1", "1", "1", "0", "-1", "4194560", "1", "2", "3", "4", user, system, "9", "9", "20", "0"];
    writeFileSync(join(proc, pid, "stat"), `${pid} (${name}) ${state} ${fields.join(" ")}\n`);
    writeFileSync(join(proc, pid, "status"), `Name:\t${name}\n${peak}Threads:\t4\n`);
  }

  it("have their CPU time and peak of memory", () => {
    add("7", "etcd", { user: 150, system: 25, peak: "VmHWM:\t    2048 kB\n" });
    expect(runningPrograms(["etcd"], proc)).toEqual([{ pid: 7, name: "etcd", cpuSeconds: 1.75, memoryPeak: 2 ** 21 }]);
  });

  it("are found by the 15 characters that the kernel keeps", () => {
    add("8", "kube-controller");
    expect(runningPrograms(["kube-controller-manager"], proc)).toEqual([
      { pid: 8, name: "kube-controller", cpuSeconds: 0, memoryPeak: 0 },
    ]);
  });

  it("are neither others, nor ended ones, nor ones without files", () => {
    add("9", "etcdctl");
    add("10", "my etcd) S (etcd");
    add("11", "etcd", { state: "Z" });
    mkdirSync(join(proc, "12"));
    mkdirSync(join(proc, "self"));
    expect(runningPrograms(["etcd"], proc)).toEqual([]);
  });
});
