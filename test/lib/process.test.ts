import { expect, describe, test } from "vitest";
import { run, which } from "../../lib/process.ts";

describe("running a program", () => {
  test("returns its output", async () => {
    expect(await run("printf", ["%s", "hello"])).toBe("hello");
  });

  test("passes the given input, and nothing else", async () => {
    expect(await run("cat", [], { input: "two\nlines" })).toBe("two\nlines");
    expect(await run("cat", [])).toBe("");
  });

  test("passes this process's environment and the added variables", async () => {
    expect(await run("sh", ["-c", 'echo "$ADDED ${HOME:+and more}"'], { env: { ADDED: "this" } })).toBe(
      "this and more",
    );
  });

  test("fails with its name, exit code and last lines of output", async () => {
    const failed = run("sh", ["-c", "echo the reason >&2; exit 3"]);
    await expect(failed).rejects.toThrow(/^sh -c .*: exit code 3\nthe reason$/);
  });

  test("fails with its name if it is not installed", async () => {
    await expect(run("no-such-program", ["x"])).rejects.toThrow("no-such-program x: not installed");
  });

  test("stops it at its limit", async () => {
    await expect(run("sleep", ["30"], { timeout: 50 })).rejects.toThrow("did not end within 0.05 s");
  });
});

describe("the output of a program on this terminal", () => {
  /** Runs a program in a process of its own, which hides the output after the word `hide` and until the word `show`. */
  const tee = async (script: string) => {
    const module = new URL("../../lib/process.ts", import.meta.url);
    const program = `
      const { runInteractively } = await import(${JSON.stringify(module)});
      let kept = "", hidden = false;
      const onOutput = (text) => {
        kept += text;
        hidden = /hide/.test(text) || (hidden && !/show/.test(text));
      };
      const code = await runInteractively("sh", ["-c", ${JSON.stringify(script)}], {
        onOutput: Object.assign(onOutput, { hides: () => hidden }),
      });
      console.log(JSON.stringify({ code, kept }));`;
    return run(process.execPath, ["--input-type=module", "--eval", program]);
  };

  test("is shown and kept", async () => {
    expect(await tee("echo one; exit 3")).toBe('one\n{"code":3,"kept":"one\\n"}');
  });

  test("is kept while it is hidden, also that of the standard error", async () => {
    const script = "echo one; sleep 0.3; echo hide; sleep 0.3; echo secret >&2; sleep 0.3; echo show";
    expect(await tee(script)).toBe('one\nshow\n{"code":0,"kept":"one\\nhide\\nsecret\\nshow\\n"}');
  });
});

describe("the path of a program", () => {
  test("is found in the given folders only", () => {
    expect(which("sh", "/nonexistent::/bin")).toBe("/bin/sh");
    expect(which("sh", "/nonexistent")).toBe(undefined);
    expect(which("no-such-program")).toBe(undefined);
  });
});
