import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BuildSource, FolderSource, Revision } from './buildSource.ts'
import { compareSources } from './compareSources.ts'

const COMMITS = ['a'.repeat(40), 'b'.repeat(40)] as const

function source(parts: Partial<BuildSource> = {}): BuildSource {
  return { contexts: new Map(), dockerfile: 'sha256:d', target: '', buildArgs: new Map(), secretArgs: [], ...parts }
}

function git(commit: string, isDirty: boolean, folder = ''): Revision {
  return { kind: 'git', commit, isDirty, folder, remote: '' }
}

function told(commit: string): Revision {
  return { kind: 'told', commit, variable: 'GITHUB_SHA' }
}

function folder(digest: string, revision?: Revision): BuildSource {
  const context: FolderSource = { kind: 'folder', digest, revision }
  return source({ contexts: new Map([['context', context]]) })
}

describe('compareSources', () => {
  const same: readonly { readonly name: string; readonly pair: readonly [BuildSource, BuildSource] }[] = [
    { name: 'equal files', pair: [folder('1'), folder('1')] },
    { name: 'clean checkouts of one commit, whatever ignored files are in them', pair: [folder('1', git(COMMITS[0], false)), folder('2', git(COMMITS[0], false))] },
    { name: 'a clean checkout and equal files without git', pair: [folder('1', git(COMMITS[0], false)), folder('1')] },
    { name: 'equal files of which a CI service tells the commit', pair: [folder('1', git(COMMITS[0], false)), folder('1', told(COMMITS[0]))] },
    { name: 'equal changes to one commit', pair: [folder('1', git(COMMITS[0], true)), folder('1', git(COMMITS[0], true))] },
    { name: 'arguments in another order', pair: [source({ buildArgs: new Map([['A', '1'], ['B', '2']]) }), source({ buildArgs: new Map([['B', '2'], ['A', '1']]) })] },
  ]
  for (const { name, pair } of same) {
    it(`takes for the same ${name}`, () => assert.deepEqual([compareSources(...pair), compareSources(pair[1], pair[0])], [[], []]))
  }

  const different: readonly { readonly name: string; readonly pair: readonly [BuildSource, BuildSource]; readonly want: string }[] = [
    { name: 'other files', pair: [folder('1'), folder('2')], want: 'context: files' },
    { name: 'other changes to one commit', pair: [folder('1', git(COMMITS[0], true)), folder('2', git(COMMITS[0], false))], want: 'context: files' },
    { name: 'other files though the CI service tells one commit', pair: [folder('1', told(COMMITS[0])), folder('2', told(COMMITS[0]))], want: 'context: files' },
    { name: 'another commit, though the files are equal', pair: [folder('1', git(COMMITS[0], false)), folder('1', told(COMMITS[1]))], want: 'context: git revision' },
    { name: 'another folder of one commit', pair: [folder('1', git(COMMITS[0], false, 'a')), folder('2', git(COMMITS[0], false, 'b'))], want: 'context: folder in the repository' },
    { name: 'another kind of context', pair: [folder('1'), source({ contexts: new Map([['context', { kind: 'empty' }]]) })], want: 'context' },
    { name: 'archives that were not read to their end', pair: [source({ contexts: new Map([['context', { kind: 'upload', digest: undefined }]]) }), source({ contexts: new Map([['context', { kind: 'upload', digest: undefined }]]) })], want: 'context' },
    { name: 'a context more', pair: [source(), source({ contexts: new Map([['base', { kind: 'remote', text: 'docker-image://a' }]]) })], want: 'context base' },
    { name: 'another Dockerfile', pair: [source(), source({ dockerfile: 'sha256:e' })], want: 'Dockerfile' },
    { name: 'another target', pair: [source(), source({ target: 'test' })], want: 'target' },
    { name: 'another argument', pair: [source({ buildArgs: new Map([['A', '']]) }), source()], want: 'build argument A' },
    { name: 'a secret more', pair: [source({ secretArgs: ['TOKEN'] }), source()], want: 'build argument TOKEN' },
  ]
  for (const { name, pair, want } of different) {
    it(`tells ${name}`, () => assert.deepEqual([compareSources(...pair), compareSources(pair[1], pair[0])].map((found) => found.map(({ what }) => what)), [[want], [want]]))
  }
})
