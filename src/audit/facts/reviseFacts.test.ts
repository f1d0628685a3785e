import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asByteString } from '../../kit/byteString.ts'
import type { LayerEntry } from './layerFacts.ts'
import { reviseFacts } from './reviseFacts.ts'

const path = asByteString
const folder = (name: string): LayerEntry => ({ kind: 'folder', path: path(name) })
const file = (name: string, kind: 'other' | 'empty' = 'other'): LayerEntry => ({ kind: 'file', path: path(name), mode: 0o644, hasCapabilities: false, content: { kind } })
const hardlink = (name: string, target: string): LayerEntry => ({ kind: 'hardlink', path: path(name), target: path(target) })
const opaque = (name: string): LayerEntry => ({ kind: 'opaque', path: path(name) })
const removal = (name: string): LayerEntry => ({ kind: 'removal', path: path(name) })

describe('reviseFacts', () => {
  const before = [folder('a'), opaque('a'), file('a/x'), file('a-b'), hardlink('c', 'a-b'), removal('d')]
  const cases: readonly { readonly name: string; readonly changed: readonly LayerEntry[]; readonly want: readonly LayerEntry[] | undefined }[] = [
    { name: 'takes what changed in the place of what was', changed: [folder('a'), file('a/x', 'empty')], want: [folder('a'), opaque('a'), file('a/x', 'empty'), file('a-b'), hardlink('c', 'a-b'), removal('d')] },
    { name: 'puts what is new where a layer has it', changed: [folder('a'), folder('a/y'), file('a/y/z'), file('b')], want: [folder('a'), opaque('a'), file('a/x'), folder('a/y'), file('a/y/z'), file('a-b'), file('b'), hardlink('c', 'a-b'), removal('d')] },
    { name: 'changes nothing where nothing did', changed: [], want: before },
    { name: 'does not know what becomes of links to what changed', changed: [file('a-b', 'empty')], want: undefined },
    { name: 'does not know what comes back that was taken away', changed: [file('d')], want: undefined },
    { name: 'leaves out what was taken away', changed: [folder('a'), removal('a/x'), removal('c')], want: [folder('a'), opaque('a'), file('a-b'), removal('d')] },
    { name: 'leaves out a folder that was taken away, with all in it', changed: [removal('a')], want: [file('a-b'), hardlink('c', 'a-b'), removal('d')] },
    { name: 'leaves out a link together with what it leads to', changed: [removal('a-b'), removal('c')], want: [folder('a'), opaque('a'), file('a/x'), removal('d')] },
    { name: 'does not know what becomes of links to what was taken away', changed: [removal('a-b')], want: undefined },
    { name: 'does not know what a folder hides anew', changed: [folder('a'), opaque('a')], want: undefined },
  ]
  for (const { name, changed, want } of cases) {
    it(name, () => assert.deepEqual(reviseFacts({ entries: before }, { entries: changed })?.entries, want))
  }
})
