import * as pulumi from "@pulumi/pulumi";
import { defaultImage } from "../image/location.ts";
import { automaticDomainType, detectDomainType, type DomainType } from "../libvirt/virtualisation.ts";
import { uriProblem, withoutPassword } from "../libvirt/uri.ts";
import { readDrain, type DrainConfig } from "./drain.ts";
import { checkAlike, fetchImage, ImageReader, unknownOf, type ImageConfig } from "./image.ts";
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

/** Everything the program needs to know, read and checked before anything is created. */
export interface ClusterConfig {
  readonly clusterName: string;
  readonly libvirtUri: string;
  readonly domainType: DomainType;
  /** Image of the control plane, and of the pools that name none. */
  readonly image: ImageConfig;
  readonly storagePool: StoragePoolConfig;
  readonly network: NetworkConfig;
  readonly clusterNetwork: ClusterNetworkConfig;
  readonly master: MasterConfig;
  /** At least one; the plain keys are the short form of one. */
  readonly workerPools: readonly WorkerPoolConfig[];
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
  readonly isLiving?: (config: ClusterConfig) => boolean;
  /** Image to use when the stack names none. */
  readonly defaultImage: string | undefined;
  /** What this machine can run. */
  readonly localDomainType: DomainType;
}

/**
 * Reads the configuration of the running stack, and fetches the node images that are named by URL.
 * @param isLiving Whether the living cluster stands on what a configuration says.
 * @throws {pulumi.RunError} naming every wrong key, or the image that is not what it should be; the engine prints it
 * without a stack trace.
 */
export async function loadConfig(isLiving?: Surroundings["isLiving"]): Promise<ClusterConfig> {
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
      ...(isLiving && { isLiving }),
    });
    if (config.ssh.keptKey !== undefined) await pulumi.log.warn(keptKeyWarning(config.ssh.keptKey));
    const image = await fetchImage(config.image, { diskGiB: config.master.diskGiB });
    const workerPools: WorkerPoolConfig[] = [];
    // One after the other: what two pools name by one URL is then downloaded once.
    for (const pool of config.workerPools) {
      const options = { key: `workerPools.${pool.name}.image`, diskGiB: pool.diskGiB };
      workerPools.push({ ...pool, image: await fetchImage(pool.image, options) });
    }
    await warnOfUnknown([config, ...config.workerPools], [{ image }, ...workerPools]);
    return { ...config, image, workerPools };
  } catch (error) {
    throw new pulumi.RunError(error instanceof ConfigError ? error.message : `Nothing was created: ${String(error)}`);
  }
}

/** What a person should know of a key of ~/.ssh that the stack does not name. */
function keptKeyWarning(path: string): string {
  return (
    `this cluster was made with ${path}, so the private key beside it is in the stack's state. To keep it, set ` +
    `sshPublicKey to that path. To take it out of the state, set sshAgent as well; docs/operations.md says what stays.`
  );
}

/** Says once of every image what a missing manifest leaves unknown, under the name the stack has for the image. */
async function warnOfUnknown(asked: readonly HasImage[], fetched: readonly HasImage[]): Promise<void> {
  const unknown = asked.map(({ image }, index) => unknownOf(image.source, fetched[index]?.image.manifest));
  for (const text of new Set(unknown)) if (text !== undefined) await pulumi.log.warn(text);
}

interface HasImage {
  readonly image: ImageConfig;
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
  const images = new ImageReader(problems);
  const image = images.read(values, surroundings.defaultImage);
  const master = readMaster(values, problems);
  images.checkDisk(image, "masterDiskGiB", master.diskGiB);
  const workerPools = readWorkerPools(values, problems, { images, image, masterName: master.name });
  const { network, cluster } = readNetworks(values, problems, workerPools);
  checkProxy(problems, surroundings.environment, network.masterAddress);
  // kubeadm's own tokens live a day; one that lived longer would outlast every join.
  within(problems, "tokenTtlMinutes", values.integer("tokenTtlMinutes"), [1, longestMinutes]);
  for (const key of ["joinWaveSize", "maxUnavailable"]) within(problems, key, values.integer(key), [1, mostWorkers]);
  checkAlike(problems, [
    ["image", image],
    ...workerPools.map((pool, index) => [`workerPools[${index}].image`, pool.image] as const),
  ]);
  const rest: Omit<ClusterConfig, "ssh"> = {
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
  problems.throwIfAny();
  return { ...rest, ssh };
}

function readUri(values: Values, problems: Problems): string {
  const uri = values.string("libvirtUri");
  const wanted = uriProblem(uri);
  if (wanted !== undefined) problems.add("libvirtUri", wanted, withoutPassword(uri));
  return uri;
}

function readDomainType(values: Values, problems: Problems, local: DomainType): DomainType {
  const given = values.string("domainType");
  if (given === "kvm" || given === "qemu") return given;
  if (given !== "auto") problems.add("domainType", "auto, kvm or qemu", given);
  return automaticDomainType(values.string("libvirtUri"), local);
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
