import { readdir, stat } from "node:fs/promises";
import { describe, expect } from "vitest";
import type { EngineEvent } from "../../../cli/progress/engine-event.ts";
import { EventStream } from "../../../cli/progress/event-stream.ts";
import { test } from "../../support/folder.ts";
import { send } from "./send.ts";

describe("a stream of events", () => {
  test("gets the events of each preview and update in order, and no file has them", async ({ folder }) => {
    const received: (number | EngineEvent)[] = [];
    const onEvent = (event: EngineEvent) => {
      if (event.is === "notice") throw new Error("a display failed");
      received.push(event);
    };
    const stream = await EventStream.open({ onBegin: (index) => received.push(index), onEvent }, folder);
    expect([stream.options[0], stream.variables]).toEqual(["--event-log", { PULUMI_DEBUG_COMMANDS: "true" }]);
    const [home = ""] = await readdir(folder);
    expect((await stat(`${folder}/${home}`)).mode & 0o777).toBe(0o700);

    const over = JSON.stringify({ cancelEvent: {} });
    await send(stream.options, JSON.stringify({ laterEvent: {} }), over);
    await send(stream.options, "no event", JSON.stringify({ stdoutEvent: { message: "notice" } }), over);
    expect(received).toEqual([0, { is: "over" }, 1, { is: "over" }]);
    expect(stream.unreadable).toBe(2);
    expect(await readdir(`${folder}/${home}`)).toEqual(["socket"]);

    await stream[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
    await expect(send(stream.options, over)).rejects.toThrow();
  });

  test("is refused with a reason where it has no folder", async ({ folder }) => {
    await expect(EventStream.open({ onBegin: () => {}, onEvent: () => {} }, `${folder}/none`)).rejects.toThrow(
      "ENOENT",
    );
  });
});
