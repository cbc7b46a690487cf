import { describe, expect, it } from "vitest";
import { longestDrain } from "../../config/drain.ts";
import { configWith, problemsOf } from "../support/settings.ts";

describe("the drain of a worker", () => {
  it("never forces evictions by default, and has more time in emulation", () => {
    expect(configWith().drain).toEqual({ timeoutMinutes: 10, graceSeconds: -1, policy: "fail" });
    expect(configWith({}, { localDomainType: "kvm" }).drain.timeoutMinutes).toBe(5);
  });

  it("has the settings of the stack", () => {
    const raw = { drainTimeoutMinutes: String(longestDrain), drainGraceSeconds: "0", drainPolicy: "force" };
    expect(configWith(raw).drain).toEqual({ timeoutMinutes: 240, graceSeconds: 0, policy: "force" });
  });

  it.each([
    ["drainTimeoutMinutes", "-1", "at least 0"],
    ["drainTimeoutMinutes", "241", "at most 240"],
    ["drainTimeoutMinutes", "1.5", "a whole number"],
    ["drainGraceSeconds", "-2", "at least -1"],
    ["drainPolicy", "Force", "fail or force"],
    ["drainPolicy", "", "fail or force"],
  ])("refuses %s = %j", (key, value, expected) => {
    expect(problemsOf({ [key]: value })).toMatchObject([{ key, expected }]);
  });
});

describe("the number of unavailable workers", () => {
  it("is one by default, or the setting of the stack", () => {
    expect(configWith().maxUnavailable).toBe(1);
    expect(configWith({ maxUnavailable: "3" }).maxUnavailable).toBe(3);
  });

  it.each([
    ["0", "at least 1"],
    ["-1", "at least 1"],
    ["25%", "a whole number"],
  ])("is refused: %s", (value, expected) => {
    expect(problemsOf({ maxUnavailable: value })).toMatchObject([{ key: "maxUnavailable", expected }]);
  });
});

describe("the control plane's data disk", () => {
  it("is protected and has 10 GiB by default, or the settings of the stack", () => {
    expect(configWith().master).toMatchObject({ dataDiskGiB: 10, dataProtected: true });
    const raw = { masterDataDiskGiB: "2", masterDataProtected: "false" };
    expect(configWith(raw).master).toMatchObject({ dataDiskGiB: 2, dataProtected: false });
  });

  it.each([
    ["masterDataDiskGiB", "1", "at least 2"],
    ["masterDataProtected", "maybe", "true or false"],
  ])("refuses %s = %s", (key, value, expected) => {
    expect(problemsOf({ [key]: value })).toMatchObject([{ key, expected }]);
  });
});
