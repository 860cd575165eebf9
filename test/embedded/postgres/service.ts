// What a test kills: a process that starts the embedded Postgres, says where it is, and then does nothing but live.
// Like the real service it does not die of a Ctrl-C at once, and its files are for its own user.

process.umask(0o077);
process.on('SIGINT', () => {});
process.on('message', () => {});
const [dataDir, startFile] = process.argv.slice(2) as [string, string];
try {
  const { startEmbeddedPostgres } = (await import(
    startFile
  )) as typeof import('../../../src/embedded/postgres/start.ts');
  const { url } = await startEmbeddedPostgres({ dataDir });
  process.send?.({ url });
} catch (error) {
  process.send?.({ error: (error as Error).message }, () => process.exit(1));
}
