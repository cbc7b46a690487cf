import { describe, expect, it } from "vitest";
import { longestDrain } from "../../config/drain.ts";
import { configWith, problemsOf } from "../support/settings.ts";

describe("how workers leave", () => {
  it("is careful where the stack says nothing, with more time when emulated", () => {
    expect(configWith().drain).toEqual({ timeoutMinutes: 10, graceSeconds: -1, policy: "fail" });
    expect(configWith({}, { localDomainType: "kvm" }).drain.timeoutMinutes).toBe(5);
  });

  it("is as the stack says", () => {
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
  ])("refuses %s = %j", (key, value, wanted) => {
    expect(problemsOf({ [key]: value })).toMatchObject([{ key, wanted }]);
  });
});

describe("how many workers may be away", () => {
  it("is one, or as the stack says", () => {
    expect(configWith().maxUnavailable).toBe(1);
    expect(configWith({ maxUnavailable: "3" }).maxUnavailable).toBe(3);
  });

  it.each(["0", "-1", "25%"])("is never %s", (value) => {
    expect(problemsOf({ maxUnavailable: value })).toMatchObject([{ key: "maxUnavailable" }]);
  });
});

describe("the control plane's data disk", () => {
  it("is protected and large enough, or as the stack says", () => {
    expect(configWith().master).toMatchObject({ dataDiskGiB: 10, dataProtected: true });
    const raw = { masterDataDiskGiB: "2", masterDataProtected: "false" };
    expect(configWith(raw).master).toMatchObject({ dataDiskGiB: 2, dataProtected: false });
  });

  it.each([
    ["masterDataDiskGiB", "1"],
    ["masterDataProtected", "maybe"],
  ])("refuses %s = %s", (key, value) => {
    expect(problemsOf({ [key]: value })).toMatchObject([{ key }]);
  });
});
