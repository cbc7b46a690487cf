import { describe, expect } from "vitest";
import { fail, ok, warn } from "../../../cli/doctor/finding.ts";
import { checkMemory, checkSpace, checkVirtualisation, judgeSpace } from "../../../cli/doctor/machine.ts";
import { test } from "../../support/folder.ts";

const gibibyte = 2 ** 30;

describe("virtualisation", () => {
  test("passes in hardware", () => {
    expect(checkVirtualisation({ type: "kvm", reason: "/dev/kvm" })).toEqual(ok("virtualisation", "/dev/kvm"));
  });

  test("warns of emulation, with its reason and a fix", () => {
    expect(checkVirtualisation({ type: "qemu", reason: "no vmx" })).toEqual(
      warn(
        "virtualisation",
        "guests are emulated: no vmx",
        expect.stringMatching(/^enable virtualisation in the firmware, .* 10 to 20 times longer$/) as string,
      ),
    );
  });
});

describe("memory", () => {
  test("passes when the nodes fit", () => {
    expect(checkMemory(6144, 8 * gibibyte)).toEqual(ok("memory", "nodes need 6.0 GiB of 8.0 GiB"));
  });

  test("passes when the nodes need all of it", () => {
    expect(checkMemory(8192, 8 * gibibyte)).toEqual(ok("memory", "nodes need 8.0 GiB of 8.0 GiB"));
  });

  test("warns when the nodes do not fit, with the keys to change", () => {
    expect(checkMemory(10240, 8 * gibibyte)).toEqual(
      warn(
        "memory",
        "nodes need 10.0 GiB of 8.0 GiB",
        "set fewer workers or a lower workerMemoryMiB, so that the machine does not swap",
      ),
    );
  });
});

describe("pool space", () => {
  const fix = "free some space, or set storagePoolPath to a folder on a larger disk";

  test.each([
    [10, "ok", ""],
    [8, "ok", ""],
    [5, "warn", fix],
    [4, "warn", fix],
    [3, "fail", fix],
  ])("of %i GiB where 4 GiB are needed: %s", (free, status, fix) => {
    const found = `${free}.0 GiB free at /pool, 4.0 GiB needed`;
    expect(judgeSpace("/pool", free * gibibyte, 4 * gibibyte)).toEqual({ name: "pool space", status, found, fix });
  });

  test("of a missing folder is that of its nearest parent", async ({ folder }) => {
    const { name, status, found, fix } = await checkSpace(`${folder}/a/b`, 0, 0);
    expect([name, status, fix]).toEqual(["pool space", "ok", ""]);
    expect(found).toMatch(/^\d+\.\d GiB free at /);
    expect(found.endsWith(` free at ${folder}, 0.0 GiB needed`)).toBe(true);
  });

  test("needs 1 GiB for each node beside the image", async ({ folder }) => {
    const needed = "1000002.0 GiB needed";
    expect(await checkSpace(folder, 2 * gibibyte, 1_000_000)).toEqual(
      fail("pool space", expect.stringMatching(new RegExp(` free at ${folder}, ${needed}$`)) as string, fix),
    );
  });
});
