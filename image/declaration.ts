import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { inCheckout } from "../lib/checkout.ts";

/** A systemd service of a node. Times are systemd's own notation. */
export interface Unit {
  readonly name: string;
  readonly description: string;
  readonly type: "exec" | "notify" | "oneshot";
  /** Program and arguments; the program has no path. */
  readonly exec: readonly string[];
  /** Program and arguments that must end well before the unit counts as started. */
  readonly "exec-after"?: readonly string[];
  /** A path without which the unit stays quiet. */
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
  /** Programs the unit calls by name. */
  readonly tools?: readonly string[];
  /** Further lines of its [Service] section. */
  readonly service?: Readonly<Record<string, string>>;
  /** What starts the unit again and again. */
  readonly timer?: Timer;
}

/** A systemd timer, in systemd's own notation. */
export interface Timer {
  /** When, such as `weekly`. A machine that is off then does not catch up: its units start at its next boot. */
  readonly calendar: string;
  /** Up to how much later. */
  readonly "random-delay": string;
}

/** Programs that are built or packaged together. */
export interface Program {
  readonly name: string;
  readonly version: string;
  readonly binaries: readonly string[];
  /** They are CNI plugins and belong in the CNI directory. @default false */
  readonly cni?: boolean;
}

/** A container image that every node has. */
export interface ContainerImage {
  /** name:tag */
  readonly name: string;
  /** Of the program inside, where it has one of its own. */
  readonly version?: string;
  readonly entrypoint: readonly string[];
  /** uid:gid @default root */
  readonly user?: string;
}

/** The declaration of a node: nix/node.toml. */
export interface NodeDeclaration {
  readonly contract: number;
  readonly paths: Readonly<
    Record<"node-env" | "control-plane" | "joined" | "machine" | "data" | "image-record" | "cni-plugins", string>
  >;
  readonly program: readonly Program[];
  readonly unit: readonly Unit[];
  readonly restart: { readonly policy: string; readonly seconds: number };
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

/** Text of the declaration, as it is hashed into the manifest. */
export function declarationText(): string {
  return readFileSync(join(nixFolder, "node.toml"), "utf8");
}

/** Reads nix/node.toml. */
export function readDeclaration(): NodeDeclaration {
  return parse(declarationText()) as unknown as NodeDeclaration;
}

/**
 * Text of a file that the declaration names by `source`, with every @value@ filled in.
 * @throws when a value is not part of the declaration.
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
    if (value === undefined) throw new Error(`nix/${source} asks for @${name}@, which nix/node.toml does not have`);
    return value;
  });
}

/** Every program the image is built from besides Debian's: name and version, in the declaration's order. */
export function versionsOf(node: NodeDeclaration): Record<string, string> {
  const versions = node.program.map(({ name, version }) => [name, version]);
  const inImages = Object.entries(node.image).flatMap(([name, { version }]) => (version ? [[name, version]] : []));
  return Object.fromEntries([...versions, ...inImages]) as Record<string, string>;
}
