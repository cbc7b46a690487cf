import { local, type types } from "@pulumi/command";
import * as libvirt from "@pulumi/libvirt";
import * as pulumi from "@pulumi/pulumi";
import type { StaticNetwork } from "../cloud-init/network-config.ts";
import type { SshConfig } from "../config/ssh.ts";
import type { DomainType } from "../toolchain/virtualisation.ts";
import { seedDiskName, type Node } from "../topology.ts";
import { CloudInitDisk } from "./cloud-init-disk.ts";

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
  /** What nodes that set their own address must know. */
  readonly staticNetwork: StaticNetwork;
  /** Id of the volume the root disks are backed by. */
  readonly baseVolumeId: pulumi.Input<string>;
  /** How remote steps log in. */
  readonly ssh: SshConfig;
  /** Limit in minutes from power-on to address and host key. */
  readonly bootTimeoutMinutes: number;
  /** Whom `virsh desc` tells the domain belongs to. */
  readonly owner: pulumi.Input<string>;
}

/** What a {@link VirtualMachine} is made from. */
export interface VirtualMachineArgs {
  /** The node the machine becomes. */
  readonly node: Node;
  readonly platform: MachinePlatform;
}

/**
 * A booted machine under its own host name, on which nothing of Kubernetes runs yet.
 *
 * Creates: 1. the root disk, a copy-on-write overlay of the base image; 2. the seed disk; 3. the domain; 4. a command
 * that reads the ssh host key through the guest agent. It does not wait for cloud-init: the first remote step does.
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

  constructor(name: string, { node, platform }: VirtualMachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:VirtualMachine", name, { node: node.name }, opts);
    const { ssh, bootTimeoutMinutes } = platform;

    const root = new libvirt.Volume(
      `${name}-root`,
      { pool: platform.poolName, baseVolumeId: platform.baseVolumeId, size: node.diskGiB * 2 ** 30, format: "qcow2" },
      {
        parent: this,
        // A worker of another size is a new worker. On its old disk its kubelet would come back by itself, as a member that
        // was just made to leave, while its successor joins. The control plane's disk is its cluster, and stays.
        ...(node.role === "worker" ? { replacementTrigger: `${node.vcpus} CPUs, ${node.memoryMiB} MiB` } : {}),
      },
    );
    const seed = new CloudInitDisk(
      seedDiskName(name),
      { node, login: ssh, network: platform.staticNetwork, poolName: platform.poolName },
      { parent: this },
    );
    this.domain = new libvirt.Domain(
      name,
      {
        name: node.domainName,
        description: platform.owner,
        type: platform.domainType,
        vcpu: node.vcpus,
        memory: node.memoryMiB,
        // Emulated, the plain default model boots a third faster than one with more instructions to emulate.
        ...(platform.domainType === "kvm" ? { cpu: { mode: "host-passthrough" } } : {}),
        disks: [{ volumeId: root.id }, { volumeId: seed.volumeId }],
        networkInterfaces: [
          {
            networkName: platform.networkName,
            mac: node.mac,
            hostname: node.name,
            ...(node.addressing === "reservation" ? { addresses: [node.address ?? ""] } : {}),
            // A node that sets its own address never asks for a lease.
            waitForLease: node.addressing !== "static",
          },
        ],
        consoles: [{ type: "pty", targetType: "serial", targetPort: "0" }],
        // Left out, the provider adds SPICE, which not every QEMU has.
        graphics: { type: "vnc", listenType: "none" },
        // A hypervisor that was restarted brings its nodes back by itself.
        autostart: true,
      },
      {
        parent: this,
        // Two domains cannot have one name, MAC address and root disk at the same time.
        deleteBeforeReplace: true,
        // Creating a domain includes its boot until it has a lease.
        customTimeouts: { create: `${bootTimeoutMinutes}m` },
      },
    );
    this.domainId = this.domain.id;
    this.address = pulumi.output(
      node.address ?? this.domain.networkInterfaces.apply((interfaces) => interfaces?.[0]?.addresses?.[0] ?? ""),
    );

    const hostKey = new local.Command(
      `${name}-host-key`,
      {
        create: "node operator/read-host-key.ts",
        environment: {
          LIBVIRT_URI: platform.libvirtUri,
          DOMAIN: node.domainName,
          LIMIT_SECONDS: String(bootTimeoutMinutes * 60),
        },
        // A new machine has a new key.
        triggers: [this.domainId],
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    this.connection = pulumi.all([this.address, hostKey.stdout]).apply(([host, key]) => ({
      host,
      user: ssh.user,
      ...(ssh.agentSocketPath ? { agentSocketPath: ssh.agentSocketPath } : { privateKey: ssh.privateKey ?? "" }),
      hostKey: key,
      // sshd answers up to 20 s after the host key exists; 5 s apart, this is 5 minutes.
      dialErrorLimit: 60,
    }));
    this.registerOutputs({ domainId: this.domainId, address: this.address });
  }
}
