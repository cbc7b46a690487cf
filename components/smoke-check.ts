import { readFileSync } from "node:fs";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { containerImage } from "../addons/container-images.ts";
import { simulatedLabel, smokeNamespace } from "../names.ts";
import { after, type Awaitable } from "./after.ts";
import { unprivilegedContainer, unprivilegedPod } from "./pod-security.ts";

/** Arguments of a {@link SmokeCheck}. */
export interface SmokeCheckArgs {
  /** DNS domain inside the cluster. */
  readonly clusterDomain: string;
  /** Number of workers; each runs one pod. */
  readonly workers: number;
  /** Time in seconds in which every pod must reach every other. */
  readonly timeoutSeconds: number;
  /** Steps that make the workers Ready. */
  readonly podsAfter: readonly Awaitable[];
}

const name_ = "smoke";
const namespace = smokeNamespace;
const labels = { app: name_ };
const probePeriodSeconds = 5;

/**
 * A check that pods run and reach each other.
 *
 * Creates a pod on every worker that has a machine. A pod is started once it has resolved the service's name to one pod per
 * worker, and has fetched a page from as many. If one pod fails, the rollout fails and `up` with it. A started pod checks
 * nothing more, because a cluster for benchmarks must be quiet. The pod of a new worker must reach as many pods. Pods of
 * workers that are being removed exceed that number, so they need not answer.
 */
export class SmokeCheck extends pulumi.ComponentResource {
  constructor(name: string, args: SmokeCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    const { podsAfter, ...plain } = args;
    super("nodeforge:index:SmokeCheck", name, plain, opts);
    const child = { parent: this };
    const metadata = { name: name_, namespace };

    const home = new kubernetes.core.v1.Namespace(name, { metadata: { name: namespace } }, child);
    const inside = { ...child, dependsOn: [home] };
    const script = new kubernetes.core.v1.ConfigMap(
      name,
      {
        metadata,
        // A pod of an earlier wave must not wait for workers that join later. So the time limit need not include the joins, either.
        data: after(
          {
            "check.sh": readFileSync(new URL("../addons/smoke-check.sh", import.meta.url), "utf8"),
            // Not in the pods, so that another number of workers restarts no pod.
            expected: String(args.workers),
          },
          ...podsAfter,
        ),
      },
      inside,
    );
    const service = new kubernetes.core.v1.Service(
      name,
      {
        metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
        // Pods must find each other before they are ready, because they become ready by that.
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
          // All pods change at the same time, because they check each other.
          updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
          template: { metadata: { labels }, spec: podSpec(args) },
        },
      },
      // The pods read the script, and query the service from their first second. References are plain texts, as in core-dns.ts.
      { ...inside, dependsOn: [home, service, script] },
    );
    this.registerOutputs({});
  }
}

function podSpec(args: SmokeCheckArgs): kubernetes.types.input.core.v1.PodSpec {
  return {
    automountServiceAccountToken: false,
    securityContext: unprivilegedPod,
    terminationGracePeriodSeconds: 1,
    tolerations: [{ operator: "Exists" }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: "node-role.kubernetes.io/control-plane", operator: "DoesNotExist" },
                // A simulated pod has no address, so the others would wait for it in vain.
                { key: simulatedLabel, operator: "DoesNotExist" },
              ],
            },
          ],
        },
      },
    },
    containers: [
      {
        name: name_,
        image: containerImage("smoke"),
        imagePullPolicy: "Never",
        // The first process of a container ignores a SIGTERM without a handler. httpd would delay the shutdown of its node.
        command: ["/bin/sh", "-c", "echo ok >/www/index.html; trap 'exit 0' TERM; httpd -f -p 8080 -h /www & wait $!"],
        env: [{ name: "SERVICE", value: `${name_}.${namespace}.svc.${args.clusterDomain}.` }],
        startupProbe: {
          exec: { command: ["/bin/sh", "/check/check.sh"] },
          periodSeconds: probePeriodSeconds,
          // Under emulation the start of a process in a container takes seconds. Pods that do not answer take 10 s together.
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
