import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { command } from "../../../cli/commands/preview-summary.ts";

function spyOnOutput() {
  const printed: string[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  onTestFinished(() => spy.mockRestore());
  return printed;
}

test("a comparison of settings needs no hypervisor, and prints only the comment", async () => {
  const printed = spyOnOutput();
  expect(await command(["--plan-only", "--stack", "dev"])).toBe(0);
  const text = printed.join("");
  expect(text.split("\n")[0]).toBe("<!-- nodeforge preview:summary dev -->");
  expect(text).toContain("Whether the cluster has the settings of HEAD");
});

test("--out writes the comment to a file, and nothing to the standard output", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-comment-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const printed = spyOnOutput();
  const file = join(folder, "comment.md");
  expect(await command(["--plan-only", "--out", file])).toBe(0);
  expect(readFileSync(file, "utf8")).toMatch(/^<!-- nodeforge preview:summary .* -->\n/);
  expect(printed).toEqual([]);
});

test("an unknown revision, an unknown option, and a policy pack without a plan of the engine are refused", async () => {
  const printed = spyOnOutput();
  await expect(command(["--plan-only", "--base", "no-such-branch"])).rejects.toThrow("--base no-such-branch: expected");
  await expect(command(["--plan-only", "--policy-pack", "policy"])).rejects.toThrow(
    "option '--policy-pack <folder>' cannot be used with option '--plan-only'",
  );
  await expect(command(["--plan"])).rejects.toThrow("npm run preview:summary: unknown option '--plan'");
  expect(printed).toEqual([]);
});
