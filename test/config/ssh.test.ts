import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sshpk from "sshpk";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Surroundings } from "../../config/index.ts";
import { immutableInputs, keepersOf, hasSameInputs } from "../../lifecycle/prior-cluster.ts";
import { priorStateOf } from "../support/prior-state.ts";
import { configWith, privateKey, problemsOf, publicKey, sshKeyPath } from "../support/settings.ts";
import { testKey } from "../support/ssh-key.ts";

const privateText = privateKey;
// ssh-add (OpenSSH 9.2) reads Ed25519 keys in OpenSSH's own form only.
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
});
afterAll(() => agent.kill());

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
  it("is the checkout's own, also where ~/.ssh has some", () => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey(), "operator");
    expect(read().ssh).toEqual({ user: "root", publicKey: lineOf("checkout"), privateKey: privateText });
  });

  it("is never one of ~/.ssh that nobody named: what is missing is said", () => {
    writeKey(homeKey(), "operator");
    const [problem] = problemsWith({});
    expect(problem).toMatchObject({ key: "sshPublicKey", given: JSON.stringify(`${keys.own}.pub`) });
    expect(problem?.wanted).toMatch(/^the key of this checkout, which `npm run env` makes, or /);
  });

  it.each(["sshPublicKey", "sshPrivateKeyPath"])("is one of ~/.ssh that %s names", (key) => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey("lab"), "lab");
    const path = key === "sshPublicKey" ? `${homeKey("lab")}.pub` : homeKey("lab");
    expect(read({ [key]: path }).ssh).toEqual({ user: "root", publicKey: lineOf("lab"), privateKey: privateText });
  });

  it("is the environment's before all that is found", () => {
    writeKey(keys.own, "checkout");
    expect(read({}, { environment: { NODEFORGE_SSH_KEY: sshKeyPath } }).ssh.publicKey).toBe(publicKey);
  });

  it("is one of ~/.ssh with an agent, and its private key is not read", () => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey("id_rsa"), "operator");
    const { ssh } = read({ sshAgent: "true" }, { environment: { SSH_AUTH_SOCK: socket } });
    expect(ssh).toEqual({ user: "root", publicKey: lineOf("operator"), agentSocketPath: socket });
  });
});

