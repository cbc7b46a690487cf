import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect } from "vitest";
import { stateFolder } from "../../lib/checkout.ts";
import {
  decideEnvironment,
  passphraseFile,
  prepareState,
  readLogin,
  type EnvironmentFacts,
} from "../../cli/environment.ts";
import { test } from "../support/folder.ts";

const bare: EnvironmentFacts = {
  environment: { PATH: "/usr/bin" },
  login: undefined,
  userHome: "/home/user/.pulumi",
  cli: "/cache/pulumi",
  home: { folder: "/home/user/.pulumi", isPrivate: false },
  secretsProvider: undefined,
  direct: [],
  image: undefined,
};

const privateHome = { folder: "/cache/pulumi-home", isPrivate: true };

describe("the environment of Pulumi", () => {
  test("finds the project's Node and the CLI first", () => {
    const path = decideEnvironment(bare).PATH?.split(delimiter) ?? [];
    expect(path[0]).toMatch(/node_modules\/\.bin$/);
    expect(path.slice(1)).toEqual(["/cache/pulumi", "/usr/bin"]);
  });

  test("has each folder of PATH once, however often a shell evaluates it", () => {
    const once = decideEnvironment(bare);
    expect(decideEnvironment({ ...bare, environment: once }).PATH).toBe(once.PATH);
  });

  test("keeps stacks and their passphrase in the checkout when the user has no backend", () => {
    expect(decideEnvironment(bare)).toMatchObject({
      PULUMI_BACKEND_URL: `file://${stateFolder}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
      PULUMI_HOME: "/home/user/.pulumi",
    });
  });

  test.each([
    ["the user's PULUMI_BACKEND_URL", { environment: { PULUMI_BACKEND_URL: "https://api.example.org" } }],
    ["the user's login", { login: "https://api.example.org" }],
  ])("keeps %s, which needs no passphrase", (_, change) => {
    const variables = decideEnvironment({ ...bare, ...change });
    expect(variables).not.toHaveProperty("PULUMI_BACKEND_URL");
    expect(variables).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE_FILE");
  });

  test("has a passphrase for a bucket of the user's login", () => {
    const variables = decideEnvironment({ ...bare, login: "s3://bucket" });
    expect(variables).not.toHaveProperty("PULUMI_BACKEND_URL");
    expect(variables.PULUMI_CONFIG_PASSPHRASE_FILE).toBe(passphraseFile);
  });

  test.each([
    ["a passphrase", { environment: { PULUMI_CONFIG_PASSPHRASE: "word" } }],
    ["an empty passphrase", { environment: { PULUMI_CONFIG_PASSPHRASE: "" } }],
    ["a passphrase file", { environment: { PULUMI_CONFIG_PASSPHRASE_FILE: "/secret" } }],
    ["a secrets provider", { secretsProvider: "awskms://alias/key" }],
  ])("keeps the user's %s", (_, change) => {
    expect(decideEnvironment({ ...bare, ...change })).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE_FILE");
  });

  test("with fallback plugins has a private home, the user's logins, and downloads no plugins", () => {
    expect(decideEnvironment({ ...bare, home: privateHome })).toMatchObject({
      PULUMI_HOME: "/cache/pulumi-home",
      PULUMI_CREDENTIALS_PATH: "/home/user/.pulumi",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    });
  });

  test("without fallback plugins changes neither logins nor downloads", () => {
    const variables = decideEnvironment(bare);
    expect(variables).not.toHaveProperty("PULUMI_CREDENTIALS_PATH");
    expect(variables).not.toHaveProperty("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION");
  });

  test("lets Pulumi read the salt from the state, unless the user sets the variable", () => {
    const name = "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER";
    expect(decideEnvironment(bare)[name]).toBe("true");
    expect(decideEnvironment({ ...bare, environment: { [name]: "false" } })).not.toHaveProperty(name);
  });

  test("excludes the nodes from a proxy", () => {
    const direct = ["192.168.222.10"];
    expect(decideEnvironment({ ...bare, direct })).not.toHaveProperty("NO_PROXY");
    const environment = { HTTPS_PROXY: "http://proxy", NO_PROXY: "own" };
    expect(decideEnvironment({ ...bare, direct, environment })).toMatchObject({
      NO_PROXY: "own,192.168.222.10",
      no_proxy: "own,192.168.222.10",
    });
  });

  test("names an image only when it has one", () => {
    expect(decideEnvironment(bare)).not.toHaveProperty("NODEFORGE_IMAGE");
    expect(decideEnvironment({ ...bare, image: "/a.qcow2" }).NODEFORGE_IMAGE).toBe("/a.qcow2");
  });
});

describe("the passphrase", () => {
  let folder: string;
  let path: string;
  test.beforeEach(({ folder: fresh }) => {
    folder = fresh;
    path = join(folder, "passphrase");
  });

  test("is created once, long, and readable by its owner only", async () => {
    await Promise.all([1, 2, 3].map(() => prepareState({ PULUMI_CONFIG_PASSPHRASE_FILE: path }, { hasSalt: false })));
    const text = await readFile(path, "utf8");
    expect(text.trim().length).toBeGreaterThanOrEqual(43);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await prepareState({ PULUMI_CONFIG_PASSPHRASE_FILE: path }, { hasSalt: false });
    expect(await readFile(path, "utf8")).toBe(text);
    expect(await readdir(folder)).toEqual(["passphrase"]);
  });

  test("is not created for a stack that another one encrypts", async () => {
    await expect(prepareState({ PULUMI_CONFIG_PASSPHRASE_FILE: path }, { hasSalt: true })).rejects.toThrow(
      /the passphrase of the stack's file is missing\. Fix: write it to .*passphrase, or remove encryptionsalt/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test("is not created again for stacks that an earlier one opens", async () => {
    const variables = {
      PULUMI_CONFIG_PASSPHRASE_FILE: path,
      PULUMI_BACKEND_URL: `file://${stateFolder}?metadata=skip`,
    };
    const stacks = join(folder, ".pulumi", "stacks", "nodeforge");
    await mkdir(stacks, { recursive: true });
    await writeFile(join(stacks, "dev.json"), "{}");
    await expect(prepareState(variables, { hasSalt: false }, folder)).rejects.toThrow(
      /^the passphrase of the stacks in .* is missing\. Fix: write it to .*passphrase$/,
    );
    expect(await readdir(folder)).toEqual([".pulumi"]);
    await rm(join(stacks, "dev.json"));
    await prepareState(variables, { hasSalt: false }, folder);
    expect((await readdir(folder)).sort()).toEqual([".pulumi", "passphrase"]);
  });

  test("is not created when the user has one", async () => {
    await prepareState({}, { hasSalt: true });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("the user's login", () => {
  test("is read from Pulumi's credentials", async ({ folder: home }) => {
    expect(readLogin(home, {})).toBeUndefined();
    await writeFile(join(home, "credentials.json"), JSON.stringify({ current: "s3://bucket" }));
    expect(readLogin(home, {})).toBe("s3://bucket");
    expect(readLogin("/absent", { PULUMI_CREDENTIALS_PATH: home })).toBe("s3://bucket");
    await writeFile(join(home, "credentials.json"), "{}");
    expect(readLogin(home, {})).toBeUndefined();
  });
});
