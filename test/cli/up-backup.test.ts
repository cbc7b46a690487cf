import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Session } from "../../cli/stack/session.ts";
import { up } from "../../cli/up.ts";
import { waitForGate } from "../../lifecycle/update-gate.ts";
import { send } from "./engine-events/send.ts";
import { fakeSession } from "./runs/fake-session.ts";

let fake: ReturnType<typeof fakeSession>;
/** Events in their order. */
let happened: string[];
let said: string;
beforeEach(() => {
  fake = fakeSession();
  happened = [];
  said = "";
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((said += String(text))));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((said += String(text))));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(fake.folder, { recursive: true });
});

const urn = (types: string, name: string) => `urn:pulumi:lab::nodeforge::${types}::${name}`;
const master = "nodeforge:index:Cluster$nodeforge:index:Master";
const worker = "nodeforge:index:Cluster$nodeforge:index:WorkerPool$nodeforge:index:Worker";
const domain = "libvirt:index/domain:Domain";
const volume = "libvirt:index/volume:Volume";

/** State of a stack that has a complete cluster. */
const state = {
  pending: [],
  resources: [
    { urn: urn("pulumi:pulumi:Stack", "lab"), type: "pulumi:pulumi:Stack", outputs: { nodes: [] } },
    { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" },
  ],
};

const outputs = { nodes: [{ name: "m", role: "control-plane", address: "" }], apiEndpoint: "https://test" };

/** A step of the engine on a resource with these parents. */
const step = (op: string, parents: string, type: string, name: string) => ({
  resourcePreEvent: { metadata: { op, type, urn: urn(`${parents}$${type}`, name) } },
});
const replacesMachine = [step("replace", master, domain, "lab-master")];
const replacesData = [step("replace", master, volume, "lab-master-data"), ...replacesMachine];
const replacesWorker = [step("replace", worker, domain, "lab-worker-node-1")];
const noChange = [step("same", master, domain, "lab-master"), step("same", master, volume, "lab-master-data")];

/** Lines of a plan, or of an update. */
function lines(steps: readonly ReturnType<typeof step>[], isPreview: boolean): readonly string[] {
  const events = [
    ...steps.map(({ resourcePreEvent }) => ({ resourcePreEvent: { ...resourcePreEvent, planning: isPreview } })),
    { summaryEvent: { isPreview, resourceChanges: {} } },
    { cancelEvent: {} },
  ];
  return events.map((event) => JSON.stringify(event));
}

/** A session whose Pulumi plans these steps, asks, and then runs the program of the update. */
function session(steps: readonly ReturnType<typeof step>[], answer = "yes"): Session {
  return {
    ...fake.session,
    capture: (args) => Promise.resolve(args[1] === "output" ? JSON.stringify(outputs) : "{}"),
    pulumi: async (args, onOutput, environment = {}) => {
      const log = args[args.indexOf("--event-log") + 1] ?? "";
      const isStream = log.startsWith("tcp://");
      const stream = (isPreview: boolean) => (isStream ? send(["", log], ...lines(steps, isPreview)) : undefined);
      if (args[0] === "preview") {
        happened.push(onOutput?.hides?.() === true ? "hidden preview" : "preview");
        await stream(true);
        return 0;
      }
      happened.push("plan");
      if (!args.includes("--skip-preview")) await stream(true);
      if (answer !== "yes") return 0;
      // The program is another process, with the variables of Pulumi.
      await waitForGate(environment.NODEFORGE_UPDATE_GATE ?? "");
      happened.push("update");
      await stream(false);
      return 0;
    },
  };
}

/** Runs `up` whose backup says a line. */
function upWith(session: Session, args: readonly string[] = [], more: Partial<Parameters<typeof up>[2]> = {}) {
  return up(session, ["--yes", ...args], {
    ...{ state, runs: fake.root },
    backUp: async (loss, log) => {
      happened.push(`begin a backup for ${loss}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      log("backup: FILE");
      happened.push("end the backup");
    },
    ...more,
  });
}
const order = (loss: string, ...before: readonly string[]) => [
  ...before,
  ...["plan", `begin a backup for ${loss}`, "end the backup", "update"],
];

describe("up takes one backup between the plan and the update", () => {
  test.each([
    ["machine", replacesMachine],
    ["data", replacesData],
  ])("where the plan loses the control plane's %s", async (loss, steps) => {
    expect(await upWith(session(steps))).toBe(0);
    expect(happened).toEqual(order(loss));
    expect(said).toContain("backup: FILE");
  });

  test.each([
    [["--diff"], {}],
    [["--json"], {}],
    [[], { pulumiOutput: true }],
  ])("also with Pulumi's own display (%j %j)", async (args, more) => {
    expect(await upWith(session(replacesMachine), args, more)).toBe(0);
    expect(happened).toEqual(order("machine"));
  });

  test("where the events of the plan do not come", async () => {
    const { pulumi, ...rest } = session(replacesMachine);
    const deaf: Session = { ...rest, pulumi: (args, ...more) => pulumi(args.slice(0, -2), ...more) };
    expect(await upWith(deaf)).toBe(0);
    expect(happened).toEqual(order("unknown"));
  });
});

describe("up takes no backup", () => {
  test.each([
    ["the plan replaces a worker", replacesWorker],
    ["the plan changes nothing", noChange],
  ])("where %s", async (_, steps) => {
    expect(await upWith(session(steps))).toBe(0);
    expect(happened).toEqual(["plan", "update"]);
    expect(said).not.toContain("planning first");
  });

  test("at the first up, and after the answer no", async () => {
    expect(await upWith(session(replacesMachine), [], { state: { resources: [], pending: [] } })).toBe(0);
    expect(happened).toEqual(["plan", "update"]);
    happened = [];
    expect(await upWith(session(replacesMachine, "no"))).toBe(0);
    expect(happened).toEqual(["plan"]);
  });

  test("where its caller wants none, and Pulumi gets no gate then", async () => {
    const given: (string | undefined)[] = [];
    const { pulumi, ...rest } = session(replacesMachine);
    const seen: Session = {
      ...rest,
      pulumi: (args, onOutput, environment) => {
        given.push(environment?.NODEFORGE_UPDATE_GATE);
        return pulumi(args, onOutput, environment);
      },
    };
    expect(await up(seen, ["--yes"], { state, runs: fake.root })).toBe(0);
    expect([happened, given]).toEqual([["plan", "update"], [undefined]]);
  });
});

describe("up whose own plan cannot be observed", () => {
  const ownLog = () => ["--event-log", `${fake.folder}/own.json`];

  test.each([["--skip-preview"], ["--event-log"]])("with %s plans first", async (option) => {
    const args = option === "--event-log" ? ownLog() : [option];
    expect(await upWith(session(replacesMachine), args)).toBe(0);
    expect(happened).toEqual(["hidden preview", "begin a backup for machine", "end the backup", "plan", "update"]);
    expect(said).toContain("--no-backup skips this");
  });

  test("takes no backup where that plan has no loss", async () => {
    expect(await upWith(session(replacesWorker), ["--skip-preview"])).toBe(0);
    expect(happened).toEqual(["hidden preview", "plan", "update"]);
  });

  test("does not plan first where no backup is wanted, or only a preview is", async () => {
    expect(await up(session(replacesMachine), ["--yes", "--skip-preview"], { state, runs: fake.root })).toBe(0);
    expect(await upWith(session(replacesMachine, "no"), ["--preview-only", ...ownLog()])).toBe(0);
    expect(happened).toEqual(["plan", "update", "plan"]);
  });
});
