import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { parseRoll } from "../../toolchain/roll-plan.ts";
import { roll } from "../../toolchain/roll.ts";
import { readSettings } from "../../toolchain/stack.ts";
import { writeImage } from "./material.ts";
import { TestStack } from "./stack.ts";

vi.spyOn(console, "log").mockImplementation(() => undefined);

/** The names of the images that something in libvirt is made of. */
const bases = (stack: TestStack) =>
  stack.world.ofKind("Volume").flatMap(({ taken }) => /-base-(.*)\.qcow2$/.exec(taken)?.[1] ?? []);

/** `npm run roll` on a test's stack; returns its exit code and what it says. */
async function rollOf(stack: TestStack, ...args: string[]) {
  const said: string[] = [];
  const printed: string[] = [];
  const configFile = join(stack.folder, "Pulumi.lab.yaml");
  const settings = () => readSettings({ stack: "lab", configFile });
  const code = await roll(parseRoll(args), {
    session: stack.session(),
    settings: settings(),
    bringUp: async () => {
      const names = ["image", "imageSha256", "previousImage", "previousImageSha256", "maxUnavailable"];
      const written = names.flatMap((name) => (settings().get(name) === "" ? [] : [[name, settings().get(name)]]));
      const { succeeded, text } = await stack.up(Object.fromEntries(written) as Record<string, string>);
      printed.push(text);
      return succeeded ? 0 : 1;
    },
    nodeTable: () => Promise.resolve(""),
    log: (line) => said.push(line),
  });
  return { code, said, printed: printed.join("\n"), get: settings().get };
}

describe("a roll", () => {
  it("goes to another image and back, from one that the environment named", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    const [first] = bases(stack);
    const image = await writeImage(stack.folder, "second.qcow2", "second");

    const there = await rollOf(stack, "--image", image, "--max-unavailable", "2");
    expect([there.code, there.said]).toEqual([0, []]);
    const [second, ...more] = bases(stack);
    expect([second === first, more]).toEqual([false, []]);
    expect(there.get("image")).toBe(image);
    expect(there.get("imageSha256")).toMatch(new RegExp(`^${second}`));
    expect(there.get("previousImage")).toBe(join(stack.folder, "node.qcow2"));
    expect(there.get("previousImageSha256")).toMatch(new RegExp(`^${first}`));
    expect(there.get("maxUnavailable")).toBe("2");

    const again = await rollOf(stack, "--image", image);
    expect([again.code, again.said.join()]).toEqual([0, expect.stringContaining("nothing to do")]);

    const back = await rollOf(stack, "--undo");
    expect([back.code, back.said, bases(stack)]).toEqual([0, [], [first]]);
    expect([back.get("image"), back.get("previousImage")]).toEqual([join(stack.folder, "node.qcow2"), image]);

    await rm(image);
    await expect(rollOf(stack, "--undo")).rejects.toThrow(`the image ${image} cannot be read`);
    expect(bases(stack)).toEqual([first]);
  });

  it("that touches no node leaves the configuration as it was, and one that does says what runs", async () => {
    await using stack = await TestStack.create({ workers: 0 });
    await stack.up();
    const image = await writeImage(stack.folder, "second.qcow2", "second");
    const fail = () => {
      throw new Error("planned by the test");
    };
    stack.world.on("before", /create Volume base/, fail);
    const refused = await rollOf(stack, "--image", image);
    expect(refused.code).toBe(1);
    expect(refused.said).toEqual(["no node was touched; the stack's configuration is what it was before"]);
    expect([refused.get("image"), refused.get("previousImage")]).toEqual(["", ""]);

    stack.world.calm();
    stack.world.on("before", /create Domain master/, fail);
    const stopped = await rollOf(stack, "--image", image);
    stack.world.calm();
    expect(stopped.code).toBe(1);
    expect(stopped.said.join("\n")).toMatch(/^not every node runs .*second\.qcow2 /);
    expect(stopped.said.join("\n")).toMatch(/^master +no machine$/m);
    expect(stopped.said.at(-1)).toBe("the same command goes on; `npm run roll -- --undo` goes back");
    const remembered = stopped.get("previousImage");
    expect(remembered).toBe(join(stack.folder, "node.qcow2"));

    const rest = await rollOf(stack, "--image", image);
    expect([rest.code, rest.said], rest.printed).toEqual([0, []]);
    expect(rest.get("previousImage")).toBe(remembered);
    expect(await stack.drift()).toEqual([]);
  });
});
