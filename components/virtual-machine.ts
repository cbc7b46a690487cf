import { sha256, shortDigest } from "../lib/digest.ts";
import { local, type types } from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { RandomUuid } from "@pulumi/random";
import type { StaticNetwork } from "../cloud-init/network-config.ts";
import { seedOf } from "../cloud-init/seed.ts";
import type { SshConfig } from "../config/ssh.ts";
import type { DomainType } from "../libvirt/virtualisation.ts";
import { installedScript } from "../guest/installed-script.ts";
import type { GuestScript } from "../guest/script.ts";
import { parseIdentity } from "../lifecycle/identity.ts";
import type { PriorState } from "../lifecycle/prior-state.ts";
import { domainDescription, suffix } from "../names.ts";
import type { Identity, Node, Role } from "../topology.ts";
import { after, type Awaitable } from "./after.ts";
import { cloudInitDisk } from "./cloud-init-disk.ts";
import { consoleLogPath, domainXslt } from "./domain-xml.ts";
import { formerParent, type FormerComponent } from "./former-parent.ts";
import type { OwnNames } from "./own-names.ts";
import { dialErrorLimit } from "./remote-step.ts";

/** Properties that all machines of a cluster share. */
export interface MachinePlatform {
  /** URI of the hypervisor. */
  readonly libvirtUri: string;
  /** kvm for hardware virtualisation, qemu for emulation. */
  readonly domainType: DomainType;
  /** Name of the storage pool of all volumes. */
  readonly poolName: pulumi.Input<string>;
  /** Name of the network of all nodes. */
  readonly networkName: pulumi.Input<string>;
  /** Name of that network if the cluster created it. In an existing network no address is reserved. */
  readonly ownNetwork: string | undefined;
  /** Subnet of that network, such as 192.168.222.0/24. Every address of a node is in it. */
  readonly networkCidr: string;
  /** Settings for nodes that set their own address. */
  readonly staticNetwork: StaticNetwork;
  /** Ids of the base image volumes, by the SHA-256 of the image. */
  readonly baseVolumeIds: ReadonlyMap<string, pulumi.Input<string>>;
  /** Login of remote steps. */
  readonly ssh: SshConfig;
  /** Time in minutes from power-on to address and host key. */
  readonly bootTimeoutMinutes: number;
  /** Mark of the cluster in the description of its domains. */
  readonly owner: pulumi.Output<string>;
  /** Random id of the cluster. It is deleted only with the whole cluster; machines are then not shut down cleanly. */
  readonly cluster: RandomUuid;
  /** State before this run. */
  readonly prior: PriorState;
  /** Names of the cluster's volumes. */
  readonly names: OwnNames;
}

/** Arguments of a {@link VirtualMachine}. */
export interface VirtualMachineArgs {
  /** Node of the machine. */
  readonly node: Node;
  readonly platform: MachinePlatform;
  /** Id of a volume that stays when the machine is replaced. @default none */
  readonly dataVolumeId?: pulumi.Input<string>;
  /** Steps that must be complete before the disks of the machine are created or replaced. @default none */
  readonly replacedAfter?: readonly Awaitable[];
  /** Resource that must be complete before the machine boots. @default none */
  readonly bootsAfter?: pulumi.Resource | undefined;
  /** Identity of an earlier machine, which the data volume keeps. @default read from the machine after its boot */
  readonly kept?: Identity | undefined;
}

/** Scripts of the steps on a node, by its role. */
const stepsOf: Readonly<Record<Role, readonly GuestScript[]>> = {
  "control-plane": [
    "init-control-plane",
    "set-drain-policy",
    "print-kubeconfig",
    "mint-token",
    "renew-token",
    "worker-ready",
    "leave",
    "wait-ready",
    "simulate-nodes",
    "remove-simulated-nodes",
  ],
  worker: ["join"],
};

/**
 * Digest of a machine's properties that cannot change after its creation, as 12 hexadecimal digits. A machine with another
 * signature is replaced. The signature is in the domain's description, see {@link domainDescription}.
 */
export function machineSignature(node: Node, { domainType, ssh, staticNetwork }: MachinePlatform): string {
  const { vcpus, memoryMiB, diskGiB, image } = node;
  const { digest } = seedOf(node, ssh, staticNetwork);
  // Form in which the domain refers to its disks (domain-xml.ts), so that machines with another form are replaced.
  const disks = "file";
  const parts = { domainType, vcpus, memoryMiB, diskGiB, image: image.sha256, seed: digest, disks };
  return shortDigest(sha256(JSON.stringify(parts)));
}

/**
 * A booted machine with its own host name, on which Kubernetes does not run yet.
 *
 * Creates:
 *
 * 1. the root disk, a copy-on-write overlay of the base image,
 * 2. the seed disk,
 * 3. the domain,
 * 4. a command that reads address and ssh host key through the guest agent.
 *
 * The deletion of the command shuts the machine down cleanly and deletes the reservation of a worker's address. Nothing here
 * waits for cloud-init, because the first remote step does.
 */
export class VirtualMachine {
  /** The domain, for options such as deletedWith. */
  readonly domain: libvirt.Domain;
  /** Step after which the machine has an address and a host key. */
  readonly booted: pulumi.Resource;
  /** UUID of the domain. A new UUID means a new machine, on which no step has run. */
  readonly domainId: pulumi.Output<string>;
  /** IPv4 address of the node. */
  readonly address: pulumi.Output<string>;
  /** Connection by ssh with a pinned host key. */
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;

