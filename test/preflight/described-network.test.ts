import { describe, expect, it } from "vitest";
import { readNetwork } from "../../libvirt/definitions.ts";
import { networkMismatches } from "../../preflight/described-network.ts";
import type { ExistingNetwork } from "../../libvirt/inventory.ts";
import { desiredWith } from "../support/desired.ts";

/** Settings that match the network {@link lab}. */
const described = {
  network: "lab",
  networkCidr: "192.168.122.0/24",
  dhcpStart: "192.168.122.100",
  dhcpEnd: "192.168.122.200",
};
const range = "<range start='192.168.122.100' end='192.168.122.200'/>";
const network = (content: string): ExistingNetwork => ({
  name: "lab",
  isActive: true,
  ...readNetwork(`<network>${content}</network>`),
});
const lab = (dhcp = range, ip = "address='192.168.122.1' prefix='24'") =>
  network(`<ip ${ip}>${dhcp === "" ? "" : `<dhcp>${dhcp}</dhcp>`}</ip>`);
const problemsOf = (there: ExistingNetwork, raw: Record<string, string> = {}) =>
  networkMismatches(desiredWith({ ...described, ...raw }), [there]).map(({ problem }) => problem);

describe("an existing network", () => {
  it("that matches the configuration is no conflict", () => {
    expect(problemsOf(lab())).toEqual([]);
  });

  it("of another subnet is a conflict, with both subnets", () => {
    const [conflict, ...others] = networkMismatches(desiredWith({ network: "lab" }), [lab()]);
    expect(others).toEqual([]);
    expect(conflict).toEqual({
      problem: "network lab has 192.168.122.0/24, but networkCidr is 192.168.222.0/24",
      command: "net-dumpxml lab",
    });
  });

  it("may have several subnets, if one of them is networkCidr", () => {
    const other = "<ip address='10.1.0.1' prefix='16'/>";
    const right = `<ip address='192.168.122.1' prefix='24'><dhcp>${range}</dhcp></ip>`;
    expect(problemsOf(network(other + right))).toEqual([]);
    expect(problemsOf(network(`${other}<ip address='10.2.0.1' prefix='16'/>`))).toEqual([
      "network lab has 10.1.0.0/16 and 10.2.0.0/16, but networkCidr is 192.168.122.0/24",
    ]);
  });

  it("without IPv4 addresses of libvirt is not compared", () => {
    expect(problemsOf(network("<forward mode='bridge'/><bridge name='br0'/>"))).toEqual([]);
    expect(problemsOf(network("<ip family='ipv6' address='fd00::1' prefix='64'/>"))).toEqual([]);
  });

  it("with another DHCP range is a conflict, with both ranges", () => {
    const other = "<range start='192.168.122.50' end='192.168.122.99'/>";
    expect(problemsOf(lab(other))).toEqual([
      "network lab has the DHCP range 192.168.122.50-192.168.122.99, but dhcpStart and dhcpEnd are 192.168.122.100-192.168.122.200",
    ]);
    expect(problemsOf(lab(other + range))).toEqual([]);
  });

  it("is a conflict when another machine may get a lease for the control plane's address", () => {
    const wide = "<range start='192.168.122.2' end='192.168.122.254'/>";
    expect(problemsOf(lab(wide))).toEqual([
      "network lab has the DHCP range 192.168.122.2-192.168.122.254, but dhcpStart and dhcpEnd are 192.168.122.100-192.168.122.200",
      "network lab has the DHCP range 192.168.122.2-192.168.122.254 with the address 192.168.122.10 of dev-master, so another machine may get a lease for it",
    ]);
  });

  it("is a conflict when another machine may get a lease for a worker's static address", () => {
    const low = "<range start='192.168.122.12' end='192.168.122.20'/>";
    const own = { workerAddressing: "static", workers: "2" };
    expect(problemsOf(lab(low + range), own)).toEqual([
      "network lab has the DHCP range 192.168.122.12-192.168.122.20 with the address 192.168.122.12 of dev-worker-node-2, so another machine may get a lease for it",
    ]);
    expect(problemsOf(lab(low + range))).toEqual([]);
  });

  it("is a conflict when it reserves the control plane's address for another machine", () => {
    const kept = "<host mac='52:54:00:00:00:01' name='theirs' ip='192.168.122.10'/>";
    expect(problemsOf(lab(range + kept))).toEqual([
      "network lab reserves 192.168.122.10 of dev-master for the machine 52:54:00:00:00:01",
    ]);
    const [master] = desiredWith(described).machines;
    expect(problemsOf(lab(`${range}<host mac='${master?.mac}' ip='192.168.122.10'/>`))).toEqual([]);
  });

  it("is a conflict when the hypervisor does not have the first address", () => {
    expect(problemsOf(lab(range, "address='192.168.122.254' prefix='24'"))).toEqual([
      "network lab has the hypervisor at 192.168.122.254, but nodes expect it at 192.168.122.1, the first address of networkCidr",
    ]);
  });

  it("of another DNS domain is a conflict; one without a domain is none", () => {
    const inDomain = network(
      `<domain name='lab.example'/><ip address='192.168.122.1' prefix='24'><dhcp>${range}</dhcp></ip>`,
    );
    expect(problemsOf(inDomain)).toEqual(["network lab has the DNS domain lab.example, but nodeDomain is internal"]);
    expect(problemsOf(inDomain, { nodeDomain: "lab.example" })).toEqual([]);
  });

  it("that the stack does not refer to is not compared", () => {
    expect(networkMismatches(desiredWith(), [lab()])).toEqual([]);
  });

  it("without a DHCP range is a conflict when workers wait for leases", () => {
    expect(problemsOf(lab(""))).toEqual(["network lab has no DHCP range, but workerAddressing is dhcp"]);
    expect(problemsOf(lab(""), { workerAddressing: "static" })).toEqual([]);
    expect(problemsOf(lab(""), { workers: "0" })).toEqual([]);
    expect(problemsOf(network("<forward mode='bridge'/>"))).toEqual([]);
  });
});
