import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

/** The hypervisor of the tier's own namespaces. */
export const libvirtUri = "qemu:///system";

/** A node as the stack's outputs show it. */
export interface NodeOutput {
  name: string;
  role: string;
  address: string;
}

/** How a program ended. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  /** Both streams as the operator sees them. */
  readonly all: string;
}

/**
 * A stack with a backend, passphrase and ssh key of its own, driven by the commands of the README.
 *
 * What the commands print is kept: the tests look for secrets in it.
 */
export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), "nodeforge-e2e-"));
  readonly sshKey = join(this.folder, "id_ed25519");
  readonly printed: string[] = [];
  readonly #stack: string;

  constructor(stack: string) {
    this.#stack = stack;
  }

  /** Makes the ssh key. */
  async prepare(): Promise<void> {
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "e2e", "-f", this.sshKey]);
  }

  /**
   * Runs a command of the wrapper, such as `up`, as `npm run` does.
   * @param limitMinutes It is killed then.
   */
  async nodeforge(command: string, args: readonly string[], limitMinutes: number): Promise<Ended> {
    const ended = await this.#run(
      "bash",
      ["toolchain/with-packages", "toolchain/cli.ts", command, ...args],
      limitMinutes,
    );
    this.printed.push(ended.all);
    return ended;
  }

  /** Runs Pulumi itself on the stack and returns what it printed. @throws when it fails. */
  async pulumi(...args: readonly string[]): Promise<string> {
    const ended = await this.#run("pulumi", [...args, "--stack", this.#stack, "--non-interactive"], 5);
    if (ended.exitCode !== 0) throw new Error(`pulumi ${args.join(" ")}: ${ended.all}`);
    return ended.stdout;
  }

  /** Runs kubectl through the wrapper and returns what it printed. @throws when it fails. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const ended = await this.#run("bash", ["toolchain/with-packages", "toolchain/cli.ts", "kubectl", ...args], 5);
    if (ended.exitCode !== 0) throw new Error(`kubectl ${args.join(" ")}: ${ended.all}`);
    return ended.stdout;
  }

  /** Runs a command on a node by ssh, the host key unchecked: it is what is being compared. */
  async ssh(address: string, command: string): Promise<string> {
    const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
    const flags = options.flatMap((option) => ["-o", option]);
    const { stdout } = await execa("ssh", [...flags, "-i", this.sshKey, `root@${address}`, command], {
      timeout: 120_000,
    });
    return stdout;
  }

  /** Runs virsh on the tier's hypervisor; returns the lines it printed. */
  async virsh(...args: readonly string[]): Promise<string[]> {
    const { stdout } = await execa("virsh", ["-c", libvirtUri, "--quiet", ...args], { timeout: 60_000 });
    return stdout
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  }

  /** The state as it lies in the backend, secrets encrypted. */
  state(): string {
    return readFileSync(join(this.folder, ".pulumi", "stacks", "nodeforge", `${this.#stack}.json`), "utf8");
  }

  /** Removes what is left on disk. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #run(file: string, args: readonly string[], limitMinutes: number): Promise<Ended> {
    const { exitCode, stdout, all } = await execa(file, args, {
      all: true,
      reject: false,
      timeout: limitMinutes * 60_000,
      // A bring-up takes minutes; whoever waits sees where it is.
      ...(file === "bash" ? { stdout: ["pipe", "inherit"] as const, stderr: ["pipe", "inherit"] as const } : {}),
      env: {
        PULUMI_STACK: this.#stack,
        PULUMI_BACKEND_URL: `file://${this.folder}`,
        PULUMI_CONFIG_PASSPHRASE: "of the tests only",
        NODEFORGE_SSH_KEY: this.sshKey,
      },
    });
    return { exitCode: exitCode ?? 1, stdout, all };
  }
}
