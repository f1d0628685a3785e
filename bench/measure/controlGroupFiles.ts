/** Milliseconds, from `cpu.stat` (microseconds, a line `usage_usec`) or the older `cpuacct.usage` (nanoseconds, alone). */
export function parseCgroupUsage(text: string): number {
  const micros = /^usage_usec (\d+)$/m.exec(text)?.[1]
  return micros === undefined ? Number(text) / 1e6 : Number(micros) / 1e3
}

/** Bytes that processes allocated or share, from `memory.stat`: files of the page cache are left out. */
export function parseCgroupMemory(text: string): number {
  const values = new Map(text.split('\n').map((line) => line.split(' ')).map(([key = '', value = '0']) => [key, Number(value)]))
  const own = values.get('total_rss') ?? values.get('anon') ?? 0
  const shared = values.get('total_shmem') ?? values.get('shmem') ?? 0
  return own + shared
}
