import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sshpk from "sshpk";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Surroundings } from "../../config/index.ts";
import { immutableInputs, keepersOf, hasSameInputs } from "../../lifecycle/prior-cluster.ts";
import { priorStateOf } from "../support/prior-state.ts";
import { configWith, privateKey, problemsOf, publicKey, sshKeyPath } from "../support/settings.ts";
import { testKey } from "../support/ssh-key.ts";

const privateText = privateKey;
// ssh-add (OpenSSH 9.2) reads Ed25519 keys only in the format of OpenSSH.
const opensshText = sshpk.parsePrivateKey(privateKey, "auto").toString("ssh-private");
const { publicKey: otherPublicKey } = testKey(9);
const lineOf = (name: string) => publicKey.replace(/operator$/, name);

let folder: string;
let keys: NonNullable<Surroundings["keys"]>;
let agent: ChildProcess;
let socket: string;
let deadSocket: string;

beforeAll(async () => {
  const place = mkdtempSync(join(tmpdir(), "nodeforge-agent-"));
  socket = join(place, "agent");
  agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  for (let waited = 0; !existsSync(socket) && waited < 100; waited++) await sleep(50);
  spawnSync("ssh-add", ["-q", "-"], { input: opensshText, env: { ...process.env, SSH_AUTH_SOCK: socket } });
  deadSocket = join(place, "dead");
  const dead = spawn("ssh-agent", ["-D", "-a", deadSocket], { stdio: "ignore" });
  for (let waited = 0; !existsSync(deadSocket) && waited < 100; waited++) await sleep(50);
  dead.kill("SIGKILL");
  await once(dead, "exit");
  return () => {
    agent.kill();
    rmSync(place, { recursive: true });
  };
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodeforge-ssh-"));
  keys = { own: join(folder, "state", "id_ed25519"), home: join(folder, "home") };
  for (const place of ["state", "home/.ssh"]) mkdirSync(join(folder, place), { recursive: true });
  return () => rmSync(folder, { recursive: true });
});

function writeKey(path: string, name: string): void {
  writeFileSync(path, privateText);
  writeFileSync(`${path}.pub`, `${lineOf(name)}\n`);
}
const homeKey = (name = "id_ed25519") => join(keys.home, ".ssh", name);
const read = (raw: Record<string, string> = {}, changed: Partial<Surroundings> = {}) =>
  configWith(raw, { environment: {}, keys, ...changed });
const problemsWith = (raw: Record<string, string>, changed: Partial<Surroundings> = {}) =>
  problemsOf(raw, { environment: {}, keys, ...changed });

describe("the key of a new cluster", () => {
  it("is the key of the checkout, even when ~/.ssh has keys", () => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey(), "operator");
    expect(read().ssh).toEqual({ user: "root", publicKey: lineOf("checkout"), privateKey: privateText });
  });

  it("is never a key of ~/.ssh without a setting; the error names the missing key", () => {
    writeKey(homeKey(), "operator");
    const [problem] = problemsWith({});
    expect(problem).toMatchObject({ key: "sshPublicKey", given: JSON.stringify(`${keys.own}.pub`) });
    expect(problem?.expected).toMatch(/^the key of this checkout, which `npm run env` creates, or /);
  });

  it.each(["sshPublicKey", "sshPrivateKeyPath"])("is a key of ~/.ssh when %s names it", (key) => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey("lab"), "lab");
    const path = key === "sshPublicKey" ? `${homeKey("lab")}.pub` : homeKey("lab");
    expect(read({ [key]: path }).ssh).toEqual({ user: "root", publicKey: lineOf("lab"), privateKey: privateText });
  });

  it("is the key of NODEFORGE_SSH_KEY before every key that is found", () => {
    writeKey(keys.own, "checkout");
    expect(read({}, { environment: { NODEFORGE_SSH_KEY: sshKeyPath } }).ssh.publicKey).toBe(publicKey);
  });

  it("is a key of ~/.ssh with an agent, and its private key is not read", () => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey("id_rsa"), "operator");
    const { ssh } = read({ sshAgent: "true" }, { environment: { SSH_AUTH_SOCK: socket } });
    expect(ssh).toEqual({ user: "root", publicKey: lineOf("operator"), agentSocketPath: socket });
  });
});

