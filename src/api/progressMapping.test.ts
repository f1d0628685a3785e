import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { digestOf } from '../ground/digest.ts'
import type { ProgressEvent } from '../progress/progressEvent.ts'
import { StatusResponseSchema } from './gen/control_pb.ts'
import { createProgressDecoder, createProgressEncoder } from './progressMapping.ts'

const vertex = digestOf('step')
const at = 1_700_000_000_123

describe('progress over the wire', () => {
  const announced: ProgressEvent = { kind: 'vertex-announced', vertex, at: 0, name: '[linux/arm64 1/2] RUN make', inputs: [digestOf('base')] }
  const started: ProgressEvent = { kind: 'vertex-started', vertex, at }
  const stories: { name: string; events: readonly ProgressEvent[] }[] = [
    { name: 'a step that runs', events: [announced, started, { kind: 'vertex-done', vertex, at: at + 5, outcome: { kind: 'executed' } }] },
    { name: 'a step of a group', events: [{ ...announced, group: { id: 'g', name: 'all of it', isWeak: true } }, started] },
    { name: 'a cached step', events: [announced, started, { kind: 'vertex-done', vertex, at, outcome: { kind: 'cached' } }] },
    { name: 'a cancelled step', events: [announced, started, { kind: 'vertex-done', vertex, at, outcome: { kind: 'cancelled' } }] },
    { name: 'a failed step', events: [announced, started, { kind: 'vertex-done', vertex, at, outcome: { kind: 'failed', message: 'exit code: 1' } }] },
    { name: 'an emulated step', events: [announced, started, { kind: 'vertex-emulated', vertex, at, emulator: 'qemu-aarch64' }] },
    { name: 'a step with twins', events: [announced, started, { kind: 'vertex-twins', vertex, at, native: 1204, emulated: 6, why: '' }, { kind: 'vertex-twins', vertex, at, native: 0, emulated: 0, why: 'another libc' }] },
    { name: 'output of both streams', events: [{ kind: 'vertex-log', vertex, at, stream: 'stdout', bytes: new Uint8Array([104, 105]) }, { kind: 'vertex-log', vertex, at, stream: 'stderr', bytes: new Uint8Array([0xff]) }] },
    {
      name: 'a transfer to its end',
      events: [
        { kind: 'vertex-progress', vertex, at, id: 'sha256:ab', action: 'pulling', currentBytes: 5, totalBytes: 9, state: 'running' },
        { kind: 'vertex-progress', vertex, at, id: 'sha256:ab', action: 'pulling', currentBytes: 9, totalBytes: 9, state: 'done' },
      ],
    },
    {
      name: 'a warning with its lines',
      events: [{ kind: 'warning', vertex, at: 0, message: 'StageNameCasing', detail: ['a', 'b'], url: 'https://docs.test/rule', span: { source: { filename: 'Dockerfile', text: 'FROM a AS B\n' }, startLine: 1, endLine: 1 } }],
    },
    { name: 'a warning of no vertex', events: [{ kind: 'warning', vertex: undefined, at: 0, message: 'w', detail: [], url: undefined, span: undefined }] },
  ]
  for (const { name, events } of stories) {
    it(`keeps ${name}`, () => {
      const encode = createProgressEncoder()
      const decode = createProgressDecoder()
      const told = events.flatMap((event) => [...encode([event])].flatMap((response) => decode(overTheWire(response))))
      assert.deepEqual(told, events.map((event) => (event.kind === 'vertex-announced' ? { ...event, at: 0 } : event)))
    })
  }

  it('sends the whole state of a vertex each time, as clients replace what they had', () => {
    const encode = createProgressEncoder()
    const last = [...encode([announced]), ...encode([started])].at(-1)
    assert.ok(last !== undefined)
    assert.equal(last.vertexes[0]?.name, announced.name)
    assert.deepEqual(last.vertexes[0].started, timestampFromMs(at))
  })

  it('cuts a long story into messages', () => {
    const bytes = new Uint8Array(700_000)
    const log: ProgressEvent = { kind: 'vertex-log', vertex, at, stream: 'stdout', bytes }
    const sizes = [...createProgressEncoder()([log, log, log])].map(({ logs }) => logs.length)
    assert.deepEqual(sizes, [2, 1])
  })

  it('tells a state that is repeated once', () => {
    const decode = createProgressDecoder()
    const response = create(StatusResponseSchema, { vertexes: [{ digest: vertex, name: 'n', started: timestampFromMs(at) }] })
    assert.equal(decode(response).length, 2)
    assert.deepEqual(decode(response), [])
  })

  it('tells the details of a step before its end, as a buildkitd sends both in one message', () => {
    const time = timestampFromMs(at)
    const told = createProgressDecoder()(
      create(StatusResponseSchema, {
        vertexes: [{ digest: vertex, name: 'context', started: time, completed: time }],
        statuses: [{ vertex, ID: 'transferring context:', name: 'transferring', current: 7n, timestamp: time, completed: time }],
        logs: [{ vertex, stream: 1n, timestamp: time, msg: Buffer.from('x') }],
      }),
    )
    assert.deepEqual(told.map(({ kind }) => kind), ['vertex-announced', 'vertex-started', 'vertex-progress', 'vertex-log', 'vertex-done'])
    assert.deepEqual(told[2], { kind: 'vertex-progress', vertex, at, id: 'transferring context:', action: '', currentBytes: 7, totalBytes: 0, state: 'done' })
  })

  it('leaves out what is of no digest', () => {
    assert.deepEqual(createProgressDecoder()(create(StatusResponseSchema, { vertexes: [{ digest: 'random:1', name: 'n' }] })), [])
  })
})

function overTheWire(response: Parameters<ReturnType<typeof createProgressDecoder>>[0]): typeof response {
  return fromBinary(StatusResponseSchema, toBinary(StatusResponseSchema, response))
}
