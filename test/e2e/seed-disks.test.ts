import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "nodeforge-seeds-"));
const cwd = "test/e2e/seed-disks";

async function pulumi(...args: string[]): Promise<string> {
  const { stdout } = await execa("pulumi", [...args, "--non-interactive"], {
    cwd,
    timeout: 180_000,
    env: { PULUMI_BACKEND_URL: `file://${folder}`, PULUMI_CONFIG_PASSPHRASE: "of the tests only" },
  });
  return stdout;
}

async function volumes(): Promise<string[]> {
  const { stdout } = await execa("virsh", ["-c", "qemu:///system", "--quiet", "vol-list", "seeds"]);
  return stdout.split("\n").filter((line) => line.includes(".iso"));
}

beforeAll(() => pulumi("stack", "init", "seeds"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(cwd, "Pulumi.seeds.yaml"), { force: true });
});

// The provider's own cloudinit_disk hangs when three are created at once, and a refresh reads truncated images.
describe("fifty seed disks", () => {
  it("are created at the same time", async () => {
    await pulumi("up", "--yes", "--skip-preview", "--parallel", "50");
    expect(await volumes()).toHaveLength(50);
  });

  it("are refreshed at the same time without a change", async () => {
    await pulumi("preview", "--refresh", "--expect-no-changes", "--parallel", "50");
  });

  it("are deleted with their pool and its folder", async () => {
    await pulumi("destroy", "--yes", "--skip-preview", "--parallel", "50");
    expect(existsSync("/var/lib/libvirt/seed-disks")).toBe(false);
  });
});
