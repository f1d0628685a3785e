import { once } from 'node:events'
import { isIP } from 'node:net'
import { checkServerIdentity, connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { InvalidValueError } from '../../ground/errors.ts'
import { orAborted } from '../../kit/singleFlight.ts'
import { EngineUnavailableError, type Driver, type EngineStream } from '../driver.ts'
import { parseTcpAddress, type TcpTarget } from '../socketAddress.ts'
import { createStreamDriver } from '../streamDriver.ts'
import { speaksFirst } from './nextChunk.ts'
import type { TlsFiles } from './remoteOptions.ts'
import { describeConnection, describeRefusal, describeServerCertificate, type ShownCertificate, type TlsFailure } from './tlsFailure.ts'
import { readTlsIdentity, type TlsIdentity } from './tlsIdentity.ts'

export interface TlsDriverOptions {
  readonly tls: TlsFiles
  readonly timeoutMs: number
  /** How long nothing may come from there before it is asked for a sign of life. */
  readonly silenceMs: number
}

/** An engine that listens with TLS at `tcp://host:port`, and wants to know by a certificate who comes. @throws InvalidValueError on any other address */
export function createTlsDriver(address: string, options: TlsDriverOptions): Driver {
  if (!address.startsWith('tcp://')) throw new InvalidValueError(`certificates are for engines at tcp://, and not for ${address}`, { hint: 'leave --driver-opt cacert, cert, key and servername out: the way there is safe without them' })
  const target = parseTcpAddress(address)
  return createStreamDriver({ name: address, answerMs: options.timeoutMs, open: async (signal) => await openTls({ address, target, ...options }, signal) })
}

interface TlsCall extends TlsDriverOptions {
  readonly address: string
  readonly target: TcpTarget
}

async function openTls(call: TlsCall, signal: AbortSignal): Promise<EngineStream> {
  const identity = await readTlsIdentity(call.tls)
  const limit = AbortSignal.any([signal, AbortSignal.timeout(call.timeoutMs)])
  const socket = startTls(call, identity)
  try {
    await orAborted(shakeHands(socket, call, identity), limit)
    return { connection: socket, isSameMachine: false, silenceMs: call.silenceMs }
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    throw limit.aborted ? failureOf(call, { message: `nothing came within ${call.timeoutMs / 1000} s`, hint: 'see that the machine is up and no firewall between; --driver-opt timeout=60s waits longer' }, undefined) : error
  }
}

/** The name that the engine's certificate is to be for. */
function expectedName({ tls, target }: TlsCall): string {
  return tls.servername ?? target.host
}

/** Whom it leads to is looked at afterwards, before anything is sent, so that it can be told what is wrong. */
function startTls(call: TlsCall, { context }: TlsIdentity): TLSSocket {
  const name = expectedName(call)
  const socket = connect({
    host: call.target.host,
    port: call.target.port,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    secureContext: context,
    ALPNProtocols: ['h2'],
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    rejectUnauthorized: false,
  })
  socket.setNoDelay(true)
  return socket
}

/** With TLS 1.3 a client's certificate is refused after the handshake: only an engine that speaks has let it in. @throws EngineUnavailableError */
async function shakeHands(socket: TLSSocket, call: TlsCall, identity: TlsIdentity): Promise<void> {
  let broken: unknown
  socket.on('error', (error) => {
    broken = error
  })
  try {
    await once(socket, 'secureConnect')
  } catch (error) {
    throw failureOf(call, describeBroken(error, call, identity), error)
  }
  if (!socket.authorized) throw failureOf(call, describeServerCertificate(String(socket.authorizationError), shownCertificate(socket.getPeerCertificate()), call.tls, expectedName(call)), undefined)
  if (socket.alpnProtocol !== 'h2') throw failureOf(call, { message: 'it speaks TLS, and not BuildKit’s API', hint: 'see that the engine listens on that port' }, undefined)
  if (!(await speaksFirst(socket))) throw failureOf(call, describeRefusal(codeOf(broken), call.tls, identity.ownProblem(Date.now())), broken)
}

function describeBroken(error: unknown, { tls }: TlsCall, identity: TlsIdentity): TlsFailure {
  const code = codeOf(error)
  const known = describeConnection(code)
  if (known !== undefined) return known
  if (code.includes('ALERT')) return describeRefusal(code, tls, identity.ownProblem(Date.now()))
  return { message: error instanceof Error ? error.message : String(error), hint: 'see what the engine there logs' }
}

function failureOf({ address }: TlsCall, { message, hint }: TlsFailure, cause: unknown): EngineUnavailableError {
  return new EngineUnavailableError(`no engine answers at ${address}: ${message}`, { hint, cause })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function shownCertificate({ subject, issuer, subjectaltname = '', valid_from: validFrom, valid_to: validTo }: PeerCertificate): ShownCertificate {
  const named = (names: PeerCertificate['subject'] | undefined): string => oneLine(names?.CN ?? names?.O ?? 'nobody')
  const names = subjectaltname.split(', ').flatMap((name) => /^(?:DNS|IP Address):(.+)$/.exec(name)?.[1] ?? [])
  return { names: names.map(oneLine), subject: named(subject), issuer: named(issuer), validFrom, validTo }
}

/** What a stranger wrote, for a terminal. */
function oneLine(text: string | readonly string[]): string {
  return String(text).replace(/\p{Cc}+/gu, ' ').slice(0, 200)
}
