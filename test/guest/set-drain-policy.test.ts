import { expect, it } from "vitest";
import { TestNode } from "./node.ts";

it("how workers leave is written down whole, and the last word counts", () => {
  const node = new TestNode("");
  const say = (policy: string, grace: number) => {
    const parameters = { DRAIN_TIMEOUT_MINUTES: 7, DRAIN_GRACE_SECONDS: grace, DRAIN_POLICY: policy };
    const { status, stdout, stderr } = node.run({ script: "set-drain-policy", parameters });
    expect([status, stdout]).toEqual([0, ""]);
    expect(stderr).toContain(`a worker's drain ends after at most 7 minutes; drainPolicy then: ${policy}`);
  };
  say("fail", -1);
  say("force", 30);
  expect(node.read("nodeforge-drain")).toBe("DRAIN_TIMEOUT_MINUTES=7\nDRAIN_GRACE_SECONDS=30\nDRAIN_POLICY=force\n");
});
