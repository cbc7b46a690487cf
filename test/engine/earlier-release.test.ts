import { describe, expect, it } from "vitest";
import { withoutHardening, withScriptTexts } from "./earlier-commands.ts";
import { worker } from "./names.ts";
import { TestStack, type Step } from "./stack.ts";
import { shareStack } from "./shared-stack.ts";

/** Removes the cluster's id from base images, seed disks and networks, as earlier releases named them. */
const withoutId = (text: string) =>
  text
    .replaceAll(/((?:base|seed)-[0-9a-f]{12})-[0-9a-f]{8}\./g, "$1.")
    .replaceAll(/(urn:nodeforge:cluster.{1,12}lab), [0-9a-f-]{36}/g, "$1");

interface Owned {
  urn: string;
  type: string;
  parent?: string;
  custom: boolean;
  inputs?: Record<string, unknown>;
}

/**
 * Puts the components of earlier releases between a node and its resources: of the machine, the seed disk and the token.
 *
 * Compared with a state that the program of commit d12d853 created with three workers: every URN and every parent is the same.
 */
function withComponents(text: string): string {
  const state = JSON.parse(text) as { deployment?: { resources: Owned[] } };
  if (!state.deployment) return text;
  const urns = new Map<string, string>();
  const made = new Map<string, Owned>();
  const nameOf = (urn: string) => urn.split("::").at(-1)!;
  const resources = state.deployment.resources.flatMap((resource) => {
    const { urn, type, parent = "" } = resource;
    const name = nameOf(urn);
    const isNode = /:(Worker|Master)$/.test(parent.split("::").at(-2) ?? "");
    if (/:(Worker|Master)$/.test(type)) delete resource.inputs?.addressing;
    const isMachine = isNode && /:(Volume|Domain)$|^command:local:/.test(type) && !name.endsWith("-data");
    const between = isMachine
      ? [
          ["VirtualMachine", nameOf(parent)],
          ...(/-seed-[0-9a-f]{12}$/.test(name) ? [["CloudInitDisk", name.replace(/-[0-9a-f]{12}$/, "")]] : []),
        ]
      : isNode && name.endsWith("-token")
        ? [["BootstrapToken", name]]
        : [];
    let above = parent;
    const components: Owned[] = [];
    for (const [kind = "", component = ""] of between) {
      const token = `nodeforge:index:${kind}`;
      const own = `${above.split("::").slice(0, 3).join("::")}$${token}::${component}`;
      if (!made.has(own)) {
        made.set(own, {
          urn: own,
          type: token,
          parent: above,
          custom: false,
          inputs: { node: nameOf(parent).replace(/^lab-/, ""), addressing: "dhcp" },
        });
        components.push(made.get(own)!);
      }
      above = own;
    }
    if (between.length > 0) urns.set(urn, `${above.split("::").slice(0, 3).join("::")}$${type}::${name}`);
    return [...components, between.length > 0 ? { ...resource, parent: above } : resource];
  });
  const rewritten = JSON.stringify({ ...state, deployment: { ...state.deployment, resources } });
  // Quotes, because the URN of one worker may be the start of the URN of another one.
  return [...urns].reduce((all, [now, then]) => all.replaceAll(`"${now}"`, `"${then}"`), rewritten);
}

