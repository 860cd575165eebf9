import type { IncomingMessage } from 'node:http';

export const PATH = '/api/live';
/** How a browser, which can set no headers, gives its key among the subprotocols. */
export const BEARER = 'bearer.';

/** Others ask for upgrades that nobody needs to follow. */
export const isWebSocket = ({ url = '', headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && url.split('?')[0] === PATH;

/** The headers that the route reads; a key among the subprotocols becomes the authorization header. */
export function upgradeHeaders({ headers }: IncomingMessage): Headers {
  const given = new Headers();
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const key = offered.find((name) => name.startsWith(BEARER))?.slice(BEARER.length);
  const authorization = headers.authorization ?? (key && `Bearer ${key}`);
  if (authorization) given.set('authorization', authorization);
  const last = headers['last-event-id'];
  if (typeof last === 'string') given.set('last-event-id', last);
  return given;
}
