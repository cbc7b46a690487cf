import { readFileSync } from "node:fs";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { containerImage } from "../addons/container-images.ts";
import { smokeNamespace } from "../names.ts";
import { nobody, unprivilegedContainer } from "./pod-security.ts";

/** What a {@link SmokeCheck} is made from. */
export interface SmokeCheckArgs {
  /** DNS domain inside the cluster. */
  readonly clusterDomain: string;
  /** How many workers there are; a pod on each. */
  readonly workers: number;
  /** Limit in seconds for every pod to have reached every other. */
  readonly timeoutSeconds: number;
}

const name_ = "smoke";
const namespace = smokeNamespace;
const labels = { app: name_ };
const probePeriodSeconds = 5;

/**
 * The proof that pods run and reach each other.
 *
 * Creates a pod on every worker that starts only once it has resolved the service's name to no fewer pods than there
 * are workers and fetched a page from as many. The rollout, and with it `up`, fails when one does not. Once started, a
 * pod checks nothing any more: a cluster for benchmarks shall be quiet. The pod of a worker that comes later has to reach as
 * many, too; those of workers that leave are more than that, and may be silent.
 */
export class SmokeCheck extends pulumi.ComponentResource {
  constructor(name: string, args: SmokeCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nodeforge:index:SmokeCheck", name, args, opts);
    const child = { parent: this };
    const metadata = { name: name_, namespace };

    const home = new kubernetes.core.v1.Namespace(name, { metadata: { name: namespace } }, child);
    const inside = { ...child, dependsOn: [home] };
    const script = new kubernetes.core.v1.ConfigMap(
      name,
      {
        metadata,
        data: {
          "check.sh": readFileSync(new URL("../addons/smoke-check.sh", import.meta.url), "utf8"),
          // Here rather than in the pods, so that another number of workers starts no pod again.
          expected: String(args.workers),
        },
      },
      inside,
    );
    const service = new kubernetes.core.v1.Service(
      name,
      {
        metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
        // Pods find each other before they are ready: they become ready by finding each other.
        spec: { clusterIP: "None", selector: labels, publishNotReadyAddresses: true, ports: [{ port: 8080 }] },
      },
      inside,
    );
    new kubernetes.apps.v1.DaemonSet(
      name,
      {
        metadata: { ...metadata, annotations: { "pulumi.com/timeoutSeconds": String(args.timeoutSeconds) } },
        spec: {
          selector: { matchLabels: labels },
          // The pods check each other, so they change all at once.
          updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
          template: { metadata: { labels }, spec: podSpec(args) },
        },
      },
      // Its pods look for the service from their first second. The script is named in plain text as in core-dns.ts.
      { ...inside, dependsOn: [home, service, script] },
    );
    this.registerOutputs({});
  }
}

function podSpec(args: SmokeCheckArgs): kubernetes.types.input.core.v1.PodSpec {
  return {
    automountServiceAccountToken: false,
    securityContext: nobody,
    terminationGracePeriodSeconds: 1,
    tolerations: [{ operator: "Exists" }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" }] },
          ],
        },
      },
    },
    containers: [
      {
        name: name_,
        image: containerImage("smoke"),
        imagePullPolicy: "Never",
        // The first process of a container hears no SIGTERM it does not ask for: httpd would hold its node's shutdown.
        command: ["/bin/sh", "-c", "echo ok >/www/index.html; trap 'exit 0' TERM; httpd -f -p 8080 -h /www & wait $!"],
        env: [{ name: "SERVICE", value: `${name_}.${namespace}.svc.${args.clusterDomain}.` }],
        startupProbe: {
          exec: { command: ["/bin/sh", "/check/check.sh"] },
          periodSeconds: probePeriodSeconds,
          // Emulated, starting a process in a container takes seconds; pods that are silent take ten together.
          timeoutSeconds: 60,
          failureThreshold: Math.ceil(args.timeoutSeconds / probePeriodSeconds),
        },
        securityContext: unprivilegedContainer,
        volumeMounts: [
          { name: "check", mountPath: "/check", readOnly: true },
          { name: "www", mountPath: "/www" },
        ],
      },
    ],
    volumes: [
      { name: "check", configMap: { name: name_ } },
      { name: "www", emptyDir: {} },
    ],
  };
}
