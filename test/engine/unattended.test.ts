import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, onTestFinished, vi } from "vitest";
import { up as runUp } from "../../cli/up.ts";
import type { RunRecord } from "../../cli/runs/record.ts";
import { RefusedError } from "../../cli/consent/unattended.ts";
import { writeImage } from "./material.ts";
import { TestStack } from "./stack.ts";

const runs = mkdtempSync(join(tmpdir(), "nodeforge-unattended-"));
afterAll(() => rmSync(runs, { recursive: true }));

/** Changes settings and runs `npm run up` without a terminal. Returns its operations, its output and its record. */
async function up(stack: TestStack, settings: Parameters<TestStack["up"]>[0] = {}, ...args: string[]) {
  const said: string[] = [];
  const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
  const out = vi.spyOn(console, "log").mockImplementation(() => undefined);
  onTestFinished(() => (err.mockRestore(), out.mockRestore()));
  const before = readdirSync(runs);
  const printed: string[] = [];
  stack.world.takeCalls();
  let code: number | undefined;
  let refusal: RefusedError | undefined;
  try {
    code = await runUp(stack.operating(settings, printed), ["--non-interactive", ...args], { runs });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    refusal = error;
  }
  err.mockRestore();
  out.mockRestore();
  const [folder = ""] = readdirSync(runs).filter((name) => !before.includes(name));
  const record = JSON.parse(readFileSync(join(runs, folder, "record.json"), "utf8")) as RunRecord;
  const calls = stack.world.takeCalls();
  return { code, refusal: refusal?.message ?? "", record, calls, said: said.join(""), printed: printed.join("\n") };
}

/** URN, id and protection of each resource. A refresh from libvirt writes other properties in another form. */
async function stateOf(stack: TestStack) {
  const { resources = [] } = (await stack.export()).deployment;
  return resources.map(({ urn, id, protect }) => [urn, id, protect]);
}

it("up without a terminal creates, grows and repairs a cluster, and deletes nothing without --yes", async () => {
  await using stack = await TestStack.create({ workers: 1 });
  // Commands that run virsh beside Pulumi must run the stack's own.
  vi.stubEnv("PATH", stack.session().variables.PATH ?? "");
  onTestFinished(() => void vi.unstubAllEnvs());

  const first = await up(stack);
  expect([first.code, first.refusal], first.printed).toEqual([0, ""]);
  expect(first.said).toContain(
    "there is no terminal for a question; the plan deletes and replaces nothing that holds data, so it proceeds",
  );
  expect(first.record).toMatchObject({ outcome: "succeeded", exitCode: 0 });
  expect(first.calls.of("create")).toContain("Domain worker-node-1");
  expect(await stack.drift()).toEqual([]);

  const nothing = await up(stack);
  expect([nothing.code, nothing.calls.list]).toEqual([0, []]);

  const grown = await up(stack, { workers: 2 });
  expect([grown.code, grown.refusal], grown.printed).toEqual([0, ""]);
  expect(grown.calls.of("create")).toContain("Domain worker-node-2");
  expect(grown.calls.of("delete")).toEqual([]);

  // The readiness gate is replaced, which deletes nothing else.
  const worker = stack.world.ofKind("Domain").find(({ taken }) => taken === "lab-worker-node-1")!;
  worker.properties = { ...worker.properties, running: false };
  const repaired = await up(stack);
  expect([repaired.code, repaired.refusal], repaired.printed).toEqual([0, ""]);
  expect(repaired.calls.of("update")).toEqual(["Domain worker-node-1"]);
  expect(repaired.calls.of("delete")).toEqual(["Command ready"]);

  const before = await stateOf(stack);
  const shrunk = await up(stack, { workers: 1 });
  expect([shrunk.code, shrunk.calls.list], shrunk.printed).toEqual([undefined, []]);
  const named = shrunk.refusal.replace(/-[0-9a-f]{12}$/gm, "-HASH").split("\n");
  expect(named.slice(1, -1).sort()).toEqual([
    "  delete   machine lab-worker-node-2",
    "  delete   membership of a worker lab-worker-node-2-token",
    "  delete   step with an undo lab-worker-node-2-host-key",
    "  delete   volume lab-worker-node-2-root",
    "  delete   volume lab-worker-node-2-seed-HASH",
  ]);
  expect(shrunk.refusal).toMatch(/none of it was done/);
  expect(shrunk.refusal.split("\n").at(-1)).toBe("To agree: npm run up -- --stack lab --non-interactive --yes");
  expect(shrunk.record).toMatchObject({ outcome: "declined", exitCode: 1, notes: [shrunk.refusal] });
  expect(await stateOf(stack)).toEqual(before);

  const image = await writeImage(stack.folder, "second.qcow2", "second");
  const other = await up(stack, { workers: 2, image });
  expect([other.code, other.calls.list]).toEqual([undefined, []]);
  expect(other.refusal).toContain("  replace  machine lab-master\n");
  expect(other.refusal).toContain("  replace  membership of a worker lab-worker-node-1-token\n");

  const agreed = await up(stack, { workers: 1, image: "" }, "--yes");
  expect([agreed.code, agreed.refusal], agreed.printed).toEqual([0, ""]);
  expect(agreed.calls.of("delete")).toContain("Domain worker-node-2");
  expect(await stack.drift()).toEqual([]);
});
