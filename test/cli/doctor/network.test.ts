import { describe, expect, test } from "vitest";
import { fail, ok } from "../../../cli/doctor/finding.ts";
import { judgeNetwork } from "../../../cli/doctor/network.ts";

const cidr = "192.168.222.0/24";
const name = "scheduler_benchmark_net";
const bridge = [{ device: "virbr1", cidr: "192.168.222.0/24" }];

describe("the network", () => {
  test("passes when its subnet is free", () => {
    expect(judgeNetwork(cidr, name, [{ device: "eth0", cidr: "192.168.223.0/24" }], [])).toEqual(
      ok("network", `${cidr} is free`),
    );
  });

  test("passes when the cluster's own network has its subnet", () => {
    expect(judgeNetwork(cidr, name, bridge, [{ name, bridge: "virbr1" }])).toEqual(
      ok("network", `${cidr} belongs to the cluster's network ${name}`),
    );
  });

  test("fails when another network of libvirt has its subnet, and names the key that uses that network", () => {
    expect(judgeNetwork(cidr, name, bridge, [{ name: "lab", bridge: "virbr1" }])).toEqual(
      fail(
        "network",
        `${cidr} overlaps 192.168.222.0/24 on virbr1, the bridge of libvirt's network lab`,
        "set network to lab to use that network, or networkCidr to a free subnet",
      ),
    );
  });

  test("fails when it overlaps the machine's own network", () => {
    expect(judgeNetwork(cidr, name, [{ device: "eth0", cidr: "192.168.0.0/16" }], [])).toEqual(
      fail(
        "network",
        `${cidr} overlaps 192.168.0.0/16 on eth0`,
        "set networkCidr to a free subnet, for example 192.168.223.0/24",
      ),
    );
  });

  test("fails when its subnet is not one", () => {
    expect(judgeNetwork("nonsense", name, [], [])).toEqual(
      fail(
        "network",
        "nonsense is not an IPv4 subnet",
        "set networkCidr to an IPv4 subnet, for example 192.168.222.0/24",
      ),
    );
  });
});
