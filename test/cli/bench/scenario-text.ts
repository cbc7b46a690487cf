/** A scenario of two schedulers, in the words of its file. */
export const scenarioText = `
description: Two schedulers.
workload:
  from: inline
  testCase:
    name: Small
    workloadTemplate:
      - { opcode: createNodes, count: 2 }
      - { opcode: createPods, count: 5, collectMetrics: true }
    workloads: [{ name: all, params: {} }]
schedulers: [{ name: a }, { name: b }]
repetitions: 1
warmups: 0
`;
