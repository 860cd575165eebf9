/**
 * Where `--help` is asked for, answers it on stdout and ends the process. For the beginning of a script, before anything is
 * read or started.
 */
export function answerHelp(usage: string): void {
  if (!process.argv.slice(2).some((word) => word === '--help' || word === '-h')) return;
  console.log(usage);
  process.exit(0);
}
