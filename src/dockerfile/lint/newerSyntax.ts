import { frontendVersion, requestedFrontend } from '../frontendImage.ts'
import { ownRule } from './rule.ts'

/** The version of docker/dockerfile whose language the built-in frontend reads. */
const SUPPORTED = [1, 21] as const

export const newerSyntax = ownRule('NewerSyntax', 'the Dockerfile asks for no newer frontend than the one that is built in', ({ dockerfile: { source }, request }) => {
  const requested = requestedFrontend(source, request.buildArgs)
  const version = requested === undefined ? undefined : frontendVersion(requested.image)
  if (requested === undefined || version === undefined) return []
  const [major, minor] = version
  if (major < SUPPORTED[0] || (major === SUPPORTED[0] && minor <= SUPPORTED[1])) return []
  const span = requested.span ?? { source, startLine: 1, endLine: 1 }
  return [{ message: `${requested.image} is asked for, and the built-in frontend is that of ${SUPPORTED.join('.')}: what came later it does not know`, span }]
})
