import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import {
  installedInput,
  installedScript,
  scriptFolder,
  scriptOf,
  startInstalled,
} from "../../guest/installed-script.ts";
import { sharedFolder } from "../support/folder.ts";

const folder = sharedFolder();
const { id } = installedScript("leave");

/** Runs the command of a script on a node with these files in the folder of the scripts. */
function run(input: string, files: Readonly<Record<string, string>>, script = "leave" as const) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const command = startInstalled({ script, user: "root", limitMinutes: 1 }).replace(scriptFolder, folder);
  return spawnSync("sh", ["-c", command], { encoding: "utf8", input });
}

beforeEach(() => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
});

describe("the id of a script", () => {
  it("has its name and a digest of its whole text, so each script has another one", () => {
    expect(id).toMatch(/^leave-[0-9a-f]{12}$/);
    const others = (["leave", "join", "mint-token", "renew-token"] as const).map((name) => installedScript(name).id);
    expect(new Set(others.map((other) => other.slice(-12))).size).toBe(4);
  });

  it("is that of this checkout, or refused", () => {
    expect(scriptOf(id)).toEqual(installedScript("leave"));
    expect(() => scriptOf("leave-000000000000")).toThrow(
      `this checkout has ${id}, expected leave-000000000000: it changed during the run`,
    );
  });
});

describe("an installed script", () => {
  const head = installedScript("leave").text.split("\n", 2).join("\n");
  const body = `${head}\nprintf '%s|' "$0" "$VALUE" "\${OTHER-none}" "$(cat)"\n`;
  const input = (value: string, stdin = "") =>
    installedInput(
      [
        { script: "mint-token", parameters: { OTHER: "of another script" } },
        { script: "leave", parameters: { VALUE: value } },
      ],
      stdin,
    );

  it.each(["plain", "with 'quotes'", "$(touch /nonexistent/x) `id` \\ $HOME", "two\nlines", "ünï"])(
    "gets its own parameters and its standard input unchanged: %j",
    (value) => {
      const { stdout, stderr } = run(input(value, value), { [`${id}.sh`]: body });
      expect([stdout, stderr]).toEqual([`${id}|${value}|none|${value}|`, ""]);
    },
  );

  it("of another version is the newest one where the node lacks this version", () => {
    symlinkSync("leave-000000000000.sh", join(folder, "leave.sh"));
    expect(run(input("x"), { "leave-000000000000.sh": body }).stdout).toBe(`${id}|x|none||`);
  });

  it("fails with the path where the node has no version", () => {
    const { status, stderr } = run(input("x"), {});
    expect(status).not.toBe(0);
    expect(stderr).toContain(`${folder}/leave.sh: No such file or directory`);
  });

  it("is valid Bash", () => {
    expect(() => execFileSync("bash", ["-n"], { input: installedScript("leave").text })).not.toThrow();
  });
});

describe("the command", () => {
  it("names the script with its digest, and has no text of it", () => {
    const command = startInstalled({ script: "leave", user: "ops", limitMinutes: 2, repeated: true });
    expect(command).toMatch(/^sudo -n timeout --kill-after 10 120 env REPEATED=yes bash -c '.*' leave-[0-9a-f]{12}$/);
    expect(command.length).toBeLessThan(200);
    expect(startInstalled({ script: "leave", user: "root", limitMinutes: 2 })).not.toMatch(/sudo|REPEATED/);
  });
});
