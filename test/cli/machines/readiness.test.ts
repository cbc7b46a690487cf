import { describe, expect, test } from "vitest";
import { waitForApi, waitForNodes, type Kubectl } from "../../../cli/machines/readiness.ts";

const said: string[] = [];
const patience = { timeout: 50, interval: 1, log: (line: string) => void said.push(line) };

/** A kubectl that knows nodes, and leases that are renewed at each question for the named nodes. */
function kubectl(ready: readonly string[], renewed: readonly string[], one = false): Kubectl {
  let time = 0;
  return (...args) => {
    const named = (names: readonly string[], more: (name: string) => object) =>
      names.map((name) => ({ metadata: { name }, ...more(name) }));
    if (args[1] === "nodes") {
      const status = (name: string) => ({ type: "Ready", status: ready.includes(name) ? "True" : "Unknown" });
      const items = named(["m", "w1"], (name) => ({ status: { conditions: [status(name)] } }));
      return Promise.resolve(JSON.stringify({ items }));
    }
    time++;
    const items = named(one ? ["m"] : ["m", "w1"], (name) => ({
      spec: { renewTime: `T${renewed.includes(name) ? time : 0}` },
    }));
    return Promise.resolve(JSON.stringify(one ? items[0] : { items }));
  };
}

describe("the wait for the API server", () => {
  test("ends once it says ok", async () => {
    const answers = [new Error("kubectl: exit code 1\nconnection refused"), "[-]etcd failed", "ok"];
    let asked = 0;
    const ask: Kubectl = () => {
      const answer = answers[asked++] ?? "";
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    };
    await waitForApi(ask, { ...patience, timeout: 5_000 });
    expect(asked).toBe(3);
  });

  test("fails at its limit with the last reason", async () => {
    const ask = () => Promise.reject(new Error("kubectl: exit code 1\nconnection refused"));
    await expect(waitForApi(ask, patience)).rejects.toThrow(
      "the API server did not get ready within 0s: connection refused. Fix: npm run diagnose",
    );
  });
});

describe("the wait for nodes", () => {
  test("ends when each is Ready and has renewed its lease", async () => {
    await waitForNodes(kubectl(["m", "w1"], ["m", "w1"]), ["m", "w1"], { ...patience, timeout: 5_000 });
  });

  test("reads the answer about one node", async () => {
    await waitForNodes(kubectl(["m"], ["m"], true), ["m"], { ...patience, timeout: 5_000 });
  });

  test.each([
    ["is not Ready", ["m"], ["m", "w1"]],
    ["is Ready only in the API, because its kubelet renews nothing", ["m", "w1"], ["m"]],
  ])("names a node that %s", async (_, ready, renewed) => {
    await expect(waitForNodes(kubectl(ready, renewed), ["m", "w1"], patience)).rejects.toThrow(
      "the nodes did not get ready within 0s: not Ready: w1. Fix",
    );
  });
});
