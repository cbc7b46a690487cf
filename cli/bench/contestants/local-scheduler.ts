import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { writeOwn } from "../../../lib/private-files.ts";
import type { ObservedAt } from "../metrics/usage.ts";
import { withKubeconfig } from "./configuration.ts";
import type { Contestant, LocalProgram } from "./contestant.ts";
import { usageOfSession } from "./process-tree.ts";
import type { SchedulerCredential } from "./scheduler-identity.ts";

const guard = fileURLToPath(new URL("local-guard.ts", import.meta.url));

/** Lines of the log that are kept, as of a journal. */
const logLines = 2_000;

/** Seconds in which the scheduler becomes healthy, as on the control plane. */
const healthSeconds = 120;

/** Milliseconds after which a scheduler without a URL counts as started. */
const startPause = 2_000;

/** Milliseconds in which the guard ends the program. It kills it after five seconds. */
const stopMilliseconds = 15_000;

interface Running {
  readonly guard: ChildProcess;
  readonly program: LocalProgram;
  readonly credential: SchedulerCredential;
  readonly log: string;
  /** Process id of the program, which is the id of its session. */
  readonly session: number;
  /** How it ended. */
  exit?: string;
}

/** Answers of a local scheduler about itself. */
interface LocalSeen {
  readonly metrics?: string;
  readonly usage?: { readonly cpuSeconds: number; readonly memoryPeak: number };
}

/** A scheduler as a process of this machine. It ends with this process, whatever ends that. */
export class LocalScheduler {
  readonly #folder: string;
  #running: Running | undefined;
  #lastLog = "";

  /** @param folder Private folder for the kubeconfig, the configuration and the log. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Starts a scheduler, and waits until it is healthy. Its environment has KUBECONFIG and NODEFORGE_CONFIG.
   * @throws when it ends, or is not healthy in time.
   */
  async start({ name, configuration }: Contestant, program: LocalProgram, credential: SchedulerCredential) {
    await this.stop();
    const kubeconfig = join(this.#folder, `${name}.kubeconfig`);
    const config = join(this.#folder, `${name}.json`);
    const log = join(this.#folder, `${name}.log`);
    await writeOwn(kubeconfig, credential.kubeconfig);
    await writeOwn(config, withKubeconfig(configuration, kubeconfig));
    await writeOwn(log, "");
    this.#lastLog = log;
    const values: Readonly<Record<string, string>> = {
      ...{ kubeconfig, config, qps: String(program.limits.qps), burst: String(program.limits.burst) },
    };
    const args = program.args.map((each) =>
      each.replaceAll(/\{([a-z]+)\}/g, (whole, key: string) => values[key] ?? whole),
    );
    const environment = Object.entries(process.env).filter(([key]) => !key.startsWith("PULUMI_"));
    const file = openSync(log, "a");
    const child = spawn(process.execPath, [guard, program.command, ...args], {
      stdio: ["ignore", file, file, "ipc"],
      detached: true,
      env: { ...Object.fromEntries(environment), KUBECONFIG: kubeconfig, NODEFORGE_CONFIG: config },
    });
    closeSync(file);
    const early = once(child, "exit").then(() => [{ exit: "its guard ended" }]);
    const [first] = (await Promise.race([once(child, "message"), early])) as [
      { readonly pid?: number; readonly exit?: string },
    ];
    if (first.pid === undefined) throw new Error(`${name} did not start: ${first.exit ?? "no reason"}`);
    const running: Running = { guard: child, program, credential, log, session: first.pid };
    child.on("message", ({ exit }: { readonly exit?: string }) => {
      if (exit !== undefined) running.exit = exit;
    });
    child.on("exit", () => (running.exit ??= "its guard ended"));
    this.#running = running;
    await this.#healthy(name, running);
  }

  /** Ends the scheduler and its descendants. May be called at any time. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    const { guard: child, session } = running;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    if (child.connected) child.disconnect();
    const late = await Promise.race([ended.then(() => false), sleep(stopMilliseconds, true, { ref: false })]);
    if (!late) return;
    try {
      process.kill(-session, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
    child.kill("SIGKILL");
  }

  /** Whether the scheduler that was started last still runs. */
  get runs(): boolean {
    return this.#running !== undefined && this.#running.exit === undefined;
  }

  /** Returns its metrics, where it has a URL, and what its processes use. */
  async observe(when: ObservedAt): Promise<LocalSeen> {
    const running = this.#running;
    if (running === undefined) return {};
    const read = () => (running.program.url === undefined ? undefined : get(running, "/metrics"));
    const before = when === "start" ? await read() : undefined;
    const usage = await usageOfSession(running.session);
    const metrics = when === "end" ? await read() : before;
    return { ...(metrics === undefined ? {} : { metrics }), ...(usage === undefined ? {} : { usage }) };
  }

  /** Returns the end of the log of the scheduler that was started last. */
  async log(): Promise<string> {
    if (this.#lastLog === "") return "";
    const lines = (await readFile(this.#lastLog, "utf8")).split("\n");
    return lines.slice(-logLines - 1).join("\n");
  }

  async #healthy(name: string, running: Running): Promise<void> {
    const { url } = running.program;
    const end = Date.now() + (url === undefined ? startPause : healthSeconds * 1000);
    for (let last = "no answer"; ;) {
      if (running.exit !== undefined) {
        const lines = (await this.log()).trim().split("\n").slice(-5).join(" ");
        throw new Error(`${name} ended (${running.exit}): ${lines}`);
      }
      if (url !== undefined) {
        const answer = await get(running, "/healthz").catch((error: Error) => error);
        if (typeof answer === "string") return;
        last = answer.message;
      }
      if (Date.now() > end) {
        if (url === undefined) return;
        throw new Error(`${name} is not healthy after ${healthSeconds} s: ${last}. Fix: correct local.url, or its log`);
      }
      await sleep(100);
    }
  }
}

/** The certificate of a scheduler on the loopback interface is its own. */
async function get({ program: { url = "" }, credential: { token } }: Running, path: string): Promise<string> {
  const options = { rejectUnauthorized: false, timeout: 10_000, headers: { authorization: `Bearer ${token}` } };
  const send = url.startsWith("https:") ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const call = send(`${url}${path}`, options, (answer) => {
      text(answer).then((body) => {
        if (answer.statusCode === 200) resolve(body);
        else reject(new Error(`${url}${path}: ${answer.statusCode} ${body.slice(0, 100)}`));
      }, reject);
    });
    call.on("timeout", () => call.destroy(new Error(`${url}${path}: no answer after 10 s`)));
    call.on("error", reject).end();
  });
}
