import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, describe, expect, it } from "vitest";
import { approvalParameters } from "../../../guest/approval.ts";
import { schedulerSandboxLines } from "../../../guest/sandbox.ts";
import { readDeclaration } from "../../../image/declaration.ts";
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

/** Files of all units by name: those of the Debian image, those that init-control-plane.sh installs, and that of a benchmark. */
const files = new Map([
  ...node.unit.map((unit) => [unit.name, unitFile(unit, node)] as const),
  ...["nodeforge-approve-joins", "nodeforge-approve-kubelets"].map((name) => [name, approvalUnit(name)] as const),
  ["nodeforge-bench-scheduler", `[Service]\nType=exec\nExecStart=/bin/true\n${schedulerSandboxLines()}\n`] as const,
]);

/** Returns the file of a unit that approves certificates. */
function approvalUnit(name: string): string {
  const program = 'source guest/lib/approval-units.sh && approval_service "$0" Approval "Type=oneshot"';
  const env = { ...process.env, SANDBOX: approvalParameters().SANDBOX };
  return execFileSync("bash", ["-c", program, name], { cwd: inCheckout(), env, encoding: "utf8" });
}

/** Writes a unit's file, and returns its path. */
function written(name: string, text: string): string {
  const path = join(folder, `${name}.service`);
  writeFileSync(path, text);
  return path;
}

/** Returns the exposure that systemd computes for a unit, in tenths. */
async function exposure(name: string, text: string): Promise<number> {
  const { stdout } = await execa("systemd-analyze", ["security", "--offline=true", "--no-pager", written(name, text)]);
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

it("a scheduler under test is in the sandbox of the node's own scheduler, and may compile while it runs", () => {
  const [, service = ""] = files.get("kube-scheduler")!.split(/^\[(?:Service|Install)\]\n/m);
  const other = /^(?:Type|EnvironmentFile|ExecStart|Restart|RestartSec)=/;
  const lines = service.split("\n").filter((line) => line !== "" && !other.test(line));
  expect(lines).toContain("CapabilityBoundingSet=");
  expect(lines).toContain("MemoryDenyWriteExecute=yes");
  expect(schedulerSandboxLines().split("\n")).toEqual(lines.filter((line) => line !== "MemoryDenyWriteExecute=yes"));
});

it("docs/security.md states the exposure of each unit", () => {
  expect([...stated.keys()].sort()).toEqual([...files.keys()].sort());
});

describe.skipIf(which("systemd-analyze") === undefined)("systemd", () => {
  it.each([...files])("finds %s as exposed as stated, at most", async (name, text) => {
    expect(await exposure(name, text)).toBeLessThanOrEqual((stated.get(name) ?? 0) + tolerance);
  });

  it("finds a unit more exposed without its sandbox", async () => {
    const unit = node.unit.find(({ name }) => name === "etcd")!;
    expect(await exposure(unit.name, unitFile({ ...unit, sandbox: false }, node))).toBeGreaterThan(90);
  });

  it.each([...files])("knows every line of %s", async (name, text) => {
    expect(await ignoredLines(written(name, text))).toEqual([]);
  });

  it("names a line that it does not know", async () => {
    const path = written("odd", unitFile({ ...node.unit[0]!, service: { ProtectEverything: "yes" } }, node));
    expect(await ignoredLines(path)).toEqual([expect.stringContaining("ProtectEverything")]);
  });
});
