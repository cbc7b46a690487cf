import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { inCheckout } from "../lib/checkout.ts";

/** Systemd service of a node. Times are in systemd's notation. */
export interface Unit {
  readonly name: string;
  readonly description: string;
  readonly type: "exec" | "notify" | "oneshot";
  /** Program and arguments. The program has no path. */
  readonly exec: readonly string[];
  /** Program and arguments. The unit counts as started once this program has succeeded. */
  readonly "exec-after"?: readonly string[];
  /** Path. The unit starts only if it exists. */
  readonly condition?: string;
  readonly after?: readonly string[];
  readonly before?: readonly string[];
  readonly wants?: readonly string[];
  /** @default ["multi-user.target"] */
  readonly "wanted-by"?: readonly string[];
  /** Starts before the system's basic targets. @default false */
  readonly early?: boolean;
  /** A oneshot that counts as active after its end. @default false */
  readonly remain?: boolean;
  readonly "environment-files"?: readonly string[];
  readonly "optional-environment-files"?: readonly string[];
  readonly "start-timeout"?: string;
  /** Programs that the unit calls by name. */
  readonly tools?: readonly string[];
  /** Whether the unit has the restrictions of the declaration's `sandbox`. @default false */
  readonly sandbox?: boolean;
  /** Further lines of its [Service] section. A line replaces that of the same key in `sandbox`. */
  readonly service?: Readonly<Record<string, string>>;
  /** Starts the unit repeatedly. */
  readonly timer?: Timer;
}

/** Systemd timer. Times are in systemd's notation. */
export interface Timer {
  /** Times at which the unit starts, such as `weekly`. A machine that is off at such a time does not catch up later. */
  readonly calendar: string;
  /** Limit of a random delay after each of these times. */
  readonly "random-delay": string;
}

/** Programs that are built or packaged together. */
export interface Program {
  readonly name: string;
  readonly version: string;
  readonly binaries: readonly string[];
  /** Whether they are CNI plugins, which belong in the folder `paths.cni-plugins`. @default false */
  readonly cni?: boolean;
}

/** Container image that every node has. */
export interface ContainerImage {
  /** Name and tag, as `name:tag`. */
  readonly name: string;
  /** Version of the program in the image. Absent where the image has none of its own. */
  readonly version?: string;
  readonly entrypoint: readonly string[];
  /** User and group of the program, as `uid:gid`. @default root */
  readonly user?: string;
}

/** Declaration of a node: nix/node.toml. */
export interface NodeDeclaration {
  readonly contract: number;
  readonly paths: Readonly<
    Record<"node-env" | "control-plane" | "joined" | "machine" | "data" | "image-record" | "cni-plugins", string>
  >;
  readonly program: readonly Program[];
  readonly unit: readonly Unit[];
  readonly restart: { readonly policy: string; readonly seconds: number };
  /** Lines of the [Service] section of each unit with `sandbox`. */
  readonly sandbox: Readonly<Record<string, string>>;
  readonly firewall: Readonly<
    Record<"tcp" | "udp" | "control-plane", readonly { readonly port: number; readonly reason: string }[]>
  >;
  readonly sysctl: Readonly<Record<string, string>>;
  readonly kernel: Readonly<Record<"modules" | "blacklist" | "parameters", readonly string[]>>;
  readonly ssh: { readonly "host-key-type": string; readonly settings: Readonly<Record<string, string>> };
  readonly "cloud-init": Readonly<Record<string, unknown>>;
  readonly seed: { readonly label: string; readonly timeout: string };
  readonly file: readonly { readonly path: string; readonly source: string }[];
  readonly tmpfiles: { readonly rules: readonly string[] };
  readonly image: Readonly<Record<"pause" | "coredns" | "smoke", ContainerImage>>;
  readonly quiet: readonly { readonly reason: string; readonly units: readonly string[] }[];
  readonly generators: { readonly quiet: readonly string[] };
}

const nixFolder = inCheckout("nix");

/** Returns the text of nix/node.toml. A manifest has its hash. */
export function declarationText(): string {
  return readFileSync(join(nixFolder, "node.toml"), "utf8");
}

/** Reads nix/node.toml. */
export function readDeclaration(): NodeDeclaration {
  return parse(declarationText()) as unknown as NodeDeclaration;
}

/**
 * Returns the text of a file that the declaration names by `source`, with every @name@ replaced by its value.
 * @throws when the declaration has no such value.
 */
export function fileText(node: NodeDeclaration, source: string): string {
  const values: Record<string, string> = {};
  for (const [name, ports] of Object.entries(node.firewall)) {
    values[`firewall.${name}`] = ports.map(({ port }) => port).join(", ");
  }
  for (const [name, { name: reference }] of Object.entries(node.image)) values[`image.${name}`] = reference;
  for (const [name, path] of Object.entries(node.paths)) values[`paths.${name}`] = path;
  return readFileSync(join(nixFolder, source), "utf8").replaceAll(/@([a-z.-]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`nix/${source} contains @${name}@, but nix/node.toml has no such value`);
    return value;
  });
}

/** Returns the version of each declared program by its name, in the declaration's order. */
export function versionsOf(node: NodeDeclaration): Record<string, string> {
  const versions = node.program.map(({ name, version }) => [name, version]);
  const inImages = Object.entries(node.image).flatMap(([name, { version }]) => (version ? [[name, version]] : []));
  return Object.fromEntries([...versions, ...inImages]) as Record<string, string>;
}
