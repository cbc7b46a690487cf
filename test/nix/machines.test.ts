import { expect, it } from "vitest";
import { metaData } from "../../cloud-init/meta-data.ts";
import { networkConfig } from "../../cloud-init/network-config.ts";
import { userData } from "../../cloud-init/user-data.ts";
import { initConfiguration } from "../../kubeadm/init-configuration.ts";
import { joinConfiguration } from "../../kubeadm/join-configuration.ts";
import { deriveTopology, type Node } from "../../topology.ts";
import { configWith, publicKey } from "../support/settings.ts";

const config = configWith({ workers: "2" });
const { master, workers } = deriveTopology(config);
const login = { user: "root", publicKey };

/** Returns a node of NixOS' test driver. Its position among the machines decides its address and its MAC address. */
function inTest(node: Node, index: number) {
  const placed: Node = {
    ...node,
    mac: `52:54:00:12:01:0${index + 1}`,
    address: `192.168.1.${index + 1}`,
    addressing: "static",
  };
  const network = { prefix: 24, gateway: "192.168.1.254", domain: config.network.domain };
  const user = userData(placed, login);
  const lan = networkConfig(placed, network);
  const join = {
    name: placed.name,
    address: placed.address ?? "",
    endpoint: "192.168.1.1:6443",
    token: "@TOKEN@",
    caCertHash: "@CA_CERT_HASH@",
    labels: {},
    taints: [],
  };
  return {
    name: placed.name,
    address: placed.address ?? "",
    seed: { "user-data": user, "meta-data": metaData(placed, user, lan), "network-config": lan },
    join: joinConfiguration(join),
  };
}

it("test/nix/machines.json has the seeds and configurations that the program makes (`npx vitest run -u` writes it)", async () => {
  const { clusterName, clusterNetwork } = config;
  const nodes = [master, ...workers].map(inTest);
  const machines = {
    nodes,
    init: initConfiguration({ clusterName, node: { ...master, address: "192.168.1.1" }, network: clusterNetwork }),
    parameters: {
      CLUSTER_NAME: clusterName,
      CLUSTER_DOMAIN: clusterNetwork.domain,
      POD_CIDR: clusterNetwork.podCidr,
      SERVICE_CIDR: clusterNetwork.serviceCidr,
      IMAGE: "check",
    },
  };
  await expect(`${JSON.stringify(machines, null, 2)}\n`).toMatchFileSnapshot("machines.json");
});
