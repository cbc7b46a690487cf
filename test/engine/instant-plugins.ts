import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as m from "@pulumi/pulumi/proto/provider_pb.js";
import plugins from "@pulumi/pulumi/proto/plugin_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { versions } from "../../tools/versions.ts";
import { serveNodes } from "./api-server.ts";
import { Guests } from "./guests.ts";
import { label } from "./names.ts";
import { changed, notKnown, plain, type Properties } from "./properties.ts";
import { replacing, resourceType, type Place } from "./resource-types.ts";
import type { Thing } from "./things.ts";
import { PartlyCreated, World, type Action } from "./world.ts";

/** A running server of instant plugins. */
export interface InstantPlugins {
  readonly world: World;
  readonly guests: Guests;
  /** Value of PULUMI_DEBUG_PROVIDERS, by which the engine finds them. */
  readonly address: string;
  readonly close: () => void;
}

/**
 * Serves plugins whose operations take no time to the real engine.
 *
 * The engine attaches to the test's own process. So a test sees every operation and plans faults, and the plugins outlive
 * a CLI that the test kills. The plugins implement the protocol themselves, because the SDK's helper
 * (`@pulumi/pulumi/provider`) gets no Configure and has no DiffConfig. DiffConfig decides whether another control plane is
 * another cluster.
 */
export async function serveInstantPlugins(world = new World(), guests = new Guests()): Promise<InstantPlugins> {
  const api = await serveNodes(guests);
  guests.apiServer = api.url;
  const servers = await Promise.all(
    Object.entries(versions.plugins).map(async ([name, version]) => {
      const server = new grpc.Server({ "grpc.max_receive_message_length": -1 });
      server.addService(services.ResourceProviderService, handlers(world, guests, version));
      return { server, address: `${name}:${await bind(server)}` };
    }),
  );
  return {
    world,
    guests,
    address: servers.map(({ address }) => address).join(","),
    close: () => {
      servers.forEach(({ server }) => server.forceShutdown());
      api.close();
    },
  };
}

/** Time that a control plane takes to boot; longer than the engine takes for the operations that are due. */
const bootMilliseconds = 1000;

