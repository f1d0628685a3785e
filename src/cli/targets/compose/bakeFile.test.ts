import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildTarget } from '../buildTarget.suite.ts'
import { formatBakeFile } from './bakeFile.ts'

describe('targets as a bake file', () => {
  it('say what they say and no more, with nothing that bake would take for an expression', () => {
    const target = buildTarget({ dockerfileInline: 'FROM a\nRUN echo ${X} %{Y}', args: new Map([['X', '${HOME}']]), extraHosts: ['db:10.0.0.1', 'v6=::1'], pull: true })
    assert.deepEqual(JSON.parse(formatBakeFile([target], ['app'])), {
      group: { default: { targets: ['app'] } },
      target: { app: { context: '.', 'dockerfile-inline': 'FROM a\nRUN echo $${X} %%{Y}', args: { X: '$${HOME}' }, 'extra-hosts': { db: '10.0.0.1', v6: '::1' }, pull: true } },
    })
  })
})
