import { expect, it } from "vitest";
import { report } from "../../../cli/diagnose/report.ts";
import { but, failedRun, healthy } from "./evidence.ts";

const place = { stack: "team/la_b", folder: "runs/x", table: "NAME" };

it("the summary shows text of nodes and names as text, and the terminal shows it unchanged", () => {
  const markup = '<img src="x"> [a](https://evil.example) | ![b](c) `d`';
  const broken = failedRun(but(healthy(), "events", undefined, "", markup), { node: "worker-node-1*" });
  const { summary, text } = report(broken, place);
  expect(summary).toContain("# Diagnosis of stack team/la\\_b\n");
  expect(summary).toContain("worker-node-1\\*: join was not reached or failed");
  expect(text).toContain("worker-node-1*: join was not reached or failed");
  expect(summary).toContain(
    '| [events](events.txt) | missing: \\<img src="x"\\> \\[a\\](https\\://evil.example) \\| \\!\\[b\\](c) \\`d\\` |',
  );
  expect(summary).not.toMatch(/(?<!\\)[<]img|(?<!\\)!\[/);
});

it("the summary keeps a quoted line of a log in one line without markup", () => {
  const line = "W1121 no space left on device: **[b](c)** <b>";
  const { summary, text } = report(failedRun(healthy(), { node: "worker-node-1", text: line }), place);
  expect(text).toContain(line);
  expect(summary).toContain("\\*\\*\\[b\\](c)\\*\\* \\<b\\>");
  expect(summary).not.toContain("**[b]");
});
