import { readFile } from 'node:fs/promises'
import { UsageError } from '../flags/usageError.ts'

/** Of a group of this machine, by its name or number. @throws UsageError */
export async function readGroupId(group: string): Promise<number> {
  if (/^\d{1,10}$/.test(group)) return Number(group)
  const lines = (await readFile('/etc/group', 'utf8')).split('\n').map((line) => line.split(':'))
  const id = lines.find(([name]) => name === group)?.[2]
  if (id === undefined) throw new UsageError(`there is no group ${JSON.stringify(group)}`, { hint: 'groupadd makes one; one that is not in /etc/group goes by its number' })
  return Number(id)
}
