import { execFileSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  announceRenewal,
  clientValidity,
  daysLeft,
  isDue,
  priorValidity,
  renewalOf,
} from "../../lifecycle/certificates.ts";
import { installedInput } from "../../guest/installed-script.ts";
import { priorStateOf } from "../support/prior-state.ts";

const day = 24 * 60 * 60 * 1000;
const from = new Date("2026-01-01T00:00:00Z");
const year = { from, to: new Date("2027-01-01T00:00:00Z") };
const before = (end: Date, days: number) => new Date(end.getTime() - days * day);

/** Returns an administrator's kubeconfig whose certificate expires in some days. */
function kubeconfig(days: number): string {
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "/dev/null"];
  const text = execFileSync("openssl", ["req", ...kind, "-subj", "/CN=x", "-days", String(days)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  return `users:\n- name: admin\n  user:\n    client-certificate-data: ${text.toString("base64")}\n`;
}

describe("certificates", () => {
  it("need renewal with fewer than 90 days left, and after they have expired", () => {
    for (const days of [300, 91, 90.01]) expect(isDue(year, before(year.to, days)), String(days)).toBe(false);
    for (const days of [89.99, 1, 0, -400]) expect(isDue(year, before(year.to, days)), String(days)).toBe(true);
  });

  it("with a shorter life need renewal in its last quarter", () => {
    const short = { from, to: new Date(from.getTime() + 20 * 60 * 1000) };
    expect(isDue(short, new Date(from.getTime() + 14 * 60 * 1000))).toBe(false);
    expect(isDue(short, new Date(from.getTime() + 16 * 60 * 1000))).toBe(true);
  });

  it("have a number of whole days left", () => {
    expect([89.9, 0.5, 0, -0.5].map((days) => daysLeft(year, before(year.to, days)))).toEqual([89, 0, 0, -1]);
  });

  it("have the validity of the client certificate in the kubeconfig", () => {
    const validity = clientValidity(kubeconfig(365));
    expect(daysLeft(validity!)).toBe(364);
    for (const none of [undefined, "", "kubeconfig of the mocks", "users: [{ user: {} }]", "users: []", "{", 7])
      expect(clientValidity(none), String(none)).toBeUndefined();
  });
});

describe("the renewal of a stack's certificates", () => {
  const year = kubeconfig(365);
  const prior = (last?: string) =>
    priorStateOf({
      "remoteCommand dev-master-kubeconfig": { stdout: year },
      "remoteCommand dev-master-init": {
        stdin: installedInput([
          { script: "init-control-plane", parameters: last === undefined ? {} : { CERTIFICATES: last } },
        ]),
      },
    });
  const renewal = (days: number, last?: string) =>
    renewalOf(prior(last), { resourceName: "dev-master" }, new Date(Date.now() + (365 - days) * day));

  it("has no number before they first need it, and without a cluster", () => {
    expect(renewal(365)).toBeUndefined();
    expect(renewalOf(priorStateOf({}), { resourceName: "dev-master" })).toBeUndefined();
    expect(priorValidity(priorStateOf({}), { resourceName: "dev-master" })).toBeUndefined();
  });

  it("gets the next number each time they need it, and keeps it in between", () => {
    expect(renewal(89)).toBe("1");
    expect(renewal(365, "1")).toBe("1");
    expect(renewal(20, "1")).toBe("2");
  });

  it.each([
    [365, []],
    [50, ["the cluster's certificates expire in 49 days: this run renews them and the kubeconfig"]],
    [-1, ["the cluster's certificates have expired: this run renews them and the kubeconfig"]],
  ])("is announced with %i days left: %j", async (days, expected) => {
    const messages: string[] = [];
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + (365 - days) * day });
    vi.spyOn(pulumi.log, "info").mockImplementation((text) => Promise.resolve(void messages.push(text)));
    onTestFinished(() => {
      vi.useRealTimers();
      vi.restoreAllMocks();
    });
    await announceRenewal(prior(), { resourceName: "dev-master" });
    expect(messages).toEqual(expected);
  });
});
