import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scriptInput, scriptText, startScript, type GuestScript } from "../../guest/script.ts";
import { readDeclaration } from "../../image/declaration.ts";

const scripts = readdirSync("guest")
  .filter((file) => file.endsWith(".sh"))
  .map((file) => file.replace(".sh", "") as GuestScript);

const start = startScript({ script: "print-kubeconfig", user: "root", limitMinutes: 1 });

/** Runs the shortest script with another body, as sshd would: through a shell, with everything else on stdin. */
function run(body: string, stdin = "", parameters: Record<string, string> = {}): string {
  const original = scriptInput([{ script: "leave" }, { script: "print-kubeconfig", parameters }]);
  const program = original.slice(original.indexOf("\n") + 1).replace('cat "$KUBECONFIG"', () => body);
  const input = `${Buffer.byteLength(program)}\n${program}${stdin}`;
  return execFileSync("sh", ["-c", `${start} 2>&1`], { encoding: "utf8", input });
}

describe("the command that starts a script", () => {
  it("has only a limit and the name of the script, because it is part of every error", () => {
    expect(startScript({ script: "join", user: "root", limitMinutes: 3 })).toBe(
      `timeout --kill-after 10 180 bash -c 'read -r size; eval "$(head -c "$size")"' join`,
    );
  });

  it("goes through sudo for any user but root", () => {
    expect(startScript({ script: "leave", user: "ops", limitMinutes: 1 })).toMatch(/^sudo -n timeout /);
    expect(start).not.toContain("sudo");
  });
});

describe("the input of a script", () => {
  it.each(["plain", "with 'quotes'", 'and "others"', "$(touch /nonexistent/x) `id` \\ $HOME", "two\nlines", "ünï"])(
    "arrives unchanged as a parameter and on stdin: %j",
    (value) => {
      expect(run(`printf '%s' "$VALUE"`, "", { VALUE: value })).toBe(value);
      expect(run("cat", value)).toBe(value);
    },
  );

  it("runs only the started script", () => {
    expect(run("echo only this")).toBe("only this\n");
  });

  it.each(scripts)("is valid Bash for %s", (script) => {
    const parameters = { NAME: "x" };
    expect(() => execFileSync("bash", ["-n"], { input: scriptText({ script, parameters }) })).not.toThrow();
    const input = scriptInput([{ script, parameters }]);
    expect(() => execFileSync("bash", ["-n"], { input: input.slice(input.indexOf("\n") + 1) })).not.toThrow();
  });
});

describe("a file that scripts source", () => {
  const read = (file: string) => readFileSync(`guest/lib/${file}`, "utf8").replaceAll(/^ *#.*\n/gm, "");
  const files = readdirSync("guest/lib");
  const functionsIn = (text: string) => [...text.matchAll(/^([a-z_]+)\(\)/gm)].map(([, name = ""]) => name);
  const shared = files.flatMap((file) => functionsIn(read(file)));
  /** Returns the shared functions that a text calls, first in a command or as the command that wait_for repeats. */
  const calledIn = (text: string) =>
    shared.filter((name) =>
      new RegExp(`(^|[;&|({!]|\\b(if|then|do|until|wait_for .*))\\s*${name}\\b(?!\\()`, "m").test(text),
    );

  it("defines functions that no other one defines, and sources nothing", () => {
    expect(new Set(shared).size).toBe(shared.length);
    expect(shared).toEqual(expect.arrayContaining(["say", "expect_join", "set_arguments", "boot_seconds"]));
    for (const file of files) expect(read(file), file).not.toMatch(/^source /m);
  });

  it.each(scripts)("is sourced by %s if the script needs it", (script) => {
    const text = scriptText({ script }).replaceAll(/^ *#.*\n/gm, "");
    expect(text).toMatch(/^set -euo pipefail$/m);
    expect(text).not.toMatch(/^source lib/m);
    const known = new Set(functionsIn(text));
    expect(calledIn(text).filter((name) => !known.has(name))).toEqual([]);
  });

  it("is found missing by its functions", () => {
    expect(calledIn("if ! restart kubelet; then\n  fail nothing\nfi\n").sort()).toEqual(["fail", "restart"]);
    expect(calledIn('systemctl restart kubelet\necho "runs" fail\n')).toEqual([]);
  });
});

describe("a node's image", () => {
  const { contract, paths } = readDeclaration();
  const path = `/tmp/nodeforge-record-${process.pid}`;
  const check = (record: string | undefined) => {
    const make = record === undefined ? "" : `cat >${path}; `;
    try {
      return run(`image_record=${path}; ${make}check_image; echo accepted`, record);
    } catch (error) {
      return (error as { stdout: string }).stdout;
    } finally {
      rmSync(path, { force: true });
    }
  };

  it.each([
    ["on one line", JSON.stringify({ contract, marker: "", versions: { etcd: "3.6.8" } })],
    ["on many lines", JSON.stringify({ marker: "", versions: { etcd: "3.6.8" }, contract }, null, 2)],
  ])("is accepted with the scripts' contract, written %s", (_, record) => {
    expect(check(record)).toBe("accepted\n");
  });

  it.each([
    ["another contract", JSON.stringify({ contract: contract + 1 }), `${contract + 1}`],
    [
      "a contract whose number begins with the same digits",
      JSON.stringify({ contract: contract * 10 }),
      `${contract * 10}`,
    ],
    ["a record without a contract", "{}", "none"],
    ["no record", undefined, "none"],
  ])("is refused with %s, in one line", (_, record, found) => {
    expect(check(record)).toMatch(
      new RegExp(
        `^.*FAILED: this node's image has contract ${found} .*, expected ${contract}. Fix: use an image .*\n$`,
      ),
    );
  });

  it("is checked by the record of images, before anything else on a node", () => {
    for (const script of ["init-control-plane", "join"] as const) {
      const text = scriptText({ script });
      expect(text).toContain(`image_record=${paths["image-record"]}\n`);
      const [first] = readFileSync(`guest/${script}.sh`, "utf8")
        .split("\n")
        .filter((line) => !/^(#|source lib)/.test(line));
      expect(first).toBe("check_image");
    }
  });
});

describe("wait_for", () => {
  it("ends when the command succeeds", () => {
    const path = `/tmp/nodeforge-wait-${process.pid}`;
    expect(run(`(sleep 1; touch ${path}) & wait_for 10 "a file" test -e ${path}; rm ${path}; say done`)).toContain(
      "done",
    );
  });

  it("fails at its limit with the last output of the command", () => {
    let output = "";
    try {
      run(`probe() { echo "no such thing yet"; return 1; }; wait_for 1 "a thing" probe`);
    } catch (error) {
      output = (error as { stdout: string }).stdout;
    }
    expect(output).toMatch(/FAILED: a thing: still missing after 1s: no such thing yet/);
  });
});

describe("a file for the units", () => {
  it("is written completely, with its mode", () => {
    const path = `/tmp/nodeforge-file-${process.pid}`;
    expect(run(`write_file 0640 ${path}; stat -c %a ${path}; cat ${path}; rm ${path}`, "text")).toBe("640\ntext");
  });
});
