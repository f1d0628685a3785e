import type { IncomingMessage } from 'node:http'
import { gather, refuse, reply, type Answer, type Contents, type Exchange } from './exchange.ts'
import type { TokenLogin } from './faults.ts'

export function isAdmitted({ request, faults: { login }, url, contents }: Exchange): boolean {
  const { authorization } = request.headers
  switch (login.kind) {
    case 'none':
      return true
    case 'basic':
      return authorization === basic(login.username, login.password)
    case 'token':
      return authorization !== undefined && grants(authorization, neededScope(request, url)) && isFresh(contents, authorization, login.usesPerToken ?? Infinity)
  }
}

function isFresh({ tokens }: Contents, authorization: string, uses: number): boolean {
  const used = (tokens.get(authorization) ?? 0) + 1
  tokens.set(authorization, used)
  return used <= uses
}

export function challenge({ request, faults: { login }, url }: Exchange): Answer['headers'] {
  if (login.kind !== 'none' && login.challenges !== undefined) return { 'www-authenticate': login.challenges.map((header) => header.replaceAll('ORIGIN', url.origin)) }
  if (login.kind !== 'token') return { 'www-authenticate': 'Basic realm="fake"' }
  return { 'www-authenticate': `Bearer realm="http://${url.host}/token",service="fake",scope="${neededScope(request, url)}"` }
}

/** '' where a token of any scope will do. */
function neededScope(request: IncomingMessage, url: URL): string {
  const repository = /^\/v2\/(.+?)\/(?:manifests|blobs)\//.exec(url.pathname)?.[1]
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return repository === undefined ? '' : `repository:${repository}:${isRead ? 'pull' : 'pull,push'}`
}

/** A token of the fake is the list of what it grants. */
function grants(authorization: string, needed: string): boolean {
  const granted = Buffer.from(authorization.replace(/^Bearer /, ''), 'base64url').toString()
  if (!authorization.startsWith('Bearer ') || !granted.startsWith('grants ')) return false
  return needed === '' || granted.split(' ').some((scope) => scope === needed || scope === needed.replace(/:pull$/, ':pull,push'))
}

export async function answerToken({ request, url, faults: { login }, contents }: Exchange): Promise<Answer> {
  if (login.kind !== 'token') return refuse(404, 'NOT_FOUND')
  if (request.method === 'POST') {
    const form = new URLSearchParams((await gather(request)).toString())
    const isKnown = form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === login.identityToken
    return isKnown ? grant([form.get('scope') ?? ''], login, contents) : refuse(401, 'UNAUTHORIZED')
  }
  const isKnown = login.username === '' || request.headers.authorization === basic(login.username, login.password)
  return isKnown ? grant(url.searchParams.getAll('scope'), login, contents) : refuse(401, 'UNAUTHORIZED')
}

/** Each is another, as real ones are. */
function grant(scopes: readonly string[], { expiresIn = 300 }: TokenLogin, { tokens }: Contents): Answer {
  const token = Buffer.from(`grants ${scopes.join(' ')} #${tokens.size}`).toString('base64url')
  return reply(200, {}, JSON.stringify({ token, ...(expiresIn === '' ? {} : { expires_in: expiresIn }) }))
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
