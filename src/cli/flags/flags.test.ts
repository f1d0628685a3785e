import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FlagTable, parseFlags, type ParseOptions } from './flags.ts'
import { UsageError } from './usageError.ts'

const TABLE = {
  accelerate: { kind: 'text', value: 'MODE', bare: 'on', choices: ['on', 'off'], variable: 'ACCELERATE', help: 'Faster' },
  file: { kind: 'text', short: 'f', value: 'PATH', help: 'A file' },
  interactive: { kind: 'switch', short: 'i', help: 'Stdin' },
  network: { kind: 'text', value: 'MODE', help: 'A network', choices: ['default', 'host'], fallback: 'default' },
  'no-cache': { kind: 'switch', help: 'No cache' },
  platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Platforms' },
  tag: { kind: 'list', short: 't', value: 'NAME', help: 'Names' },
  tty: { kind: 'switch', short: 'T', help: 'A terminal' },
} as const satisfies FlagTable

const OPTIONS: ParseOptions = { commandName: 'pelago build', unsupported: ['secret', '-m'] }
const NONE = { accelerate: undefined, file: undefined, help: false, interactive: false, network: 'default', 'no-cache': false, platform: [], tag: [], tty: false }

describe('parseFlags', () => {
  const cases = [
    { name: 'a value behind a blank', argv: ['--file', 'a'], flags: { file: 'a' } },
    { name: 'a value behind =', argv: ['--file=a=b'], flags: { file: 'a=b' } },
    { name: 'an empty value', argv: ['--file='], flags: { file: '' } },
    { name: 'a short flag', argv: ['-f', 'a'], flags: { file: 'a' } },
    { name: 'a short flag with its value attached', argv: ['-fa'], flags: { file: 'a' } },
    { name: '- as a value', argv: ['-f', '-'], flags: { file: '-' } },
    { name: 'a value that looks like a flag', argv: ['--tag', '-x'], flags: { tag: ['-x'] } },
    { name: 'the last of several values', argv: ['-f', 'a', '-f', 'b'], flags: { file: 'b' } },
    { name: 'all values of a list', argv: ['-t', 'a', '--tag=b,c'], flags: { tag: ['a', 'b,c'] } },
    { name: 'values with commas', argv: ['--platform', 'a,b', '--platform=c'], flags: { platform: ['a', 'b', 'c'] } },
    { name: 'switches together', argv: ['-iT'], flags: { interactive: true, tty: true } },
    { name: 'a switch that is switched off', argv: ['--no-cache', '--no-cache=false'], flags: {} },
    { name: 'a flag whose value may be left out', argv: ['--accelerate', '-i'], flags: { accelerate: 'on', interactive: true } },
    { name: 'its value', argv: ['--accelerate=off'], flags: { accelerate: 'off' } },
    { name: 'a switch written out', argv: ['--no-cache=true'], flags: { 'no-cache': true } },
  ]
  for (const { name, argv, flags } of cases) {
    it(`reads ${name}`, () => assert.deepEqual(parseFlags(TABLE, argv, OPTIONS), { flags: { ...NONE, ...flags }, operands: [], beforeDashes: undefined, wantsHelp: false }))
  }

  it('reads operands among flags, and all that follows -- as operands', () => {
    assert.deepEqual(parseFlags(TABLE, ['a', '-i', 'b', '--', '-c'], OPTIONS).operands, ['a', 'b', '-c'])
  })
  it('leaves an operand behind a flag whose value may be left out', () => {
    const { flags, operands } = parseFlags(TABLE, ['--accelerate', '.'], OPTIONS)
    assert.deepEqual([flags.accelerate, operands], ['on', ['.']])
    assert.throws(() => parseFlags(TABLE, ['--accelerate=fast'], OPTIONS), { message: 'invalid value "fast" for --accelerate' })
  })
  it('leaves the flags behind the first operand to the container where it is asked to', () => {
    const { flags, operands } = parseFlags(TABLE, ['-i', 'alpine', 'ls', '-T', '--unknown'], { ...OPTIONS, stopsAtOperand: true })
    assert.deepEqual(operands, ['alpine', 'ls', '-T', '--unknown'])
    assert.equal(flags.interactive, true)
    assert.equal(flags.tty, false)
  })
  for (const { argv, want } of [
    { argv: ['a', '--', 'b', '-x'], want: [['a', 'b', '-x'], 1] },
    { argv: ['--', 'b'], want: [['b'], 0] },
    { argv: ['a', 'b'], want: [['a', 'b'], undefined] },
  ] as const) {
    it(`tells the operands before -- in ${argv.join(' ')}`, () => {
      const { operands, beforeDashes } = parseFlags(TABLE, argv, OPTIONS)
      assert.deepEqual([operands, beforeDashes], want)
    })
  }
  it('hears the call for help', () => assert.equal(parseFlags(TABLE, ['-h'], OPTIONS).wantsHelp, true))

  const refused = [
    { name: 'an unknown flag, naming the nearest', argv: ['--platfrom', 'x'], message: 'unknown flag: --platfrom', hint: 'did you mean --platform? (see pelago build --help)' },
    { name: 'an unknown flag that is like no other', argv: ['--zzzzzz'], message: 'unknown flag: --zzzzzz', hint: 'see pelago build --help' },
    { name: 'an unknown short flag', argv: ['-x'], message: 'unknown flag: -x', hint: 'see pelago build --help' },
    { name: 'a flag that is not here yet', argv: ['--secret', 'id=x'], message: '--secret is not supported yet', hint: 'see pelago build --help' },
    { name: 'a short flag that is not here yet', argv: ['-m', '1g'], message: '-m is not supported yet', hint: 'see pelago build --help' },
    { name: 'a flag without its value', argv: ['--file'], message: 'flag needs a value: --file', hint: 'see pelago build --help' },
    { name: 'a switch with a value', argv: ['--no-cache=maybe'], message: 'invalid value "maybe" for --no-cache', hint: 'it is a switch: leave the value out, or write true or false (see pelago build --help)' },
    { name: 'a value that is no choice', argv: ['--network', 'bridge'], message: 'invalid value "bridge" for --network', hint: 'choose one of default, host (see pelago build --help)' },
    { name: 'names that only an object has', argv: ['--constructor'], message: 'unknown flag: --constructor', hint: 'see pelago build --help' },
  ]
  for (const { name, argv, message, hint } of refused) {
    it(`refuses ${name}`, () => assert.throws(() => parseFlags(TABLE, argv, OPTIONS), { name: UsageError.name, message, hint }))
  }
})

