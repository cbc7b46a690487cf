import { describe, expect, it } from "vitest";
import { parseEvent } from "../../../cli/engine-events/engine-event.ts";

const metadata = {
  op: "create",
  urn: "urn:pulumi:lab::nodeforge::a:b:C::name",
  type: "a:b:C",
  old: null,
  new: { parent: "urn:pulumi:lab::nodeforge::a:b:P::parent", inputs: { password: "hunter2" }, outputs: {} },
};
const parse = (event: object) => parseEvent(JSON.stringify({ sequence: 1, timestamp: 2, ...event }));

describe("an event of the engine", () => {
  it.each([
    ["resourcePreEvent", "begun"],
    ["resOutputsEvent", "ended"],
    ["resOpFailedEvent", "failed"],
  ])("%s is a step that is %s, without the properties of the resource", (member, is) => {
    const step = { op: "create", urn: metadata.urn, type: "a:b:C", parent: metadata.new.parent, isPlanned: false };
    expect(parse({ [member]: { metadata } })).toEqual({ is, step });
    expect(parse({ [member]: { metadata, planning: true } })).toEqual({ is, step: { ...step, isPlanned: true } });
  });

  it("has the parent of the old state where a resource is deleted, and none without a state", () => {
    const old = { parent: "urn:pulumi:lab::nodeforge::a:b:P::old" };
    const parentOf = (states: object) =>
      parse({ resourcePreEvent: { metadata: { ...metadata, new: null, ...states } } });
    expect(parentOf({ old })).toMatchObject({ step: { parent: old.parent } });
    expect(parentOf({})).toMatchObject({ step: { parent: "" } });
  });

  it("is a message without colours and control characters", () => {
    const message = "<{%fg 1%}>red<{%reset%}> \u001b[31mone\u001b[0m\ntwo\u0007\n";
    const event = { is: "message", urn: "", severity: "info", text: "red one\ntwo" };
    expect(parse({ diagnosticEvent: { message, severity: "info#err" } })).toEqual(event);
    expect(parse({ diagnosticEvent: { message, severity: "warning", urn: "u" } })).toEqual({
      ...event,
      severity: "warning",
      urn: "u",
    });
    expect(parse({ diagnosticEvent: { message, severity: "debug" } })).toBe(undefined);
  });

  it("is a notice, a summary or the end", () => {
    expect(parse({ stdoutEvent: { message: "^C received; cancelling.\n" } })).toEqual({
      is: "notice",
      text: "^C received; cancelling.",
    });
    expect(parse({ summaryEvent: { isPreview: false, resourceChanges: { create: 2, odd: "x" } } })).toEqual({
      is: "summary",
      isPreview: false,
      changes: { create: 2 },
    });
    expect(parse({ summaryEvent: { isPreview: true, resourceChanges: null } })).toMatchObject({ changes: {} });
    expect(parse({ cancelEvent: {} })).toEqual({ is: "over" });
  });

  it("has no meaning where its kind is unknown", () => {
    expect(parse({ preludeEvent: { config: {} } })).toBe(undefined);
    expect(parse({ laterEvent: { anything: 1 } })).toBe(undefined);
  });

  it.each([
    ["7", "an event of Pulumi has 7 as event, expected an object"],
    ['{"resourcePreEvent": 7}', "an event of Pulumi has 7 as resourcePreEvent, expected an object"],
    ['{"resourcePreEvent": {}}', "an event of Pulumi has nothing as metadata, expected an object"],
    ['{"resOutputsEvent": {"metadata": {"op": 1}}}', "an event of Pulumi has 1 as op, expected a text"],
    ['{"stdoutEvent": {}}', "an event of Pulumi has nothing as message, expected a text"],
  ])("is refused where it lacks a field: %s", (line, problem) => {
    expect(() => parseEvent(line)).toThrow(problem);
  });

  it("is refused where it is no JSON", () => {
    expect(() => parseEvent("Updating (lab):")).toThrow("not valid JSON");
  });
});
