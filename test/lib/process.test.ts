import { expect, describe, test } from "vitest";
import { run, which } from "../../lib/process.ts";

describe("a program that is run", () => {
  test("returns what it prints", async () => {
    expect(await run("printf", ["%s", "hello"])).toBe("hello");
  });

  test("reads what it is given, and nothing else", async () => {
    expect(await run("cat", [], { input: "two\nlines" })).toBe("two\nlines");
    expect(await run("cat", [])).toBe("");
  });

  test("has this process's environment and what is added", async () => {
    expect(await run("sh", ["-c", 'echo "$ADDED ${HOME:+and more}"'], { env: { ADDED: "this" } })).toBe(
      "this and more",
    );
  });

  test("is named with its exit code and last words when it fails", async () => {
    const failed = run("sh", ["-c", "echo the reason >&2; exit 3"]);
    await expect(failed).rejects.toThrow(/^sh -c .*: exit code 3\nthe reason$/);
  });

  test("is named when there is none of that name", async () => {
    await expect(run("no-such-program", ["x"])).rejects.toThrow("no-such-program x: not installed");
  });

  test("is stopped at its limit", async () => {
    await expect(run("sleep", ["30"], { timeout: 50 })).rejects.toThrow("did not end within 0.05 s");
  });
});

describe("a program that is looked for", () => {
  test("is found in the folders that are given, or not", () => {
    expect(which("sh", "/nonexistent::/bin")).toBe("/bin/sh");
    expect(which("sh", "/nonexistent")).toBe(undefined);
    expect(which("no-such-program")).toBe(undefined);
  });
});
