import { describe, expect, test } from "vitest";
import { readNodeStates } from "../../../cli/graph/node-states.ts";
import type { Kubectl } from "../../../cli/machines/readiness.ts";
import { answering } from "../../support/virsh-answers.ts";
import { drawnState } from "./drawn-state.ts";

const state = drawnState({ pools: { general: 1 } });
const ready = (name: string, status = "True") => ({
  metadata: { name },
  status: { conditions: [{ type: "Ready", status }] },
});
const kubectl =
  (...items: readonly object[]): Kubectl =>
  () =>
    Promise.resolve(JSON.stringify({ items }));
const machines = (second: string | Error) => ({
  "domstate id-master --reason": "running (booted)",
  "domstate id-worker-general-1 --reason": second,
});
const read = async (second: string | Error, ask: Kubectl) => {
  const { virsh, asked } = answering(machines(second));
  return { live: await readNodeStates({ state, connect: () => virsh, ask }), asked };
};

describe("the live states of nodes", () => {
  test("are the words of virsh and of kubectl", async () => {
    const { live, asked } = await read(
      "shut off (shutdown)",
      kubectl(ready("master"), ready("worker-general-1", "Unknown")),
    );
    expect([...live]).toEqual([
      ["master", { machine: "running", node: "Ready" }],
      ["worker-general-1", { machine: "off", node: "NotReady" }],
    ]);
    expect(asked).toEqual(Object.keys(machines("")));
  });

  test("name a missing machine and a missing Node", async () => {
    const { live } = await read(new Error("error: failed to get domain 'id'"), kubectl(ready("master")));
    expect(live.get("worker-general-1")).toEqual({ machine: "missing", node: "missing" });
  });

  test("lack what does not answer, and keep the rest", async () => {
    const { live } = await read(new Error("no answer within 30 s"), () => Promise.reject(new Error("refused")));
    expect([...live]).toEqual([
      ["master", { machine: "running" }],
      ["worker-general-1", {}],
    ]);
  });
});
