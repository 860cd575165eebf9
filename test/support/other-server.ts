import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import statuses from '@eventstore/db-client/generated/status_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import {
  Client,
  credentials,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';

type Refusal = { readonly code: number; readonly message: string; readonly detail: 'AccessDenied' | 'Empty' };

/** How an append fails: by an answer of its own, or with the call that it shares with others. */
export type AppendFailure = Refusal | CallFailure;
type CallFailure = { readonly code: number; readonly details: string };

/** A server that answers as the one behind it, except where a test has it answer as another would. */
export async function otherServer(behindUrl: string) {
  const behind = new Client(new URL(behindUrl).host, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('connection-name', new URL(behindUrl).searchParams.get('connectionName') ?? '');
  const reading = new Set<Pick<ServerWritableStream<unknown, Buffer>, 'write'>>();
  let failure: AppendFailure | undefined;
  let readFailure: CallFailure | undefined;

  function read(call: ServerWritableStream<Buffer, Buffer>): void {
    if (readFailure !== undefined) return void call.emit('error', readFailure);
    const answers = behind.makeServerStreamRequest(StreamsService.read.path, asIs, asIs, call.request, metadata);
    reading.add(call);
    answers.on('data', (message: Buffer) => call.write(message));
    answers.on('error', (error) => call.emit('error', error));
    answers.on('end', () => call.end());
    call.on('cancelled', () => answers.cancel());
    call.on('close', () => reading.delete(call));
  }

  function batchAppend(call: ServerDuplexStream<Buffer, Buffer>): void {
    const onwards = behind.makeBidiStreamRequest(StreamsService.batchAppend.path, asIs, asIs, metadata);
    onwards.on('data', (message: Buffer) => call.write(message));
    onwards.on('error', () => {});
    call.on('error', () => {});
    call.on('close', () => onwards.cancel());
    call.on('data', (message: Buffer) => {
      if (failure === undefined) return void onwards.write(message);
      if ('details' in failure) return void call.emit('error', failure);
      call.write(refused(streams.BatchAppendReq.deserializeBinary(message), failure));
    });
  }

  function supported(call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>): void {
    const { path } = ServerFeaturesService.getSupportedMethods;
    behind.makeUnaryRequest(path, asIs, asIs, call.request, (error, message) => answer(error, message));
  }

  const server = new Server();
  server.addService(
    { read: untouched(StreamsService.read), batchAppend: untouched(StreamsService.batchAppend) },
    { read, batchAppend },
  );
  server.addService({ supported: untouched(ServerFeaturesService.getSupportedMethods) }, { supported });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    /** From now on appends fail so, or no longer. */
    failAppends(how: AppendFailure | undefined): void {
      failure = how;
    },
    failReads(how: CallFailure | undefined): void {
      readFailure = how;
    },
    /** Says something to everyone who reads or follows. */
    say(fill: (message: streams.ReadResp) => void): void {
      const message = new streams.ReadResp();
      fill(message);
      for (const call of reading) call.write(Buffer.from(message.serializeBinary()));
    },
    stop(): void {
      server.forceShutdown();
      behind.close();
    },
  };
}

const asIs = (bytes: Buffer): Buffer => bytes;

const untouched = ({
  path,
  requestStream,
  responseStream,
}: Pick<MethodDefinition<unknown, unknown>, 'path' | 'requestStream' | 'responseStream'>): MethodDefinition<
  Buffer,
  Buffer
> => ({
  path,
  requestStream,
  responseStream,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});

function refused(request: streams.BatchAppendReq, { code, message, detail }: Refusal): Buffer {
  const details = new any.Any();
  const content = detail === 'AccessDenied' ? new shared.AccessDenied() : new empty.Empty();
  details.pack(content.serializeBinary(), `event_store.client.${detail}`);
  const error = new statuses.Status();
  error.setCode(code);
  error.setMessage(message);
  error.setDetails(details);
  const response = new streams.BatchAppendResp();
  response.setCorrelationId(request.getCorrelationId());
  response.setStreamIdentifier(request.getOptions()?.getStreamIdentifier());
  response.setError(error);
  return Buffer.from(response.serializeBinary());
}
