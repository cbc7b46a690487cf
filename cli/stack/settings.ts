import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { inCheckout } from "../../lib/checkout.ts";
import { readOptional } from "../../lib/files.ts";
import { reasonOf } from "../../lib/outside.ts";
import { isRecord } from "../../lib/record.ts";

/** Stack of a command that names none. */
export const defaultStack = "dev";

/** Options that name a stack to a command of this checkout; none for the default stack. */
export function stackArguments(stack: string): readonly string[] {
  return stack === defaultStack ? [] : ["--stack", stack];
}

/** The stack of a command. */
export interface StackChoice {
  readonly stack: string;
  /** File with the stack's settings, when it is not Pulumi.<stack>.yaml. */
  readonly configFile?: string;
}

/** Settings of a stack: its file, with the project's defaults. */
export interface StackSettings {
  /** Returns a setting of this project as text; "" when neither the stack nor the project has it. */
  readonly get: (key: string) => string;
  /** Returns a setting that is a list of objects; empty when it is anything else. */
  readonly objects: (key: string) => readonly Readonly<Record<string, unknown>>[];
  /**
   * Every setting, with the defaults. Keys of other namespaces are complete. Secrets are as in the file:
   * `{ secure: CIPHERTEXT }`.
   */
  readonly all: Readonly<Record<string, unknown>>;
  /** The stack's secrets provider; undefined for the passphrase. */
  readonly secretsProvider: string | undefined;
  /** Whether the file has the salt of a passphrase, so that only this passphrase opens its secrets. */
  readonly hasSalt: boolean;
}

interface ProjectFile {
  readonly name: string;
  readonly config?: Readonly<Record<string, { readonly default?: unknown }>>;
}

interface StackFile {
  readonly secretsprovider?: string;
  readonly encryptionsalt?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Reads Pulumi.yaml and the stack's own file. A stack without a file has the project's defaults. */
export function readSettings(choice: StackChoice, folder = inCheckout()): StackSettings {
  const { stack, configFile = `${folder}/Pulumi.${stackBaseName(stack)}.yaml` } = choice;
  const project = readProject(folder);
  const file = readStackFile(configFile);
  const { secretsprovider } = file;
  return {
    get: (key) => text(file.config?.[`${project.name}:${key}`] ?? project.config?.[key]?.default),
    objects: (key) => objects(file.config?.[`${project.name}:${key}`]),
    all: { ...defaults(project), ...own(file, project.name) },
    secretsProvider: secretsprovider === "passphrase" ? undefined : secretsprovider,
    hasSalt: file.encryptionsalt !== undefined,
  };
}

/** A file without settings has an empty `config:` or none. */
function readStackFile(path: string): StackFile {
  let file: unknown;
  try {
    file = parse(readOptional(path)) ?? {};
  } catch (error) {
    throw new Error(`${path}: expected YAML, got: ${reasonOf(error)} Fix: correct the file`, { cause: error });
  }
  const { config, ...others } = isRecord(file) ? file : {};
  return { ...others, config: isRecord(config) ? config : {} };
}

function defaults({ config = {} }: ProjectFile): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).map(([key, declared]) => [key, declared.default]));
}

function own({ config = {} }: StackFile, project: string): Record<string, unknown> {
  const prefix = `${project}:`;
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, value]),
  );
}

/** Name of the project. Pulumi keeps states below it. */
export function projectName(folder = inCheckout()): string {
  return readProject(folder).name;
}

function readProject(folder: string): ProjectFile {
  return parse(readFileSync(`${folder}/Pulumi.yaml`, "utf8")) as ProjectFile;
}

/** Last part of `organisation/project/stack`: its settings and its state are named after it. */
export function stackBaseName(stack: string): string {
  return stack.split("/").at(-1) ?? stack;
}

function text(value: unknown): string {
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : "";
}

/** `pulumi config set` writes a list that is one value as JSON. */
function objects(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  const list: unknown = typeof value === "string" ? parseOptional(value) : value;
  const isObject = (item: unknown): item is Record<string, unknown> => item !== null && typeof item === "object";
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function parseOptional(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
