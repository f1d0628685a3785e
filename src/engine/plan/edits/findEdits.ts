import type { PlanEdit } from '../buildPlan.ts'
import { aptLists } from './aptLists.ts'
import { cacheMount } from './cacheMount.ts'
import { copyBeforeInstall } from './copyBeforeInstall.ts'
import type { EditRule, EditSubject } from './editSubject.ts'
import { ignoredFolders } from './ignoredFolders.ts'
import { keptArchive } from './keptArchive.ts'
import { platformEdits } from './platformEdits.ts'
import { slowEmulation } from './slowEmulation.ts'

const RULES: readonly EditRule[] = [platformEdits, slowEmulation, copyBeforeInstall, cacheMount, ignoredFolders, keptArchive, aptLists]

/** What would help, the most time first, then the most bytes, then by line. */
export function findEdits(subject: EditSubject): readonly PlanEdit[] {
  const found = RULES.flatMap((rule) => rule(subject))
  // A cache of apt's has the lists in it.
  const isCached = ({ id, lines }: PlanEdit): boolean => id === 'apt-lists' && found.some((other) => other.id === 'cache-mount' && other.lines.startLine === lines.startLine)
  return found.filter((edit) => !isCached(edit)).toSorted((a, b) => (b.savesMs ?? 0) - (a.savesMs ?? 0) || (b.savesBytes ?? 0) - (a.savesBytes ?? 0) || a.lines.startLine - b.lines.startLine)
}
