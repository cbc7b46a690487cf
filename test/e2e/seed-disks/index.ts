import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import { cloudInitDisk } from "../../../components/cloud-init-disk.ts";
import { OwnNames } from "../../../components/own-names.ts";
import { StoragePool } from "../../../components/storage-pool.ts";
import { PriorState } from "../../../lifecycle/prior-state.ts";
import type { Node } from "../../../topology.ts";

const network = { prefix: 24, gateway: "192.0.2.1", domain: "internal" };
const login = { user: "root", publicKey: "ssh-ed25519 AAAA tests" };
const hypervisor = new libvirt.Provider("hypervisor", { uri: "qemu:///system" });
const provided = { providers: [hypervisor] };
const path = "/var/lib/libvirt/seed-disks";
const pool = new StoragePool("seeds", { pool: { origin: "created", name: "seeds", path } }, provided);
const prior = new PriorState();
const names = new OwnNames("seeds", pulumi.output("01234567-89ab-cdef-0123-456789abcdef"), prior);
for (let index = 1; index <= 50; index++) {
  const name = `node-${index}`;
  const mac = `52:54:00:00:00:${index.toString(16).padStart(2, "0")}`;
  const size = { vcpus: 1, memoryMiB: 768, diskGiB: 4 };
  const node: Node = {
    ...size,
    name,
    role: "worker",
    image: { source: "", sha256: "", manifest: undefined },
    fqdn: `${name}.internal`,
    resourceName: name,
    domainName: name,
    mac,
    addressing: "dhcp",
  };
  cloudInitDisk(name, { node, login, network, poolName: pool.poolName, names, prior }, { provider: hypervisor });
}
