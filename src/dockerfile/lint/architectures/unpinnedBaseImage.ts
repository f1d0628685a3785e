import { BuildError } from '../../../ground/errors.ts'
import { parseReference } from '../../../ground/reference.ts'
import { ownRule } from '../rule.ts'

export const unpinnedBaseImage = ownRule(
  'UnpinnedBaseImage',
  'a base image has a tag or a digest, and is not simply the latest',
  ({ images }) => images.flatMap(({ written, isBase, span }) => (isBase && isLatest(written) ? [{ message: `the base image ${written} is whatever is the latest: give it a tag or a digest`, span }] : [])),
  { isExperimental: true },
)

function isLatest(text: string): boolean {
  try {
    const { digest, tag } = parseReference(text)
    return digest === undefined && (tag === undefined || tag === 'latest')
  } catch (error) {
    if (error instanceof BuildError) return false
    throw error
  }
}
