import { expect, it } from "vitest";
import { TestNode } from "./node.ts";

it("the drain policy is written completely, and a later one replaces it", () => {
  const node = new TestNode("");
  const set = (policy: string, grace: number) => {
    const parameters = { DRAIN_TIMEOUT_MINUTES: 7, DRAIN_GRACE_SECONDS: grace, DRAIN_POLICY: policy };
    const { status, stdout, stderr } = node.run({ script: "set-drain-policy", parameters });
    expect([status, stdout]).toEqual([0, ""]);
    expect(stderr).toContain(`a worker's drain ends after at most 7 minutes; drainPolicy then: ${policy}`);
  };
  set("fail", -1);
  set("force", 30);
  expect(node.read("nodeforge-drain")).toBe("DRAIN_TIMEOUT_MINUTES=7\nDRAIN_GRACE_SECONDS=30\nDRAIN_POLICY=force\n");
});
