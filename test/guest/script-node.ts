import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scriptText, type ScriptCall } from "../../guest/script.ts";
import { temporaryFolder } from "../support/folder.ts";
import type { Outcome } from "./node.ts";

/** A node for one test of a script: a folder instead of the root folder, and functions as programs. */
export class ScriptNode {
  readonly folder = temporaryFolder();
  readonly #places: readonly (readonly [place: string, own: string])[];
  readonly #programs: string;

  /**
   * @param places Paths of a node, and their paths in the folder.
   * @param programs Bash functions that replace programs. They add to {@link calls} with `note`.
   */
  constructor(places: Readonly<Record<string, string>>, programs: string) {
    this.#places = Object.entries(places);
    this.#programs = programs;
    this.write("image.json", '{"contract": 2}');
  }

  /** Runs a script with the replaced programs, without waiting. */
  run(call: ScriptCall, input: string | Buffer = "", environment: Readonly<Record<string, string>> = {}): Outcome {
    let text = scriptText(call);
    for (const [place, own] of this.#places) text = text.replaceAll(place, `${this.folder}/${own}`);
    const note = `note() { printf '%s\\n' "$*" >>"$FOLDER/calls"; }\nsleep() { SECONDS=$((SECONDS + 100)); }\n`;
    return spawnSync("bash", ["--norc", "-c", `${note}${this.#programs}\n${text}`], {
      input,
      env: { PATH: process.env.PATH, FOLDER: this.folder, ...environment },
      encoding: "utf8",
      timeout: 20_000,
    });
  }

  /** Calls that the programs noted, in their order, with the paths of a real node. */
  get calls(): readonly string[] {
    if (!this.has("calls")) return [];
    let text = this.read("calls").trimEnd();
    for (const [place, own] of this.#places) text = text.replaceAll(`${this.folder}/${own}`, place);
    return text.split("\n");
  }

  /** Writes a file and creates its folders. */
  write(file: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text, { mode });
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  has(file: string): boolean {
    return existsSync(join(this.folder, file));
  }
}
