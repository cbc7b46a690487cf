import { beforeEach, expect, it } from "vitest";
import { installedScript } from "../../guest/installed-script.ts";
import { clusterWith } from "../support/cluster.ts";
import { ofType, startMocks } from "../support/mocks.ts";

beforeEach(() => startMocks());

it("every step starts a script that the step before it installed on the same machine", async () => {
  await clusterWith({ simulatedNodes: JSON.stringify([{ name: "big", count: 1 }]) });
  const steps = ofType("Command").filter(({ inputs }) => "connection" in inputs);
  expect(steps.length).toBeGreaterThan(8);
  const wanted = { master: new Set<string>(), worker: new Set<string>() };
  for (const { name, inputs } of steps) {
    // The join is the only step on a worker.
    const on = name.endsWith("-join") ? wanted.worker : wanted.master;
    for (const command of [inputs.create, inputs.update, inputs.delete] as (string | undefined)[]) {
      if (command !== undefined) on.add(command.split(" ").at(-1)!);
    }
  }
  const installed = (node: string) => {
    const { inputs } = ofType("Command").find(({ name }) => name === `dev-${node}-host-key`)!;
    return (inputs.environment as { SCRIPTS: string }).SCRIPTS.split(" ").sort();
  };
  expect(installed("master")).toEqual([...wanted.master].sort());
  expect(installed("worker-node-1")).toEqual([...wanted.worker].sort());
  expect(installed("worker-node-1")).toEqual([installedScript("join").id]);
});

it("no step has the text of a script in its inputs, except for the approval of joins", async () => {
  await clusterWith();
  for (const { name, inputs } of ofType("Command").filter(({ name }) => !name.endsWith("-init")))
    expect(JSON.stringify(inputs), name).not.toContain("set -euo pipefail");
});
