import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { liveComment } from "../../cli/plan/live-comment.ts";
import { rules } from "../../policy/rules.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { TestStack } from "./stack.ts";

const pack = inCheckout("policy");

/** A resource that breaks a rule. */
interface Violation {
  readonly policyName: string;
  readonly policyPackName: string;
  readonly enforcementLevel: string;
  readonly resourceUrn: string;
  readonly message: string;
}

/** Names of the rules that a resource obeys and breaks. A rule that does not judge it is in neither list. */
interface Summary {
  readonly passed?: readonly string[];
  readonly failed?: readonly string[];
}

/** Events of the policy pack in the engine's log of events. */
function verdictsIn(events: string) {
  const all = events
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { policyEvent?: Violation; policyAnalyzeSummaryEvent?: Summary });
  const summaries = all.flatMap(({ policyAnalyzeSummaryEvent: summary }) => summary ?? []);
  return {
    violations: all.flatMap(({ policyEvent }) => policyEvent ?? []),
    passed: new Set(summaries.flatMap(({ passed = [] }) => passed)),
    failed: new Set(summaries.flatMap(({ failed = [] }) => failed)),
  };
}

/** Writes a pack whose rule for graphics gets domains that listen, and returns its folder. */
function packWithViolation(folder: string): string {
  const other = join(folder, "policy");
  mkdirSync(other);
  for (const file of ["PulumiPolicy.yaml", "package.json"]) copyFileSync(join(pack, file), join(other, file));
  const module = (name: string) => JSON.stringify(join(pack, name));
  writeFileSync(
    join(other, "index.ts"),
    `import { servePack } from ${module("pack.ts")};
     import { rules } from ${module("rules.ts")};
     const graphics = { value: { type: "spice", listenType: "address" } };
     const listening = (resource) => ({ ...resource, props: Object.create(resource.props, { graphics }) });
     servePack(rules.map((rule) =>
       rule.name === "domain-graphics" ? { ...rule, problemOf: (resource) => rule.problemOf(listening(resource)) } : rule));`,
  );
  return other;
}

describe("the policy pack", () => {
  it("judges each resource of a plan and of a run, and finds no violation", async () => {
    await using stack = await TestStack.create({ workers: 1, simulatedNodes: [{ name: "sim", count: 2 }] });
    const names = new Set(rules.map(({ name }) => name));

    const first = await stack.preview({}, "--policy-pack", pack);
    expect(first.succeeded, first.text).toBe(true);
    expect(first.events).toContain('"policyLoadEvent"');
    const planned = verdictsIn(first.events);
    expect([planned.violations, planned.failed]).toEqual([[], new Set()]);
    // The first plan knows neither the cluster's id, which each description has, nor a host key.
    expect([...names].filter((name) => !planned.passed.has(name))).toEqual(["domain-marks", "pinned-host-key"]);

    const up = await stack.up({}, "--policy-pack", pack);
    expect(up.succeeded, up.text).toBe(true);
    expect(verdictsIn(up.events)).toMatchObject({ violations: [], passed: names, failed: new Set() });

    const second = await stack.preview({ workers: 2 }, "--policy-pack", pack);
    expect(second.succeeded, second.text).toBe(true);
    expect(verdictsIn(second.events)).toMatchObject({ violations: [], passed: names, failed: new Set() });
  });

  it("is not started without its option", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    const { succeeded, text, events } = await stack.preview();
    expect(succeeded, text).toBe(true);
    expect(verdictsIn(events)).toMatchObject({ violations: [], passed: new Set() });
    expect(events).not.toContain('"policyLoadEvent"');
  });

  it("refuses a plan and a run that break a rule, and names the rule and the resources", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    const broken = packWithViolation(stack.folder);
    const plan = await stack.preview({}, "--policy-pack", broken);
    const run = await stack.up({}, "--policy-pack", broken);
    for (const { succeeded, text, events } of [plan, run]) {
      expect(succeeded, text).toBe(false);
      const { violations, failed } = verdictsIn(events);
      expect(failed).toEqual(new Set(["domain-graphics"]));
      expect(violations.length).toBeGreaterThan(0);
      for (const { policyName, policyPackName, enforcementLevel, resourceUrn, message } of violations) {
        expect([policyName, policyPackName, enforcementLevel]).toEqual(["domain-graphics", "nodeforge", "mandatory"]);
        expect(["lab-master", "lab-worker-node-1"]).toContain(resourceUrn.split("::").at(-1));
        expect(message).toContain('the domain has listenType "address", expected a listenType of "none". Fix: set');
      }
    }
    expect(stack.world.ofKind("Domain")).toEqual([]);
  });

  it("is part of the comment about a plan that breaks a rule", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    const { text, code } = await liveComment(stack.operating({}), {
      virsh: (...args) => stack.virsh(...args),
      kubectl: () => Promise.reject(new Error("a refused plan asks no cluster")),
      args: ["--policy-pack", packWithViolation(stack.folder)],
      log: () => undefined,
    });
    expect(code).not.toBe(0);
    expect(text).toContain("### The plan for the cluster of stack lab failed");
    expect(text).toMatch(/\[mandatory\] +domain-graphics +\(libvirt:index:Domain: lab-/);
    expect(text).toContain("No domain listens for a graphical console.");
    expect(text).toContain('Fix: set graphics.listenType to "none"');
  });
});
