import { describe, expect, it } from "vitest";
import { parseRoutes, unreachable } from "../../preflight/routes.ts";
import { desiredWith } from "../support/desired.ts";

const table = (...lines: readonly string[]) =>
  ["Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT", ...lines, ""].join("\n");
const byDefault = "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0";
const own = "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0";
const toNodes = "virbr1\t00DEA8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0";
const toMore = "tun0\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0";
const toPart = "tun0\t80DEA8C0\t00000000\t0001\t0\t0\t0\t80FFFFFF\t0\t0\t0";

it("the kernel's routes are read without the default one", () => {
  expect(parseRoutes(table(byDefault, own, toNodes))).toEqual([
    { device: "eth0", cidr: "172.17.0.0/16" },
    { device: "virbr1", cidr: "192.168.222.0/24" },
  ]);
});

describe("nodes on a remote hypervisor's own network", () => {
  const remote = "qemu+ssh://host/system";
  const warningOf = (routes: string | undefined, uri = remote, raw: Record<string, string> = {}) =>
    unreachable(desiredWith(raw), uri, routes);

  it.each([
    ["only the default one", table(byDefault, own)],
    ["one to a part of them", table(byDefault, toPart)],
  ])("are unreachable when the routes are %s; the warning names both fixes", (_, routes) => {
    expect(warningOf(routes)).toContain("this machine has no route to 192.168.222.0/24");
    expect(warningOf(routes)).toContain("Fix: set a route");
    expect(warningOf(routes)).toContain("Or set network to a routed or bridged network that exists there");
  });

  it.each([
    ["to them", table(byDefault, toNodes)],
    ["to a larger subnet", table(byDefault, toMore)],
  ])("are reachable by a route %s", (_, routes) => {
    expect(warningOf(routes)).toBeUndefined();
  });

  it("count as reachable on this machine, on an existing network, and when the routes are unknown", () => {
    expect(warningOf(table(byDefault), "qemu:///system")).toBeUndefined();
    expect(warningOf(table(byDefault), remote, { network: "lab" })).toBeUndefined();
  });
});
