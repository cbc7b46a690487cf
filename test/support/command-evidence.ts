/** Proof that a command works: a test that runs it, by its file and a part of its title. Or the reason why no test runs it. */
type Evidence = { readonly test: string; readonly title: string } | { readonly notRun: string };

const rolling = "test/e2e/cases/rolling.ts";
const needsNix = {
  notRun: "It needs Nix's binary cache, and KVM for an image. The workflow nixos-image.yml runs `nix flake check`.",
};

/** The evidence for the commands in the `sh` blocks of the pages. A pattern matches whole commands. */
export const commandEvidence: readonly (readonly [command: RegExp, evidence: Evidence])[] = [
  [/^git clone URL nodeforge && cd nodeforge$/, { notRun: "The address is of another user." }],
  [/^npm test$/, { notRun: "It is the run that contains this test." }],
  [/^npm run doctor$/, { notRun: "Its result depends on the machine. `npm run up` runs the same checks." }],
  [
    /^npm run up$/,
    { test: "test/e2e/cases/second-run.ts", title: "of up changes nothing and prints the node table again" },
  ],
  [
    /^npm run up -- --stack lab$/,
    { notRun: "It is `npm run up` of another stack. An engine test previews each example, with a stack of this name." },
  ],
  [
    /^npm run preview -- --policy-pack policy$/,
    {
      test: "test/engine/policy.test.ts",
      title: "judges each resource of a plan and of a run, and finds no violation",
    },
  ],
  [/^npm run kubectl -- get nodes$/, { test: "test/e2e/cases/nodes.ts", title: "are exactly the expected ones" }],
  [/^sha256sum --check --ignore-missing SHA256SUMS$/, { notRun: "It needs the files of a release." }],
  [/^gh attestation verify /, { notRun: "It needs a published release." }],
  [
    /^kubectl --context dev /,
    { notRun: "It pulls images from a registry. The end-to-end tier uses the merged context." },
  ],
  [
    /^sed .* examples\/.*\.yaml > Pulumi\.lab\.yaml$/,
    { test: "test/docs/examples.test.ts", title: "makes a valid stack" },
  ],
  [/^sudo ip route add \S+ via HYPERVISOR$/, { notRun: "It needs a second machine." }],
  [/^scp .* host:\/srv\/images\/$/, { notRun: "It needs a second machine." }],
  [/^npm run bench -- demo$/, { test: "test/e2e/cases/benchmark.ts", title: "measures two schedulers" }],
  [/^npm run roll -- --image (NEW|"\$\(npm run --silent image\)")/, { test: rolling, title: "is rolled out" }],
  [/^npm run roll -- --undo$/, { test: rolling, title: "returns with --undo" }],
  [
    /^npm run image -- --debian --(fresh|archive)/,
    { notRun: "It builds an image from the newest packages of an archive, a quarter of an hour for each." },
  ],
  [
    /^sudo \S+ image\/debian\/build\.ts --binaries/,
    { notRun: "It needs programs of your own. The end-to-end tier runs the same builder." },
  ],
  [/^nix (flake (update|check)|build|develop|run)\b/, needsNix],
  [
    /^npm run --silent kubectl -- -n kube-system (create token prometheus|get (configmap|secret)) .* > \S+$/,
    { notRun: "It needs a cluster with componentMetrics, which the end-to-end tier does not have." },
  ],
  [/^npm run bench:engine -- /, { notRun: "It takes hours. Another test gives its options to the parser." }],
];
