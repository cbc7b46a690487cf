import { expect, test } from "vitest";
import { agreeingCommand, agrees, isUnattended } from "../../../cli/consent/consent.ts";

test.each([[["--yes"]], [["-y"]], [["--skip-preview"]], [["-f"]], [["--target", "x", "-dy"]], [["--yes=true"]]])(
  "%j agrees in advance, also without a terminal",
  (args) => {
    expect(agrees(args, {})).toBe(true);
    expect(isUnattended(args, {}, false)).toBe(false);
  },
);

test.each([[[]], [["--yes=false"]], [["--message", "yes"]], [["-mfoy"]], [["--refresh"]], [["-tfy:x"]]])(
  "%j does not agree, and without a terminal no question can be asked",
  (args) => {
    expect(agrees(args, {})).toBe(false);
    expect(isUnattended(args, {}, false)).toBe(true);
    expect(isUnattended(args, {}, true)).toBe(false);
  },
);

test("PULUMI_SKIP_CONFIRMATIONS agrees when it is true", () => {
  expect(agrees([], { PULUMI_SKIP_CONFIRMATIONS: "true" })).toBe(true);
  expect(agrees([], { PULUMI_SKIP_CONFIRMATIONS: "false" })).toBe(false);
});

test("a terminal on which Pulumi asks nothing counts as no terminal", () => {
  expect(isUnattended([], { TERM: "dumb" }, true)).toBe(true);
  expect(isUnattended([], { CI: "true" }, true)).toBe(true);
  expect(isUnattended([], { CI: "true", PULUMI_DISABLE_CI_DETECTION: "1" }, true)).toBe(false);
  expect(isUnattended(["--non-interactive"], {}, true)).toBe(true);
});

test("a preview needs no agreement", () => {
  expect(isUnattended(["--preview-only"], {}, false)).toBe(false);
});

test("the command that agrees has the stack and the arguments of the refused command", () => {
  expect(agreeingCommand("up", "dev", [])).toBe("npm run up -- --yes");
  expect(agreeingCommand("destroy", "lab", ["--message", "it's over"])).toBe(
    `npm run destroy -- --stack lab --message 'it'\\''s over' --yes`,
  );
});
