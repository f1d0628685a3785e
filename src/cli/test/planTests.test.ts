import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePlatform } from '../../ground/platform.ts'
import { planTests, type PlannedTest } from './planTests.ts'

const RUNNABLE = [{ platform: 'linux/amd64', emulator: '' }, { platform: 'linux/386', emulator: '' }, { platform: 'linux/arm64', emulator: 'qemu-aarch64' }, { platform: 'linux/arm/v7', emulator: 'qemu-arm' }]
const plan = (wanted: readonly string[], ofImage: readonly string[]): readonly PlannedTest[] => planTests(wanted.map((text) => parsePlatform(text)), ofImage.map((text) => parsePlatform(text)), RUNNABLE)

describe('planTests', () => {
  it('takes all that the image has where none is wanted', () => {
    assert.deepEqual(plan([], ['linux/arm64', 'linux/amd64']), [
      { kind: 'test', on: { platform: 'linux/arm64', servedBy: '', emulator: 'qemu-aarch64' } },
      { kind: 'test', on: { platform: 'linux/amd64', servedBy: '', emulator: '' } },
    ])
  })
  it('takes another platform that serves, as run does, and says so', () => {
    assert.deepEqual(plan(['linux/amd64'], ['linux/386']), [{ kind: 'test', on: { platform: 'linux/amd64', servedBy: 'linux/386', emulator: '' } }])
  })
  it('finds what runs an older variant', () => {
    assert.deepEqual(plan(['linux/arm/v6'], ['linux/arm/v6']), [{ kind: 'test', on: { platform: 'linux/arm/v6', servedBy: '', emulator: 'qemu-arm' } }])
  })
  it('says what the image does not have', () => {
    assert.deepEqual(plan(['linux/s390x'], ['linux/amd64']), [{ kind: 'missing', platform: 'linux/s390x', why: 'the image has no linux/s390x, but linux/amd64' }])
  })
  it('says what does not run here', () => {
    assert.deepEqual(plan([], ['linux/riscv64', 'windows/amd64']), [
      { kind: 'missing', platform: 'linux/riscv64', why: 'nothing here runs linux/riscv64: see pelago doctor' },
      { kind: 'missing', platform: 'windows/amd64', why: 'only Linux runs here' },
    ])
  })
})