describe("a cluster whose machines, seed disks and tokens are components", () => {
  let stack: TestStack;
  shareStack(async (shared) => {
    stack = shared;
    const first = await stack.up({ workers: 2 });
    expect(first.succeeded, first.text).toBe(true);
    await stack.rewrite(withComponents);
  });
  const kinds = (steps: readonly Step[]) =>
    steps.map(({ op, urn }) => `${op} ${urn.split("::").at(-2)?.split("$").at(-1)}`).sort();

  it("loses only these components, and no resource is touched", async () => {
    const before = await stack.exportText();
    expect(before.match(/"type": "nodeforge:index:(VirtualMachine|CloudInitDisk|BootstrapToken)"/g)).toHaveLength(8);
    const preview = await stack.preview();
    expect(preview.succeeded, preview.text).toBe(true);
    expect(kinds(preview.steps)).toEqual([
      ...Array.from({ length: 2 }, () => "delete nodeforge:index:BootstrapToken"),
      ...Array.from({ length: 3 }, () => "delete nodeforge:index:CloudInitDisk"),
      ...Array.from({ length: 3 }, () => "delete nodeforge:index:VirtualMachine"),
      "update nodeforge:index:Master",
      ...Array.from({ length: 2 }, () => "update nodeforge:index:Worker"),
    ]);
    const { succeeded, text, calls } = await stack.up();
    expect(succeeded, text).toBe(true);
    expect(calls.list).toEqual([]);
    expect(await stack.exportText()).not.toMatch(/nodeforge:index:(VirtualMachine|CloudInitDisk|BootstrapToken)"/);
    expect((await stack.preview()).steps).toEqual([]);
    // One more run, because the state keeps the aliases of a run.
    expect((await stack.up()).calls.list).toEqual([]);
    expect(await stack.exportText()).not.toContain('"aliases"');
    expect(await stack.drift()).toEqual([]);
  });

  it("loses a worker, which is drained first", async () => {
    const { succeeded, text, calls } = await stack.up({ workers: 1 });
    expect(succeeded, text).toBe(true);
    const deleted = calls.list.filter((call) => call.startsWith("delete "));
    expect([...deleted].sort()).toEqual(
      worker(2)
        .map((resource) => `delete ${resource}`)
        .sort(),
    );
    expect(deleted.indexOf("delete Command worker-node-2-token")).toBeLessThan(
      deleted.indexOf("delete Domain worker-node-2"),
    );
    expect(calls.list.filter((call) => /^(create|replace)/.test(call))).toEqual([]);
    expect(stack.guests.givenBack).toHaveLength(1);
    expect(await stack.drift()).toEqual([]);
  });

  it("has eight resources for each worker afterwards", async () => {
    const { succeeded, text } = await stack.up();
    expect(succeeded, text).toBe(true);
    const { resources = [] } = (await stack.export()).deployment;
    for (const number of [1, 2]) {
      const own = resources.filter(({ urn }) => new RegExp(`::lab-worker-node-${number}(-|$)`).test(urn));
      expect(own).toHaveLength(8);
    }
  });
});

describe("a cluster whose volumes and network have no id", () => {
  it("keeps their names, and new volumes get the id", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    const first = await stack.up();
    expect(first.succeeded, first.text).toBe(true);
    await stack.rewrite(withoutId);
    const paths = () => stack.world.ofKind("Volume").map(({ taken }) => taken.split("/").at(-1) ?? "");
    const old = paths();
    expect(old.filter((name) => /-(base|seed)-[0-9a-f]{12}\.(qcow2|iso)$/.test(name))).toHaveLength(3);
    const mark = () => /<metadata>.*<\/metadata>/.exec(JSON.stringify(stack.world.ofKind("Network")))?.[0];
    expect(mark()).toMatch(/>lab<\//);

    const preview = await stack.preview();
    expect(preview.succeeded, preview.text).toBe(true);
    expect(preview.steps).toEqual([]);
    const { calls, surprises } = await stack.change({ workers: 2 });
    expect(surprises).toEqual([]);
    expect(calls.list.filter((call) => /^(delete|update) (Volume|Network|Domain)/.test(call))).toEqual([]);
    expect(paths()).toEqual(expect.arrayContaining(old));
    const fresh = paths().filter((name) => !old.includes(name));
    expect(fresh.filter((name) => /^lab-worker-node-2-seed-[0-9a-f]{12}-[0-9a-f]{8}\.iso$/.test(name))).toHaveLength(1);
    expect(mark()).toMatch(/>lab<\//);
    expect(await stack.drift()).toEqual([]);
  });
});

describe("a cluster whose control plane has no arguments of nodeforge", () => {
  it("gets them by an update of its step, and nothing is replaced or leaves", async () => {
    await using stack = await TestStack.create({ workers: 2 });
    const first = await stack.up();
    expect(first.succeeded, first.text).toBe(true);
    await stack.rewrite(withoutHardening);
    expect(await stack.exportText()).not.toContain("--profiling=false");
    const preview = await stack.preview();
    expect(preview.succeeded, preview.text).toBe(true);
    expect([...new Set(preview.steps.map(({ op }) => op))]).toEqual(["update"]);

    const { succeeded, text, calls } = await stack.up();
    expect(succeeded, text).toBe(true);
    expect(calls.list.filter((call) => !call.startsWith("update Command "))).toEqual([]);
    expect(calls.list.filter((call) => call === "update Command master-init")).toHaveLength(1);
    expect(calls.list.filter((call) => call.endsWith("-join"))).toHaveLength(2);
    expect(await stack.exportText()).toContain("--profiling=false");
    expect(stack.guests.nodeList()).toMatchObject({ items: [{}, {}, {}] });
    expect(stack.guests.givenBack).toEqual([]);
    expect((await stack.preview()).steps).toEqual([]);
    expect(await stack.drift()).toEqual([]);
  });
});

describe("a cluster whose state has the texts of its scripts", () => {
  /** Creates a cluster as an earlier release did: no node has an installed script. */
  const earlier = async () => {
    const stack = await TestStack.create({ workers: 2 });
    const first = await stack.up();
    expect(first.succeeded, first.text).toBe(true);
    await stack.rewrite(withScriptTexts);
    stack.guests.uninstall();
    return stack;
  };

  it("gets installed scripts by updates, which replace nothing and let no worker leave", async () => {
    await using stack = await earlier();
    const preview = await stack.preview();
    expect(preview.succeeded, preview.text).toBe(true);
    const operations = new Set(preview.steps.map(({ op }) => op));
    expect([...operations]).toEqual(["update"]);
    // The results of the steps are unknown until they have run again, so the preview also shows updates of add-ons.

    const { calls } = await stack.up();
    expect(calls.list.filter((call) => !call.startsWith("update Command "))).toEqual([]);
    expect(calls.list.filter((call) => call.endsWith("-host-key"))).toHaveLength(3);
    expect(stack.guests.nodeList()).toMatchObject({ items: [{}, {}, {}] });
    expect((await stack.preview()).steps).toEqual([]);
    expect(await stack.drift()).toEqual([]);
  });

  it("loses a worker by the script in the state", async () => {
    await using stack = await earlier();
    const { succeeded, text, calls } = await stack.up({ workers: 1 });
    expect(succeeded, text).toBe(true);
    expect(calls.list.filter((call) => call.startsWith("delete Command "))).toContain(
      "delete Command worker-node-2-token",
    );
    expect(stack.guests.nodeList()).toMatchObject({ items: [{}, {}] });
    expect(stack.guests.givenBack).toHaveLength(1);
    expect((await stack.preview()).steps).toEqual([]);
  });
});
