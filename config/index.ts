import * as pulumi from "@pulumi/pulumi";
import { chooseImage } from "../image/location.ts";
import type { ImageUse, VerifiedImage } from "../image/verify.ts";
import { detectDomainType, resolveDomainType, type DomainType } from "../libvirt/virtualisation.ts";
import { uriProblem, withoutPassword } from "../libvirt/uri.ts";
import { readDrain, type DrainConfig } from "./drain.ts";
import { readImage } from "./image.ts";
import { checkLabel, checkLibvirtName } from "./names.ts";
import { readNetworks, type ClusterNetworkConfig, type NetworkConfig } from "./network.ts";
import { longestMinutes, mostWorkers, readMaster, within, type MasterConfig } from "./nodes.ts";
import { ConfigError, Problems } from "./problems.ts";
import { checkProxy, type ProxyEnvironment } from "./proxy.ts";
import { readSchema } from "./schema.ts";
import { readSsh, type Login, type SshConfig, type SshSurroundings } from "./ssh.ts";
import { defaultDrainMinutes, readTimeouts, type Timeouts } from "./timeouts.ts";
import { Values } from "./values.ts";
import { readWorkerPools, type WorkerPoolConfig } from "./worker-pools.ts";

/** Where volumes go: a pool of the cluster's own, or an existing one that is never changed. */
export type StoragePoolConfig =
  | { readonly origin: "created"; readonly name: string; readonly path: string }
  | { readonly origin: "existing"; readonly name: string };

/**
 * Everything the program needs to know, read and checked before anything is created.
 * @typeParam Image {@link ImageUse} before the images are verified.
 */
export interface ClusterConfig<Image = VerifiedImage> {
  readonly clusterName: string;
  readonly libvirtUri: string;
  readonly domainType: DomainType;
  /** Image of the control plane, and of the pools that name none. */
  readonly image: Image;
  readonly storagePool: StoragePoolConfig;
  readonly network: NetworkConfig;
  readonly clusterNetwork: ClusterNetworkConfig;
  readonly master: MasterConfig;
  /** At least one; the plain keys are the short form of one. */
  readonly workerPools: readonly WorkerPoolConfig<Image>[];
  readonly ssh: SshConfig;
  readonly tokenTtlMinutes: number;
  readonly joinWaveSize: number;
  readonly smokeCheck: boolean;
  readonly drain: DrainConfig;
  /** How many workers may be away at a time while their machines are replaced. */
  readonly maxUnavailable: number;
  readonly timeouts: Timeouts;
}

/** What the configuration depends on besides the stack's own settings. */
export interface Surroundings extends Pick<SshSurroundings, "keys"> {
  readonly stack: string;
  readonly environment: SshSurroundings["environment"] & ProxyEnvironment;
  /** Whether the living cluster stands on what a configuration says. @default there is none */
  readonly isLiving?: (config: ClusterConfig<unknown>) => boolean;
  /** Returns the path or URL of the image to use; it gets the value of the key `image`. */
  readonly locateImage: (named: string) => string | undefined;
  /** What this machine can run. */
  readonly localDomainType: DomainType;
}

/** The configuration as text says it. Its images are not read yet, and what is wrong with it is not refused yet. */
export interface DeclaredConfig {
  readonly config: ClusterConfig<ImageUse>;
  readonly problems: Problems;
}

/**
 * Reads the configuration of the running stack. Neither reads nor downloads an image: preflight/images.ts does, and names
 * every wrong key in one error.
 * @param isLiving Whether the living cluster stands on what a configuration says.
 * @throws {pulumi.RunError} when a file cannot be read; the engine prints it without a stack trace.
 */
export async function loadConfig(isLiving?: Surroundings["isLiving"]): Promise<DeclaredConfig> {
  const project = pulumi.getProject();
  const ours = Object.entries(pulumi.runtime.allConfig()).flatMap(([key, value]) => {
    const [namespace, name = ""] = key.split(":");
    return namespace === project ? [[name, value]] : [];
  });
  try {
    const declared = parseConfig(Object.fromEntries(ours) as Record<string, string>, {
      stack: pulumi.getStack(),
      environment: process.env,
      locateImage: (named) => chooseImage(named).source,
      localDomainType: detectDomainType(),
      ...(isLiving && { isLiving }),
    });
    const { keptKey } = declared.config.ssh;
    if (keptKey !== undefined && !declared.problems.any) await pulumi.log.warn(keptKeyWarning(keptKey));
    return declared;
  } catch (error) {
    throw refusalOf(error);
  }
}

