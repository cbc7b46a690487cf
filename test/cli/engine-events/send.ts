import { Client, credentials } from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/events_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/events_pb.js";

/** Sends lines as Pulumi does, in one stream. @param options Options of Pulumi that have the address. */
export async function send(options: readonly string[], ...lines: readonly string[]): Promise<void> {
  const address = options[1]?.replace("tcp://", "") ?? "";
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = services.EventsService.streamEvents;
  await new Promise<void>((resolve, reject) => {
    const call = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, (error) =>
      error === null ? resolve() : reject(error),
    );
    for (const line of lines) {
      const request = new messages.EventRequest();
      request.setEvent(line);
      call.write(request);
    }
    call.end();
  });
  client.close();
}
