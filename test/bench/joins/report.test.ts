import { describe, expect, test } from "vitest";
import { fastest, parseCpu, print, wallOf, type Measurement } from "../../../bench/joins/report.ts";

const cpu = { "kube-apiserver": 3, etcd: 1, "kube-controller-manager": 2, "kube-scheduler": 0 };

/** A bring-up of two nodes that took so many seconds. */
const measurement = (waveSize: number, seconds: number, errors: readonly string[] = []): Measurement => ({
  waveSize,
  cpu,
  errors,
  repeated: 0,
  joins: [
    { began: 0, ended: seconds / 2 },
    { began: 1, ended: seconds },
  ],
});

test("CPU seconds are counted by program, also where ps cuts a name", () => {
  const text = "kube-apiserver       61\nkube-controller      12\netcd                  7\netcd    1\nbash 99\n";
  expect(parseCpu(text)).toEqual({
    "kube-apiserver": 61,
    "kube-controller-manager": 12,
    etcd: 8,
    "kube-scheduler": 0,
  });
});

test("the wall time ends with the last node", () => {
  expect(wallOf(measurement(1, 8))).toBe(8);
});

describe("the fastest wave size", () => {
  test("has the least median", () => {
    const rounds = [measurement(10, 30), measurement(20, 20), measurement(20, 24), measurement(10, 21)];
    expect(fastest(rounds)).toBe(20);
  });

  test("is the smaller one of two that differ by 3 % at most", () => {
    expect(fastest([measurement(20, 20), measurement(10, 20.5)])).toBe(10);
    expect(fastest([measurement(20, 20), measurement(10, 20.7)])).toBe(20);
  });

  test("has no failed join", () => {
    expect(fastest([measurement(10, 30), measurement(20, 20, ["refused"])])).toBe(10);
    expect(fastest([measurement(20, 20, ["refused"])])).toBeUndefined();
  });
});

test("the table has a row for each bring-up, the errors once, and the fastest size", () => {
  const lines = print([measurement(10, 30), measurement(20, 20, ["refused", "refused"])]).split("\n");
  expect(lines).toHaveLength(5);
  expect(lines[1]!.split(/\s{2,}/)).toEqual(["10", "30.0", "0.1", "22.00", "29.00", "0", "0", "3", "1", "2", "0"]);
  expect(lines.slice(3)).toEqual(["error: refused", "fastest wave size: 10"]);
});