function bind(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

function handlers(world: World, guests: Guests, version: string): grpc.UntypedServiceImplementation {
  // Each provider resource of a stack has its own connection.
  const kubeconfigs = new Map<string, string>();
  const changesConfigMaps = new Set<string>();
  const perform = async <T>(
    action: Action,
    { request, peer }: { request: { getUrn(): string }; peer: string },
    effect: (place: Place) => T,
  ) => {
    // The engine does meanwhile everything that does not wait for the step.
    if (request.getUrn().includes("command:remote:Command::") && guests.controlPlaneBoots)
      await sleep(bootMilliseconds);
    return world.perform(action, label(request.getUrn()), (call) =>
      effect({ world, guests, call, kubeconfig: kubeconfigs.get(peer) ?? "" }),
    );
  };

  return {
    getPluginInfo: unary(() => new plugins.PluginInfo().setVersion(version)),
    attach: unary(() => new empty.Empty()),
    cancel: unary(() => new empty.Empty()),
    checkConfig: unary(({ request }: Called<m.CheckRequest>) => check(request.getNews())),
    diffConfig: unary(({ request }: Called<m.DiffRequest>) => diffConfig(request)),
    configure: unary(({ request, peer }: Called<m.ConfigureRequest>) => {
      const { kubeconfig, enableConfigMapMutable } = plain(read(request.getArgs()));
      if (typeof kubeconfig === "string") kubeconfigs.set(peer, kubeconfig);
      if (String(enableConfigMapMutable) === "true") changesConfigMaps.add(peer);
      const response = new messages.ConfigureResponse();
      return response.setAcceptsecrets(true).setSupportspreview(true);
    }),
    check: unary(({ request }: Called<m.CheckRequest>) => {
      const inputs = read(request.getNews());
      if (!resourceType(request.getType()).autonamed || inputs.name !== undefined) return check(request.getNews());
      const name = read(request.getOlds()).name ?? `${request.getName()}-${randomBytes(4).toString("hex")}`;
      return check(write({ ...inputs, name, __autonamed: true }));
    }),
    diff: unary(({ request, peer }: Called<m.DiffRequest>) => {
      const type = resourceType(request.getType());
      const [olds, news] = [read(request.getOldInputs()), read(request.getNews())];
      const paths = changed(olds, news, type.replaces === "all" ? [] : type.replaces);
      // Where the program chose the name of a thing, the old thing must be deleted first.
      const named = type.exists && news.__autonamed === undefined;
      // Like the official plugin, without enableConfigMapMutable.
      const isFrozen = request.getType() === "kubernetes:core/v1:ConfigMap" && !changesConfigMaps.has(peer);
      const replaces = isFrozen ? paths : replacing(type, paths);
      return diff(paths, replaces).setDeletebeforereplace(named);
    }),
    create: unary(async (called: Called<m.CreateRequest>) => {
      const { request } = called;
      const type = resourceType(request.getType());
      const inputs = read(request.getProperties());
      const response = new messages.CreateResponse();
      if (request.getPreview()) return response.setProperties(write({ ...inputs, ...unknowns(type.computed) }));
      await perform("create", called, (place) => {
        const { id, taken, outputs } = type.create(plain(inputs), place);
        const properties = { ...inputs, ...outputs };
        response.setId(id).setProperties(write(properties));
        if (taken === undefined) return;
        const thing = { urn: request.getUrn(), type: request.getType(), id, taken, properties };
        world.add(thing, type.adopts ?? false);
      }).catch((error: Error) => {
        throw error instanceof PartlyCreated ? initFailed(error, response) : error;
      });
      return response;
    }),
    update: unary(async (called: Called<m.UpdateRequest>) => {
      const { request } = called;
      const type = resourceType(request.getType());
      const [olds, inputs] = [read(request.getOlds()), read(request.getNews())];
      const last = Object.fromEntries(type.computed.map((key) => [key, olds[key]]));
      const response = new messages.UpdateResponse();
      if (request.getPreview()) return response.setProperties(write({ ...inputs, ...unknowns(type.computed) }));
      const properties = await perform("update", called, (place) => {
        const outputs = type.update?.(plain(inputs), place, request.getId());
        if (outputs === undefined) throw new Error(`${request.getType()} cannot be changed in place`);
        const properties = { ...inputs, ...last, ...outputs };
        const thing = world.find(request.getType(), request.getId());
        if (thing) thing.properties = properties;
        return properties;
      });
      return response.setProperties(write(properties));
    }),
    delete: unary(async (called: Called<m.DeleteRequest>) => {
      const { request } = called;
      await perform("delete", called, (place) => {
        const thing = world.find(request.getType(), request.getId());
        resourceType(request.getType()).remove?.(plain(read(request.getProperties())), place, request.getId());
        if (thing) world.drop(thing);
      });
      return new empty.Empty();
    }),
    read: unary(({ request }: Called<m.ReadRequest>) => {
      if (request.getType().startsWith("kubernetes:")) guests.reach();
      const response = new messages.ReadResponse();
      const thing = world.find(request.getType(), request.getId());
      const properties = thing ? write(thing.properties) : request.getProperties();
      // An empty id means that the thing was deleted.
      if (!thing && resourceType(request.getType()).exists) return response;
      return response
        .setId(request.getId())
        .setProperties(properties)
        .setInputs(seen(request.getInputs(), thing) ?? properties);
    }),
  };
}

interface Called<Request> {
  readonly request: Request;
  readonly peer: string;
}

function unary<Request, Response>(handle: (called: Called<Request>) => Response | Promise<Response>) {
  return (call: grpc.ServerUnaryCall<Request, Response>, callback: grpc.sendUnaryData<Response>): void => {
    Promise.resolve({ request: call.request, peer: call.getPeer() })
      .then(handle)
      .then(
        (response) => callback(null, response),
        (error: Error & { metadata?: grpc.Metadata }) =>
          callback({ code: grpc.status.UNKNOWN, details: error.message, metadata: error.metadata }),
      );
  };
}

/** Error that tells the engine of a thing that was created and is incomplete. */
function initFailed({ message }: Error, made: m.CreateResponse): Error {
  const detail = new messages.ErrorResourceInitFailed()
    .setId(made.getId())
    .setProperties(made.getProperties())
    .setReasonsList([message]);
  const packed = new any.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statuses.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  // gRPC expects the details of an error under this key.
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return Object.assign(new Error(message), { metadata });
}

/** Replaces the provider for another cluster, as the official plugin does. Other changes are made in place. */
function diffConfig(request: m.DiffRequest): m.DiffResponse {
  const [olds, news] = [read(request.getOldInputs()), read(request.getNews())];
  const paths = changed(olds, news, []);
  const pinned = news.clusterIdentifier !== undefined && news.clusterIdentifier === olds.clusterIdentifier;
  const replaces = paths.filter((path) => path === "clusterIdentifier" || (path === "kubeconfig" && !pinned));
  return diff(paths, replaces);
}

function diff(paths: string[], replaces: string[]): m.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  return new messages.DiffResponse()
    .setChanges(paths.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList([...new Set(paths.map((path) => path.split(".")[0]!))])
    .setReplacesList(replaces);
}

function check(inputs: Struct | undefined): m.CheckResponse {
  return new messages.CheckResponse().setInputs(inputs);
}

/** Inputs after a read of the thing: only `running` and the size of a volume change without the program. */
function seen(inputs: Struct | undefined, thing: Thing | undefined): Struct | undefined {
  const found = Object.entries(thing?.properties ?? {}).filter(([key]) => key === "running" || key === "size");
  return inputs && found.length > 0 ? write({ ...read(inputs), ...Object.fromEntries(found) }) : inputs;
}

function unknowns(keys: readonly string[]): Properties {
  return Object.fromEntries(keys.map((key) => [key, notKnown]));
}

function read(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

function write(properties: Properties): Struct {
  return structs.Struct.fromJavaScript(properties as Parameters<typeof structs.Struct.fromJavaScript>[0]);
}