describe("the key of a living cluster", () => {
  /** A stack that remembers a cluster of a configuration. */
  const rememberedAs = (raw: Record<string, string>) => {
    const made = configWith({ sshPrivateKeyPath: sshKeyPath, ...raw }, { environment: {}, keys });
    const known = priorStateOf({ "RandomUuid dev-id": { result: "id", keepers: immutableInputs(made) } });
    return { known, isLiving: (config: Parameters<typeof hasSameInputs>[1]) => hasSameInputs(known, config) };
  };

  it.each(["id_ed25519", "id_rsa"])("stays %s of ~/.ssh if it was made with that, and that is said", (name) => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey("id_ed25519"), "first");
    writeKey(homeKey(name), "operator");
    const { known, isLiving } = rememberedAs({ sshPublicKey: `${homeKey(name)}.pub` });
    const config = read({}, { isLiving });
    expect(config.ssh).toEqual({
      user: "root",
      publicKey: lineOf("operator"),
      privateKey: privateText,
      keptKey: `${homeKey(name)}.pub`,
    });
    // The same cluster, which nothing of is replaced.
    expect(keepersOf(known, config, false)).toEqual(immutableInputs(config));
    expect(hasSameInputs(known, config)).toBe(true);
  });

  it("is no matter of ~/.ssh once the stack names it", () => {
    writeKey(homeKey(), "operator");
    const { isLiving } = rememberedAs({ sshPublicKey: `${homeKey()}.pub` });
    expect(read({ sshPublicKey: `${homeKey()}.pub` }, { isLiving }).ssh.keptKey).toBeUndefined();
  });

  it("stays the same for an agent, which takes the private key out of the state", () => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey(), "operator");
    const { known, isLiving } = rememberedAs({ sshPublicKey: `${homeKey()}.pub` });
    const config = read({ sshAgent: "true" }, { isLiving, environment: { SSH_AUTH_SOCK: socket } });
    expect(hasSameInputs(known, config)).toBe(true);
    expect(config.ssh).toEqual({ user: "root", publicKey: lineOf("operator"), agentSocketPath: socket });
  });

  it("stays the checkout's own", () => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey(), "operator");
    const { isLiving } = rememberedAs({ sshPublicKey: `${keys.own}.pub` });
    expect(read({}, { isLiving }).ssh).toEqual({
      user: "root",
      publicKey: lineOf("checkout"),
      privateKey: privateText,
    });
  });

  it("stays one of ~/.ssh whose private key lies elsewhere", () => {
    writeFileSync(join(folder, "elsewhere"), privateText);
    writeFileSync(`${homeKey()}.pub`, `${lineOf("operator")}\n`);
    const { isLiving } = rememberedAs({ sshPublicKey: `${homeKey()}.pub` });
    const { ssh } = read({ sshPrivateKeyPath: join(folder, "elsewhere") }, { isLiving });
    expect(ssh).toEqual({ user: "root", publicKey: lineOf("operator"), privateKey: privateText });
  });

  it("is the checkout's own where another cluster is wanted anyway", () => {
    writeKey(keys.own, "checkout");
    writeKey(homeKey(), "operator");
    const { isLiving } = rememberedAs({ sshPublicKey: `${homeKey()}.pub` });
    expect(read({ networkCidr: "192.168.223.0/24" }, { isLiving }).ssh.publicKey).toBe(lineOf("checkout"));
  });
});

describe("the agent", () => {
  it("is asked for its socket only, if sshAgent says so", () => {
    expect(problemsWith({ sshAgent: "true", sshPublicKey: publicKey }).map(({ key }) => key)).toEqual(["sshAgent"]);
    const { ssh } = read({ sshAgent: "true", sshPublicKey: publicKey }, { environment: { SSH_AUTH_SOCK: socket } });
    expect(ssh).toEqual({ user: "root", publicKey, agentSocketPath: socket });
  });

  it("that does not hold the key is refused, because no node would let it in", () => {
    const problems = problemsWith(
      { sshAgent: "true", sshPublicKey: otherPublicKey },
      { environment: { SSH_AUTH_SOCK: socket } },
    );
    expect(problems).toEqual([
      {
        key: "sshAgent",
        wanted: "an agent that holds the private key of sshPublicKey (`ssh-add`)",
        given: JSON.stringify(otherPublicKey),
      },
    ]);
  });

  it("that has ended is refused before anything is created, if sshAgent asks for it", () => {
    const problems = problemsWith(
      { sshAgent: "true", sshPublicKey: publicKey },
      { environment: { SSH_AUTH_SOCK: deadSocket } },
    );
    expect(problems).toEqual([
      {
        key: "sshAgent",
        wanted: "a running agent whose socket SSH_AUTH_SOCK names",
        given: JSON.stringify(deadSocket),
      },
    ]);
  });

  it("that has ended is refused beside a key as well, for the plugin's sake, and a running one is not", () => {
    const environment = { NODEFORGE_SSH_KEY: sshKeyPath };
    const problems = problemsWith({}, { environment: { ...environment, SSH_AUTH_SOCK: deadSocket } });
    expect(problems).toEqual([
      {
        key: "sshAgent",
        wanted: "no SSH_AUTH_SOCK where no agent answers (`unset SSH_AUTH_SOCK`)",
        given: JSON.stringify(deadSocket),
      },
    ]);
    const { ssh } = read({}, { environment: { ...environment, SSH_AUTH_SOCK: socket } });
    expect(ssh.agentSocketPath).toBeUndefined();
    expect(ssh.privateKey).toContain("PRIVATE KEY");
  });
});
