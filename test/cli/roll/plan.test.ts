import { describe, expect, test } from "vitest";
import { describeImages, imageInUse, planRoll, planUndo, rollRequest, runsEverywhere } from "../../../cli/roll/plan.ts";
import { imagesOfNodes } from "../../../cli/stack/node-images.ts";
import type { ImageReference } from "../../../image/location.ts";
import { imageOf, stateOf } from "./stack-state.ts";

const [a, b, c] = [imageOf("a"), imageOf("b"), imageOf("c")];

const settings = (values: Record<string, string> = {}) => ({ get: (key: string) => values[key] ?? "" });
const imageSettings = ({ source, sha256 }: ImageReference) => ({ image: source, imageSha256: sha256 });
const previousImageSettings = ({ source, sha256 }: ImageReference) => ({
  previousImage: source,
  previousImageSha256: sha256,
});

describe("the request of a roll", () => {
  test("has the image, the limit and the arguments for Pulumi", () => {
    const given = { image: "/n.qcow2", sha256: "A".repeat(64), maxUnavailable: "3", yes: true };
    expect(rollRequest(given)).toEqual({
      image: { source: "/n.qcow2", sha256: "a".repeat(64) },
      maxUnavailable: "3",
      up: ["--yes"],
      config: [],
    });
    expect(rollRequest({ undo: true }, ["--config-file", "lab.yaml"])).toEqual({
      image: undefined,
      maxUnavailable: undefined,
      up: ["--config-file", "lab.yaml"],
      config: ["--config-file", "lab.yaml"],
    });
  });

  test.each([
    [{}, "expected either --image or --undo, got neither"],
    [{ image: "x", undo: true }, "expected either --image or --undo, got both"],
    [{ undo: true, sha256: "a".repeat(64) }, "--undo excludes --sha256"],
    [{ image: "x", sha256: "abc" }, "--sha256 must be 64 hexadecimal digits, got abc"],
    [{ image: "https://x/y.qcow2" }, "an image URL needs --sha256"],
    [{ image: "x", maxUnavailable: "0" }, "--max-unavailable must be a number of at least 1, got 0"],
  ])("is refused for %j: %s", (given, expected) => {
    expect(() => rollRequest(given)).toThrow(expected);
  });

  test("is refused with one error that names every problem", () => {
    const wrong = () => rollRequest({ image: "https://x/y", maxUnavailable: "many" });
    expect(wrong).toThrow(
      "npm run roll: an image URL needs --sha256\n" +
        "npm run roll: --max-unavailable must be a number of at least 1, got many\n" +
        "Fix: `npm run roll -- --help` lists the options",
    );
  });
});

describe("the images of nodes", () => {
  test("are a table, in which a node without a machine has no image", () => {
    const state = stateOf(a, { master: b, "worker-node-1": undefined, "worker-node-2": a });
    expect(describeImages(imagesOfNodes(state), b).split("\n")).toEqual([
      "NODE            IMAGE",
      "master          bbbbbbbbbbbb (desired)",
      "worker-node-2   aaaaaaaaaaaa",
      "worker-node-1   no machine",
    ]);
  });

  test.each([
    [{ master: a, worker: a }, a, a, true],
    [{ master: a, worker: a }, a, b, false],
    [{ master: a, worker: b }, a, a, false],
    [{ master: a, worker: undefined }, a, a, false],
    // All machines exist, but a later step failed.
    [{ master: b, worker: b }, a, b, false],
  ])("are one image: %j, last up %j, image %j: %s", (nodes, last, desired, expected) => {
    expect(runsEverywhere(stateOf(last, nodes), desired)).toBe(expected);
  });

  test("are not complete while a replaced resource waits for its deletion", () => {
    const { resources, pending } = stateOf(a, { master: a });
    const old = { urn: "urn:old", type: "command:remote:Command", id: "x", delete: true };
    expect(runsEverywhere({ pending, resources: [...resources, old] }, a)).toBe(false);
  });
});

describe("the image in use", () => {
  const state = stateOf(a, { master: a });

  test("is the image of the settings when it has the hash of the outputs", () => {
    const named = { source: "https://host/a.qcow2", sha256: a.sha256 };
    expect(imageInUse(state, settings(imageSettings(named)))).toEqual(named);
  });

  test.each([
    ["names no image", {}],
    ["names a newer image", { image: "/edited.qcow2" }],
  ])("is the file that was uploaded when the stack %s", (_, values) => {
    expect(imageInUse(state, settings(values))).toEqual(a);
  });

  test("is an error before the first up", () => {
    expect(() => imageInUse(stateOf(undefined, {}), settings())).toThrow("no cluster yet");
  });
});

describe("a roll", () => {
  test("sets the image, and the previous image", () => {
    const plan = planRoll(b, stateOf(a, { master: a }), settings());
    expect(plan).toEqual({ image: b, before: { ...imageSettings(b), ...previousImageSettings(a) }, after: {} });
  });

  test("keeps the previous image when it resumes", () => {
    const values = { ...imageSettings(b), ...previousImageSettings(a) };
    const plan = planRoll(b, stateOf(a, { master: b, worker: a }), settings(values));
    expect(plan.before).toEqual(imageSettings(b));
  });

  test("to a third image, before the second runs everywhere, keeps the first as the previous image", () => {
    const values = { ...imageSettings(b), ...previousImageSettings(a) };
    const plan = planRoll(c, stateOf(a, { master: b, worker: a }), settings(values));
    expect(plan.before).toEqual({ ...imageSettings(c), ...previousImageSettings(a) });
  });

  test("to the first image by name, before the second runs everywhere, sets the second as the previous image", () => {
    const values = { ...imageSettings(b), ...previousImageSettings(a) };
    const plan = planRoll(a, stateOf(a, { master: b, worker: a }), settings(values));
    expect(plan.before).toEqual({ ...imageSettings(a), ...previousImageSettings(b) });
  });
});

describe("a rollback", () => {
  const rolled = { ...imageSettings(b), ...previousImageSettings(a) };

  test("sets the image, and the previous image at its end", () => {
    const plan = planUndo(stateOf(b, { master: b }), settings(rolled));
    expect(plan).toEqual({ image: a, before: imageSettings(a), after: previousImageSettings(b) });
  });

  test("has the same plan after an interrupted roll", () => {
    const plan = planUndo(stateOf(a, { master: b, worker: a }), settings(rolled));
    expect(plan).toEqual({ image: a, before: imageSettings(a), after: previousImageSettings(b) });
  });

  test("keeps its plan when it resumes", () => {
    const undoing = { ...imageSettings(a), ...previousImageSettings(a) };
    const plan = planUndo(stateOf(b, { master: a, worker: b }), settings(undoing));
    expect(plan).toEqual({ image: a, before: imageSettings(a), after: previousImageSettings(b) });
  });

  test("is an error without a previous image", () => {
    expect(() => planUndo(stateOf(a, { master: a }), settings())).toThrow("nothing to undo");
  });
});
