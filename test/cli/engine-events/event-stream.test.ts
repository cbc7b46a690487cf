import { readdir, stat } from "node:fs/promises";
import { describe, expect } from "vitest";
import { EventStream } from "../../../cli/engine-events/event-stream.ts";
import { test } from "../../support/folder.ts";
import { send } from "./send.ts";

describe("a stream of events", () => {
  test("gets the events of each preview and update in order, and no file has them", async ({ folder }) => {
    const received: (number | string)[] = [];
    const onEvent = (line: string) => {
      if (line === "refused") throw new Error("a display failed");
      received.push(line);
    };
    const stream = await EventStream.open({ onBegin: (index) => received.push(index), onEvent }, folder);
    expect([stream.options[0], stream.variables]).toEqual(["--event-log", { PULUMI_DEBUG_COMMANDS: "true" }]);
    const [home = ""] = await readdir(folder);
    expect((await stat(`${folder}/${home}`)).mode & 0o777).toBe(0o700);

    await send(stream.options, "first", "last");
    await send(stream.options, "refused", "refused", "over");
    expect(received).toEqual([0, "first", "last", 1, "over"]);
    expect(stream.unreadable).toBe(2);
    expect(await readdir(`${folder}/${home}`)).toEqual(["socket"]);

    await stream[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
    await expect(send(stream.options, "late")).rejects.toThrow();
  });

  test("needs no receiver of a begin", async ({ folder }) => {
    const received: string[] = [];
    await using stream = await EventStream.open({ onEvent: (line) => received.push(line) }, folder);
    await send(stream.options, "first");
    expect([received, stream.unreadable]).toEqual([["first"], 0]);
  });

  test("is refused with a reason where it has no folder", async ({ folder }) => {
    await expect(EventStream.open({ onEvent: () => {} }, `${folder}/none`)).rejects.toThrow("ENOENT");
  });
});
