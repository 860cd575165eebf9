import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { Terminal } from '../cli.ts';
import { compareWithLog } from '../export/compare.ts';
import { type Examined, examineExport, type Fault } from '../export/examine.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { terminalLine } from '../progress.ts';
import { examples, instantOf } from '../text.ts';

type ExportOptions = {
  from?: string;
  to?: string;
  tenant?: string;
  evidence: boolean;
  out?: string;
  force?: true;
};

/** A position of the log, or a time as a person writes it. */
const endOf = (text: string | undefined, option: string): string | undefined =>
  /^\d{1,19}$/.test(text ?? '') ? text : instantOf(text, option);

/** The facts, for an auditor; and whether such a file is what the log says. */
export const verb: Verb = (program, cli) => {
  const exporting = program
    .command('export')
    .description('write the facts and their signed evidence as NDJSON with digests. Personal data')
    .option('--from <time or position>', 'from the first fact recorded then on, or after a position; default: all')
    .option('--to <time or position>', 'before the first fact recorded then, or up to a position; default: now')
    .option('--tenant <id>', 'only what belongs to it')
    .option('--no-evidence', 'without the signed bytes')
    .option('--out <file>', 'where to, readable by you alone; default: stdout')
    .option('--force', 'replace the file')
    .addHelpText(
      'after',
      examples('export --from 2026-01-01 --to 2026-02-01 --out january.ndjson', 'export check january.ndjson'),
    )
    .action(async ({ from, to, tenant, evidence, out, force }: ExportOptions) => {
      const range = { from: endOf(from, '--from'), to: endOf(to, '--to') };
      const query = { ...range, tenant, evidence: evidence ? undefined : 'false' };
      const body = () => cli.admin.stream('/api/export', query);
      if (out === undefined) {
        const { facts, digest } = complete(await pass(await body(), cli.terminal.stdout, cli.terminal));
        return cli.remark(`${facts} facts, digest ${digest}`);
      }
      const { header, ...examined } = complete(await intoFile(body, out, force === true, cli.terminal));
      if (examined.doubt) cli.remark(`Line ${examined.doubt.line}: ${examined.doubt.why}.`);
      cli.answer({ file: out, ...header, ...examined }, `${out}: ${countsOf(examined)}\ndigest ${examined.digest}`);
    });

  exporting
    .command('check <file>')
    .description('whether an export is unchanged, whole, and what the log says')
    .option('--offline', 'by itself only; without asking the service')
    .addHelpText('after', examples('export check january.ndjson', 'export check january.ndjson --offline'))
    .action(async (file: string, { offline }: { offline?: true }) => {
      const examined = await examineExport(bytesOf(file));
      const { header, fault, doubt } = examined;
      const compared =
        fault || offline || header === undefined
          ? undefined
          : await compareWithLog(cli.admin, header, examined, () => bytesOf(file));
      const wrong = fault ?? compared?.wrong ?? doubt;
      const erased = compared?.erased ?? 0;
      const since = erased > 0 ? `; ${erased} of the facts are erased since` : '';
      if (wrong !== undefined) cli.no();
      const inOrder = `${file} is in order: ${countsOf(examined)}${offline ? '; not compared with the log' : `, as the log says${since}`}`;
      cli.answer(
        {
          ok: wrong === undefined,
          compared: fault === undefined && !offline,
          wrong: wrong ?? null,
          erased,
          ...examined,
        },
        `${wrong === undefined ? inOrder : faultText(file, wrong)}\ndigest ${examined.digest}`,
      );
    });
};

const faultText = (file: string, wrong: Fault | string): string =>
  `${file} is NOT in order.\n${typeof wrong === 'string' ? wrong : `line ${wrong.line}: ${wrong.why}`}`;

const countsOf = ({ facts, evidence, expired }: Examined): string =>
  `${facts} facts${evidence > 0 ? `, ${evidence} signed deliveries${expired > 0 ? ` (${expired} expired)` : ''}` : ''}`;

function complete(examined: Examined): Examined {
  if (examined.fault === undefined) return examined;
  const { line, why } = examined.fault;
  throw new Failure(2, `The export is not complete. Line ${line}: ${why}.`, {
    remedy: 'See that the service is well (call-ledger doctor), and begin again.',
  });
}

/** Under its name only when it is complete. */
async function intoFile(
  body: () => Promise<AsyncIterable<Uint8Array>>,
  out: string,
  force: boolean,
  terminal: Terminal,
): Promise<Examined> {
  if (!force && existsSync(out))
    throw new Failure(2, `${out} is there already.`, { remedy: 'Name another file, or replace it with --force.' });
  const unfinished = `${out}.unfinished`;
  const bytes = await body();
  await rm(unfinished, { force: true });
  const file = createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true });
  file.on('error', () => {}); // the write that fails rejects
  try {
    await once(file, 'open').catch(cannotWrite(out));
    const examined = await pass(bytes, file, terminal).finally(() => closed(file));
    if (examined.fault === undefined) await rename(unfinished, out);
    return examined;
  } finally {
    await rm(unfinished, { force: true });
  }
}

const closed = (file: WriteStream): Promise<void> => new Promise((resolve) => file.close(() => resolve()));
const cannotWrite = (out: string) => (error: Error) => {
  throw new Failure(2, `Cannot write ${out}: ${error.message}`, { remedy: 'Say where to with --out <file>.' });
};

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file);
  } catch (error) {
    throw new Failure(2, `Cannot read ${file}: ${(error as Error).message}`);
  }
}

/** Writes the bytes as fast as `to` accepts them, and examines them on the way. */
async function pass(bytes: AsyncIterable<Uint8Array>, to: Writable, terminal: Terminal): Promise<Examined> {
  const line = terminalLine(terminal);
  let facts = 0;
  async function* passing() {
    let megabytes = 0;
    for await (const chunk of bytes) {
      await written(to, chunk);
      megabytes += chunk.length / 1e6;
      line.draw(`${facts} facts, ${megabytes.toFixed(1)} MB`);
      yield chunk;
    }
  }
  try {
    return await examineExport(passing(), () => facts++);
  } finally {
    line.clear();
  }
}

const written = (to: Writable, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) =>
    to.write(chunk, (error) => (error ? reject(new Failure(2, `Cannot write: ${error.message}`)) : resolve())),
  );
