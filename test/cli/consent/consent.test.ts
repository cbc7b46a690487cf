import { expect, test } from "vitest";
import { agreeing, agrees, isUnattended } from "../../../cli/consent/consent.ts";

test.each([[["--yes"]], [["-y"]], [["--skip-preview"]], [["-f"]], [["--target", "x", "-dy"]], [["--yes=true"]]])(
  "%j agrees beforehand",
  (args) => {
    expect(agrees(args, {})).toBe(true);
    expect(isUnattended(args, {}, false)).toBe(false);
  },
);

test.each([[[]], [["--yes=false"]], [["--message", "yes"]], [["-mfoy"]], [["--refresh"]], [["-tfy:x"]]])(
  "%j does not agree, and nobody can be asked without a terminal",
  (args) => {
    expect(agrees(args, {})).toBe(false);
    expect(isUnattended(args, {}, false)).toBe(true);
    expect(isUnattended(args, {}, true)).toBe(false);
  },
);

test("the environment may agree", () => {
  expect(agrees([], { PULUMI_SKIP_CONFIRMATIONS: "true" })).toBe(true);
  expect(agrees([], { PULUMI_SKIP_CONFIRMATIONS: "false" })).toBe(false);
});

test("a terminal on which Pulumi asks nothing counts as none", () => {
  expect(isUnattended([], { TERM: "dumb" }, true)).toBe(true);
  expect(isUnattended([], { CI: "true" }, true)).toBe(true);
  expect(isUnattended([], { CI: "true", PULUMI_DISABLE_CI_DETECTION: "1" }, true)).toBe(false);
  expect(isUnattended(["--non-interactive"], {}, true)).toBe(true);
});

test("a preview needs no answer", () => {
  expect(isUnattended(["--preview-only"], {}, false)).toBe(false);
});

test("the command that agrees has stack and arguments as they were typed", () => {
  expect(agreeing("up", "dev", [])).toBe("npm run up -- --yes");
  expect(agreeing("destroy", "lab", ["--message", "it's over"])).toBe(
    `npm run destroy -- --stack lab --message 'it'\\''s over' --yes`,
  );
});
