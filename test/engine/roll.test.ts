import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { rollRequest, type RollOptions } from "../../cli/roll/plan.ts";
import { roll } from "../../cli/roll/roll.ts";
import { readSettings } from "../../cli/stack/settings.ts";
import { writeImage } from "./material.ts";
import { readState } from "../../cli/stack/state.ts";
import { TestStack } from "./stack.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

/** Short digests of the base images in libvirt. */
const bases = (stack: TestStack) =>
  stack.world
    .ofKind("Volume")
    .flatMap(({ taken }) => /-base-([0-9a-f]{12})-[0-9a-f]{8}\.qcow2$/.exec(taken)?.[1] ?? []);

/** Runs `npm run roll` on a test's stack. Returns its exit code, its log and the output of Pulumi. */
const rollOf = (stack: TestStack, options: RollOptions) => rolling(stack, options);
/** Runs the same without a terminal. */
const unattendedRollOf = (stack: TestStack, options: RollOptions) => rolling(stack, options, true);

async function rolling(stack: TestStack, options: RollOptions, unattended = false) {
  const said: string[] = [];
  const printed: string[] = [];
  const configFile = join(stack.folder, "Pulumi.lab.yaml");
  const settings = () => readSettings({ stack: "lab", configFile });
  const session = stack.session();
  const code = await roll(rollRequest(options), {
    session,
    state: await readState(session),
    settings: settings(),
    up: async () => {
      const names = ["image", "imageSha256", "previousImage", "previousImageSha256", "maxUnavailable"];
      const written = names.flatMap((name) => (settings().get(name) === "" ? [] : [[name, settings().get(name)]]));
      const { succeeded, text } = await stack.up(Object.fromEntries(written) as Record<string, string>);
      printed.push(text);
      return succeeded ? 0 : 1;
    },
    backUp: () => Promise.resolve(),
    nodeTable: () => Promise.resolve(""),
    log: (line) => said.push(line),
    unattended,
  });
  return { code, said, printed: printed.join("\n"), get: settings().get };
}

describe("a roll", () => {
  it("goes from the environment's image to another one and back", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    const [first] = bases(stack);
    const image = await writeImage(stack.folder, "second.qcow2", "second");

    const there = await rollOf(stack, { image, maxUnavailable: "2" });
    expect([there.code, there.said]).toEqual([0, []]);
    const [second, ...more] = bases(stack);
    expect([second === first, more]).toEqual([false, []]);
    expect(there.get("image")).toBe(image);
    expect(there.get("imageSha256")).toMatch(new RegExp(`^${second}`));
    expect(there.get("previousImage")).toBe(join(stack.folder, "node.qcow2"));
    expect(there.get("previousImageSha256")).toMatch(new RegExp(`^${first}`));
    expect(there.get("maxUnavailable")).toBe("2");

    const again = await rollOf(stack, { image });
    expect([again.code, again.said.join()]).toEqual([0, expect.stringContaining("nothing to do")]);

    const back = await rollOf(stack, { undo: true });
    expect([back.code, back.said, bases(stack)]).toEqual([0, [], [first]]);
    expect([back.get("image"), back.get("previousImage")]).toEqual([join(stack.folder, "node.qcow2"), image]);

    await rm(image);
    await expect(rollOf(stack, { undo: true })).rejects.toThrow(`the image ${image} cannot be read`);
    expect(bases(stack)).toEqual([first]);
  });

  it("by the setting alone replaces one node after the other, and cannot be rolled back", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    await stack.up();
    const image = await writeImage(stack.folder, "second.qcow2", "second");
    const { succeeded, calls, text } = await stack.up({ image });
    expect(succeeded, text).toBe(true);
    // The control plane is back before the worker is replaced, and the cluster is the same one.
    expect(calls.disorder(/create Domain master/, /delete Domain worker-node-1/)).toEqual([]);
    expect(calls.list.filter((operation) => /RandomUuid|master-data/.test(operation))).toEqual([]);
    await expect(rollOf(stack, { undo: true })).rejects.toThrow("there is nothing to undo");
  });

  it("that would replace nodes is refused without a terminal, and one without a change is not", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    const image = await writeImage(stack.folder, "second.qcow2", "second");
    const before = bases(stack);
    const refused = unattendedRollOf(stack, { image, maxUnavailable: "2" });
    await expect(refused).rejects.toThrow(/^ {2}replace {2}machine master, which runs [0-9a-f]{12}$/m);
    await expect(refused).rejects.toThrow(
      `To agree: npm run roll -- --stack lab --image ${image} --max-unavailable 2 --yes`,
    );
    const { get } = readSettings({ stack: "lab", configFile: join(stack.folder, "Pulumi.lab.yaml") });
    expect([bases(stack), get("image"), get("maxUnavailable")]).toEqual([before, "", "1"]);
    expect((await unattendedRollOf(stack, { image: join(stack.folder, "node.qcow2") })).code).toBe(0);
  });

  it("that fails before it touches a node restores the configuration, and a later failure shows each node's image", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    const image = await writeImage(stack.folder, "second.qcow2", "second");
    const fail = () => {
      throw new Error("planned by the test");
    };
    stack.world.on("before", /create Volume base/, fail);
    const refused = await rollOf(stack, { image });
    expect(refused.code).toBe(1);
    expect(refused.said).toEqual(["no node was changed, and the stack's settings are restored"]);
    expect([refused.get("image"), refused.get("previousImage")]).toEqual(["", ""]);

    stack.world.calm();
    stack.world.on("before", /create Domain master/, fail);
    const stopped = await rollOf(stack, { image });
    stack.world.calm();
    expect(stopped.code).toBe(1);
    expect(stopped.said.join("\n")).toMatch(/^not every node runs .*second\.qcow2 /);
    expect(stopped.said.join("\n")).toMatch(/^master +no machine$/m);
    expect(stopped.said.at(-1)).toBe("repeat the same command to resume; `npm run roll -- --undo` rolls back");
    const remembered = stopped.get("previousImage");
    expect(remembered).toBe(join(stack.folder, "node.qcow2"));

    const rest = await rollOf(stack, { image });
    expect([rest.code, rest.said], rest.printed).toEqual([0, []]);
    expect(rest.get("previousImage")).toBe(remembered);
    expect(await stack.drift()).toEqual([]);
  });
});
