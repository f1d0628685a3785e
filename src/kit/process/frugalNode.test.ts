import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { frugalNode, keepFrugalityFrom } from './frugalNode.ts'

/** What a process that is started so says of itself. */
const REPORT = 'console.log(JSON.stringify({ argv: process.argv.slice(1), env: [process.env.HOME, process.env.MALLOC_ARENA_MAX], collects: typeof globalThis.gc }))'

describe('a frugal Node', () => {
  it('is this Node with its entry, arguments and environment, and can collect its garbage', () => {
    const { argv: [program, ...args], env } = frugalNode('--eval', [REPORT, 'one', 'two'], { HOME: '/nowhere' })
    assert.equal(program, process.execPath)
    assert.deepEqual(JSON.parse(execFileSync(program, args, { env, encoding: 'utf8' })), { argv: ['one', 'two'], env: ['/nowhere', '1'], collects: 'function' })
  })
  it('leaves what the user has set for the C library', () => {
    assert.equal(frugalNode('entry', [], { MALLOC_ARENA_MAX: '7' }).env['MALLOC_ARENA_MAX'], '7')
  })
  it('passes none of what is for itself on to other programs', () => {
    const env: NodeJS.ProcessEnv = { ...frugalNode('entry', [], { HOME: '/nowhere' }).env }
    keepFrugalityFrom(env)
    assert.deepEqual(env, { HOME: '/nowhere' })
  })
  it('passes on what the user has set', () => {
    const env: NodeJS.ProcessEnv = { ...frugalNode('entry', [], { MALLOC_ARENA_MAX: '7' }).env }
    keepFrugalityFrom(env)
    assert.deepEqual(env, { MALLOC_ARENA_MAX: '7' })
  })
})
