import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { readDeclaration, type Unit } from "../../../image/declaration.ts";
import { unitFile } from "../../../image/debian/unit-file.ts";
import { inCheckout } from "../../../lib/checkout.ts";
import { which } from "../../../lib/process.ts";

const node = readDeclaration();
const folder = mkdtempSync(join(tmpdir(), "nodeforge-units-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Exposure of each unit in tenths, as docs/security.md states it. systemd 257 of Debian 13 computed it. */
const stated = new Map(
  [...readFileSync(inCheckout("docs", "security.md"), "utf8").matchAll(/^\| `([a-z-]+)` +\| (\d\.\d) +\|/gm)].map(
    ([, unit = "", exposure]) => [unit, tenths(exposure)],
  ),
);

/** Tenths by which another release of systemd may count more. 252 counts up to two more than 257. */
const tolerance = 3;

/** Writes a unit's file as the Debian image has it, and returns its path. */
function written(unit: Unit): string {
  const path = join(folder, `${unit.name}.service`);
  writeFileSync(path, unitFile(unit, node));
  return path;
}

/** Returns the exposure that systemd computes for a unit, in tenths. */
async function exposure(unit: Unit): Promise<number> {
  const { stdout } = await execa("systemd-analyze", ["security", "--offline=true", "--no-pager", written(unit)]);
  return tenths(/Overall exposure level for \S+: (\d+\.\d)/.exec(stdout)?.[1]);
}

/** Returns the complaints of systemd about lines that it would ignore. */
async function ignoredLines(path: string): Promise<readonly string[]> {
  // It fails, because this machine has no programs of a node.
  const { stderr } = await execa("systemd-analyze", ["verify", "--man=no", path], { reject: false });
  return stderr.split("\n").filter((line) => line.includes(path) && /unknown|ignoring/i.test(line));
}

function tenths(text: string | undefined): number {
  return Math.round(Number(text) * 10);
}

it("docs/security.md states the exposure of each unit", () => {
  expect([...stated.keys()].sort()).toEqual(node.unit.map(({ name }) => name).sort());
});

describe.skipIf(which("systemd-analyze") === undefined)("systemd", () => {
  it.each(node.unit.map((unit) => [unit.name, unit] as const))(
    "finds %s as exposed as stated, at most",
    async (name, unit) => {
      expect(await exposure(unit)).toBeLessThanOrEqual((stated.get(name) ?? 0) + tolerance);
    },
  );

  it("finds a unit more exposed without its sandbox", async () => {
    const unit = node.unit.find(({ name }) => name === "etcd")!;
    expect(await exposure({ ...unit, sandbox: false })).toBeGreaterThan(90);
  });

  it.each(node.unit.map((unit) => [unit.name, unit] as const))("knows every line of %s", async (_, unit) => {
    expect(await ignoredLines(written(unit))).toEqual([]);
  });

  it("names a line that it does not know", async () => {
    const path = written({ ...node.unit[0]!, name: "odd", service: { ProtectEverything: "yes" } });
    expect(await ignoredLines(path)).toEqual([expect.stringContaining("ProtectEverything")]);
  });
});
