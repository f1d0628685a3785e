import type { ActionBase } from './vertex.ts'

export function isSameBase(a: ActionBase, b: ActionBase): boolean {
  return a.kind === b.kind && (a.kind === 'scratch' || b.kind === 'scratch' || a.index === b.index)
}
