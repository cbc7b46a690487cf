import { afterAll, beforeAll, expect, it } from "vitest";
import {
  firstSettings,
  MachineModel,
  memoryOf,
  nodesOf,
  operationsOf,
  type Operation,
} from "../support/machine-soak.ts";
import { orphans } from "./faults/orphans.ts";
import { Lab } from "./lab.ts";

// The days since 1970 decide the operations, so each night has others.
const { NODEFORGE_SEED = String(Math.floor(Date.now() / 86_400_000)), NODEFORGE_SOAK_OPERATIONS = "20" } = process.env;
const [seed, count] = [Number(NODEFORGE_SEED), Number(NODEFORGE_SOAK_OPERATIONS)];

const lab = new Lab("e2e");
const model = new MachineModel();
const performed: Operation[] = [];
let identity = "";
let boots: Readonly<Record<string, string>> = {};
const domainOf = (name: string) => `e2e-${name}`;

beforeAll(async () => {
  await lab.prepare();
  for (const [key, value] of Object.entries(firstSettings)) await lab.set(key, String(value));
  await lab.up();
  identity = await lab.clusterIdentity();
  await lab.kubectl("create", "configmap", "kept");
  boots = await lab.bootIds();
});
afterAll(async () => {
  await lab.nodeforge("destroy", ["--yes"], 20);
  lab.remove();
});

/** Does what the operation says, as a user does. */
async function perform(operation: Operation): Promise<void> {
  switch (operation.do) {
    case "power off":
      await lab.virsh("destroy", domainOf(model.chosen(operation.node)));
      return;
    case "remove domain": {
      const domain = domainOf(model.chosen(operation.node));
      await lab.virsh("destroy", domain);
      await lab.virsh("undefine", domain);
      return;
    }
    case "delete Node":
      await lab.kubectl("delete", "node", model.chosen(operation.node));
      return;
    case "reboot":
      for (const domain of await lab.virsh("list", "--name")) await lab.virsh("reset", domain);
      return;
    case "up":
      await lab.up();
      return;
    case "killed up":
      await lab.killed("up", ["--yes"], /^ +\d+s +(master|worker-node-\d): /m, 40);
      return;
    default:
  }
}

/** Expects the cluster that the model describes, and nothing else. */
async function expectCluster(undisturbed: readonly string[]): Promise<void> {
  const names = nodesOf(model.settings);
  let now: typeof boots = {};
  // A machine that was reset may still boot after an `up` that had nothing to do.
  await lab.eventually("the nodes of the settings to be Ready", 10, async () => {
    now = await lab.bootIds();
    expect(await lab.readyNodes()).toEqual([...names].sort());
  });
  expect(Object.keys(now).sort()).toEqual([...names].sort());
  expect(undisturbed.filter((name) => now[name] !== boots[name])).toEqual([]);
  boots = now;
  expect(await lab.clusterIdentity()).toBe(identity);
  expect(await lab.kubectl("get", "configmap/kept", "-o", "name")).toContain("configmap/kept");
  expect(await orphans(lab, "e2e", "nodeforge-e2e")).toEqual([]);
  for (const name of names) {
    const kibibytes = memoryOf(name, model.settings) * 1024;
    expect(await lab.virsh("dominfo", domainOf(name))).toContainEqual(
      expect.stringMatching(new RegExp(`^Max memory: +${kibibytes} KiB$`)),
    );
  }
}

it(`${count} random operations on real machines leave the cluster that the settings describe, seed ${seed}`, async () => {
  try {
    for (const operation of [...operationsOf(seed, count), { do: "up" } as const]) {
      if (!model.isPossible(operation)) continue;
      performed.push(operation);
      console.log(`operation ${performed.length}: ${JSON.stringify(operation)}`);
      const undisturbed = model.undisturbed();
      await perform(operation);
      model.perform(operation);
      for (const [key, value] of Object.entries(model.settings)) await lab.set(key, String(value));
      if (operation.do === "up") await expectCluster(undisturbed);
    }
    await lab.eventually("a preview without a change", 10, () => lab.expectNothingToDo());
  } catch (error) {
    const list = performed.map((operation) => `  ${JSON.stringify(operation)}`).join("\n");
    const repeat = `NODEFORGE_SEED=${seed} npm run test:e2e:nightly -- test/e2e/soak.nightly.ts`;
    throw new Error(`seed ${seed} fails after\n${list}\nRepeat it: ${repeat}\n${(error as Error).message}`, {
      cause: error,
    });
  }
  expect(performed.length).toBeGreaterThan(0);
}, 7_200_000);
