import { describe, expect, it } from "vitest";
import { UpdateView, type ViewPlaces } from "../../../cli/progress/update-view.ts";
import type { Step } from "../../../cli/engine-events/engine-event.ts";
import { cluster, ofWorker, workerStep } from "./events.ts";
import { send } from "../engine-events/send.ts";

/** Opens a view without a terminal. */
async function open(...given: readonly (string | Pick<ViewPlaces, "onEvent">)[]) {
  const args = given.filter((each) => typeof each === "string");
  const more = Object.assign({}, ...given.filter((each) => typeof each !== "string")) as Pick<ViewPlaces, "onEvent">;
  const printed: string[] = [];
  const logged: string[] = [];
  const window = { write: (text: string) => printed.push(text) };
  const view = await UpdateView.open(["up", ...args], {
    ...{ window, isTerminal: false, log: (line: string) => logged.push(line) },
    ...more,
  });
  if (view === undefined) throw new Error("there is no view");
  return { view, printed, logged };
}

/** A line of the engine about a step. */
const line = (member: string, { isPlanned, parent, ...metadata }: Step) =>
  JSON.stringify({ [member]: { metadata: { ...metadata, new: { parent } }, planning: isPlanned } });
const boot = ofWorker("create", "domain", 1, "");
const steps = (isPlanned: boolean) => [
  line("resourcePreEvent", { ...cluster, isPlanned }),
  line("resourcePreEvent", { ...workerStep("create", 1), isPlanned }),
  line("resourcePreEvent", { ...boot, isPlanned }),
  line("resOutputsEvent", { ...boot, isPlanned }),
];
const over = JSON.stringify({ cancelEvent: {} });
const summary = JSON.stringify({ summaryEvent: { isPreview: false, resourceChanges: { create: 1, same: 7 } } });

describe("the view of an update", () => {
  it("leaves the plan to Pulumi, and hides Pulumi's display from the update on", async () => {
    const { view, printed, logged } = await open();
    await send(view.options, ...steps(true), over);
    expect([view.hidesPulumi(), view.hasShown, printed]).toEqual([false, false, []]);
    await send(view.options, ...steps(false), "no event", JSON.stringify({ laterEvent: {} }), summary, over);
    expect([view.hidesPulumi(), view.hasShown]).toEqual([true, true]);
    expect(printed).toEqual([expect.stringMatching(/^ +\ds {2}worker-node-1: boot\n$/)]);
    await view[Symbol.asyncDispose]();
    expect(view.hidesPulumi()).toBe(false);
    expect(view.totals()).toEqual(["total 0s, resources: 1 created", "longest of a node: boot 0s"]);
    expect(logged).toEqual(["1 events of Pulumi could not be read, so lines may be missing"]);
    await view[Symbol.asyncDispose]();
    expect(logged).toHaveLength(1);
  });

  it("hides Pulumi's display at once where nothing is planned first", async () => {
    const { view, printed, logged } = await open("--yes", "--skip-preview");
    await send(view.options, ...steps(false), over);
    expect([view.hidesPulumi(), printed.length]).toEqual([true, 1]);
    await view[Symbol.asyncDispose]();
    expect(view.totals()[0]).toBe("total 0s, resources: none changed");
    expect(logged).toEqual([]);
  });

  it("shows Pulumi's display again where the steps are only planned", async () => {
    const { view, printed } = await open("--skip-preview");
    await send(view.options, ...steps(true), over);
    expect([view.hidesPulumi(), view.hasShown, printed]).toEqual([false, false, []]);
    await view[Symbol.asyncDispose]();
  });

  it("says after Ctrl-C what happens now", async () => {
    const { view, printed } = await open("--skip-preview");
    const notice = JSON.stringify({ stdoutEvent: { message: "^C received; cancelling. If you would like to" } });
    await send(view.options, ...steps(false).slice(0, 3), notice);
    expect(printed[1]).toBe("Ctrl-C: nothing new starts. These steps end first: worker-node-1 (boot).\n");
    expect(printed).toHaveLength(4);
    await view[Symbol.asyncDispose]();
  });

  it("gives another receiver every event, and says lines where it shows the update or logs", async () => {
    const events: string[] = [];
    const { view, printed, logged } = await open({ onEvent: ({ is }) => void events.push(is) });
    await send(view.options, ...steps(true), over);
    view.say("in the plan");
    await send(view.options, ...steps(false).slice(0, 1), over);
    view.say("in the update");
    expect(events).toEqual(["begun", "begun", "begun", "ended", "over", "begun", "over"]);
    expect([logged, printed]).toEqual([["in the plan"], ["in the update\n"]]);
    await view[Symbol.asyncDispose]();
  });

  it("is missing where the arguments ask for Pulumi's display", async () => {
    expect(await UpdateView.open(["up", "--diff"])).toBe(undefined);
  });
});
