import { randomInt, randomUUID } from 'node:crypto';
import { openCalls } from '../../retell-emulator/calls.ts';
import { randomFrom } from '../../retell-emulator/random.ts';
import { type Story, stories } from '../../retell-emulator/stories.ts';
import { deliver, type Webhook } from '../../retell-emulator/webhooks.ts';
import { DEFAULT_TENANT } from '../../tenants/tenant.ts';
import { Failure } from '../failure.ts';
import type { Verb } from '../program.ts';
import { callOf, recently, webhookPathOf } from '../simulate/story-call.ts';
import { examples, fields, table } from '../text.ts';
import { webhookKey } from '../webhook-key.ts';

/** As it can be typed: `confirmed (true)` is `confirmed-true`. */
const nameOf = ({ name }: Story): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-|-$/g, '');

/** By name; of two that are called alike, the first. */
const byName: ReadonlyMap<string, Story> = new Map(stories.toReversed().map((story) => [nameOf(story), story]));
const named = [...byName].reverse();

/** The story of a name, else the first whose name begins with it, whose outcome it is, or whose name has it somewhere. */
function storyOf(word: string): Story {
  const found =
    named.find(([name]) => name === word) ??
    named.find(([name]) => name.startsWith(word)) ??
    named.find(([, { expected }]) => expected.status === word) ??
    named.find(([name]) => name.includes(word));
  if (found) return found[1];
  throw new Failure(2, `There is no story "${word}".`, { remedy: `There are: ${[...byName.keys()].join(', ')}` });
}

type Options = {
  forwardTo?: string;
  tenant: string;
  keyFile?: string;
  session?: string;
  appointment?: string;
  phone?: string;
};

/** The webhooks of one call, in Retell's order. */
async function webhooksOf(story: Story, { session, appointment, phone }: Options): Promise<readonly Webhook[]> {
  const random = randomFrom(randomInt(2 ** 31));
  const run = randomUUID().slice(0, 8);
  const webhooks: Webhook[] = [];
  const underWay: Promise<unknown>[] = [];
  const calls = openCalls({
    ...{ random, pace: 0, autoplay: true, times: recently, signal: new AbortController().signal },
    onEvent: (event, call) => webhooks.push({ event, call: structuredClone(call) }),
    track: (work) => underWay.push(work),
  });
  const ids = {
    sessionId: session ?? `cs_trigger_${run}`,
    appointmentId: appointment ?? `apt_trigger_${run}`,
    contactId: `con_trigger_${run}`,
  };
  const anybody = `+447700900${String(random.below(1000)).padStart(3, '0')}`; // reserved for fiction
  calls.make(callOf(story, phone ?? anybody, ids), story);
  await Promise.all(underWay);
  return webhooks;
}

/** One call, as Retell would tell of it. */
export const verb: Verb = (program, cli) => {
  program
    .command('trigger [story]')
    .description(
      'the signed webhooks of one made-up call, sent at the service or at any address; without a story: those there are',
    )
    .option('--forward-to <url>', 'this address gets them, whatever it is, in the place of the service')
    .option('--tenant <id>', 'whose call it is; of another than default: with --key-file', DEFAULT_TENANT)
    .option(
      '--key-file <file>',
      'holds the webhook key to sign with; default: RETELL_WEBHOOK_SECRET, else the one in DATA_DIR',
    )
    .option('--session <id>', 'the call session that it belongs to; default: a new one')
    .option('--appointment <id>', 'the appointment that it is about, of stories about one; default: a new one')
    .option('--phone <number>', 'the other side; default: one that is reserved for fiction')
    .addHelpText(
      'after',
      examples(
        'trigger',
        'trigger confirmed',
        'trigger cancelled --appointment apt_17',
        'trigger busy --forward-to http://127.0.0.1:8080/webhooks',
      ),
    )
    .action(async (name: string | undefined, options: Options) => {
      if (name === undefined) return listStories();
      const story = storyOf(name);
      const key = await webhookKey(cli, options.tenant, options.keyFile);
      const webhooks = await webhooksOf(story, options);
      const { call } = webhooks.at(-1)!;
      const below = options.tenant === DEFAULT_TENANT ? '' : `/t/${options.tenant}`;
      const url = options.forwardTo ?? `${cli.url}${below}${webhookPathOf(call.agent_id)}`;
      const sent: { event: string; statuses: readonly number[] }[] = [];
      for (const webhook of webhooks) {
        const { event, statuses } = await deliver(
          webhook,
          { url, key: key.key },
          randomFrom(1),
          new AbortController().signal,
        );
        if (statuses.every((status) => status === 0))
          throw new Failure(2, `Nothing answers at ${url}.`, {
            remedy: 'Start it, or give another address: --url, --forward-to.',
          });
        sent.push({ event, statuses });
      }
      const refused = sent.some(({ statuses }) => !isSuccess(statuses.at(-1)!));
      if (refused) cli.no();
      const { call_session_id: sessionId, appointment_id: appointmentId } = call.metadata ?? {};
      const about = { story: nameOf(story), callId: call.call_id, sessionId, appointmentId, url };
      const answered = sent.map(({ event, statuses }) => `\n${event.padEnd(14)} ${statuses.join(', ')}`);
      cli.answer({ ...about, sent }, `${fields(about)}\n${answered.join('')}`);
      if (refused) cli.remark(`Signed with the key from ${key.from}. Is it the one of ${options.tenant} there?`);
      else if (options.forwardTo === undefined) cli.remark(`What came of it: call-ledger history ${call.call_id}`);
    });

  function listStories(): void {
    const items = named.map(([name, { agent, expected }]) => ({ story: name, agent, ...expected }));
    cli.answer(
      { items },
      table(items, {
        STORY: 'story',
        AGENT: 'agent',
        OUTCOME: 'status',
        REASON: 'reason',
        APPOINTMENT: 'appointment',
        TICKET: 'ticket',
      }),
    );
  }
};

const isSuccess = (status: number): boolean => status >= 200 && status < 300;
