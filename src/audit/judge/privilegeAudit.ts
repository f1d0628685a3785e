import type { Finding } from '../finding.ts'
import type { FoundFile } from '../tree/imageTree.ts'
import { findingOf } from './subject.ts'

export const SETUID = 0o4000
export const SETGID = 0o2000

/** Files that run with more rights than whoever starts them: for the reader to know. */
export function* checkPrivileges(file: FoundFile): Generator<Finding> {
  const { mode, hasCapabilities } = file.node.entry
  const bits = [...((mode & SETUID) !== 0 ? ['setuid'] : []), ...((mode & SETGID) !== 0 && (mode & 0o111) !== 0 ? ['setgid'] : [])]
  if (bits.length > 0) yield findingOf(file, { rule: 'SetuidFile', severity: 'note', message: `is ${bits.join(' and ')} (${mode.toString(8).padStart(4, '0')})`, remedy: '' })
  if (hasCapabilities) yield findingOf(file, { rule: 'FileCapabilities', severity: 'note', message: 'has capabilities of its own', remedy: '' })
}
