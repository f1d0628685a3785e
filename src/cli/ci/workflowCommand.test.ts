import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ciSystemOf } from './ciSystem.ts'
import { createOutputGroups } from './outputGroups.ts'
import { formatWorkflowCommand, withoutCommands, withoutOldCommands } from './workflowCommand.ts'

describe('workflow commands', () => {
  it('escapes what would end a property or the message', () => {
    assert.equal(formatWorkflowCommand('error', { file: 'a:b,c%d', line: 3, title: undefined }, '50 %\r\nnext: a,b'), '::error file=a%3Ab%2Cc%25d,line=3::50 %25%0D%0Anext: a,b')
  })
  it('needs no properties', () => assert.equal(formatWorkflowCommand('endgroup', {}, ''), '::endgroup::'))

  for (const [text, expected] of [
    ['::error::a', ': :error::a'],
    ['  ::stop-commands::x', '  : :stop-commands::x'],
    ['a ::error::b', 'a ::error::b'],
    ['a\n::set-env name=B::c', 'a\n: :set-env name=B::c'],
    ['a ##[add-mask]b', 'a # #[add-mask]b'],
  ] as const) {
    it(`lets none through: ${JSON.stringify(text)}`, () => assert.equal(withoutCommands(text), expected))
  }
  it('leaves today\'s form where lines begin otherwise', () => assert.equal(withoutOldCommands('#5 ::a::\n##[b]'), '#5 ::a::\n# #[b]'))
})

describe('parts that fold', () => {
  it('are groups for GitHub', () => {
    const groups = createOutputGroups('github')
    assert.equal(groups.open('#5 RUN a', 1000) + groups.close(2000), '::group::#5 RUN a\n::endgroup::\n')
  })
  it('are sections with names of their own for GitLab', () => {
    const groups = createOutputGroups('gitlab')
    const marks = [groups.open('a', 1999), groups.close(3000), groups.open('b', 3000)]
    assert.deepEqual(marks, ['\u001b[0Ksection_start:1:pelago_1[collapsed=true]\r\u001b[0Ka\n', '\u001b[0Ksection_end:3:pelago_1\r\u001b[0K\n', '\u001b[0Ksection_start:3:pelago_2[collapsed=true]\r\u001b[0Kb\n'])
  })
})

describe('the CI system', () => {
  for (const [env, expected] of [
    [{}, undefined],
    [{ GITHUB_ACTIONS: 'true' }, 'github'],
    [{ GITLAB_CI: 'true' }, 'gitlab'],
    [{ GITHUB_ACTIONS: 'true', PELAGO_CI: 'none' }, undefined],
    [{ PELAGO_CI: 'gitlab' }, 'gitlab'],
  ] as const) {
    it(`is told by ${JSON.stringify(env)}`, () => assert.equal(ciSystemOf(env), expected))
  }
  it('is refused where it is not known', () => assert.throws(() => ciSystemOf({ PELAGO_CI: 'jenkins' }), /PELAGO_CI=jenkins is no CI system known here/))
})
