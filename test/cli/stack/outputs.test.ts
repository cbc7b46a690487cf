import { readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect } from "vitest";
import { readOutputs, removeKubeconfig, summary, writeKubeconfig } from "../../../cli/stack/outputs.ts";
import { test } from "../../support/folder.ts";

const outputs = {
  nodes: [
    { name: "master", role: "control-plane", address: "192.168.222.10" },
    { name: "worker-node-1", role: "worker", address: "192.168.222.101" },
  ],
  apiEndpoint: "https://192.168.222.10:6443",
};

describe("the outputs of a stack", () => {
  test("are read without secrets", async () => {
    const asked: string[][] = [];
    const capture = (args: readonly string[]) => {
      asked.push([...args]);
      return Promise.resolve(JSON.stringify({ ...outputs, kubeconfig: "[secret]" }));
    };
    expect(await readOutputs({ stack: "lab", capture })).toEqual(outputs);
    expect(asked).toEqual([["stack", "output", "--json", "--stack", "lab"]]);
  });

  test("are an error with a fix before the first up", async () => {
    await expect(readOutputs({ stack: "lab", capture: () => Promise.resolve("{}") })).rejects.toThrow(
      "stack lab has no cluster. Fix: npm run up -- --stack lab",
    );
  });

  const live = [
    {
      name: "worker-node-1",
      status: "NotReady,SchedulingDisabled",
      version: "v1.36.3",
      address: "192.168.222.101",
      pool: undefined,
      created: Date.parse("2026-11-24T01:00:00Z"),
    },
    { name: "master", status: "Ready", version: "v1.36.3", address: "192.168.222.10", pool: undefined, created: 0 },
    { name: "other", status: "Ready", version: "v1.36.3", address: "192.168.222.99", pool: undefined, created: 0 },
  ];
  const now = Date.parse("2026-11-27T00:00:00Z");

  test("are printed as a table with the state of each node and three next commands", () => {
    expect(summary(outputs, "dev", live, now).split("\n")).toEqual([
      "NODE            ROLE            STATUS                        VERSION   ADDRESS           AGE",
      "master          control-plane   Ready                         v1.36.3   192.168.222.10    20784d",
      "worker-node-1   worker          NotReady,SchedulingDisabled   v1.36.3   192.168.222.101   2d",
      "",
      "API server  https://192.168.222.10:6443",
      "kubectl     npm run kubectl -- get nodes",
      "ssh         npm run ssh -- worker-node-1",
      "destroy     npm run destroy",
    ]);
    const young = live.map((node) => ({ ...node, created: now - 65_000 }));
    expect(summary(outputs, "dev", young, now)).toMatch(/^master .* 1m05s$/m);
    expect(summary(outputs, "dev", live.slice(1), now)).toMatch(
      /^worker-node-1 +worker +missing +192\.168\.222\.101$/m,
    );
    const lines = summary({ ...outputs, certificatesEnd: "2027-11-26T00:48:02Z" }, "dev", live, now).split("\n");
    expect(lines[5]).toBe("certificates end on 2027-11-26, renewed before");
    expect(lines).toHaveLength(9);
    const simulated = summary({ ...outputs, simulatedNodes: { big: 5000, small: 3 } }, "dev", live, now).split("\n");
    expect(simulated[3]).toBe("simulated nodes: 5000 in pool big, 3 in pool small");
    expect(simulated).toHaveLength(9);
    expect(summary(outputs, "lab", live)).toContain("npm run kubectl -- --stack lab get nodes");
    expect(summary(outputs, "lab", live)).toContain("npm run ssh -- --stack lab worker-node-1");
    expect(summary(outputs, "lab", live)).toContain("npm run destroy -- --stack lab");
  });

  test("are printed alone with the reason where the API server does not answer", () => {
    const lines = summary(outputs, "dev", { problem: "connect ECONNREFUSED" }).split("\n");
    expect(lines.slice(0, 4)).toEqual([
      "NODE            ROLE            ADDRESS",
      "master          control-plane   192.168.222.10",
      "worker-node-1   worker          192.168.222.101",
      "This table is from the stack's outputs, because the nodes could not be read: connect ECONNREFUSED",
    ]);
    expect(lines).toHaveLength(9);
    expect(summary({ ...outputs, nodes: [] }, "dev", [])).not.toContain("npm run ssh");
  });
});

test("a kubeconfig replaces an older one, and only its owner can read it", async ({ folder }) => {
  await writeKubeconfig({ stack: "team/lab", capture: () => Promise.resolve("old") }, folder);
  const path = await writeKubeconfig({ stack: "team/lab", capture: () => Promise.resolve("new") }, folder);
  expect(await readdir(folder)).toEqual(["kubeconfig-team-lab"]);
  expect(await readFile(path, "utf8")).toBe("new\n");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test.for<[string, object, string[]]>([
  [
    "is kept while the stack has a resource",
    { resources: [{ urn: "a", type: "libvirt:index/domain:Domain" }] },
    ["kubeconfig-lab"],
  ],
  ["is deleted when the stack has no resource", {}, []],
])("a kubeconfig %s", async ([, deployment, left], { folder }) => {
  await writeKubeconfig({ stack: "lab", capture: () => Promise.resolve("content") }, folder);
  const session = { stack: "lab", capture: () => Promise.resolve(JSON.stringify({ deployment })) };
  await removeKubeconfig(session, folder);
  expect(await readdir(folder)).toEqual(left);
  await expect(removeKubeconfig(session, folder)).resolves.toBe(undefined);
});

test("a missing kubeconfig is an error with Pulumi's reason and a fix", async () => {
  const capture = () =>
    Promise.reject(new Error("pulumi stack output: exit code 6\nerror: no stack named 'lab' found"));
  await expect(writeKubeconfig({ stack: "lab", capture }, tmpdir())).rejects.toThrow(
    "stack lab has no kubeconfig (error: no stack named 'lab' found). Fix: if it is not up yet, npm run up -- --stack lab",
  );
});
