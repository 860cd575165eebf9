import { randomUUID } from 'node:crypto';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import {
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';

/** The server whose behaviour this node has. */
const VERSION = '23.10.7+embedded';

/** Adds what a client asks of a server beside the streams: what it can do, which nodes there are. */
export function addOtherServices(server: Server): void {
  server.addService(ServerFeaturesService, { getSupportedMethods: supportedMethods });
  server.addService(GossipService, { read: members });
  const methods = Object.keys(PersistentSubscriptionsService);
  server.addService(
    PersistentSubscriptionsService,
    Object.fromEntries(methods.map((name) => [name, noPersistentSubscriptions])),
  );
}

/** The `GetSupportedMethods` method: the client asks it first, to know which way to append. */
function supportedMethods(_: unknown, answer: sendUnaryData<features.SupportedMethods>): void {
  const supported = new features.SupportedMethods();
  supported.setEventStoreServerVersion(VERSION);
  for (const { path } of Object.values(StreamsService)) {
    const [, service = '', name = ''] = path.split('/');
    const method = new features.SupportedMethod();
    method.setServiceName(service);
    method.setMethodName(name.toLowerCase());
    supported.addMethods(method);
  }
  answer(null, supported);
}

const INSTANCE = randomUUID();

/** The `Read` method of Gossip: this node alone, which leads, under the name by which it was reached. */
function members(
  call: ServerUnaryCall<shared.Empty, gossip.ClusterInfo>,
  answer: sendUnaryData<gossip.ClusterInfo>,
): void {
  const { hostname, port } = new URL(`http://${call.getHost()}`);
  const id = new shared.UUID();
  id.setString(INSTANCE);
  const endpoint = new gossip.EndPoint();
  endpoint.setAddress(hostname);
  endpoint.setPort(Number(port));
  const member = new gossip.MemberInfo();
  member.setInstanceId(id);
  member.setTimeStamp(`${Date.now()}`);
  member.setState(gossip.MemberInfo.VNodeState.LEADER);
  member.setIsAlive(true);
  member.setHttpEndPoint(endpoint);
  const cluster = new gossip.ClusterInfo();
  cluster.addMembers(member);
  answer(null, cluster);
}

function noPersistentSubscriptions(
  call: Pick<ServerWritableStream<unknown, unknown>, 'emit'>,
  answer?: sendUnaryData<unknown>,
): void {
  const refusal = {
    code: status.UNIMPLEMENTED,
    details: 'the embedded node has no persistent subscriptions: use a catch-up subscription, or a live server',
  };
  if (answer) answer(refusal);
  else call.emit('error', refusal);
}
