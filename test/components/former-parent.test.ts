import type * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, it } from "vitest";
import { clusterWith } from "../support/cluster.ts";
import { promiseOf, startMocks } from "../support/mocks.ts";
import { priorStateOf } from "../support/prior-state.ts";

beforeEach(() => startMocks());

const name = "dev-worker-node-1";
const resources = [`Volume ${name}-root`, `Domain ${name}`, `Command ${name}-host-key`, `Command ${name}-token`];

async function formerParents(components: readonly string[]): Promise<string[][]> {
  const prior = priorStateOf(Object.fromEntries(components.map((component) => [component, {}])));
  const { options } = await clusterWith({}, { prior });
  const urns = resources.map((resource) => {
    const [kind = "", own = ""] = resource.split(" ");
    const aliases = (options.of(kind, own).aliases ?? []) as { parent: pulumi.Output<string> }[];
    return Promise.all(aliases.map(({ parent }) => promiseOf(parent)));
  });
  const found = await Promise.all(urns);
  return found.map((list) => list.map((urn) => urn.split("$").at(-1) ?? ""));
}

it("a resource has an alias while the prior state has its former parent", async () => {
  const machine = [`nodeforge:index:VirtualMachine::${name}`];
  expect(await formerParents([`virtualMachine ${name}`, `bootstrapToken ${name}-token`])).toEqual([
    machine,
    machine,
    machine,
    [`nodeforge:index:BootstrapToken::${name}-token`],
  ]);
});

it("a resource has no alias when only another node has a former parent", async () => {
  expect(await formerParents(["virtualMachine dev-worker-node-2"])).toEqual([[], [], [], []]);
});
