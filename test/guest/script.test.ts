import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { guestScript, type GuestScript } from "../../guest/script.ts";

const scripts = readdirSync("guest")
  .filter((file) => file.endsWith(".sh") && file !== "common.sh")
  .map((file) => file.replace(".sh", "") as GuestScript);

describe("a script for a node", () => {
  it("is bounded, runs under bash, and starts with its parameters", () => {
    const text = guestScript("leave", { user: "root", limitMinutes: 3, parameters: { WORKER_NAME: "w-1", N: 2 } });
    const lines = text.split("\n");
    expect(lines[0]).toBe(`timeout --kill-after 10 180 bash -c "$(cat <<'NODEFORGE_END_OF_SCRIPT'`);
    expect(lines.slice(1, 3)).toEqual(["WORKER_NAME='w-1'", "N='2'"]);
    expect(text.split("NODEFORGE_END_OF_SCRIPT")).toHaveLength(3);
  });

  it("goes through sudo for any user but root", () => {
    expect(guestScript("leave", { user: "ops", limitMinutes: 1 })).toMatch(/^sudo -n timeout /);
    expect(guestScript("leave", { user: "root", limitMinutes: 1 })).not.toContain("sudo -n");
  });

  it.each(["plain", "with 'quotes'", 'and "others"', "$(touch /nonexistent/x) `id` \\ $HOME", "two\nlines"])(
    "hands over %j as it is",
    (value) => {
      const text = guestScript("print-kubeconfig", { user: "root", limitMinutes: 1, parameters: { VALUE: value } });
      // The last line of the script is replaced by one that prints what arrived.
      const probe = text.replace('cat "$KUBECONFIG"', `printf '%s' "$VALUE"`);
      expect(execFileSync("sh", ["-c", probe], { encoding: "utf8" })).toBe(value);
    },
  );

  it.each(scripts)("%s is valid and says what it needs and gives", (script) => {
    const text = guestScript(script, { user: "root", limitMinutes: 1 });
    expect(() => execFileSync("sh", ["-n"], { input: text })).not.toThrow();
    expect(text).toContain("set -euo pipefail");
  });
});

describe("wait_for", () => {
  const run = (body: string) => {
    const text = guestScript("print-kubeconfig", { user: "root", limitMinutes: 1 });
    return execFileSync("sh", ["-c", `{ ${text.trimEnd()}; } 2>&1`.replace('cat "$KUBECONFIG"', body)], {
      encoding: "utf8",
    });
  };

  it("goes on once the command succeeds", () => {
    const path = `/tmp/nodeforge-wait-${process.pid}`;
    expect(run(`(sleep 1; touch ${path}) & wait_for 10 "a file" test -e ${path}; rm ${path}; say done`)).toContain(
      "done",
    );
  });

  it("fails at its limit with what the command said last", () => {
    let output = "";
    try {
      run(`probe() { echo "no such thing yet"; return 1; }; wait_for 1 "a thing" probe`);
    } catch (error) {
      output = (error as { stdout: string }).stdout;
    }
    expect(output).toMatch(/FAILED: a thing: still missing after 1s: no such thing yet/);
  });
});