/** An error as the engine prints it without a stack trace. */
export function refusalOf(error: unknown): pulumi.RunError {
  return new pulumi.RunError(error instanceof ConfigError ? error.message : `Nothing was created: ${String(error)}`);
}

/** What a person should know of a key of ~/.ssh that the stack does not name. */
function keptKeyWarning(path: string): string {
  return (
    `this cluster was made with ${path}, so the private key beside it is in the stack's state. To keep it, set ` +
    `sshPublicKey to that path. To take it out of the state, set sshAgent as well; docs/operations.md says what stays.`
  );
}

/**
 * Checks a configuration and fills in what the user left out.
 * @param raw Values as text, keyed without the project's namespace.
 */
export function parseConfig(raw: Readonly<Record<string, string>>, surroundings: Surroundings): DeclaredConfig {
  const problems = new Problems();
  const values = new Values(readSchema(), raw, problems);
  const clusterName = values.string("clusterName") || surroundings.stack;
  checkLabel(problems, "clusterName", clusterName, 32);
  const domainType = readDomainType(values, problems, surroundings.localDomainType);
  const named = readImage(values, problems, surroundings.locateImage(values.string("image")) ?? "");
  const master = readMaster(values, problems);
  const imageKeys = { ...named.keys, diskGiB: "masterDiskGiB" };
  const image: ImageUse = { ...named, keys: imageKeys, diskGiB: master.diskGiB };
  const workerPools = readWorkerPools(values, problems, { image: named, masterName: master.name });
  const { network, cluster } = readNetworks(values, problems, workerPools);
  checkProxy(problems, surroundings.environment, network.masterAddress);
  // kubeadm's own tokens live a day; one that lived longer would outlast every join.
  within(problems, "tokenTtlMinutes", values.integer("tokenTtlMinutes"), [1, longestMinutes]);
  for (const key of ["joinWaveSize", "maxUnavailable"]) within(problems, key, values.integer(key), [1, mostWorkers]);
  const rest: Omit<ClusterConfig<ImageUse>, "ssh"> = {
    clusterName,
    libvirtUri: readUri(values, problems),
    domainType,
    image,
    storagePool: readStoragePool(values, problems, clusterName),
    network,
    clusterNetwork: cluster,
    master,
    workerPools,
    tokenTtlMinutes: values.integer("tokenTtlMinutes"),
    joinWaveSize: values.integer("joinWaveSize"),
    smokeCheck: values.boolean("smokeCheck"),
    drain: readDrain(values, problems, defaultDrainMinutes[domainType]),
    maxUnavailable: values.integer("maxUnavailable"),
    timeouts: readTimeouts(values, problems, domainType),
  };
  const { environment, keys, isLiving = () => false } = surroundings;
  const isMadeWith = (login: Login) => isLiving({ ...rest, ssh: login });
  const ssh = readSsh(values, problems, { environment, isMadeWith, ...(keys && { keys }) });
  return { config: { ...rest, ssh }, problems };
}

function readUri(values: Values, problems: Problems): string {
  const uri = values.string("libvirtUri");
  const wanted = uriProblem(uri);
  if (wanted !== undefined) problems.add("libvirtUri", wanted, withoutPassword(uri));
  return uri;
}

function readDomainType(values: Values, problems: Problems, local: DomainType): DomainType {
  const given = values.string("domainType");
  if (!["auto", "kvm", "qemu"].includes(given)) problems.add("domainType", "auto, kvm or qemu", given);
  return resolveDomainType(given, values.string("libvirtUri"), local);
}

function readStoragePool(values: Values, problems: Problems, clusterName: string): StoragePoolConfig {
  const existing = values.string("storagePool");
  if (existing) {
    checkLibvirtName(problems, "storagePool", existing);
    return { origin: "existing", name: existing };
  }
  const path = values.string("storagePoolPath") || `/var/lib/libvirt/nodeforge-${clusterName}`;
  // libvirt makes the folder its pool, and removes it with the pool: never one that others use, whatever its path says.
  if (!isOwnFolder(path)) {
    problems.add(
      "storagePoolPath",
      "an absolute path of a folder of its own, below another one and without `..`",
      path,
    );
  }
  return { origin: "created", name: `nodeforge-${clusterName}`, path };
}

/** Whether a path has two parts or more, none of which leads elsewhere. A living cluster's path cannot be written otherwise. */
function isOwnFolder(path: string): boolean {
  const parts = path.replace(/\/$/, "").split("/").slice(1);
  // eslint-disable-next-line no-control-regex -- those are what is refused
  const isPlain = path.startsWith("/") && !/[\0-\x1f\x7f]/.test(path);
  return isPlain && parts.length >= 2 && parts.every((part) => !["", ".", ".."].includes(part));
}
