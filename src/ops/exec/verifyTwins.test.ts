import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TarEntry, TarHeader } from '../../archive/tar.ts'
import { writeTar } from '../../archive/tarWriter.ts'
import { StepFailedError } from '../../executor/executor.ts'
import { fromText } from '../../kit/byteString.ts'
import type { SnapshotId, SnapshotStore } from '../../snapshot/snapshotStore.ts'
import { compareResults, TooManyDifferencesError } from './twinDifference.ts'
import { createOutputDigest, formatVerified, TwinsDifferError, verifyTwins, type RunAgain, type StepRun, type Verified } from './verifyTwins.ts'

const SIGNAL = new AbortController().signal

/** A run by the files that it makes, what it prints, and how it ends. */
interface Written {
  readonly files: Readonly<Record<string, string | Partial<TarHeader>>>
  readonly prints?: string
  readonly exitCode?: number
  /** Where it has twins: how many processes they ran, 1 where it is not said, or why there were none. */
  readonly twins?: number | string
}

function entry(path: string, given: string | Partial<TarHeader>): TarEntry {
  const bytes = Buffer.from(typeof given === 'string' ? given : '')
  const plain = { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtimeNs: 5n, linkTarget: fromText(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map<string, Uint8Array>() } as const
  async function* once(): AsyncGenerator<Uint8Array> {
    yield bytes
  }
  return { header: { ...plain, sizeBytes: bytes.byteLength, path: fromText(path), ...(typeof given === 'string' ? {} : given) }, content: once() }
}

/** Verifies a step that first runs as `plain`, and then as `others` have it, one after the other. */
async function verify(plain: Written, ...others: readonly Written[]): Promise<{ readonly verified: Verified; readonly kinds: readonly string[] }> {
  const runs = [plain, ...others]
  const kinds: string[] = []
  const snapshots: Pick<SnapshotStore, 'readLayer'> = { readLayer: (id) => writeTar(Object.entries(runs[Number(id)]?.files ?? {}).map(([path, file]) => entry(path, file))) }
  const print = ({ prints = '' }: Written, onOutput: ReturnType<typeof createOutputDigest>['add']): void => onOutput({ stream: 'stdout', bytes: Buffer.from(prints) })
  const output = createOutputDigest()
  print(plain, output.add)
  const first: StepRun = { outputs: ['0' as SnapshotId], exitCode: plain.exitCode ?? 0, output: output.digest() }
  const again: RunAgain = async (kind, { onOutput, onTwins }) => {
    kinds.push(kind)
    const run = runs[kinds.length]
    assert.ok(run !== undefined, 'it runs once too often')
    print(run, onOutput)
    if (kind === 'twins') onTwins(typeof run.twins === 'string' ? { native: 0, emulated: 0, why: run.twins } : { native: run.twins ?? 1, emulated: 2 })
    if ((run.exitCode ?? 0) > 1) throw new StepFailedError(['sh'], run.exitCode ?? 0)
    return { outputs: [`${kinds.length}` as SnapshotId], exitCode: run.exitCode ?? 0 }
  }
  return { verified: await verifyTwins(first, { again, snapshots }, SIGNAL), kinds }
}

describe('a step with twins and without', () => {
  const same: readonly { readonly name: string; readonly runs: readonly [Written, ...Written[]]; readonly kinds: readonly string[]; readonly unsteady: readonly string[] }[] = [
    { name: 'is the same by one run of each, times aside', runs: [{ files: { a: 'x' }, prints: 'y' }, { files: { a: 'x' }, prints: 'y' }], kinds: ['twins'], unsteady: [] },
    { name: 'is the same where only times differ', runs: [{ files: { a: { mtimeNs: 1n } } }, { files: { a: { mtimeNs: 2n } } }], kinds: ['twins'], unsteady: [] },
    { name: 'is the same where another plain run differs in the same', runs: [{ files: { a: '1', b: 'x' } }, { files: { a: '2', b: 'x' } }, { files: { a: '3', b: 'x' } }], kinds: ['twins', 'plain'], unsteady: ['/a'] },
    { name: 'is the same where it never prints the same', runs: [{ files: {}, prints: '1' }, { files: {}, prints: '2' }, { files: {}, prints: '3' }], kinds: ['twins', 'plain'], unsteady: ['stdout'] },
  ]
  for (const { name, runs, kinds, unsteady } of same) it(name, async () => assert.deepEqual(await verify(...runs), { verified: { kind: 'verified', unsteady }, kinds }))

  const other: readonly { readonly name: string; readonly runs: readonly [Written, ...Written[]]; readonly message: RegExp }[] = [
    { name: 'content', runs: [{ files: { a: '1' } }, { files: { a: '2' } }, { files: { a: '1' } }], message: /\n {2}\/a: content$/ },
    { name: 'what is there', runs: [{ files: { a: '1' } }, { files: { b: '1' } }, { files: { a: '1' } }], message: /\n {2}\/a: only in one of them\n {2}\/b: only in one of them$/ },
    { name: 'mode and owner, though its content never is the same', runs: [{ files: { a: '1' } }, { files: { a: { mode: 0o600, uid: 3 } } }, { files: { a: '2' } }], message: /\n {2}\/a: mode, owner$/ },
    { name: 'the exit code, where the failing one makes nothing', runs: [{ files: { a: '1' } }, { files: {}, exitCode: 2 }, { files: { a: '1' } }], message: /\n {2}exit code: 2 instead of 0$/ },
    { name: 'the exit code, though that never is the same, as its files are not known', runs: [{ files: { a: '1' } }, { files: {}, exitCode: 2 }, { files: {}, exitCode: 3 }], message: /\n {2}exit code: 2 instead of 0$/ },
    { name: 'another exit code that is fine', runs: [{ files: {} }, { files: {}, exitCode: 1 }, { files: {} }], message: /\n {2}exit code: 1 instead of 0$/ },
    { name: 'what it prints', runs: [{ files: {}, prints: 'a' }, { files: {}, prints: 'b' }, { files: {}, prints: 'a' }], message: /\n {2}stdout: what it prints$/ },
    { name: 'a name that breaks lines', runs: [{ files: { 'a\nb': '1' } }, { files: { 'a\nb': '2' } }, { files: { 'a\nb': '1' } }], message: /\n {2}\/a\\nb: content$/ },
  ]
  for (const { name, runs, message } of other) {
    it(`is not the same that differs in ${name}`, async () => {
      await assert.rejects(verify(...runs), (error) => error instanceof TwinsDifferError && message.test(error.message) && error.hint !== undefined)
    })
  }
  it('is told of in part where much differs', async () => {
    const files = (text: string): Written => ({ files: Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, text])) })
    await assert.rejects(verify(files('1'), files('2'), files('1')), /\n {2}and 10 more$/)
  })
  it('is not compared where more differs than can be held', async () => {
    const files = { first: { a: '1', b: '1', c: '1' }, second: { a: '2', b: '2', c: '2' } }
    const snapshots: Pick<SnapshotStore, 'readLayer'> = { readLayer: (id) => writeTar(Object.entries(files[id === 'first' ? 'first' : 'second']).map(([path, file]) => entry(path, file))) }
    const compare = (maxHeld: number): Promise<unknown> => compareResults({ first: ['first' as SnapshotId], second: ['second' as SnapshotId] }, { snapshots, maxHeld }, SIGNAL)
    await compare(3)
    await assert.rejects(compare(2), TooManyDifferencesError)
  })
  const none: readonly { readonly name: string; readonly twins: number | string; readonly exitCode?: number; readonly kind: Verified['kind'] }[] = [
    { name: 'is not verified where none could be offered', twins: 'another libc', kind: 'without-twins' },
    { name: 'is not blamed on twins where none could be offered, and it failed', twins: 'another libc', exitCode: 2, kind: 'without-twins' },
    { name: 'is not verified where no process ran natively', twins: 0, kind: 'unused' },
  ]
  for (const { name, kind, ...run } of none) it(name, async () => assert.equal((await verify({ files: { a: '1' } }, { files: { a: '1' }, ...run })).verified.kind, kind))

  it('says what is not steady', () => {
    const formatUnsteady = (unsteady: readonly string[]): string => formatVerified({ kind: 'verified', unsteady })
    assert.equal(formatVerified({ kind: 'unused', unsteady: ['/a'] }), 'nothing to verify: no process ran natively')
    assert.equal(formatUnsteady([]), 'verified: the same with native twins and without')
    assert.equal(formatUnsteady(['/a\n', '/b', '/c', '/d', '/e', '/f', '/g']), 'verified: the same with native twins and without, but for what differs without them, too: /a\\n, /b, /c, /d, /e and 2 more')
  })
})
