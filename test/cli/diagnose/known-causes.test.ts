import { describe, expect, it, test } from "vitest";
import { knownCauses } from "../../../cli/diagnose/known-causes/index.ts";
import { match } from "../../../cli/diagnose/match.ts";
import { but, silent } from "./evidence.ts";
import { well, worker, type CauseFixtures } from "./known-causes/fixtures.ts";
import { hypervisorFixtures } from "./known-causes/hypervisor.ts";
import { joinFixtures } from "./known-causes/join.ts";
import { loginFixtures } from "./known-causes/login.ts";
import { machineFixtures } from "./known-causes/machine.ts";
import { nodeFixtures } from "./known-causes/node.ts";
import { podFixtures } from "./known-causes/pods.ts";
import { reachabilityFixtures } from "./known-causes/reachability.ts";
import { serviceFixtures } from "./known-causes/services.ts";
import { stackFixtures } from "./known-causes/stack.ts";

const groups: readonly CauseFixtures[] = [
  stackFixtures,
  hypervisorFixtures,
  machineFixtures,
  loginFixtures,
  nodeFixtures,
  joinFixtures,
  serviceFixtures,
  podFixtures,
  reachabilityFixtures,
];
const fixtures = groups.flatMap((group) => Object.entries(group));

test("every cause has its fixtures in the same order, and no fixture lacks its cause", () => {
  expect(fixtures.map(([name]) => name)).toEqual(knownCauses.map(({ name }) => name));
  expect(new Set(fixtures.map(([name]) => name)).size).toBe(knownCauses.length);
  for (const [name, { is, isNot }] of fixtures) {
    expect(is.length, name).toBeGreaterThan(0);
    expect(isNot.length, name).toBeGreaterThan(0);
  }
});

test("a healthy cluster matches no cause, although its journals have failures of the start", () => {
  expect(match(well)).toEqual([]);
});

describe.each(fixtures)("%s", (name, { is, isNot }) => {
  it.each(is)("is the most likely cause when $when", ({ evidence, line }) => {
    const [first] = match(evidence);
    expect(first?.cause.name).toBe(name);
    expect(first?.symptoms[0]?.line).toBe(line);
  });

  it.each(isNot)("is not suspected when $when", ({ evidence }) => {
    expect(match(evidence).map(({ cause }) => cause.name)).not.toContain(name);
  });
});

describe("several causes", () => {
  it("are ranked: a specific cause precedes its consequence", () => {
    const evidence = silent(
      but(well, "domain-state", worker, "crashed (panicked)\n"),
      worker,
      "ssh: connect to host 192.168.222.100 port 22: No route to host",
    );
    expect(match(evidence).map(({ cause }) => cause.name)).toEqual(["machine does not run", "ssh not answered"]);
  });

  it("are ranked: a cause on the failed node precedes one on another node", () => {
    const evidence = but(
      silent(well, worker, "Permission denied (publickey)."),
      "disk",
      "master",
      "/dev/vda1  20G  20G  0 100% /\n",
    );
    expect(match(evidence).map(({ cause }) => cause.name)).toEqual(["ssh key refused", "disk of a node full"]);
  });
});

test.each(knownCauses)("$name has a cause of one sentence, and a fix", ({ cause, fix }) => {
  expect(cause).toMatch(/^[A-Za-z].*\.$/);
  expect(cause).not.toMatch(/\. [A-Z]/);
  expect(fix).toMatch(/.{20,}\.$/);
});
