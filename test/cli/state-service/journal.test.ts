import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FileLock } from "../../../lib/file-lock.ts";
import { hashOf, readCheckpoint } from "../../../cli/state-service/checkpoint.ts";
import { conclude, Journal, readJournal } from "../../../cli/state-service/journal.ts";
import { pathsOf, type StackPlace } from "../../../cli/state-service/places.ts";
import { compact, recoverJournal } from "../../../cli/state-service/recover-journal.ts";
import { fillDisk } from "./full-disk.ts";
import { creation, newPlace } from "./place.ts";

async function newJournal(place: StackPlace): Promise<Journal> {
  const { hash = "" } = (await readCheckpoint(place)) ?? {};
  return Journal.create(pathsOf(place).journal, { format: 1, base: hash, engine: "v3.250.0" });
}

/** Numbers of the resources in the checkpoint. */
async function resources(place: StackPlace) {
  return ((await readCheckpoint(place))?.deployment.resources ?? []).map(({ urn }) => urn);
}

describe("a journal", () => {
  test("has the entries that were appended, in a file of its owner only", async () => {
    const place = newPlace();
    const journal = await newJournal(place);
    await Promise.all([journal.append([creation(1), creation(2)]), journal.append([creation(3)])]);
    await journal.close();
    const { entries = [] } = (await readJournal(pathsOf(place).journal)) ?? {};
    expect(entries.map(({ sequenceID }) => sequenceID)).toEqual([1, 2, 3]);
  });

  test("loses a last line without its end, and no other", async () => {
    const place = newPlace();
    const journal = await newJournal(place);
    await journal.append([creation(1)]);
    await journal.close();
    appendFileSync(pathsOf(place).journal, JSON.stringify(creation(2)).slice(0, -1));
    expect(await compact(place)).toBe(1);
    expect(await resources(place)).toEqual(["urn-1"]);
    expect(existsSync(pathsOf(place).journal)).toBe(false);
  });

  test("refuses entries on a full disk, and takes the next ones", async () => {
    const place = newPlace();
    const journal = await newJournal(place);
    await journal.append([creation(1)]);
    await fillDisk();
    await expect(journal.append([creation(2)])).rejects.toThrow("no space left on device");
    await journal.append([creation(3)]);
    await journal.close();
    await compact(place);
    expect(await resources(place)).toEqual(["urn-1", "urn-3"]);
  });

  test.each([
    ["{\n", "is not JSON"],
    ['{"version":1,"kind":10,"sequenceID":1,"operationID":1}\n', "a journal entry has kind 10"],
  ])("with the line %j is refused and stays", async (line, message) => {
    const place = newPlace();
    await (await newJournal(place)).close();
    appendFileSync(pathsOf(place).journal, line);
    await expect(compact(place)).rejects.toThrow(message);
    expect(existsSync(pathsOf(place).journal)).toBe(true);
  });

  test("of another format is refused", async () => {
    const place = newPlace();
    await (await newJournal(place)).close();
    writeFileSync(pathsOf(place).journal, '{"format":2}\n');
    await expect(compact(place)).rejects.toThrow("has format 2, expected 1");
  });
});

describe("the recovery of a killed run", () => {
  test("writes its changes into the checkpoint, says so once, and keeps the checkpoint before it", async () => {
    const place = newPlace();
    const before = readFileSync(pathsOf(place).checkpoint, "utf8");
    const journal = await newJournal(place);
    await journal.append([creation(1), creation(2)]);
    await journal.close();
    const log: string[] = [];
    const recover = () => recoverJournal(place, (line) => log.push(line));
    await recover();
    await recover();
    expect(log).toEqual(["the last run on stack lab was killed; 2 changes of its journal are in the state now"]);
    expect(await resources(place)).toEqual(["urn-1", "urn-2"]);
    expect(readFileSync(`${pathsOf(place).checkpoint}.bak`, "utf8")).toBe(before);
  });

  test("continues after a kill between the new checkpoint and the end of the journal", async () => {
    const place = newPlace();
    const { journal: path, checkpoint } = pathsOf(place);
    const journal = await newJournal(place);
    await journal.append([creation(1)]);
    await journal.close();
    const text = readFileSync(checkpoint, "utf8").replace("passphrase", "other");
    await conclude(path, hashOf(text));
    writeFileSync(checkpoint, text);
    expect(await compact(place)).toBe(0);
    expect([readFileSync(checkpoint, "utf8"), existsSync(path)]).toEqual([text, false]);
  });

  test("repeats a kill before the new checkpoint", async () => {
    const place = newPlace();
    const journal = await newJournal(place);
    await journal.append([creation(1)]);
    await journal.close();
    await conclude(pathsOf(place).journal, hashOf("never written"));
    await compact(place);
    expect(await resources(place)).toEqual(["urn-1"]);
  });

  test("deletes a journal without a complete first line", async () => {
    const place = newPlace();
    await (await newJournal(place)).close();
    writeFileSync(pathsOf(place).journal, '{"format":1');
    await recoverJournal(place);
    expect(existsSync(pathsOf(place).journal)).toBe(false);
  });

  test("refuses a checkpoint that another program has changed, and changes nothing", async () => {
    const place = newPlace();
    const { journal: path, checkpoint } = pathsOf(place);
    const journal = await newJournal(place);
    await journal.append([creation(1)]);
    await journal.close();
    const text = readFileSync(checkpoint, "utf8").replace("passphrase", "other");
    writeFileSync(checkpoint, text);
    await expect(recoverJournal(place)).rejects.toThrow("another program has changed the checkpoint since");
    expect([readFileSync(checkpoint, "utf8"), existsSync(path)]).toEqual([text, true]);
  });

  test("waits for no process that still writes the journal, and changes nothing", async () => {
    const place = newPlace();
    const journal = await newJournal(place);
    await journal.append([creation(1)]);
    const lock = await FileLock.take(pathsOf(place).journalLock);
    await recoverJournal(place);
    expect(await resources(place)).toEqual([]);
    lock?.release();
    await journal.close();
    await recoverJournal(place);
    expect(await resources(place)).toEqual(["urn-1"]);
  });
});
