import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hardening } from "./cases/hardening.ts";
import { secondRun } from "./cases/second-run.ts";
import { earlierCommit } from "../support/earlier-checkout.ts";
import { Lab } from "./lab.ts";

const lab = new Lab("e2e");
/** Checkout of the commit that creates the cluster, with its packages. The tier makes it before it loses its network. */
const earlier = process.env.NODEFORGE_EARLIER ?? "";

beforeAll(async () => {
  if (earlier === "") {
    throw new Error(
      `there is no checkout of ${earlierCommit}, and the start of the log has the reason. ` +
        `Fix: set NODEFORGE_EARLIER to a checkout of ${earlierCommit} with its packages`,
    );
  }
  await lab.makeKey();
});
afterAll(() => lab.remove());

describe("a cluster of an earlier commit", () => {
  let boots: Record<string, string>;
  let pods: string;
  const podUids = () => lab.kubectl("get", "pods", "-A", "-o", "jsonpath={.items[*].metadata.uid}");

  it("is created by that commit", async () => {
    writeFileSync(join(earlier, lab.settingsFile), "config:\n  nodeforge:workers: 1\n");
    const up = await lab.npm("up", 55, earlier);
    expect(up.exitCode, up.all).toBe(0);
    boots = await lab.bootIds();
    pods = await podUids();
    await lab.apply({ apiVersion: "v1", kind: "Secret", metadata: { name: "early" }, stringData: { text: "early" } });
    cpSync(join(earlier, lab.settingsFile), lab.settingsFile);
  });

  it("takes this commit by up, without a boot, a replacement or another pod", async () => {
    const operations = await lab.announced();
    expect(operations.filter((operation) => /Domain|Volume|Network/.test(operation))).toEqual([]);
    await lab.up();
    expect(await lab.bootIds()).toEqual(boots);
    expect((await podUids()).split(" ").sort()).toEqual(pods.split(" ").sort());
    expect(await lab.kubectl("get", "secret", "early", "-o", "jsonpath={.data.text}")).toBe("ZWFybHk=");
  });
});

hardening(lab);

describe("a worker that joins the hardened control plane", () => {
  it("becomes Ready", async () => {
    await lab.set("workers", "2");
    await lab.up();
    expect(await lab.readyNodes()).toEqual(["master", "worker-node-1", "worker-node-2"]);
  });
});

secondRun(lab);
