import { sha256 } from "../lib/digest.ts";
import { local, type types } from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { RandomUuid } from "@pulumi/random";
import type { StaticNetwork } from "../cloud-init/network-config.ts";
import { seedOf } from "../cloud-init/seed.ts";
import type { SshConfig } from "../config/ssh.ts";
import type { DomainType } from "../libvirt/virtualisation.ts";
import { parseIdentity } from "../lifecycle/identity.ts";
import { domainDescription, shortDigest, suffix } from "../names.ts";
import type { Identity, Node } from "../topology.ts";
import { CloudInitDisk } from "./cloud-init-disk.ts";
import { consoleLogPath, domainXslt } from "./domain-xml.ts";
import type { OwnNames } from "./own-names.ts";
import { dialErrorLimit } from "./remote-step.ts";

/** What all machines of a cluster share. */
export interface MachinePlatform {
  /** URI of the hypervisor. */
  readonly libvirtUri: string;
  /** Hardware virtualisation or emulation. */
  readonly domainType: DomainType;
  /** Pool of all volumes. */
  readonly poolName: pulumi.Input<string>;
  /** Network of all nodes. */
  readonly networkName: pulumi.Input<string>;
  /** Name of that network when the cluster made it. One that exists is never changed: nothing is reserved in it. */
  readonly ownNetwork: string | undefined;
  /** Subnet of that network, such as 192.168.222.0/24; no node has an address outside it. */
  readonly networkCidr: string;
  /** What nodes that set their own address must know. */
  readonly staticNetwork: StaticNetwork;
  /** Ids of the volumes that root disks are backed by, by the SHA-256 of their image. */
  readonly baseVolumeIds: ReadonlyMap<string, pulumi.Input<string>>;
  /** How remote steps log in. */
  readonly ssh: SshConfig;
  /** Limit in minutes from power-on to address and host key. */
  readonly bootTimeoutMinutes: number;
  /** Whom `virsh desc` tells the domain belongs to. */
  readonly owner: pulumi.Input<string>;
  /** Tells the cluster from others of its name. It goes only with the whole cluster; no machine is then shut down in order. */
  readonly cluster: RandomUuid;
  /** What the cluster calls its volumes. */
  readonly names: OwnNames;
}

/** What a {@link VirtualMachine} is made from. */
export interface VirtualMachineArgs {
  /** The node the machine becomes. */
  readonly node: Node;
  readonly platform: MachinePlatform;
  /** A volume that outlives the machine. @default none */
  readonly dataVolumeId?: pulumi.Input<string>;
  /** Identity that the data volume brings along from an earlier machine. @default what this one has when it is up */
  readonly kept?: Identity | undefined;
}

/**
 * What decides whether a node's machine is still the one that is wanted: everything that is fixed when it is made, as
 * twelve hexadecimal digits. It stands in the domain's description.
 */
export function machineSignature(node: Node, { domainType, ssh, staticNetwork }: MachinePlatform): string {
  const { vcpus, memoryMiB, diskGiB, image } = node;
  const { digest } = seedOf(node, ssh, staticNetwork);
  // How the domain names its disks; a machine whose domain names them otherwise makes way in its turn.
  const disks = "file";
  const parts = { domainType, vcpus, memoryMiB, diskGiB, image: image.sha256, seed: digest, disks };
  return shortDigest(sha256(JSON.stringify(parts)));
}

/**
 * A booted machine under its own host name, on which nothing of Kubernetes runs yet.
 *
 * Creates: 1. the root disk, a copy-on-write overlay of the base image; 2. the seed disk; 3. the domain; 4. a command
 * that reads address and ssh host key through the guest agent, and shuts the machine down in order when it is taken back;
 * the address that was reserved for a worker is then free.
 * It does not wait for cloud-init: the first remote step does.
 */
export class VirtualMachine extends pulumi.ComponentResource {
  /** The domain, for options such as deletedWith. */
  readonly domain: libvirt.Domain;
  /** UUID of the domain; another one is another machine, to which nothing was done yet. */
  readonly domainId: pulumi.Output<string>;
  /** The node's address. */
  readonly address: pulumi.Output<string>;
  /** How to reach the node by ssh, its host key pinned. */
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;

  constructor(name: string, args: VirtualMachineArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, platform, dataVolumeId, kept } = args;
    super("nodeforge:index:VirtualMachine", name, { node: node.name, addressing: node.addressing }, opts);
    const { ssh, bootTimeoutMinutes, ownNetwork } = platform;
    // With its lease reserved, a worker has the same address also after it was off for longer than a lease.
    const reservedIn = node.addressing === "dhcp" ? ownNetwork : undefined;
    const baseVolumeId = platform.baseVolumeIds.get(node.image.sha256);
    // Without one the root disk would be empty.
    if (baseVolumeId === undefined) throw new Error(`there is no base image ${node.image.sha256} for ${node.name}`);
    const signature = machineSignature(node, platform);

