/** Two tenants whose calls have the same ids, so that only the tenant keeps them apart. */
export type Tenant = {
  readonly id: string;
  readonly webhookKey: string;
  /** Stands in every text about this tenant's people, and nowhere else. */
  readonly mark: string;
  /** What the numbers of its people begin with; reserved for fiction. */
  readonly numbers: string;
  readonly recipient: string;
};

export const tenants: readonly Tenant[] = [
  {
    id: 'default',
    webhookKey: 'key_chaos_default_0123456789abcdef',
    mark: 'Larkspur',
    numbers: '+4477009001',
    recipient: 'desk@larkspur.example',
  },
  {
    id: 'acme',
    webhookKey: 'key_chaos_acme_fedcba9876543210',
    mark: 'Bramble',
    numbers: '+4477009005',
    recipient: 'desk@bramble.example',
  },
];

export const ADMIN_KEY = 'an-admin-key-for-chaos';
export const MASTER_KEY = 'a-master-key-for-chaos';
export const MAIL_FROM = 'Call Ledger <ledger@sender.example>';

/** No log may hold any of these: people's names, numbers and words, and keys. */
export const unspeakable: readonly RegExp[] = [
  /larkspur|bramble|quillfeather|umbrella|recordings\.example/i,
  /447700900\d{3}/,
  /key_chaos_|an-admin-key|a-master-key/,
  // An API key as it is issued, and a signature as it is sent.
  /\bcl_[0-9a-z]+_[\w-]{43}|\bv=\d{13},d=/,
];

/** Whether a text speaks of people of another tenant. */
export const isForeignTo = (tenantId: string, text: string): boolean =>
  tenants.some(
    ({ id, mark, numbers, recipient }) =>
      id !== tenantId && [mark, numbers, recipient].some((word) => text.includes(word)),
  );
