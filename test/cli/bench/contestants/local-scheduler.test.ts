import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished } from "vitest";
import type { LocalProgram } from "../../../../cli/bench/contestants/contestant.ts";
import { LocalScheduler } from "../../../../cli/bench/contestants/local-scheduler.ts";
import { test } from "../../../support/folder.ts";

const contestant = { name: "mine", configuration: '{"clientConnection":{"kubeconfig":"/x","qps":5}}', arguments: [] };
const credential = { kubeconfig: "kind: Config\n", token: "the-token" };

/** Returns a program of Bash whose arguments are the rest. */
const bash = (text: string, url?: string, ...args: string[]): LocalProgram => ({
  ...{ command: "/bin/bash", args: ["-c", text, "mine", ...args], limits: { qps: 5, burst: 6 } },
  ...(url === undefined ? {} : { url }),
});

/** Starts a server as a scheduler has it, and returns its URL and the tokens that it got. */
async function schedulerServer(status = 200) {
  const tokens: unknown[] = [];
  const server = createServer(({ url, headers }, answer) => {
    tokens.push(headers.authorization);
    answer.statusCode = url === "/metrics" ? 200 : status;
    answer.end(url === "/metrics" ? "m 1\n" : "ok");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tokens };
}

function localIn(folder: string): LocalScheduler {
  const local = new LocalScheduler(folder);
  onTestFinished(() => local.stop());
  return local;
}

const isAlive = (pid: number) => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};

describe("a local scheduler", () => {
  test("gets its kubeconfig, its configuration and the limits, and no secret of Pulumi", async ({ folder }) => {
    const { url } = await schedulerServer();
    const local = localIn(folder);
    process.env["PULUMI_TEST"] = "secret";
    onTestFinished(() => void delete process.env["PULUMI_TEST"]);
    const text = 'echo "$@" $KUBECONFIG $NODEFORGE_CONFIG "${PULUMI_TEST-none}"; sleep 60';
    const args = ["--k={kubeconfig}", "{config}", "{qps}/{burst}", "{other}"];
    await local.start(contestant, bash(text, url, ...args), credential);
    const [kubeconfig, config] = [join(folder, "mine.kubeconfig"), join(folder, "mine.json")];
    const line = `--k=${kubeconfig} ${config} 5/6 {other} ${kubeconfig} ${config} none\n`;
    await expect.poll(() => local.log()).toBe(line);
    expect(readFileSync(kubeconfig, "utf8")).toBe(credential.kubeconfig);
    expect(JSON.parse(readFileSync(config, "utf8"))).toEqual({ clientConnection: { kubeconfig, qps: 5 } });
    expect(local.runs).toBe(true);
  });

  test("is observed by its token and by its processes, and ends with its descendants", async ({ folder }) => {
    const { url, tokens } = await schedulerServer();
    const local = localIn(folder);
    await local.start(contestant, bash("sleep 60 & echo $! $$; wait", url), credential);
    await expect.poll(() => local.log()).toMatch(/^\d+ \d+\n$/);
    const pids = (await local.log()).trim().split(" ").map(Number);
    const seen = await local.observe("end");
    expect(seen.metrics).toBe("m 1\n");
    expect(seen.usage?.memoryPeak).toBeGreaterThan(100_000);
    expect((await local.observe("start")).metrics).toBe("m 1\n");
    expect(await local.observe("between")).not.toHaveProperty("metrics");
    expect(new Set(tokens)).toEqual(new Set(["Bearer the-token"]));
    expect(pids.map(isAlive)).toEqual([true, true]);
    await local.stop();
    await expect.poll(() => pids.map(isAlive)).toEqual([false, false]);
    expect([local.runs, await local.observe("end")]).toEqual([false, {}]);
    await local.stop();
  });

  test("that ends at once fails with the end of its log", async ({ folder }) => {
    const { url } = await schedulerServer(500);
    const local = localIn(folder);
    const start = local.start(contestant, bash("echo no such flag; exit 3", url), credential);
    await expect(start).rejects.toThrow("mine ended (exit code 3): no such flag");
    expect(local.runs).toBe(false);
  });

  test("that cannot be started is named", async ({ folder }) => {
    const program = { ...bash(""), command: join(folder, "missing") };
    await expect(localIn(folder).start(contestant, program, credential)).rejects.toThrow(
      /mine did not start: .*ENOENT/,
    );
  });

  test("that ends later does not run any more, and keeps its log", async ({ folder }) => {
    const { url } = await schedulerServer();
    const local = localIn(folder);
    await local.start(contestant, bash("echo last words; sleep 0.3", url), credential);
    await expect.poll(() => local.runs).toBe(false);
    expect(await local.log()).toBe("last words\n");
  });

  test("without a URL counts as started after two seconds", async ({ folder }) => {
    const local = localIn(folder);
    await local.start(contestant, bash("sleep 60"), credential);
    expect(local.runs).toBe(true);
    expect(await local.observe("end")).not.toHaveProperty("metrics");
  });

  test("ends when its parent is killed by kill -9", async ({ folder }) => {
    const module = new URL("../../../../cli/bench/contestants/local-scheduler.ts", import.meta.url).href;
    const given = JSON.stringify([contestant, bash("echo $$; exec sleep 60"), credential]);
    const text = `import { LocalScheduler } from ${JSON.stringify(module)};
      await new LocalScheduler(${JSON.stringify(folder)}).start(...${given});
      console.log("started"); setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", text], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(parent.stdout, "data");
    const pid = Number(readFileSync(join(folder, "mine.log"), "utf8"));
    expect(isAlive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 8_000 }).toBe(false);
    expect(existsSync(`/proc/${parent.pid}`) && isAlive(parent.pid ?? 0)).toBe(false);
  });
});
