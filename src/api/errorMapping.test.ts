import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { BuildError, InvalidValueError, type ErrorKind } from '../ground/errors.ts'
import type { SourceSpan } from '../ground/sourceSpan.ts'
import { fromStatus, PeerLostError, RemoteError, toStatus, UnsupportedByPeerError } from './errorMapping.ts'
import { openCall } from './grpc/clientCall.ts'
import { openHttp2Client, openHttp2Server, sessionClosed } from './grpc/http2Connection.ts'
import { serveCalls } from './grpc/serverCall.ts'
import { decodeStatus, encodeStatus, GRPC, GrpcStatusError, statusError, type GrpcStatus } from './grpc/status.ts'

const never = new AbortController().signal

class SampleError extends BuildError {
  readonly kind: ErrorKind
  readonly span: SourceSpan | undefined
  readonly vertex: string
  constructor(message: string, facts: { kind: ErrorKind; hint?: string; span?: SourceSpan; vertex?: string; cause?: unknown }) {
    super(message, facts)
    this.kind = facts.kind
    this.span = facts.span
    this.vertex = facts.vertex ?? ''
  }
}

describe('an error over the wire', () => {
  const span: SourceSpan = { source: { filename: 'sub/Dockerfile', text: 'FROM a\nRUN fälse\n' }, startLine: 2, endLine: 2 }
  const kinds: ErrorKind[] = ['usage', 'not-found', 'denied', 'conflict', 'corrupt', 'unavailable', 'step-failed']
  for (const kind of kinds) {
    it(`keeps the kind ${kind}, with message, hint, lines and vertex`, () => {
      const remote = overTheWire(new SampleError('it failed: 100 % “sure”\n', { kind, hint: 'try again', span, vertex: 'sha256:ab' }))
      assert.ok(remote instanceof RemoteError)
      assert.deepEqual({ message: remote.message, kind: remote.kind, hint: remote.hint, span: remote.span, vertex: remote.vertex }, { message: 'it failed: 100 % “sure”\n', kind, hint: 'try again', span, vertex: 'sha256:ab' })
    })
  }

  it('is what went wrong first, where giving back what was in use failed, too', () => {
    const first = new SampleError('no such file', { kind: 'not-found', span })
    const remote = overTheWire(new SuppressedError(new Error('gone already'), new SuppressedError(new Error('gone, too'), first)))
    assert.ok(remote instanceof RemoteError)
    assert.deepEqual([remote.message, remote.kind], ['no such file', 'not-found'])
  })

  it('tells what each cause adds, and finds the lines in any of them', () => {
    const cause = new SampleError('exit code: 1', { kind: 'step-failed', span })
    const remote = overTheWire(new SampleError('step 3', { kind: 'step-failed', cause }))
    assert.ok(remote instanceof RemoteError)
    assert.equal(remote.message, 'step 3: exit code: 1')
    assert.deepEqual(remote.span, span)
  })

  it('has no code that BuildKit’s clients print where it points at a Dockerfile', () => {
    assert.equal(toStatus(new SampleError('no such file', { kind: 'not-found', span })).code, GRPC.unknown)
    assert.equal(toStatus(new SampleError('no such file', { kind: 'not-found' })).code, GRPC.notFound)
  })

  it('is passed on as it came', () => {
    for (const came of [overTheWire(new SampleError('disk full', { kind: 'corrupt' })), receive({ code: GRPC.unimplemented, message: 'unknown service', details: [] })]) {
      assert.ok(came instanceof BuildError)
      assert.equal(toStatus(came).message, came.message)
    }
  })

  it('draws its lines from the details of a buildkitd', () => {
    const json = { info: { filename: 'Dockerfile', data: Buffer.from('FROM a\n').toString('base64') }, ranges: [{ start: { line: 1 }, end: { line: 1 } }] }
    const remote = receive({ code: GRPC.unknown, message: 'failed', details: [{ typeUrl: 'github.com/moby/buildkit/errdefs.Source+json', value: Buffer.from(JSON.stringify(json)) }] })
    assert.ok(remote instanceof RemoteError)
    assert.deepEqual({ kind: remote.kind, span: remote.span }, { kind: 'step-failed', span: { source: { filename: 'Dockerfile', text: 'FROM a\n' }, startLine: 1, endLine: 1 } })
  })

  it('is not hidden by details that cannot be read', () => {
    const remote = receive({ code: GRPC.notFound, message: 'absent', details: [{ typeUrl: 'github.com/moby/buildkit/errdefs.Source+json', value: Buffer.from('{') }] })
    assert.ok(remote instanceof RemoteError)
    assert.deepEqual({ kind: remote.kind, message: remote.message }, { kind: 'not-found', message: 'absent' })
  })

  it('sends the name of a Dockerfile that is too long for a header, and not its text', () => {
    const remote = overTheWire(new SampleError('long', { kind: 'usage', span: { ...span, source: { filename: 'Dockerfile', text: '#'.repeat(300_000) } } }))
    assert.ok(remote instanceof RemoteError)
    assert.deepEqual(remote.span?.source, { filename: 'Dockerfile', text: '' })
  })

  const others = [
    { name: 'a call that the peer does not know', error: statusError(GRPC.unimplemented, 'unknown service'), want: { name: UnsupportedByPeerError.name } },
    { name: 'a cancelled call', error: statusError(GRPC.cancelled, 'context canceled'), want: { name: 'AbortError' } },
    { name: 'an engine that is too busy', error: statusError(GRPC.unavailable, 'later'), want: { name: 'RemoteError', kind: 'unavailable' } },
    { name: 'a bug of the peer', error: statusError(GRPC.internal, 'oops'), want: { name: 'RemoteError', kind: 'unavailable' } },
    { name: 'an abort', error: new DOMException('stop', 'AbortError'), want: { name: 'AbortError' } },
    { name: 'a bug of this end', error: new TypeError('x is undefined'), want: { name: 'RemoteError', message: 'x is undefined' } },
    { name: 'wrong text from outside', error: new InvalidValueError('bad'), want: { name: 'RemoteError', kind: 'usage' } },
  ]
  for (const { name, error, want } of others) {
    it(`makes ${JSON.stringify(want)} of ${name}`, () => {
      const got = overTheWire(error) as Record<string, unknown>
      assert.deepEqual(Object.fromEntries(Object.keys(want).map((key) => [key, got[key]])), want)
    })
  }
})

