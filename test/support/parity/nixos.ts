import { execa } from "execa";
import { addFile, addUnitLine, addUnitText, at, Painter, type Picture } from "./picture.ts";

type Word = string | number | boolean;
type Section = Readonly<Record<string, Word | readonly Word[]>>;

/** Systemd service of a NixOS configuration. */
interface Service {
  readonly description: string;
  readonly after: readonly string[];
  readonly before: readonly string[];
  readonly conflicts: readonly string[];
  readonly requires: readonly string[];
  readonly wantedBy: readonly string[];
  readonly wants: readonly string[];
  readonly unitConfig: Section;
  readonly serviceConfig: Section;
  readonly tools: readonly string[];
}

/** Systemd timer of a NixOS configuration. */
interface Timer {
  readonly description: string;
  readonly wantedBy: readonly string[];
  readonly timerConfig: Section;
}

/** Result of nix/tests/describe.nix. */
export interface NixosNode {
  readonly services: Readonly<Record<string, Service>>;
  readonly timers: Readonly<Record<string, Timer>>;
  readonly masked: readonly string[];
  readonly dropIns: Readonly<Record<string, string>>;
  readonly generators: Readonly<Record<string, string>>;
  readonly tmpfiles: readonly string[];
  readonly etc: Readonly<Record<string, string>>;
  readonly sysctl: Readonly<Record<string, Word>>;
  readonly modules: readonly string[];
  readonly blacklist: readonly string[];
  readonly parameters: readonly string[];
  readonly ssh: {
    readonly hostKeys: readonly { readonly path: string }[];
    readonly settings: Readonly<Record<string, Word>>;
  };
  readonly cloudInit: unknown;
  readonly images: Readonly<Record<string, { readonly name: string; readonly config: unknown }>>;
}

/** Result of nix/tests/evaluated.nix. */
export interface EvaluatedNode {
  readonly node: NixosNode;
  readonly failedAssertions: readonly string[];
  readonly warnings: readonly string[];
  readonly variants: readonly string[];
  readonly hostName: string;
  readonly onPath: readonly string[];
}

/**
 * Evaluates a Nix expression and returns its value. Relative paths in it start at the checkout.
 * @throws when the evaluation fails, with Nix' message.
 */
export async function evaluate(expression: string): Promise<unknown> {
  const command = ["--eval", "--strict", "--json", "--expr", expression];
  const { stdout } = await execa("nix-instantiate", command, { timeout: 60_000 });
  return JSON.parse(stdout);
}

/** Returns the node that the NixOS modules make with default options. Needs no nixpkgs. */
export async function describedNode(): Promise<NixosNode> {
  return (await evaluate("import ./nix/tests/pure.nix")) as NixosNode;
}

/**
 * Returns the node that nixpkgs' module system evaluates from the modules.
 * @param nixpkgsLib Folder of nixpkgs' lib.
 * @param configuration Further module, as a Nix expression.
 */
export async function evaluatedNode(nixpkgsLib: string, configuration = "{ }"): Promise<EvaluatedNode> {
  const given = `{ nixpkgsLib = ${nixpkgsLib}; configuration = ${configuration}; }`;
  return (await evaluate(`(import ./nix/tests/evaluated.nix ${given}).result`)) as EvaluatedNode;
}

/** Returns the picture of the NixOS image's node. */
export function nixosPicture(node: NixosNode): Picture {
  const painter = new Painter();
  for (const [name, service] of Object.entries(node.services)) addService(painter, `${name}.service`, service);
  for (const [name, { description, wantedBy, timerConfig }] of Object.entries(node.timers)) {
    addUnitLine(painter, `${name}.timer`, "Description", description);
    addUnitLine(painter, `${name}.timer`, "WantedBy", wantedBy.join(" "));
    for (const [key, value] of Object.entries(timerConfig))
      addUnitLine(painter, `${name}.timer`, key, word(value as Word));
  }
  for (const unit of node.masked) painter.add(`masked ${unit}`, "yes");
  for (const [unit, text] of Object.entries(node.dropIns)) addUnitText(painter, unit, text);
  for (const [name, link] of Object.entries(node.generators)) painter.add(`generator ${name}`, link);
  painter.addSet("tmpfiles", node.tmpfiles.map(withoutStore));
  for (const [path, text] of Object.entries(node.etc)) addFile(painter, `/etc/${path}`, text);
  painter.addData("sysctl", node.sysctl);
  painter.addSet("kernel module", node.modules);
  painter.addSet("kernel module that is never loaded", node.blacklist);
  painter.addSet("kernel parameter", node.parameters);
  for (const { path } of node.ssh.hostKeys) painter.add(at("sshd", "HostKey"), path);
  for (const [name, value] of Object.entries(node.ssh.settings)) painter.add(at("sshd", ofSshd(name)), word(value));
  painter.addData("cloud-init", node.cloudInit);
  for (const { name, config } of Object.values(node.images)) painter.addData(`container image ${name}`, config);
  return painter.picture;
}

function addService(painter: Painter, unit: string, service: Service): void {
  const { after, before, conflicts, requires, wantedBy, wants, description, unitConfig, serviceConfig, tools } =
    service;
  const sets = {
    After: after,
    Before: before,
    Conflicts: conflicts,
    Requires: requires,
    WantedBy: wantedBy,
    Wants: wants,
  };
  for (const [key, units] of Object.entries(sets)) addUnitLine(painter, unit, key, units.join(" "));
  if (description) addUnitLine(painter, unit, "Description", description);
  for (const [key, value] of Object.entries({ ...unitConfig, ...serviceConfig })) {
    for (const one of typeof value === "object" ? value : [value]) addUnitLine(painter, unit, key, word(one));
  }
  painter.addSet(at(`unit ${unit}`, "calls"), tools);
}

function word(value: Word): string {
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}

/** Returns sshd's name of a setting. NixOS spells one differently. */
function ofSshd(name: string): string {
  return name === "UseDns" ? "UseDNS" : name;
}

function withoutStore(text: string): string {
  return text.replaceAll(/\/nix\/store\/[0-9a-z]+-/g, "");
}
