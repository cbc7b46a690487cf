import { describe, expect, it } from "vitest";
import { readNetwork, readPool, readVolume } from "../../libvirt/definitions.ts";

const cidrsIn = (ips: string) => readNetwork(`<network>${ips}</network>`).subnets.map(({ subnet }) => subnet.cidr);

describe("the definition of a network", () => {
  it.each([
    ["<ip address='10.0.0.1' prefix='8'></ip>", ["10.0.0.0/8"]],
    ['<ip family=\'ipv4\' address="10.1.2.3" netmask="255.255.0.0"/>', ["10.1.0.0/16"]],
    ["<ip\n  netmask='255.0.0.0'\n  address='10.0.0.1'/>", ["10.0.0.0/8"]],
    ["<ip family='ipv6' address='fd00::1' prefix='64'/>", []],
    ["<ip address='10.0.0.1'/>", []],
    ["<!-- <ip address='10.0.0.1' prefix='8'/> -->", []],
    ["<metadata><x:y xmlns:x='urn:x'><ip address='10.0.0.1' prefix='8'/></x:y></metadata>", []],
    ["<ip address='10.0.0.1' prefix='8'/><ip address='10.9.0.1' prefix='32'/>", ["10.0.0.0/8", "10.9.0.1/32"]],
  ])("with %s has %j", (ips, expected) => {
    expect(cidrsIn(ips)).toEqual(expected);
  });

  it("has a domain, a bridge, a number of connections, and for each subnet a gateway, ranges and reservations", () => {
    const { domain, subnets, bridge, connections } = readNetwork(`<?xml version="1.0"?>
      <network connections='2' ipv6='yes'>
        <name>lab</name>
        <bridge stp='on' name='virbr9'/>
        <forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>
        <domain name='lab.example' localOnly='yes'/>
        <ip address='192.168.122.1' netmask='255.255.255.0'>
          <dhcp>
            <range start='192.168.122.2' end='192.168.122.99'><lease expiry='1' unit='hours'/></range>
            <range end='192.168.122.254' start='192.168.122.200'/>
            <host mac='52:54:00:AA:00:01' name='theirs' ip='192.168.122.50'/>
          </dhcp>
        </ip>
        <ip family='ipv6' address='fd00::1' prefix='64'><dhcp><range start='fd00::2' end='fd00::9'/></dhcp></ip>
      </network>`);
    expect([domain, bridge, connections]).toEqual(["lab.example", "virbr9", 2]);
    expect(subnets).toMatchObject([
      {
        subnet: { cidr: "192.168.122.0/24" },
        gateway: "192.168.122.1",
        ranges: [
          { start: "192.168.122.2", end: "192.168.122.99" },
          { start: "192.168.122.200", end: "192.168.122.254" },
        ],
        reservations: [{ mac: "52:54:00:aa:00:01", address: "192.168.122.50", name: "theirs" }],
      },
    ]);
  });

  it("of a bridge has only the name of its device", () => {
    const xml = "<network><forward mode='bridge'/><bridge name='br0'/></network>";
    expect(readNetwork(xml)).toEqual({ subnets: [], bridge: "br0" });
  });

  it.each(["", "<network>", "no XML at all"])("with the text %j is refused with a message", (text) => {
    expect(() => readNetwork(text)).toThrow(/./);
  });
});

describe("the definition of a pool", () => {
  it("has a type, a path and a capacity", () => {
    const xml = "<pool type='dir'><capacity unit='bytes'>2048</capacity><target><path>/a b</path></target></pool>";
    expect(readPool(xml)).toEqual({ type: "dir", path: "/a b", capacity: 2048 });
  });

  it("has no capacity while the pool is inactive, and no path without a target", () => {
    expect(readPool("<pool type='rbd'><capacity unit='bytes'>0</capacity></pool>")).toEqual({ type: "rbd" });
  });
});

describe("the definition of a volume", () => {
  it("has a key, and the path of its backing file as libvirt means it", () => {
    const xml = `<volume type='file'><name>root</name><key>/pools/a &amp; b/root</key>
      <target><path>/pools/target</path></target>
      <backingStore><path>/pools/a &amp; b/base</path><format type='qcow2'/></backingStore></volume>`;
    expect(readVolume(xml)).toEqual({ key: "/pools/a & b/root", backing: "/pools/a & b/base" });
  });

  it("may have no backing file", () => {
    expect(readVolume("<volume><key>/pools/base</key><backingStore/></volume>")).toEqual({ key: "/pools/base" });
  });
});
