import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Cli } from "./cli.ts";
import { killAtLines } from "./journal-kills.ts";
import { TestStack, type State } from "./stack.ts";

const urnsOf = ({ deployment }: State) => (deployment.resources ?? []).map(({ urn }) => urn).sort();

/** Runs `pulumi up` on the file backend beside a running one. Returns its output. */
async function plainUp(stack: TestStack): Promise<string> {
  const { variables } = stack.session();
  const args = ["up", "--yes", "--skip-preview", "--stack", "lab"];
  return (await new Cli(variables, false).run(args, stack.folder)).all;
}

/** Files of the stack below a folder of the backend. */
const filesIn = (stack: TestStack, folder: string) =>
  readdirSync(join(stack.folder, "state", ".pulumi", folder, "nodeforge", "lab"));

/** Names of all files below a folder, without the times in them. */
function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ name }) => name.replace(/\d{19}/, "TIME")).sort();
}

describe("a stack with a journal", () => {
  it("has the state, the history and the end of one in the file backend, and plain pulumi goes on", async () => {
    await using journalled = await TestStack.create({ workers: 1 }, true);
    await using plain = await TestStack.create({ workers: 1 }, false);
    for (const stack of [journalled, plain]) {
      const { succeeded, text } = await stack.up();
      expect(succeeded, text).toBe(true);
    }
    expect(urnsOf(await journalled.export())).toEqual(urnsOf(await plain.export()));
    expect(filesIn(journalled, "history")).toHaveLength(filesIn(plain, "history").length);
    expect(filesIn(journalled, "backups")).toHaveLength(filesIn(plain, "backups").length);
    expect(await journalled.drift()).toEqual([]);
    // The preview and the state of the tests use the file backend.
    expect((await journalled.preview()).steps).toEqual([]);
    await journalled.rewrite((text) => text);
    const { succeeded, text, calls } = await journalled.up({ workers: 2 });
    expect(succeeded, text).toBe(true);
    expect(calls.list.filter((operation) => /worker-node-1|master-(root|data)/.test(operation))).toEqual([]);
    expect((await journalled.destroy()).succeeded).toBe(true);
    expect(urnsOf(await journalled.export())).toEqual([]);
    expect([...journalled.world.things]).toEqual([]);
    expect(readdirSync(join(journalled.folder, "state", ".nodeforge", "nodeforge"))).toEqual(["lab.journal.lock"]);
  });

  it("is removed by destroy --remove as one in the file backend", async () => {
    const left: string[][] = [];
    for (const hasJournal of [true, false]) {
      await using stack = await TestStack.create({ workers: 0 }, hasJournal);
      expect((await stack.up()).succeeded).toBe(true);
      await stack.unprotect();
      const said: string[] = [];
      // In the stack's folder, because Pulumi also removes the stack's file of the current one.
      const { pulumi } = stack.session(said);
      const code = await pulumi(["destroy", "--yes", "--skip-preview", "--remove", "--stack", "lab"]);
      expect(code, said.join("\n")).toBe(0);
      await stack.world.settled();
      expect([...stack.world.things]).toEqual([]);
      left.push(filesBelow(join(stack.folder, "state", ".pulumi")));
    }
    expect(left[0]).toEqual(left[1]);
    expect(left[0]).toContain("lab.json.bak");
    expect(left[0]).not.toContain("lab.json");
  });

  it("is refused to a second Pulumi meanwhile", async () => {
    await using stack = await TestStack.create({ workers: 0 }, true);
    let said = "";
    stack.world.on("before", /create Domain master/, async () => {
      const locks = filesIn(stack, "locks/organization");
      expect(locks).toHaveLength(1);
      said = await plainUp(stack);
    });
    const { succeeded, text } = await stack.up();
    expect(succeeded, text).toBe(true);
    expect(said).toContain("the stack is currently locked by 1 lock(s)");
    expect(filesIn(stack, "locks/organization")).toEqual([]);
  });

  it("loses nothing when everything is killed at random lines of the journal", async () => {
    const { NODEFORGE_JOURNAL_KILLS = "3", NODEFORGE_JOURNAL_SEED = "1" } = process.env;
    await using stack = await TestStack.create({}, true);
    await expect(
      killAtLines(stack, Number(NODEFORGE_JOURNAL_KILLS), Number(NODEFORGE_JOURNAL_SEED)),
    ).resolves.toBeUndefined();
  });
});
