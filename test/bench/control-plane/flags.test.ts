import { describe, expect, it } from "vitest";
import { withFlags } from "../../../bench/control-plane/flags.ts";
import { upstreamFlags } from "../../../bench/reference/upstream-flags.ts";
import { readDeclaration } from "../../../image/declaration.ts";

describe("a command with other flags", () => {
  const command = ["etcd", "--name=a", "--quiet", "--data-dir=/b"];

  it("has the new value in the place of the former one, and new flags at its end", () => {
    expect(withFlags(command, { name: "c", "log-level": "warn" })).toEqual([
      ...["etcd", "--name=c", "--quiet", "--data-dir=/b", "--log-level=warn"],
    ]);
  });

  it("lacks the flags without a value, and is the same without changes", () => {
    expect(withFlags(command, { quiet: undefined, name: undefined, absent: undefined })).toEqual([
      "etcd",
      "--data-dir=/b",
    ]);
    expect(withFlags(command, {})).toEqual(command);
  });
});

describe("flags of scheduler_perf", () => {
  it("are for units of a node, and remove only flags that the unit has", () => {
    for (const [name, changes] of Object.entries(upstreamFlags)) {
      const [unit, ...others] = readDeclaration().unit.filter((each) => each.name === name);
      expect([unit?.name, others]).toEqual([name, []]);
      const removed = Object.entries(changes).flatMap(([flag, value]) => (value === undefined ? [`--${flag}=`] : []));
      for (const flag of removed) expect(unit!.exec.filter((argument) => argument.startsWith(flag))).toHaveLength(1);
    }
    expect(Object.keys(upstreamFlags)).toEqual(["etcd", "kube-apiserver"]);
  });
});