describe('a flag with a variable', () => {
  const table = {
    mode: { kind: 'text', value: 'MODE', help: 'A mode', choices: ['fast', 'slow'], fallback: 'fast', variable: 'MODE' },
    platform: { kind: 'list', value: 'PLATFORM', splitsCommas: true, help: 'Platforms', variable: 'PLATFORMS' },
  } as const satisfies FlagTable
  const cases = [
    { name: 'its value where the line has none', argv: [], env: { MODE: 'slow', PLATFORMS: 'a,b' }, want: { mode: 'slow', platform: ['a', 'b'] } },
    { name: 'the line before it', argv: ['--mode', 'fast', '--platform', 'c'], env: { MODE: 'slow', PLATFORMS: 'a,b' }, want: { mode: 'fast', platform: ['c'] } },
    { name: 'an empty one for none', argv: [], env: { MODE: '', PLATFORMS: '' }, want: { mode: 'fast', platform: [] } },
  ]
  for (const { name, argv, env, want } of cases) {
    it(`takes ${name}`, () => assert.deepEqual(parseFlags(table, argv, { commandName: 'pelago x', env }).flags, { ...want, help: false }))
  }
  it('names the variable where its value is wrong', () => {
    assert.throws(() => parseFlags(table, [], { commandName: 'pelago x', env: { MODE: 'no' } }), { message: 'invalid value "no" for MODE' })
  })
})

describe('flags that are refused', () => {
  it('say what to do instead', () => {
    assert.throws(() => parseFlags({}, ['--host', 'x'], { commandName: 'pelago', unsupported: [['host', 'use --builder']] }), { message: '--host is not supported yet', hint: 'use --builder (see pelago --help)' })
  })
})
