import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';

/** What a secret belongs to. It is bound to the sealed text, which therefore opens nowhere else. */
export type SecretOf = { readonly tenantId: string; readonly keyId: string };

/** The key id under which a tenant's Retell API key is sealed; webhook keys have their own. */
export const RETELL_API_KEY = 'retell-api-key';

/** A sealed secret could not be opened. The message says what to do and holds nothing secret. */
export class CannotOpen extends Error {
  override readonly name = 'CannotOpen';
}

export type Sealing = {
  seal(secret: string, of: SecretOf): string;
  /** Throws CannotOpen under another MASTER_KEY, or where the text was changed or moved. */
  open(sealed: string, of: SecretOf): string;
  /** Whether it was sealed under MASTER_KEY, and not under the one before it. */
  isCurrent(sealed: string): boolean;
  /** The id of a webhook key: the same for the same key of the same tenant, and no help in guessing it. */
  webhookKeyId(tenantId: string, key: string): string;
  /** An HMAC that recognises a person, or a request that may name one, and tells nothing of them. */
  nameless(tenantId: string, text: string): string;
  /** Whether a text is what was made nameless so; undefined: under a MASTER_KEY that is not at hand any more. */
  recogniser(nameless: string, tenantId: string): ((text: string) => boolean) | undefined;
};

// STORED FORMAT: `v1.<fingerprint of the master key>.<nonce, ciphertext and tag in base64url>`, and the derivations.
const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const boundTo = ({ tenantId, keyId }: SecretOf) => Buffer.from(JSON.stringify([VERSION, tenantId, keyId]));

/** One key per purpose, derived with HKDF-SHA256. */
function derivedFrom(masterKey: string) {
  const derive = (purpose: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', masterKey, '', `call-ledger ${VERSION} ${purpose}`, bytes));
  return {
    // As a key object: from bytes, Node makes one for each secret, which takes four times as long.
    key: createSecretKey(derive('seal tenant secrets', 32)),
    keyIds: derive('name webhook keys', 32),
    persons: derive('name persons', 32),
    fingerprint: derive('fingerprint', 4).toString('hex'),
  };
}

const namelessUnder = (key: Buffer, tenantId: string, text: string): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([tenantId, text]))
    .digest('hex');

/** AES-256-GCM under MASTER_KEY; what MASTER_KEY_PREVIOUS sealed is opened too. */
export function sealingUnder(masterKey: string, previous?: string): Sealing {
  const current = derivedFrom(masterKey);
  const openedWith = previous === undefined ? [current] : [current, derivedFrom(previous)];

  return {
    seal(secret, of) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce).setAAD(boundTo(of));
      const text = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${VERSION}.${current.fingerprint}.${text.toString('base64url')}`;
    },

    isCurrent: (sealed) => sealed.startsWith(`${VERSION}.${current.fingerprint}.`),

    open(sealed, of) {
      const what = `the secret "${of.keyId}" of tenant "${of.tenantId}"`;
      const [version, sealedUnder, text = ''] = sealed.split('.');
      if (version !== VERSION)
        throw new CannotOpen(
          `${what} is sealed in the unknown format "${version}": a newer release wrote it, run that`,
        );
      const under = openedWith.find(({ fingerprint }) => fingerprint === sealedUnder);
      if (under === undefined)
        throw new CannotOpen(
          `MASTER_KEY does not open ${what}: it was sealed under another one (fingerprint ${sealedUnder}, this one has ` +
            `${current.fingerprint}). Start with the MASTER_KEY that this event log was used with, or give it as MASTER_KEY_PREVIOUS; where it is lost, MASTER_KEY_LOST=true`,
        );
      try {
        const bytes = Buffer.from(text, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', under.key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(boundTo(of)).setAuthTag(bytes.subarray(-TAG_BYTES));
        return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new CannotOpen(`${what} was changed or moved after it was sealed: add the key again`, { cause });
      }
    },

    nameless: (tenantId, text) => `${current.fingerprint}.${namelessUnder(current.persons, tenantId, text)}`,

    recogniser(nameless, tenantId) {
      const [fingerprint, digest] = nameless.split('.');
      const under = openedWith.find((one) => one.fingerprint === fingerprint);
      return under && ((text) => namelessUnder(under.persons, tenantId, text) === digest);
    },

    webhookKeyId: (tenantId, webhookKey) =>
      `wk_${createHmac('sha256', current.keyIds)
        .update(JSON.stringify([tenantId, webhookKey]))
        .digest('hex')
        .slice(0, 20)}`,
  };
}
