import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

// STORED FORMAT: the hash below is what the log has of an API key.
const API_KEY = /^cl_([0-9a-z]{1,64})_[A-Za-z0-9_-]{43}$/;

export const sha256OfApiKey = (apiKey: string): string => createHash('sha256').update(apiKey).digest('hex');

/** A new API key; `key` is shown once and kept nowhere. */
export function newApiKey(): { readonly keyId: string; readonly key: string; readonly sha256: string } {
  const keyId = randomBytes(8).toString('hex');
  const key = `cl_${keyId}_${randomBytes(32).toString('base64url')}`;
  return { keyId, key, sha256: sha256OfApiKey(key) };
}

/** The key id that a presented API key names; undefined when it is none of ours. */
export const keyIdOfApiKey = (apiKey: string): string | undefined => API_KEY.exec(apiKey)?.[1];

export const isApiKey = (apiKey: string, sha256: string): boolean => {
  const [presented, expected] = [Buffer.from(sha256OfApiKey(apiKey), 'hex'), Buffer.from(sha256, 'hex')];
  return presented.length === expected.length && timingSafeEqual(presented, expected);
};
