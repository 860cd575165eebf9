import { ROOT } from '../../src/administration/access.ts';
import { type AdminAccess, adminAccess, isAdminKey } from '../../src/http/bearer.ts';

/** Administration with a key alone, for routes that are mounted by themselves: no named keys, no trail. */
export function accessWith(adminKey: string): AdminAccess {
  const isKey = isAdminKey(adminKey);
  return adminAccess((key) => (isKey(key) ? ROOT : undefined));
}
