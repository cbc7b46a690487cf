import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { resolveContestants } from "../../../../cli/bench/contestants/resolve.ts";
import type { SchedulerSource } from "../../../../cli/bench/scenario/scenario.ts";
import { test } from "../../../support/folder.ts";
import { elf, machine } from "./elf.ts";

const common = { qps: 5000, burst: 5000, verbosity: 2, featureGates: { Beta: true, Alpha: false } };
const resolveAll = (folder: string, ...schedulers: SchedulerSource[]) =>
  resolveContestants({ schedulers, common }, folder, "1.36.3");

async function problemsOf(folder: string, ...schedulers: SchedulerSource[]): Promise<readonly string[]> {
  const error = await resolveAll(folder, ...schedulers).then(
    () => undefined,
    (reason: Error) => reason,
  );
  return error?.message.split("\n").slice(1) ?? [];
}

describe("the schedulers of a scenario", () => {
  test("have the same arguments and limits, and their own programs", async ({ folder }) => {
    writeFileSync(join(folder, "mine"), elf());
    const sha256 = createHash("sha256").update(elf()).digest("hex");
    const [shipped, mine, ...more] = await resolveAll(
      folder,
      { name: "shipped" },
      { name: "mine", binary: "mine", sha256: sha256.toUpperCase() },
    );
    expect(more).toEqual([]);
    const args = ["--secure-port=10259", "--v=2", "--feature-gates=Alpha=false,Beta=true"];
    expect(Object.keys(shipped ?? {}).sort()).toEqual(["arguments", "configuration", "name"]);
    expect([shipped?.name, shipped?.arguments]).toEqual(["shipped", args]);
    expect(mine).toEqual({ ...shipped, name: "mine", binary: join(folder, "mine"), binarySha256: sha256 });
    expect(shipped?.configuration).toContain('"leaderElect": false');
  });

  test("may have the same program and configuration under two names", async ({ folder }) => {
    expect(await resolveAll(folder, { name: "a" }, { name: "a-again" })).toHaveLength(2);
  });

  test.for([
    [elf({ header: 3 }), "it needs a dynamic loader"],
    [elf({ machine: 0x3e + 0xb7 - machine }), "expected "],
    [elf({ machine: 8 }), "it is for machine 8, expected "],
    [elf({ class: 1 }), "it is not a 64-bit little-endian program"],
    [elf({ type: 4 }), "it is no executable: its ELF type is 4"],
    [elf().subarray(0, 64), "its ELF header is damaged"],
    [Buffer.from("#!/bin/sh\n"), "it is no Linux program (ELF). Fix: build it with GOOS=linux"],
  ] as const)("cannot be a program that does not run on a node: %#", async ([content, message], { folder }) => {
    writeFileSync(join(folder, "mine"), content);
    const problems = await problemsOf(folder, { name: "mine", binary: "mine" });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`- mine: mine: `);
    expect(problems[0]).toContain(message);
  });

  test("are refused with one error that names every problem", async ({ folder }) => {
    writeFileSync(join(folder, "mine"), elf());
    writeFileSync(join(folder, "slow.yaml"), "apiVersion: kubescheduler.config.k8s.io/v1\nkind: Pod\n");
    const problems = await problemsOf(
      folder,
      { name: "a" },
      { name: "a" },
      { name: "B" },
      { name: "c", binary: "missing" },
      { name: "d", binary: "mine", sha256: "00" },
      { name: "e", sha256: "00" },
      { name: "f", configuration: "slow.yaml" },
      { name: "g", configuration: "missing.yaml" },
    );
    const expected = [
      "- a: 2 schedulers have this name",
      "- B: its name must have lower-case letters",
      `- c: missing: there is no such file: ${join(folder, "missing")}`,
      "- d: mine: its SHA-256 is",
      "- e: sha256 is given without binary",
      '- f: slow.yaml: kind is "Pod"',
      "- g: its configuration cannot be read: ENOENT",
    ];
    expect(problems).toHaveLength(expected.length);
    expected.forEach((message, index) => expect(problems[index]).toContain(message));
  });
});
