import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";
import { inCheckout } from "../../lib/checkout.ts";

/** The stack a command is about, and the arguments that are left for Pulumi. */
export interface StackChoice {
  readonly stack: string;
  /** File with the stack's settings, when it is not Pulumi.<stack>.yaml. */
  readonly configFile?: string;
  readonly rest: readonly string[];
}

/**
 * Takes `--stack NAME` out of the arguments; without it the stack is PULUMI_STACK, else `dev`. `--config-file FILE` is
 * read and left in, because Pulumi needs it too.
 */
export function chooseStack(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): StackChoice {
  const rest: string[] = [];
  let stack = environment.PULUMI_STACK || "dev";
  let configFile: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    const inline = /^--stack=(.+)$/.exec(argument)?.[1];
    if (inline !== undefined) stack = inline;
    else if (argument === "--stack" || argument === "-s") {
      const name = args[++index];
      if (name === undefined) throw new Error(`${argument} needs the name of a stack`);
      stack = name;
    } else {
      rest.push(argument);
      configFile = /^--config-file=(.+)$/.exec(argument)?.[1] ?? configFile;
      if (argument === "--config-file") configFile = args[index + 1];
    }
  }
  return { stack, rest, ...(configFile === undefined ? {} : { configFile: resolve(configFile) }) };
}

/** Whether only the help of a command is wanted. */
export function asksForHelp(args: readonly string[]): boolean {
  return args.some((argument) => ["--help", "-h"].includes(argument));
}

/** What a stack's file says, with the project's defaults behind it. */
export interface StackSettings {
  /** A setting of this project as text; "" when neither the stack nor the project has it. */
  readonly get: (key: string) => string;
  /** A setting that is a list of objects; empty when it is anything else. */
  readonly objects: (key: string) => readonly Readonly<Record<string, unknown>>[];
  /**
   * Every setting, the defaults included; those of other namespaces by their full key. Secrets are as in the file:
   * `{ secure: CIPHERTEXT }`.
   */
  readonly all: Readonly<Record<string, unknown>>;
  /** The stack's own secrets provider, when it is not the passphrase. */
  readonly secretsProvider: string | undefined;
  /** Whether the file already depends on a certain passphrase. */
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

/** Reads Pulumi.yaml and the stack's own file; a stack without a file has the project's defaults. */
export function readSettings(choice: Omit<StackChoice, "rest">, folder = inCheckout()): StackSettings {
  const { stack, configFile = `${folder}/Pulumi.${stackBaseName(stack)}.yaml` } = choice;
  const project = readProject(folder);
  const file = (parse(readOptional(configFile)) ?? {}) as StackFile;
  const { secretsprovider } = file;
  return {
    get: (key) => text(file.config?.[`${project.name}:${key}`] ?? project.config?.[key]?.default),
    objects: (key) => objects(file.config?.[`${project.name}:${key}`]),
    all: { ...defaults(project), ...own(file, project.name) },
    secretsProvider: secretsprovider === "passphrase" ? undefined : secretsprovider,
    hasSalt: file.encryptionsalt !== undefined,
  };
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

/** Name of the project, which Pulumi keeps its stacks under. */
export function projectName(folder = inCheckout()): string {
  return readProject(folder).name;
}

function readProject(folder: string): ProjectFile {
  return parse(readFileSync(`${folder}/Pulumi.yaml`, "utf8")) as ProjectFile;
}

/** `organisation/project/stack` keeps its settings and its state under the last part. */
export function stackBaseName(stack: string): string {
  return stack.split("/").at(-1) ?? stack;
}

function readOptional(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function text(value: unknown): string {
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : "";
}

/** `pulumi config set` writes a list that is given as one value as JSON. */
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
