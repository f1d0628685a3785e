import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Entries, Entry } from './entries.ts'
import type { BranchGrant } from './runtimeToken.ts'

/** A request to the service, whose body has come, and all that is needed to answer it. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly body: Buffer
  readonly entries: Entries
  /** What addresses are signed with. */
  readonly signature: string
}

export type Message = Readonly<Record<string, unknown>>

export function parseMessage({ body }: Exchange): Message {
  return JSON.parse(body.toString()) as Message
}

export function sendJson(response: ServerResponse, status: number, value: Message): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** With a byte order mark, as Azure's. */
export function sendXml(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>refused</Message></Error>`)
}

export function signedUrl({ url, signature }: Exchange, entry: Entry, allowed: 'r' | 'cw'): string {
  return `${url.origin}/storage/${entry.id}?sp=${allowed}&sig=${encodeURIComponent(signature)}`
}

export function readableOf(grants: readonly BranchGrant[]): readonly string[] {
  return grants.filter(({ permission }) => (permission & 1) !== 0).map(({ branch }) => branch)
}

export function writableOf(grants: readonly BranchGrant[]): string | undefined {
  return grants.findLast(({ permission }) => (permission & 2) !== 0)?.branch
}
