import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { pathsOf, type StackPlace } from "../../../cli/state-service/places.ts";

/** A checkpoint as the file backend writes it for a new stack. */
export const emptyCheckpoint = {
  version: 3,
  checkpoint: {
    stack: "organization/nodeforge/lab",
    latest: { manifest: { time: "", magic: "", version: "" }, secrets_providers: { type: "passphrase" }, metadata: {} },
  },
};

/** Creates a stack in the folder of a file backend, which is removed after the test. */
export function newPlace(checkpoint: object = emptyCheckpoint): StackPlace {
  const folder = mkdtempSync(join(tmpdir(), "nodeforge-state-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const place = { folder, project: "nodeforge", stack: "lab" };
  mkdirSync(dirname(pathsOf(place).checkpoint), { recursive: true });
  writeFileSync(pathsOf(place).checkpoint, JSON.stringify(checkpoint));
  return place;
}

/** A journal entry that creates a resource. */
export function creation(sequenceID: number) {
  return { version: 1, kind: 1, sequenceID, operationID: sequenceID, state: { urn: `urn-${sequenceID}` } };
}