    const root = new libvirt.Volume(
      `${name}${suffix.root}`,
      { pool: platform.poolName, baseVolumeId, size: node.diskGiB * 2 ** 30, format: "qcow2" },
      {
        parent: this,
        // Another machine starts from the image. On its predecessor's disk a kubelet would come back by itself, as a member
        // that was just made to leave.
        replacementTrigger: signature,
        // Then the new disk comes after the old machine has gone in order. One that may not leave keeps what it has, and
        // nothing new waits for it.
        deleteBeforeReplace: true,
      },
    );
    const seed = new CloudInitDisk(
      `${name}${suffix.seed}`,
      {
        node,
        login: ssh,
        network: platform.staticNetwork,
        poolName: platform.poolName,
        names: platform.names,
      },
      { parent: this },
    );
    const volumeIds = [root.id, seed.volumeId, ...(dataVolumeId === undefined ? [] : [dataVolumeId])];
    this.domain = new libvirt.Domain(
      name,
      {
        name: node.domainName,
        description: pulumi.output(platform.owner).apply((owner) => domainDescription(owner, signature)),
        type: platform.domainType,
        vcpu: node.vcpus,
        memory: node.memoryMiB,
        // Emulated, the plain default model boots a third faster than one with more instructions to emulate.
        ...(platform.domainType === "kvm" ? { cpu: { mode: "host-passthrough" } } : {}),
        // By volume, although the stylesheet makes files of them: that is how the provider reads a disk back.
        disks: volumeIds.map((volumeId) => ({ volumeId })),
        networkInterfaces: [
          {
            networkName: platform.networkName,
            mac: node.mac,
            // The name is for the reservation, which an update of the domain would make, too.
            ...(ownNetwork === undefined ? {} : { hostname: node.name }),
            ...(node.addressing === "reservation" ? { addresses: [node.address ?? ""] } : {}),
            // Whoever waits for a lease has it reserved in the network (the provider's resource_libvirt_domain.go). Whoever
            // does not is waited for below: through the guest agent, which needs no lease to tell an address.
            waitForLease: node.addressing === "reservation" || reservedIn !== undefined,
          },
        ],
        consoles: [{ type: "pty", targetType: "serial", targetPort: "0" }],
        // Left out, the provider adds SPICE, which not every QEMU has.
        graphics: { type: "vnc", listenType: "none" },
        // A hypervisor that was restarted brings its nodes back by itself.
        autostart: true,
        // One that somebody stopped is started again.
        running: true,
        xml: {
          xslt: pulumi.all(volumeIds).apply((disks) =>
            domainXslt({
              consoleLog: consoleLogPath(platform.libvirtUri, node.domainName),
              disks,
              dataDisk: dataVolumeId === undefined ? undefined : 2,
            }),
          ),
        },
      },
      {
        parent: this,
        // Two domains cannot have one name, MAC address and root disk at the same time.
        deleteBeforeReplace: true,
        // Where a lease is waited for, creating a domain includes its boot.
        customTimeouts: { create: `${bootTimeoutMinutes}m` },
      },
    );
    this.domainId = this.domain.id;

    const hostKey = new local.Command(
      `${name}${suffix.hostKey}`,
      {
        create: "node operator/read-identity.ts",
        delete: "node operator/shut-down.ts",
        environment: {
          LIBVIRT_URI: platform.libvirtUri,
          DOMAIN: node.domainName,
          DOMAIN_ID: this.domainId,
          MAC: node.mac,
          NETWORK_CIDR: platform.networkCidr,
          LIMIT_SECONDS: String(bootTimeoutMinutes * 60),
          // The control plane's reservation belongs to the cluster, a worker's goes with the worker.
          ...(reservedIn === undefined ? {} : { NETWORK: reservedIn }),
        },
        // A new machine has a new key.
        triggers: [this.domainId],
        addPreviousOutputInEnv: false,
      },
      // A cluster that is destroyed has nothing to lose, and its machines go within a second.
      { parent: this, deletedWith: platform.cluster },
    );
    const identity = kept ? pulumi.output(kept) : hostKey.stdout.apply(parseIdentity);
    this.address = node.address === undefined ? identity.address : pulumi.output(node.address);
    this.connection = pulumi.all([this.address, identity]).apply(([host, { hostKey }]) => ({
      host,
      user: ssh.user,
      ...(ssh.agentSocketPath ? { agentSocketPath: ssh.agentSocketPath } : { privateKey: ssh.privateKey ?? "" }),
      hostKey,
      dialErrorLimit,
    }));
    this.registerOutputs({ domainId: this.domainId, address: this.address });
  }
}
