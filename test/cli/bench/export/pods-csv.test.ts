import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { podsCsv } from "../../../../cli/bench/export/pods-csv.ts";
import { exampleData, exampleRepetition } from "./example-data.ts";

const linesOf = async (data: ReturnType<typeof exampleData>) =>
  gunzipSync(await podsCsv(data))
    .toString()
    .trimEnd()
    .split("\n");

describe("pods.csv.gz", () => {
  it("has a head, and a line for each pod of each repetition", async () => {
    const lines = await linesOf(exampleData());
    expect(lines).toHaveLength(1 + 14 * 4);
    expect(lines[0]).toBe("repetition,scheduler,pod,namespace,created,acknowledged,bound,running,node");
    expect(lines[1]).toBe("1,base,pod-0,namespace-1,100,110,1110,,node-0");
  });

  it("leaves the fields of a pod without a node empty", async () => {
    expect((await linesOf(exampleData()))[4]).toBe("1,base,pod-3,namespace-1,100,110,,,");
  });

  it("quotes a name with a comma or a quote", async () => {
    const [pod] = exampleRepetition().pods;
    const odd = exampleRepetition({ pods: pod === undefined ? [] : [{ ...pod, name: 'a,"b"', bound: 1.23456 }] });
    expect((await linesOf(exampleData({ repetitions: [odd] })))[1]).toBe(
      '1,base,"a,""b""",namespace-1,100,110,1.235,,node-0',
    );
  });
});
