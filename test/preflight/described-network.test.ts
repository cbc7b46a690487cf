import { describe, expect, it } from "vitest";
import { readNetwork } from "../../libvirt/definitions.ts";
import { differences } from "../../preflight/described-network.ts";
import type { ExistingNetwork } from "../../libvirt/inventory.ts";
import { desiredWith } from "../support/desired.ts";

/** A configuration that says of the network what {@link lab} is. */
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
const whats = (there: ExistingNetwork, raw: Record<string, string> = {}) =>
  differences(desiredWith({ ...described, ...raw }), [there]).map(({ what }) => what);

describe("an existing network", () => {
  it("that is as the configuration says is no conflict", () => {
    expect(whats(lab())).toEqual([]);
  });

  it("of another subnet is one, with both", () => {
    const [conflict, ...others] = differences(desiredWith({ network: "lab" }), [lab()]);
    expect(others).toEqual([]);
    expect(conflict).toEqual({
      what: "network lab has 192.168.122.0/24, networkCidr says 192.168.222.0/24",
      look: "net-dumpxml lab",
    });
  });

  it("may have several subnets, of which one has to be the one", () => {
    const other = "<ip address='10.1.0.1' prefix='16'/>";
    const right = `<ip address='192.168.122.1' prefix='24'><dhcp>${range}</dhcp></ip>`;
    expect(whats(network(other + right))).toEqual([]);
    expect(whats(network(`${other}<ip address='10.2.0.1' prefix='16'/>`))).toEqual([
      "network lab has 10.1.0.0/16 and 10.2.0.0/16, networkCidr says 192.168.122.0/24",
    ]);
  });

  it("that libvirt serves no addresses on cannot be compared, nor by its IPv6", () => {
    expect(whats(network("<forward mode='bridge'/><bridge name='br0'/>"))).toEqual([]);
    expect(whats(network("<ip family='ipv6' address='fd00::1' prefix='64'/>"))).toEqual([]);
  });

  it("that hands out other addresses is one, with both ranges", () => {
    const other = "<range start='192.168.122.50' end='192.168.122.99'/>";
    expect(whats(lab(other))).toEqual([
      "network lab hands out 192.168.122.50-192.168.122.99, dhcpStart and dhcpEnd say 192.168.122.100-192.168.122.200",
    ]);
    expect(whats(lab(other + range))).toEqual([]);
  });

  it("is one when a lease could take the control plane's address", () => {
    const wide = "<range start='192.168.122.2' end='192.168.122.254'/>";
    expect(whats(lab(wide))).toEqual([
      "network lab hands out 192.168.122.2-192.168.122.254, dhcpStart and dhcpEnd say 192.168.122.100-192.168.122.200",
      "network lab hands out 192.168.122.2-192.168.122.254, and 192.168.122.10 of dev-master lies in it: a lease could take it",
    ]);
  });

  it("is one when a lease could take the address of a worker that sets its own", () => {
    const low = "<range start='192.168.122.12' end='192.168.122.20'/>";
    const own = { workerAddressing: "static", workers: "2" };
    expect(whats(lab(low + range), own)).toEqual([
      "network lab hands out 192.168.122.12-192.168.122.20, and 192.168.122.12 of dev-worker-node-2 lies in it: a lease could take it",
    ]);
    expect(whats(lab(low + range))).toEqual([]);
  });

  it("is one when it keeps the control plane's address for another machine", () => {
    const kept = "<host mac='52:54:00:00:00:01' name='theirs' ip='192.168.122.10'/>";
    expect(whats(lab(range + kept))).toEqual([
      "network lab keeps 192.168.122.10 for the machine 52:54:00:00:00:01, and dev-master is to have it",
    ]);
    const [master] = desiredWith(described).machines;
    expect(whats(lab(`${range}<host mac='${master?.mac}' ip='192.168.122.10'/>`))).toEqual([]);
  });

  it("is one when the hypervisor's address is not the one nodes expect", () => {
    expect(whats(lab(range, "address='192.168.122.254' prefix='24'"))).toEqual([
      "network lab has the hypervisor at 192.168.122.254, and nodes expect it at 192.168.122.1, the first address of networkCidr",
    ]);
  });

  it("of another DNS domain is one, and of none is not", () => {
    const inDomain = network(
      `<domain name='lab.example'/><ip address='192.168.122.1' prefix='24'><dhcp>${range}</dhcp></ip>`,
    );
    expect(whats(inDomain)).toEqual(["network lab has the DNS domain lab.example, nodeDomain says internal"]);
    expect(whats(inDomain, { nodeDomain: "lab.example" })).toEqual([]);
  });

  it("that is not used is not compared", () => {
    expect(differences(desiredWith(), [lab()])).toEqual([]);
  });

  it("that hands out nothing is one where workers ask for addresses", () => {
    expect(whats(lab(""))).toEqual(["network lab hands out no addresses, and workerAddressing is dhcp"]);
    expect(whats(lab(""), { workerAddressing: "static" })).toEqual([]);
    expect(whats(lab(""), { workers: "0" })).toEqual([]);
    expect(whats(network("<forward mode='bridge'/>"))).toEqual([]);
  });
});