describe("the key of a running cluster", () => {
  /** Prior state of a stack with a cluster of a configuration. */
  const rememberedAs = (raw: Record<string, string>) => {
    const made = configWith({ sshPrivateKeyPath: sshKeyPath, ...raw }, { environment: {}, keys });
    const known = priorStateOf({ "randomUuid dev-id": { result: "id", keepers: immutableInputs(made) } });
    return { known, isRunning: (config: Parameters<typeof hasSameInputs>[1]) => hasSameInputs(known, config) };
  };

  it.each(["id_ed25519", "id_rsa"])("stays %s of ~/.ssh of the cluster's creation, and is reported", (name) => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey("id_ed25519"), "first");
    writeKey(homeKey(name), "operator");
    const { known, isRunning } = rememberedAs({ sshPublicKey: `${homeKey(name)}.pub` });
    const config = read({}, { isRunning });
    expect(config.ssh).toEqual({
      user: "root",
      publicKey: lineOf("operator"),
      privateKey: privateText,
      keptKey: `${homeKey(name)}.pub`,
    });
    // The cluster stays the same, so none of its machines is replaced.
    expect(keepersOf(known, config, false)).toEqual(immutableInputs(config));
    expect(hasSameInputs(known, config)).toBe(true);
  });

  it("is not reported when the stack names it", () => {
    writeKey(homeKey(), "operator");
    const { isRunning } = rememberedAs({ sshPublicKey: `${homeKey()}.pub` });
    expect(read({ sshPublicKey: `${homeKey()}.pub` }, { isRunning }).ssh.keptKey).toBeUndefined();
  });

  it("stays the same with an agent, which removes the private key from the state", () => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey(), "operator");
    const { known, isRunning } = rememberedAs({ sshPublicKey: `${homeKey()}.pub` });
    const config = read({ sshAgent: "true" }, { isRunning, environment: { SSH_AUTH_SOCK: socket } });
    expect(hasSameInputs(known, config)).toBe(true);
    expect(config.ssh).toEqual({ user: "root", publicKey: lineOf("operator"), agentSocketPath: socket });
  });

  it("stays the key of the checkout", () => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey(), "operator");
    const { isRunning } = rememberedAs({ sshPublicKey: `${keys.own}.pub` });
    expect(read({}, { isRunning }).ssh).toEqual({
      user: "root",
      publicKey: lineOf("checkout"),
      privateKey: privateText,
    });
  });

  it("stays a key of ~/.ssh whose private key is in another folder", () => {
    writeFileSync(join(folder, "elsewhere"), privateText);
    writeFileSync(`${homeKey()}.pub`, `${lineOf("operator")}\n`);
    const { isRunning } = rememberedAs({ sshPublicKey: `${homeKey()}.pub` });
    const { ssh } = read({ sshPrivateKeyPath: join(folder, "elsewhere") }, { isRunning });
    expect(ssh).toEqual({ user: "root", publicKey: lineOf("operator"), privateKey: privateText });
  });

  it("is the key of the checkout when other settings require another cluster", () => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey(), "operator");
    const { isRunning } = rememberedAs({ sshPublicKey: `${homeKey()}.pub` });
    expect(read({ networkCidr: "192.168.223.0/24" }, { isRunning }).ssh.publicKey).toBe(lineOf("checkout"));
  });
});

describe("the agent", () => {
  it("is used only with sshAgent", () => {
    expect(problemsWith({ sshAgent: "true", sshPublicKey: publicKey })).toEqual([
      { key: "sshAgent", expected: "a running agent whose socket SSH_AUTH_SOCK names", given: '""' },
    ]);
    const { ssh } = read({ sshAgent: "true", sshPublicKey: publicKey }, { environment: { SSH_AUTH_SOCK: socket } });
    expect(ssh).toEqual({ user: "root", publicKey, agentSocketPath: socket });
  });

  it("that does not hold the key is refused, because no node would accept its login", () => {
    const problems = problemsWith(
      { sshAgent: "true", sshPublicKey: otherPublicKey },
      { environment: { SSH_AUTH_SOCK: socket } },
    );
    expect(problems).toEqual([
      {
        key: "sshAgent",
        expected: "an agent that holds the private key of sshPublicKey (`ssh-add`)",
        given: JSON.stringify(otherPublicKey),
      },
    ]);
  });

  it("that does not answer is refused with sshAgent, before anything is created", () => {
    const problems = problemsWith(
      { sshAgent: "true", sshPublicKey: publicKey },
      { environment: { SSH_AUTH_SOCK: deadSocket } },
    );
    expect(problems).toEqual([
      {
        key: "sshAgent",
        expected: "a running agent whose socket SSH_AUTH_SOCK names",
        given: JSON.stringify(deadSocket),
      },
    ]);
  });

  it("that does not answer is refused with a key file too, because the plugin would use it", () => {
    const environment = { NODEFORGE_SSH_KEY: sshKeyPath };
    const problems = problemsWith({}, { environment: { ...environment, SSH_AUTH_SOCK: deadSocket } });
    expect(problems).toEqual([
      {
        key: "sshAgent",
        expected: "an agent that answers at SSH_AUTH_SOCK, or no SSH_AUTH_SOCK (`unset SSH_AUTH_SOCK`)",
        given: JSON.stringify(deadSocket),
      },
    ]);
    const { ssh } = read({}, { environment: { ...environment, SSH_AUTH_SOCK: socket } });
    expect(ssh.agentSocketPath).toBeUndefined();
    expect(ssh.privateKey).toContain("PRIVATE KEY");
  });
});
