import type { VertexTwins } from './progressEvent.ts'

export type TwinUse = Pick<VertexTwins, 'native' | 'emulated' | 'why'>

const WITH = 'with twins: '
const WITHOUT = 'without twins: '

/** `with twins: 1,204 of 1,310 processes ran natively`, or why there were none. */
export function formatTwinUse({ native, emulated, why }: TwinUse): string {
  if (why !== '') return `${WITHOUT}${why}`
  const total = native + emulated
  return `${WITH}${native.toLocaleString('en')} of ${total.toLocaleString('en')} ${total === 1 ? 'process' : 'processes'} ran natively`
}

/** Undefined of any other text. */
export function parseTwinUse(text: string): TwinUse | undefined {
  if (text.startsWith(WITHOUT) && text.length > WITHOUT.length) return { native: 0, emulated: 0, why: text.slice(WITHOUT.length) }
  const [, native, total] = /^with twins: ([\d,]+) of ([\d,]+) process(?:es)? ran natively$/.exec(text) ?? []
  if (native === undefined || total === undefined) return undefined
  const count = (digits: string): number => Number(digits.replaceAll(',', ''))
  return { native: count(native), emulated: count(total) - count(native), why: '' }
}
