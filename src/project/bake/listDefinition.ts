import { formatGoJson } from '../../ground/goJson.ts'
import type { BakeDefinition } from './bakeDefinition.ts'

/** A row of `bake --list=targets`: what can be asked for by name, private ones (`_NAME`) left out. */
export interface ListedTarget {
  readonly name: string
  /** Of a group, what is in it, too. */
  readonly description: string
  readonly isGroup: boolean
}

/** Sorted by name. */
export function listTargets({ groups, targets }: BakeDefinition): readonly ListedTarget[] {
  const rows = [
    ...targets.map(({ name, description }) => ({ name, description: description ?? '', isGroup: false })),
    ...groups.map((group) => ({ name: group.name, description: describeGroup(group.description, [...group.targets].sort().join(', ')), isGroup: true })),
  ]
  return rows.filter(({ name }) => !name.startsWith('_')).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

function describeGroup(description: string, names: string): string {
  if (names === '') return description
  return description === '' ? names : `${description} (${names})`
}

export function formatTargetList(rows: readonly ListedTarget[]): string {
  return formatGoJson(rows.map(({ name, description, isGroup }) => ({ name, description: description === '' ? undefined : description, group: isGroup ? true : undefined })), 'indented')
}

export function formatVariableList({ variables }: BakeDefinition): string {
  return formatGoJson(variables.map(({ name, type, description, value }) => ({ name, description: description === '' ? undefined : description, type: type === '' ? undefined : type, value })), 'indented')
}
