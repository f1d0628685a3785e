import { createHmac, randomBytes } from 'node:crypto'

/** Makes tokens as a workflow gets them, and knows its own again. */
export interface TokenMint {
  issue(grants: readonly BranchGrant[], options?: { readonly lifeMs?: number }): string
  /** Undefined for what is not its own, or no longer good. */
  grantsOf(authorization: string | undefined): readonly BranchGrant[] | undefined
}

export interface BranchGrant {
  readonly branch: string
  /** 1 reads, 2 writes. */
  readonly permission: 1 | 2 | 3
}

export function createTokenMint(): TokenMint {
  const secret = randomBytes(16)
  const signatureOf = (text: string): string => createHmac('sha256', secret).update(text).digest('base64url')
  return {
    issue(grants, { lifeMs = 3_600_000 } = {}) {
      const now = Math.floor(Date.now() / 1000)
      const ac = JSON.stringify(grants.map(({ branch, permission }) => ({ Scope: branch, Permission: permission })))
      const body = [{ typ: 'JWT', alg: 'HS256' }, { nbf: now - 60, exp: now + Math.floor(lifeMs / 1000), ac }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
      return `${body}.${signatureOf(body)}`
    },
    grantsOf(authorization) {
      const [, head = '', claims = '', signature = ''] = /^Bearer ([^.]+)\.([^.]+)\.([^.]+)$/.exec(authorization ?? '') ?? []
      if (signature !== signatureOf(`${head}.${claims}`)) return undefined
      const { exp, ac } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly exp: number; readonly ac: string }
      if (exp * 1000 <= Date.now()) return undefined
      return (JSON.parse(ac) as readonly { readonly Scope: string; readonly Permission: BranchGrant['permission'] }[]).map(({ Scope, Permission }) => ({ branch: Scope, permission: Permission }))
    },
  }
}
