import { spawnSync } from "node:child_process";
import { beforeEach, describe, expect, it } from "vitest";
import { Network } from "../../components/network.ts";
import { networkMark } from "../../names.ts";
import { ofType, promiseOf, settled, startMocks } from "../support/mocks.ts";
import { configWith } from "../support/settings.ts";
import { applyStylesheet } from "../support/xslt.ts";

beforeEach(() => startMocks());

async function networkWith(raw: Record<string, string> = {}) {
  const { network } = configWith(raw);
  const { networkName } = new Network("dev-network", { network, mark: networkMark("dev", "0123") });
  await promiseOf(networkName);
  await settled();
}

const created = () => ofType("Network").filter(({ type }) => type.startsWith("libvirt:"));

const definition =
  "<network><name>lab</name><forward mode='nat'/><ip address='192.168.222.1'><dhcp>" +
  "<range start='192.168.222.2' end='192.168.222.254'/></dhcp></ip></network>";

describe("a created network", () => {
  it.skipIf(spawnSync("xsltproc", ["--version"]).error)(
    "has the cluster's mark and a DHCP range of its own",
    async () => {
      await networkWith({ dhcpStart: "192.168.222.50", dhcpEnd: "192.168.222.60" });
      const { xslt } = created()[0]!.inputs.xml as { xslt: string };
      const result = applyStylesheet(xslt, definition);
      expect(result.replaceAll(/\n\s*/g, "")).toContain(
        `<name>lab</name><metadata>${networkMark("dev", "0123")}</metadata>`,
      );
      expect(result).toContain('<range start="192.168.222.50" end="192.168.222.60"/>');
    },
  );
});

describe("an existing network", () => {
  it("is not created", async () => {
    await networkWith({ network: "theirs" });
    expect(created()).toEqual([]);
  });
});
