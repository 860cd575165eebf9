import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import type { Page, Tenant } from './api.ts';
import { Failure } from './failure.ts';
import { type Keys, keysOf } from './keys.ts';
import { type Service, serviceAt } from './service.ts';
import { type Columns, printable, table } from './text.ts';

/** The version of these commands. The path to package.json is the same in the repository and in the package. */
export const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  readonly version: string;
};

type GlobalOptions = {
  readonly url: string;
  readonly adminKey?: string;
  readonly apiKey?: string;
  readonly dataDir: string;
  readonly json?: true;
};

/** Where a command reads and writes: its process, or what a test gives it. */
export type Terminal = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
};

type Listed<Item> = { readonly items: readonly Item[]; readonly nextCursor?: string | null };

/** What every verb can use: the service that the options name, and the ways to answer. */
export type Cli = {
  /** Asks as the administrator. */
  readonly admin: Service;
  /** Asks as a tenant; `--api-key` or API_KEY, where it is not `default`. */
  as(tenantId: string | undefined): Service;
  /** Asks without a key; not for what needs one. */
  readonly anyone: Service;
  readonly keys: Keys;
  readonly url: string;
  readonly terminal: Terminal;
  /** The answer: `machine` with --json, else `human`. Nothing else is written to stdout. */
  answer(machine: unknown, human: string): void;
  /** One of many answers, as they come: a line of JSON with --json, else `human`. */
  each(machine: unknown, human: string): void;
  /** Answers a list as a table, or with `none`, and remarks how to go on where there is more. */
  list<Item>(page: Listed<Item>, columns: Columns<Item>, none?: string): void;
  /** A remark for a person; to stderr, and not with --json. */
  remark(text: string): void;
  /** What ends a command, and what to do about it; to stderr. */
  complain(failure: Failure): void;
  /** The command was carried out, and the answer is no. */
  no(): void;
  exitCode(): number;
};

/** Options are read when they are needed: by then they have been parsed. */
export function cliOf(program: Command, terminal: Terminal): Cli {
  const options = () => program.opts<GlobalOptions>();
  const url = () => baseUrl(options().url);
  const keys = keysOf(options, terminal.env);
  let exitCode = 0;
  const cli: Cli = {
    get url() {
      return url();
    },
    get admin() {
      return serviceAt(url(), keys.admin);
    },
    get anyone() {
      return serviceAt(url(), async () => undefined);
    },
    as: (tenantId) => serviceAt(url(), () => keys.api(tenantId)),
    keys,
    terminal,
    answer(machine, human) {
      terminal.stdout.write(options().json ? `${JSON.stringify(machine, null, 2)}\n` : `${printable(human)}\n`);
    },
    each(machine, human) {
      terminal.stdout.write(`${options().json ? JSON.stringify(machine) : printable(human)}\n`);
    },
    list(page, columns, none) {
      const { items, nextCursor } = page;
      cli.answer(page, none !== undefined && items.length === 0 ? none : table(items, columns));
      if (nextCursor) cli.remark(`There are more: --cursor ${nextCursor}`);
    },
    remark(text) {
      if (!options().json) terminal.stderr.write(`${printable(text)}\n`);
    },
    complain({ message, details }) {
      const { remedy, code, status } = details;
      terminal.stderr.write(
        options().json
          ? `${JSON.stringify({ error: { message, remedy, code, status } })}\n`
          : printable(`${message}${remedy ? `\n  ${remedy}` : ''}\n`),
      );
    },
    no() {
      exitCode = 1;
    },
    exitCode: () => exitCode,
  };
  return cli;
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new Failure(2, `"${text}" is no address of a service.`, {
      remedy: 'For example --url http://127.0.0.1:3000',
    });
  return url.href.replace(/\/+$/, '');
}

/** What all pages of a list hold together. */
export async function allPages<Item>(page: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items: more, nextCursor } = await page(cursor);
    items.push(...more);
    if (!nextCursor) return items;
    cursor = nextCursor;
  }
}

/** All tenants there are. */
export const allTenants = ({ admin }: Pick<Cli, 'admin'>): Promise<Tenant[]> =>
  allPages((cursor) => admin.call('GET /api/tenants', { query: { cursor } }));

/** Asks for each id in turn: a refusal of one does not stop the others. */
export async function tryEach<Result>(
  ids: readonly string[],
  attempt: (id: string) => Promise<Result>,
  refused: (id: string, why: string) => Result,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const id of ids) {
    try {
      results.push(await attempt(id));
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== 1 || error.details.status === 401) throw error;
      results.push(refused(id, error.message));
    }
  }
  return results;
}
