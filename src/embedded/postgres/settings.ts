/**
 * Settings of the embedded Postgres, for a small shared machine and a read model that can be rebuilt. They go on the
 * command line, so that old clusters get them too.
 */
export const settings: Readonly<Record<string, string>> = {
  // Reachable from this machine only, by password. No socket file: its path may be too long, and /tmp is everyone's.
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',

  // A commit does not wait for the disk. A crash may lose the last half second of commits, rows and checkpoint together,
  // which are read again from the log.
  synchronous_commit: 'off',
  // These stay on: without them a power cut leaves a broken database that looks whole.
  fsync: 'on',
  full_page_writes: 'on',

  // No replicas and no backups: no more WAL than recovery needs, and none for tables filled in the transaction that made them.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  // A rebuild writes a lot; fewer checkpoints while it does, at the price of at most this much disk.
  max_wal_size: '512MB',
  checkpoint_timeout: '15min',
  wal_compression: 'on',

  // Pools of the service and its operator commands. Each connection is a process.
  max_connections: '60',
  shared_buffers: '128MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  // The rest of a small machine's memory is the file system's cache.
  effective_cache_size: '512MB',

  // Two cores are not worth sharing one query among; and parallel queries need /dev/shm, of which containers have 64 MB.
  max_parallel_workers_per_gather: '0',
  // An index over a whole table is worth it: a rebuild waits for it and does nothing else. It needs almost no memory there.
  max_parallel_maintenance_workers: '1',
  // Saves the three reading processes of Postgres 18; the data is in memory anyway.
  io_method: 'sync',
  jit: 'off',
  // Reads are not always from spinning disks.
  random_page_cost: '1.1',

  timezone: 'UTC',
  log_timezone: 'UTC',
  // Nothing that identifies a person may reach a log: an error may quote a row, so it goes to the client alone. Starts,
  // stops and crashes do go to the file.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_checkpoints: 'off',
};
