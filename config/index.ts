import * as pulumi from "@pulumi/pulumi";
import { localImage } from "../toolchain/image-download.ts";
import { defaultImage } from "../toolchain/image-location.ts";
import { detectDomainType, type DomainType } from "../toolchain/virtualisation.ts";
import { readImage, type ImageConfig } from "./image.ts";
import { checkLabel, checkLibvirtName } from "./names.ts";
import { readNetworks, type ClusterNetworkConfig, type NetworkConfig } from "./network.ts";
import { atLeast, readNodes, type MasterConfig, type WorkersConfig } from "./nodes.ts";
import { ConfigError, Problems } from "./problems.ts";
import { readSchema } from "./schema.ts";
import { readSsh, type SshConfig, type SshEnvironment } from "./ssh.ts";
import { readTimeouts, type Timeouts } from "./timeouts.ts";
import { Values } from "./values.ts";

/** Where volumes go: a pool of the cluster's own, or an existing one that is never changed. */
export type StoragePoolConfig =
  | { readonly origin: "created"; readonly name: string; readonly path: string }
  | { readonly origin: "existing"; readonly name: string };

/** Everything the program needs to know, read and checked before anything is created. */
export interface ClusterConfig {
  readonly clusterName: string;
  readonly libvirtUri: string;
  readonly domainType: DomainType;
  readonly image: ImageConfig;
  readonly storagePool: StoragePoolConfig;
  readonly network: NetworkConfig;
  readonly clusterNetwork: ClusterNetworkConfig;
  readonly master: MasterConfig;
  readonly workers: WorkersConfig;
  readonly ssh: SshConfig;
  readonly tokenTtlMinutes: number;
  readonly joinWaveSize: number;
  /** How many workers may be away at a time while machines are replaced. */
  readonly maxUnavailable: number;
  readonly smokeCheck: boolean;
  readonly timeouts: Timeouts;
}

/** What the configuration depends on besides the stack's own settings. */
export interface Surroundings {
  readonly stack: string;
  readonly environment: SshEnvironment;
  /** Image to use when the stack names none. */
  readonly defaultImage: string | undefined;
  /** What this machine can run. */
  readonly localDomainType: DomainType;
}

/**
 * Reads the configuration of the running stack, and fetches the node image where it is named by URL.
 * @throws {pulumi.RunError} naming every wrong key, or the image that is not what it should be; the engine prints it
 * without a stack trace.
 */
export async function loadConfig(): Promise<ClusterConfig> {
  const project = pulumi.getProject();
  const ours = Object.entries(pulumi.runtime.allConfig()).flatMap(([key, value]) => {
    const [namespace, name = ""] = key.split(":");
    return namespace === project ? [[name, value]] : [];
  });
  try {
    const config = parseConfig(Object.fromEntries(ours) as Record<string, string>, {
      stack: pulumi.getStack(),
      environment: process.env,
      defaultImage: defaultImage(),
      localDomainType: detectDomainType(),
    });
    return { ...config, image: await localImage(config.image) };
  } catch (error) {
    throw new pulumi.RunError(error instanceof ConfigError ? error.message : `Nothing was created: ${String(error)}`);
  }
}

/**
 * Checks a configuration and fills in what the user left out.
 * @param raw Values as text, keyed without the project's namespace.
 * @throws {ConfigError} naming every wrong key at once.
 */
export function parseConfig(raw: Readonly<Record<string, string>>, surroundings: Surroundings): ClusterConfig {
  const problems = new Problems();
  const values = new Values(readSchema(), raw, problems);
  const clusterName = values.string("clusterName") || surroundings.stack;
  checkLabel(problems, "clusterName", clusterName, 32);
  const domainType = readDomainType(values, problems, surroundings.localDomainType);
  const { network, cluster } = readNetworks(values, problems);
  for (const key of ["tokenTtlMinutes", "joinWaveSize", "maxUnavailable"])
    atLeast(problems, key, values.integer(key), 1);
  const config: ClusterConfig = {
    clusterName,
    libvirtUri: readUri(values, problems),
    domainType,
    image: readImage(values, problems, surroundings.defaultImage),
    storagePool: readStoragePool(values, problems, clusterName),
    network,
    clusterNetwork: cluster,
    ...readNodes(values, problems),
    ssh: readSsh(values, problems, surroundings.environment),
    tokenTtlMinutes: values.integer("tokenTtlMinutes"),
    joinWaveSize: values.integer("joinWaveSize"),
    maxUnavailable: values.integer("maxUnavailable"),
    smokeCheck: values.boolean("smokeCheck"),
    timeouts: readTimeouts(values, problems, domainType),
  };
  problems.throwIfAny();
  return config;
}

function readUri(values: Values, problems: Problems): string {
  const uri = values.string("libvirtUri");
  if (!/^qemu(\+(unix|tls|tcp|ssh))?:\/\/[^/]*\/(system|session)(\?.*)?$/.test(uri)) {
    problems.add("libvirtUri", "a URI such as qemu:///system or qemu+ssh://user@host/system", uri);
  }
  return uri;
}

function readDomainType(values: Values, problems: Problems, local: DomainType): DomainType {
  const given = values.string("domainType");
  if (given === "kvm" || given === "qemu") return given;
  if (given !== "auto") problems.add("domainType", "auto, kvm or qemu", given);
  // What this machine can do says nothing of a remote hypervisor, and one without KVM is the rare case.
  const remote = !/^qemu(\+unix)?:\/\/\//.test(values.string("libvirtUri"));
  return remote ? "kvm" : local;
}

function readStoragePool(values: Values, problems: Problems, clusterName: string): StoragePoolConfig {
  const existing = values.string("storagePool");
  if (existing) {
    checkLibvirtName(problems, "storagePool", existing);
    return { origin: "existing", name: existing };
  }
  const path = values.string("storagePoolPath") || `/var/lib/libvirt/nodeforge-${clusterName}`;
  if (!/^\/[^/]/.test(path)) problems.add("storagePoolPath", "an absolute path of a directory of its own", path);
  return { origin: "created", name: `nodeforge-${clusterName}`, path };
}
