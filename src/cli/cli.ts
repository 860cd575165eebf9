import type { Command } from 'commander';
import { Failure } from './failure.ts';
import { type GlobalOptions, type Keys, keysOf, type Service, serviceAt } from './service.ts';
import { printable } from './text.ts';

/** What every verb has at hand: the service, as the options say, and the way to answer. */
export type Cli = {
  /** Asks as the administrator. */
  readonly admin: Service;
  /** Asks as a tenant; `--api-key` or API_KEY, where it is not `default`. */
  as(tenantId: string | undefined): Service;
  /** Asks without a key; not for what needs one. */
  readonly anyone: Service;
  readonly keys: Keys;
  readonly url: string;
  /** The answer: `machine` with --json, else `human`. Nothing else is written to stdout. */
  answer(machine: unknown, human: string): void;
  /** A remark for a person; to stderr, and not with --json. */
  remark(text: string): void;
  /** What ends a command, and what to do about it; to stderr. */
  complain(failure: Failure): void;
  /** The command was carried out, and the answer is no. */
  no(): void;
  exitCode(): number;
};

/** Options are read when they are needed: by then they have been parsed. */
export function cliOf(program: Command): Cli {
  const options = () => program.opts<GlobalOptions>();
  const url = () => baseUrl(options().url);
  const keys = keysOf(options);
  let exitCode = 0;
  return {
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
    answer(machine, human) {
      process.stdout.write(options().json ? `${JSON.stringify(machine, null, 2)}\n` : `${printable(human)}\n`);
    },
    remark(text) {
      if (!options().json) process.stderr.write(`${printable(text)}\n`);
    },
    complain({ message, details }) {
      const { remedy, code, status } = details;
      process.stderr.write(
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
}

function baseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new Failure(2, `"${text}" is no address of a service.`, {
      remedy: 'For example --url http://127.0.0.1:3000',
    });
  return url.href.replace(/\/+$/, '');
}
