import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

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
  /** The id of a webhook key: the same for the same key of the same tenant, and no help in guessing it. */
  webhookKeyId(tenantId: string, key: string): string;
};

// STORED FORMAT: `v1.<fingerprint of the master key>.<nonce, ciphertext and tag in base64url>`, and the derivations.
const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const boundTo = ({ tenantId, keyId }: SecretOf) => Buffer.from(JSON.stringify([VERSION, tenantId, keyId]));

/** AES-256-GCM under keys derived from MASTER_KEY with HKDF-SHA256, one key per purpose. */
export function sealingUnder(masterKey: string): Sealing {
  const derive = (purpose: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', masterKey, '', `call-ledger ${VERSION} ${purpose}`, bytes));
  const key = derive('seal tenant secrets', 32);
  const keyIds = derive('name webhook keys', 32);
  const fingerprint = derive('fingerprint', 4).toString('hex');

  return {
    seal(secret, of) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(boundTo(of));
      const text = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${VERSION}.${fingerprint}.${text.toString('base64url')}`;
    },

    open(sealed, of) {
      const what = `the secret "${of.keyId}" of tenant "${of.tenantId}"`;
      const [version, sealedUnder, text = ''] = sealed.split('.');
      if (version !== VERSION)
        throw new CannotOpen(
          `${what} is sealed in the unknown format "${version}": a newer release wrote it, run that`,
        );
      if (sealedUnder !== fingerprint)
        throw new CannotOpen(
          `MASTER_KEY does not open ${what}: it was sealed under another one (fingerprint ${sealedUnder}, this one has ` +
            `${fingerprint}). Start with the MASTER_KEY that this event log was used with`,
        );
      try {
        const bytes = Buffer.from(text, 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(boundTo(of)).setAuthTag(bytes.subarray(-TAG_BYTES));
        return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new CannotOpen(`${what} was changed or moved after it was sealed: add the key again`, { cause });
      }
    },

    webhookKeyId: (tenantId, webhookKey) =>
      `wk_${createHmac('sha256', keyIds)
        .update(JSON.stringify([tenantId, webhookKey]))
        .digest('hex')
        .slice(0, 20)}`,
  };
}
