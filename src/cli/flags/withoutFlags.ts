import type { FlagTable } from './flags.ts'

/** A command's flags without those of `names`. */
export function withoutFlags<T extends FlagTable, K extends keyof T & string>(table: T, names: readonly K[]): Omit<T, K> {
  const left: readonly string[] = names
  return Object.fromEntries(Object.entries(table).filter(([name]) => !left.includes(name))) as Omit<T, K>
}