describe('a call whose connection went away', () => {
  it('is no failure of what the other end did', async () => {
    const { near, far } = await socketPair()
    using _ = { [Symbol.dispose]: () => void (near.destroy(), far.destroy()) }
    const server = openHttp2Server(far)
    serveCalls(server, { find: () => async () => void (await sessionClosed(server)), toStatus })
    const call = openCall(openHttp2Client(near), '/a.B/C', new Map(), never)
    setImmediate(() => far.destroy())
    await assert.rejects(call.finish(), (error) => fromStatus(error) instanceof PeerLostError)
  })
  it('is told as one where it begins afterwards, too', async () => {
    const { near, far } = await socketPair()
    const http = openHttp2Client(near)
    near.destroy()
    far.destroy()
    await sessionClosed(http)
    assert.throws(() => openCall(http, '/a.B/C', new Map(), never), (error) => fromStatus(error) instanceof PeerLostError)
  })
})

/** Two ends of one connection. */
async function socketPair(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const listener = createServer()
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  const { port } = listener.address() as AddressInfo
  const near = connect(port, '127.0.0.1')
  const [far] = (await once(listener, 'connection')) as [Socket]
  listener.close()
  return { near, far }
}

function overTheWire(error: unknown): unknown {
  return receive(toStatus(error))
}

function receive(status: GrpcStatus): unknown {
  const received = decodeStatus(encodeStatus(status) as Record<string, string>)
  assert.ok(received !== undefined)
  return fromStatus(new GrpcStatusError(received))
}
