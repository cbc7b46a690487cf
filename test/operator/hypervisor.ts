import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A simulated hypervisor: a `virsh` that records its calls and answers with a shell script. A test's end deletes it. */
export class TestHypervisor {
  readonly #folder = mkdtempSync(join(tmpdir(), "nodeforge-virsh-"));

  /** @param answers Body of the script. Its arguments are virsh's without the URI; it may keep files in its folder. */
  constructor(answers: string) {
    onTestFinished(() => rmSync(this.#folder, { recursive: true }));
    const virsh = join(this.#folder, "virsh");
    writeFileSync(virsh, `#!/bin/sh\necho "$*" >>"$FOLDER/calls"\ncd "$FOLDER"\nshift 3\n${answers}\n`);
    chmodSync(virsh, 0o755);
  }

  /** Runs a script of operator/, as a step of a stack does. */
  async run(script: string, environment: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, [`operator/${script}.ts`], {
      env: {
        PATH: `${this.#folder}:${process.env.PATH}`,
        FOLDER: this.#folder,
        LIBVIRT_URI: "qemu:///system",
        DOMAIN: "lab-w",
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
      // The limits of the script are a few seconds in the tests.
      timeout: 25_000,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (piece: Buffer) => (stdout += piece.toString()));
    child.stderr.on("data", (piece: Buffer) => (stderr += piece.toString()));
    const status = await new Promise((resolve) => child.on("close", resolve));
    return { status, stdout, stderr };
  }

  /** Text of a file that the answers wrote. */
  read(file: string): string {
    return readFileSync(join(this.#folder, file), "utf8");
  }

  /** Arguments of virsh, one line for each call. */
  get calls(): readonly string[] {
    const path = join(this.#folder, "calls");
    return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
  }
}
