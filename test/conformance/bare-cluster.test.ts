import { expect, test, vi } from "vitest";
import { testBareCluster } from "./bare-cluster.ts";

test("a cluster without machines is refused to a user who is not root, before anything is built", async () => {
  vi.spyOn(process, "getuid").mockReturnValue(1000);
  const cases = { selection: { chosen: ["a"], leftOut: [] }, program: "/e2e-test", args: ["--bare"] };
  await expect(testBareCluster(cases)).rejects.toThrow(
    /^--bare makes namespaces, so it needs root: found user 1000, expected 0\. Fix: sudo env /,
  );
  vi.restoreAllMocks();
});
