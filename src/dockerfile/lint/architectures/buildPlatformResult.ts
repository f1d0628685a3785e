import { ownRule } from '../rule.ts'
import { bottomOf } from './stagePlatforms.ts'

/** Of the last stage, that is: who names a target may want just what runs here. */
export const buildPlatformResult = ownRule('BuildPlatformResult', 'the image itself does not stand on the build platform: its files would be of one platform, and its label of another', (subject) => {
  const { target, request } = subject
  if (target === undefined || request.target !== undefined || request.targetPlatform.architecture === request.buildPlatform.architecture) return []
  const { from, base } = bottomOf(target, subject)
  if (base.kind !== 'image' || from.platform?.includes('BUILDPLATFORM') !== true) return []
  return [{ message: `the image stands on --platform=${from.platform}: it has the files of the build's platform, whatever it is built for. Leave --platform out of this FROM`, span: from.span }]
})
