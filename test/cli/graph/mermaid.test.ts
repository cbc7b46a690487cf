import { describe, expect, test } from "vitest";
import { drawCluster } from "../../../cli/graph/draw-cluster.ts";
import { mermaid } from "../../../cli/graph/mermaid.ts";
import { drawnState } from "./drawn-state.ts";
import { exampleGraph } from "./example.ts";

const small = drawnState({ pools: { general: 1 }, simulated: {} });

describe("a drawing as Mermaid", () => {
  test("is this flowchart", () => {
    expect(mermaid(drawCluster({ stack: "lab", state: small, fold: 8 })).split("\n")).toEqual([
      ...["---", 'title: "cluster lab of stack lab"', "---", "flowchart LR"],
      '  hypervisor0["qemu:///system<br/>hypervisor"]:::thing',
      '  network0["lab-net<br/>network<br/>192.168.222.0/24"]:::thing',
      '  storagepool0["nodeforge-lab<br/>storage pool<br/>/var/lib/libvirt/nodeforge/lab"]:::thing',
      '  baseimage0["lab-base-0123456789ab<br/>base image"]:::thing',
      '  controlplane0["master<br/>control plane<br/>192.168.222.10"]:::unknown',
      '  subgraph pool0["worker pool general"]',
      '    worker0x0["worker-general-1<br/>worker"]:::unknown',
      "  end",
      ...["  hypervisor0 --> network0", "  hypervisor0 --> storagepool0", "  storagepool0 --> baseimage0"],
      "  network0 --> controlplane0",
      '  baseimage0 -- "overlay 20 GiB" --> controlplane0',
      '  storagepool0 -- "data disk 8 GiB" --> controlplane0',
      "  network0 --> worker0x0",
      '  baseimage0 -- "overlay 10 GiB" --> worker0x0',
      "  classDef unknown fill:#e4e4e4,stroke:#5c5c5c,color:#262626",
      "  classDef thing fill:#ffffff,stroke:#4d4d4d,color:#1a1a1a",
      "",
    ]);
  });

  test("defines each colour that it uses, and no other", () => {
    const text = mermaid(exampleGraph());
    const all = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();
    expect(all(/:::(\w+)$/gm)).toEqual(all(/classDef (\w+) /g));
    expect(all(/classDef (\w+) /g)).toEqual(["notready", "off", "ready", "thing", "unknown"]);
  });

  test("escapes a name that would end the label, and removes control characters", () => {
    const network = 'a"] --> x\n#quot;<b>`c`\u001b[31m';
    const text = mermaid(drawCluster({ stack: "lab", state: drawnState({ network }), fold: 8 }));
    const [line] = text.split("\n").filter((each) => each.startsWith("  network0["));
    expect(line).toBe(
      '  network0["a#34;#93; --#62; x #35;quot#59;#60;b#62;#96;c#96;<br/>network<br/>192.168.222.0/24"]:::thing',
    );
  });
});
