import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { plainText } from "../../lib/plain-text.ts";
import { up as runUp } from "../../cli/up.ts";
import { TestStack } from "./stack.ts";

const runs = mkdtempSync(join(tmpdir(), "nodeforge-lines-"));
afterAll(() => rmSync(runs, { recursive: true }));

/** Runs `npm run up` without a terminal. Returns its exit code, and the lines that it prints itself. */
async function up(stack: TestStack, settings: Parameters<TestStack["up"]>[0] = {}, ...args: string[]) {
  const printed: string[] = [];
  const keep = (text: unknown) => printed.push(String(text)) > 0;
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(keep),
    vi.spyOn(process.stderr, "write").mockImplementation(keep),
    vi.spyOn(console, "log").mockImplementation((text) => void keep(`${text}\n`)),
  ];
  // Commands that run virsh beside Pulumi must run the stack's own.
  vi.stubEnv("PATH", stack.session().variables.PATH ?? "");
  let code: number;
  try {
    code = await runUp(stack.operating(settings), ["--non-interactive", ...args], { runs });
  } finally {
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
  const lines = printed.join("").split("\n");
  /** Text of the lines about a node or a part, without the times. */
  const of = (name: string) =>
    lines
      .filter((line) => line.trim().split(/\s+/)[1]?.replace(":", "") === name)
      .map((line) => line.replace(/^ *\S+ {2}\S+ ?/, "").replace(/ after \S+$/, ""));
  return { code, lines, text: printed.join(""), of };
}

describe("up without a terminal", () => {
  let stack: TestStack;
  let first: Awaited<ReturnType<typeof up>>;
  beforeAll(async () => {
    stack = await TestStack.create({ workers: 2 });
    first = await up(stack);
  });
  afterAll(() => stack[Symbol.asyncDispose]());

  it("prints a line for each phase of each node, in order", () => {
    expect(first.code, first.text).toBe(0);
    expect(first.of("master")).toEqual(["volume", "boot", "address", "cloud-init", "settings", "runs"]);
    const phases = ["volume", "boot", "address", "token", "cloud-init", "until Ready", "Ready"];
    expect(first.of("worker-node-1")).toEqual(phases);
    expect(first.of("worker-node-2")).toEqual(phases);
    expect(first.lines.filter((line) => / node image$/.test(line))).toHaveLength(1);
    expect(first.lines.filter((line) => / all nodes Ready$/.test(line))).toHaveLength(1);
    expect(first.text).toContain(", resources: 52 created\nlongest of a node: volume ");
  });

  it("does not print Pulumi's own lines or a secret, and keeps Pulumi's lines in the run's log", () => {
    expect(first.text).not.toContain("nodeforge:index:Master");
    expect(stack.guests.secrets.length).toBeGreaterThan(0);
    expect(stack.guests.secrets.filter((secret) => first.text.includes(secret))).toEqual([]);
    const [, folder = ""] = /this run is recorded in (\S+)/.exec(first.text) ?? [];
    expect(readFileSync(join(folder, "pulumi.log"), "utf8")).toContain("nodeforge:index:Master");
  });

  it("names no node where nothing changes, and every phase of a removal", async () => {
    const second = await up(stack);
    expect([second.code, second.of("master"), second.of("worker-node-1")], second.text).toEqual([0, [], []]);
    expect(second.text).toContain("resources: none changed");

    const shrunk = await up(stack, { workers: 1 }, "--yes");
    expect(shrunk.code, shrunk.text).toBe(0);
    expect(shrunk.of("worker-node-2")).toEqual(["drain", "shut down", "delete", "removed"]);
    expect(shrunk.of("worker-node-1")).toEqual([]);
  });

  it("prints why a step failed", async () => {
    stack.world.on("before", /create Domain/, () => {
      throw new Error("the hypervisor has no memory");
    });
    const failed = await up(stack, { workers: 2 }, "--yes");
    expect(failed.code).not.toBe(0);
    const lines = failed.of("worker-node-2");
    expect(lines).toEqual([
      "volume",
      "boot",
      expect.stringMatching(/^failed: boot after .*: the hypervisor has no memory$/),
    ]);
    expect(failed.text).toMatch(/\nDiagnostics:\n[^]*the hypervisor has no memory/);
    expect(failed.text).not.toContain("NODE ");
  });
});

describe("up on a terminal", () => {
  /**
   * Answers yes to Pulumi's question.
   * @param react Gets everything printed so far, and types a text.
   */
  async function upOnTerminal(stack: TestStack, react: (printed: string, type: (text: string) => void) => void) {
    const { configFile = "" } = stack.operating();
    const words = ["up", "--stack", "lab", "--config-file", configFile];
    const program = [process.execPath, join(import.meta.dirname, "terminal-up.ts"), stack.folder, ...words].join(" ");
    const command = `stty rows 30 cols 120; ${program}`;
    const terminal = execa("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
      env: { ...stack.session().variables, SHELL: "/bin/sh", TERM: "xterm", CI: "", PULUMI_CI_SYSTEM: "" },
      timeout: 230_000,
      reject: false,
      buffer: false,
    });
    const type = (text: string) => void terminal.stdin.write(text);
    let printed = "";
    let isAsked = false;
    terminal.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      if (!isAsked && printed.includes("perform this update")) {
        isAsked = true;
        // The cursor is on `no`, and `yes` is above. Pulumi reads a key only after it has drawn the answers.
        setTimeout(() => type("\x1b[A\r"), 500);
      }
      react(printed, type);
    });
    await terminal;
    const answered = printed.lastIndexOf("perform this update");
    return {
      code: Number(readFileSync(join(stack.folder, "exit-code"), "utf8")),
      plan: plainText(printed.slice(0, answered)),
      update: plainText(printed.slice(answered)),
      log: readFileSync(join(stack.folder, "pulumi.log"), "utf8"),
    };
  }

  it("asks Pulumi's question, and then redraws one line for each node instead of Pulumi's display", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    const { code, plan, update, log } = await upOnTerminal(stack, () => undefined);
    expect(code, update).toBe(0);
    expect(plan).toContain("nodeforge:index:Master");
    expect(update).not.toContain("nodeforge:index:Master");
    expect(update).toMatch(/\nmaster +runs +\d+s\n/);
    expect(update).toMatch(/\nworker-node-1 +Ready +\d+s\n/);
    expect(update).toContain("resources: 44 created");
    expect(log).toMatch(/Resources:\n +\+ 44 created/);
  });

  it("says after Ctrl-C what happens now", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    const interrupted = Promise.withResolvers<void>();
    stack.world.on("before", /create Domain/, () => interrupted.promise);
    let isTyped = false;
    const { code, update, log } = await upOnTerminal(stack, (printed, type) => {
      if (!isTyped && /worker-node-1 +boot/.test(printed)) type("\x03");
      isTyped ||= /worker-node-1 +boot/.test(printed);
      if (printed.includes("continues from there")) interrupted.resolve();
    });
    expect(code, update).not.toBe(0);
    expect(update).toMatch(/Ctrl-C: nothing new starts\. These steps end first: .*worker-node-1 \(boot\)/);
    expect(update).toContain("Ctrl-C again ends at once.");
    expect(update).not.toMatch(/\nworker-node-1 +Ready/);
    expect(log).toContain("^C received");
  });
});
