import { describe, expect, test } from "vitest";
import { family, parsePeakMemory, parseStat } from "../../../bench/engine/proc.ts";

const line = (pid: number, name: string, parent: number) =>
  `${pid} (${name}) S ${parent} 1 1 0 -1 4194304 900 0 1 0 150 50 700 300 20 0 11 0 12345 1000000 500\n`;

describe("parseStat", () => {
  test("reads the CPU seconds of a process and of its ended descendants", () => {
    expect(parseStat(line(42, "pulumi", 7))).toEqual({ pid: 42, parent: 7, own: 2, children: 10 });
  });

  test("reads a process whose name has spaces and parentheses", () => {
    expect(parseStat(line(42, "a (b) 1 2", 7))).toEqual({ pid: 42, parent: 7, own: 2, children: 10 });
  });

  test("refuses a text without the fields, and names the first one", () => {
    expect(() => parseStat("42 (pulumi) S")).toThrow("no number in field 4: got 42 (pulumi) S");
    expect(() => parseStat("")).toThrow("no number in field 4");
  });

  test("reads this process", async () => {
    const { readFile } = await import("node:fs/promises");
    const own = parseStat(await readFile("/proc/self/stat", "utf8"));
    expect([own.pid, own.parent]).toEqual([process.pid, process.ppid]);
  });
});

describe("parsePeakMemory", () => {
  test("reads the peak, and not the present size", () => {
    expect(parsePeakMemory("Name:\tnode\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n")).toBe(2048 * 1024);
  });

  test("is 0 for a process that has ended", () => {
    expect(parsePeakMemory("Name:\tnode\nState:\tZ (zombie)\n")).toBe(0);
    expect(parsePeakMemory("")).toBe(0);
  });
});

describe("family", () => {
  const all = [
    [1, 0],
    [5, 1],
    [9, 5],
    [7, 5],
    [8, 7],
    [6, 1],
  ].map(([pid = 0, parent = 0]) => ({ pid, parent, own: 0, children: 0 }));

  test("has the process and its descendants, each after its parent", () => {
    expect(family(all, 5).map(({ pid }) => pid)).toEqual([5, 9, 7, 8]);
  });

  test("is empty without the process", () => {
    expect(family(all, 4)).toEqual([]);
  });
});
