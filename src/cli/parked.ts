import type { JsonObject } from '../events/json.ts';
import type { Cli } from './cli.ts';
import { table } from './text.ts';

export type Item = JsonObject & { readonly id: string; readonly projection: string };
type Page = { readonly items: readonly Item[]; readonly nextCursor: string | null };

export const pageOf = async (cli: Cli, query: Readonly<Record<string, string>>): Promise<Page> =>
  (await cli.admin.get(`/api/parked?${new URLSearchParams(query)}`)) as unknown as Page;

/** All that is parked, of one projection or of every one; the newest first. */
export async function parkedIn(cli: Cli, projection: string | undefined): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Page = await pageOf(cli, {
      limit: '200',
      ...(projection && { projection }),
      ...(cursor && { cursor }),
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

export const parkedTable = (items: readonly Item[]): string =>
  table(
    ['PARKED', 'PROJECTION', 'POSITION', 'WAITING', 'ATTEMPTS', 'ID', 'ERROR'],
    items.map((i) => [i.parkedAt, i.projection, i.position, i.waiting, i.attempts, i.id, i.error]),
  );
