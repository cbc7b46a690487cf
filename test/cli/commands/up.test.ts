import { beforeEach, describe, expect, test, vi } from "vitest";
import { command } from "../../../cli/commands/up.ts";

/** Events in their order, and the exit code of the run. */
const seen = vi.hoisted(() => ({ events: [] as string[], exitCode: 0, isTaken: false, isHeld: false, backsUp: false }));

vi.mock("../../../cli/session.ts", () => ({
  openStack: (choice: { stack: string }) => {
    const session = { stack: choice.stack, variables: {} };
    const withImage = () => Promise.resolve(void seen.events.push("image")).then(() => session);
    return Promise.resolve({ ...session, withImage });
  },
}));
vi.mock("../../../cli/consent/consent.ts", async (original) => ({
  ...(await original<object>()),
  isUnattended: () => false,
}));
vi.mock("../../../cli/doctor/doctor.ts", () => ({
  examine: () => Promise.resolve([]),
  describe: () => "",
  passes: () => true,
}));
vi.mock("../../../cli/recovery/hold-stack.ts", () => ({
  holdStack: () =>
    seen.isHeld ? Promise.reject(new Error("held")) : Promise.resolve(void seen.events.push("hold")).then(() => "hold"),
}));
vi.mock("../../../cli/recovery/recover.ts", () => ({
  recover: (_: unknown, options: { readonly hold?: unknown }) => {
    seen.events.push(`recover with ${String(options.hold)}`);
    return Promise.resolve({ state: {} });
  },
}));
vi.mock("../../../cli/up.ts", () => ({
  up: (_: unknown, args: readonly string[], options: { readonly backUp?: unknown }) => {
    seen.events.push(["up", ...args].join(" "));
    seen.backsUp = options.backUp !== undefined;
    return Promise.resolve(seen.exitCode);
  },
}));
vi.mock("../../../cli/kubeconfig/context.ts", () => ({
  refuseTakenContext: () =>
    seen.isTaken ? Promise.reject(new Error("taken")) : Promise.resolve(void seen.events.push("check")),
  mergeContext: () => Promise.resolve(void seen.events.push("merge")),
}));

beforeEach(() => {
  Object.assign(seen, { events: [], exitCode: 0, isTaken: false, isHeld: false });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
});

/** Steps before the update. */
const prepared = ["hold", "image", "recover with hold"];

describe("up", () => {
  test("checks the context's name before the image, and merges the context last", async () => {
    expect(await command(["--yes"])).toBe(0);
    expect(seen.events).toEqual(["check", ...prepared, "up --yes", "merge"]);
  });

  test("with --no-merge does neither, and Pulumi does not get the option", async () => {
    seen.isTaken = true;
    expect(await command(["--no-merge", "--yes"])).toBe(0);
    expect(seen.events).toEqual([...prepared, "up --yes"]);
  });

  test("backs up unless --no-backup is given, and Pulumi does not get the option", async () => {
    expect(await command(["--no-merge", "--yes"])).toBe(0);
    expect(seen.backsUp).toBe(true);
    expect(await command(["--no-merge", "--no-backup", "--yes"])).toBe(0);
    expect(seen.backsUp).toBe(false);
    expect(seen.events).toEqual([...prepared, "up --yes", ...prepared, "up --yes"]);
  });

  test("that fails merges nothing", async () => {
    seen.exitCode = 255;
    expect(await command([])).toBe(255);
    expect(seen.events).toEqual(["check", ...prepared, "up"]);
  });

  test("is refused for a taken name before anything is built", async () => {
    seen.isTaken = true;
    await expect(command([])).rejects.toThrow("taken");
    expect(seen.events).toEqual([]);
  });

  test("is refused for a held stack before anything is built", async () => {
    seen.isHeld = true;
    await expect(command([])).rejects.toThrow("held");
    expect(seen.events).toEqual(["check"]);
  });
});
