import * as pulumi from "@pulumi/pulumi";

/** A registered resource with its inputs. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

/** Resources that the program registered since {@link startMocks}. */
export const registered: Registered[] = [];

/** Outputs of the mocks by a pattern of the resource's name. The first match counts. */
export type Outputs = readonly (readonly [RegExp, Record<string, unknown>])[];

const guestOutputs: Outputs = [
  [/-init$/, { stdout: JSON.stringify({ kubernetesVersion: "v1.36.3", seconds: { boot: 1 } }) }],
  [/-token$/, { stdout: JSON.stringify({ token: "abcdef.0123456789abcdef", caCertHash: "sha256:00", seconds: 1 }) }],
  [/-join$/, { stdout: JSON.stringify({ seconds: { join: 2 } }) }],
  [/-worker-.*-ready$/, { stdout: JSON.stringify({ seconds: { ready: 4 } }) }],
  [/-ready$/, { stdout: JSON.stringify({ seconds: { ready: 3 } }) }],
  [/-kubeconfig$/, { stdout: "kubeconfig of the mocks" }],
];

/**
 * Replaces the engine by mocks and forgets the resources of earlier tests. Await it before the first resource.
 * @param given Outputs that precede the usual ones.
 */
export async function startMocks(given: Outputs = []): Promise<void> {
  const outputsByName = [...given, ...guestOutputs];
  registered.length = 0;
  let leases = 100;
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }: pulumi.runtime.MockResourceArgs) => {
        registered.push({ type, name, inputs: inputs as Record<string, unknown> });
        const outputs = type.startsWith("command:")
          ? (outputsByName.find(([pattern]) => pattern.test(name))?.[1] ?? {})
          : {};
        if (name.endsWith("-host-key")) {
          const address = name.includes("-master-") ? "192.168.222.10" : `192.168.222.${leases++}`;
          Object.assign(outputs, { stdout: JSON.stringify({ address, hostKey: "ssh-ed25519 AAAA" }) });
        }
        const state: Record<string, unknown> = { ...(inputs as object), ...outputs };
        if (type === "libvirt:index/domain:Domain") {
          const [lan] = state.networkInterfaces as Record<string, unknown>[];
          state.networkInterfaces = [{ ...lan, addresses: lan?.addresses ?? [`192.168.222.${leases++}`] }];
        }
        if (type === "random:index/randomUuid:RandomUuid") state.result = "00000000-0000-4000-8000-000000000000";
        // The id of a volume in a pool of files is its path.
        return { id: type === "libvirt:index/volume:Volume" ? `/pools/${name}` : `${name}-id`, state };
      },
      call: ({ token }: pulumi.runtime.MockCallArgs) => {
        throw new Error(`the tests expect no call of ${token}`);
      },
    },
    "nodeforge",
    "dev",
  );
}

/** Returns the value of an output. */
export function promiseOf<T>(output: pulumi.Output<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => void output.apply((value) => resolve(value as pulumi.Unwrap<T>)));
}

/** Waits until every resource of the program is registered. */
export async function settled(): Promise<void> {
  // The SDK keeps every outstanding registration as an RPC. It awaits the same promise before a program ends.
  await pulumi.runtime.disconnect();
}

/** Returns the registered resources of a type, by its last part. */
export function ofType(kind: string): Registered[] {
  return registered.filter(({ type }) => type.split(":").at(-1) === kind);
}

/** Returns the one registered resource of a name and kind. @throws if there is none, or more than one. */
export function one(kind: string, name: string): Registered {
  const found = ofType(kind).filter((resource) => resource.name === name);
  if (found.length !== 1) throw new Error(`expected one ${kind} ${name}, found ${found.length}`);
  return found[0]!;
}

/** Options of a resource, as the component set them. */
export type Options = pulumi.CustomResourceOptions;

/** Records the options of every descendant. Mocks never see them, but transformations do. */
export function recordOptions(): {
  transformation: pulumi.ResourceTransformation;
  of: (kind: string, name: string) => Options;
} {
  const seen = new Map<string, Options>();
  return {
    transformation: ({ type, name, props, opts }) => {
      seen.set(`${type.split(":").at(-1)} ${name}`, opts);
      return { props: props, opts };
    },
    of: (kind, name) => {
      const found = seen.get(`${kind} ${name}`);
      if (!found) throw new Error(`no ${kind} ${name} was created`);
      return found;
    },
  };
}
