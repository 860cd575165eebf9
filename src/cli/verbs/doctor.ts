import { examine, type Finding } from '../examination.ts';
import type { Verb } from '../program.ts';
import { examples } from '../text.ts';

const marks = { ok: 'ok   ', fail: 'FAIL ', skip: 'skip ' } as const;

const line = ({ name, status, detail, remedy }: Finding): string =>
  `${marks[status]} ${name.padEnd(22)} ${detail}${remedy ? `\n${' '.repeat(29)}→ ${remedy}` : ''}`;

/** Whether all is well, and what to do where it is not. */
export const verb: Verb = (program, cli) => {
  program
    .command('doctor')
    .description('examines the service and the keys, and says what to do; it changes nothing')
    .addHelpText('after', examples('doctor', 'doctor --url https://calls.example.com --json'))
    .action(async () => {
      const findings = await examine(cli);
      const ill = findings.filter(({ status }) => status === 'fail').length;
      if (ill > 0) cli.no();
      cli.answer(
        { ok: ill === 0, checks: findings },
        `${findings.map(line).join('\n')}\n\n${ill === 0 ? 'All is well.' : `${ill} of ${findings.length} need attention.`}`,
      );
    });
};