  /** @param parent Worker or control plane that the machine is for. */
  constructor(name: string, args: VirtualMachineArgs, parent: pulumi.Resource) {
    const { node, platform, dataVolumeId, kept, replacedAfter = [], bootsAfter } = args;
    const former: FormerComponent = ["virtualMachine", name];
    const aliases = formerParent(platform.prior, parent, former);
    // The disks wait, too. Otherwise an interrupted rollout would leave an unused disk for every other worker.
    const poolName = after(platform.poolName, ...replacedAfter);
    const { ssh, bootTimeoutMinutes, ownNetwork } = platform;
    // With a reservation a worker keeps its address even if it is off for longer than a lease.
    const reservedIn = node.addressing === "dhcp" ? ownNetwork : undefined;
    const baseVolumeId = platform.baseVolumeIds.get(node.image.sha256);
    // The provider would create an empty root disk.
    if (baseVolumeId === undefined)
      throw new Error(`${node.name} needs the base image ${node.image.sha256}, which is missing`);
    const signature = machineSignature(node, platform);

    const root = new libvirt.Volume(
      `${name}${suffix.root}`,
      { pool: poolName, baseVolumeId, size: node.diskGiB * 2 ** 30, format: "qcow2" },
      {
        parent,
        aliases,
        // Another machine starts from the image. On the old disk a kubelet would start as the member that was just removed.
        replacementTrigger: signature,
        // Deletes the old machine first, so a worker that cannot be drained keeps its disk and no unused disk is created.
        deleteBeforeReplace: true,
      },
    );
    const seed = cloudInitDisk(
      `${name}${suffix.seed}`,
      {
        node,
        login: ssh,
        network: platform.staticNetwork,
        poolName,
        names: platform.names,
        prior: platform.prior,
      },
      { parent, aliases: formerParent(platform.prior, parent, former, ["cloudInitDisk", `${name}${suffix.seed}`]) },
    );
    const volumeIds = [root.id, seed.id, ...(dataVolumeId === undefined ? [] : [dataVolumeId])];
    this.domain = new libvirt.Domain(
      name,
      {
        name: node.domainName,
        description: platform.owner.apply((owner) => domainDescription(owner, signature)),
        type: platform.domainType,
        vcpu: node.vcpus,
        memory: node.memoryMiB,
        // Under emulation the default model boots a third faster than a model with more instructions.
        ...(platform.domainType === "kvm" ? { cpu: { mode: "host-passthrough" } } : {}),
        // By volume, because the provider reads disks back in this form. The stylesheet changes them to files.
        disks: volumeIds.map((volumeId) => ({ volumeId })),
        networkInterfaces: [
          {
            networkName: after(platform.networkName, bootsAfter),
            mac: node.mac,
            // The host name is for the reservation, which an update of the domain creates, too.
            ...(ownNetwork === undefined ? {} : { hostname: node.name }),
            ...(node.addressing === "reservation" ? { addresses: [node.address ?? ""] } : {}),
            // waitForLease also makes the provider reserve the address (its resource_libvirt_domain.go). For other machines
            // the command below waits: the guest agent reports an address without a lease, too.
            waitForLease: node.addressing === "reservation" || reservedIn !== undefined,
          },
        ],
        consoles: [{ type: "pty", targetType: "serial", targetPort: "0" }],
        // Without this the provider adds SPICE, which not every QEMU supports.
        graphics: { type: "vnc", listenType: "none" },
        // The nodes start again after a restart of the hypervisor.
        autostart: true,
        // The next update starts a stopped machine.
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
        parent,
        aliases,
        // Two domains of one name, MAC address and root disk cannot exist at the same time.
        deleteBeforeReplace: true,
        // With waitForLease the creation of a domain includes its boot.
        customTimeouts: { create: `${bootTimeoutMinutes}m` },
      },
    );
    this.domainId = this.domain.id;

    const hostKey = new local.Command(
      `${name}${suffix.hostKey}`,
      {
        // The state of every machine has these two commands, so neither file may be renamed. A missing file would make the
        // deletion of each existing machine fail.
        create: "node operator/read-identity.ts",
        delete: "node operator/shut-down.ts",
        environment: {
          LIBVIRT_URI: platform.libvirtUri,
          DOMAIN: node.domainName,
          DOMAIN_ID: this.domainId,
          MAC: node.mac,
          NETWORK_CIDR: platform.networkCidr,
          LIMIT_SECONDS: String(bootTimeoutMinutes * 60),
          // A new version of a script is installed by an update.
          SCRIPTS: stepsOf[node.role].map((script) => installedScript(script).id).join(" "),
          // A worker's reservation is restored when it is missing, and deleted with the worker. The control plane's is part of the
          // network.
          ...(reservedIn === undefined ? {} : { NETWORK: reservedIn, NODE: node.name }),
        },
        // A new machine has a new key.
        triggers: [this.domainId],
        addPreviousOutputInEnv: false,
      },
      // Machines of a destroyed cluster need no clean shutdown. Without it they are deleted within a second.
      { parent, aliases, deletedWith: platform.cluster },
    );
    this.booted = hostKey;
    const identity = kept ? pulumi.output(kept) : hostKey.stdout.apply(parseIdentity);
    this.address = node.address === undefined ? identity.address : pulumi.output(node.address);
    // A kept identity is known before the step has installed the scripts.
    this.connection = after(identity, hostKey).apply(({ address, hostKey }) => ({
      host: node.address ?? address,
      user: ssh.user,
      ...(ssh.agentSocketPath ? { agentSocketPath: ssh.agentSocketPath } : { privateKey: ssh.privateKey ?? "" }),
      hostKey,
      dialErrorLimit,
    }));
  }
}
