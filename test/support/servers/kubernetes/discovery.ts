/** What kubectl looks up to know what a pod is. */
export function discovery(pathname: string): object | undefined {
  switch (pathname) {
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'] }
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: [{ name: 'apps', versions: [{ groupVersion: 'apps/v1', version: 'v1' }], preferredVersion: { groupVersion: 'apps/v1', version: 'v1' } }] }
    case '/api/v1':
      return { kind: 'APIResourceList', groupVersion: 'v1', resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list'], shortNames: ['po'] }] }
    case '/apis/apps/v1':
      return { kind: 'APIResourceList', groupVersion: 'apps/v1', resources: [{ name: 'deployments', singularName: 'deployment', namespaced: true, kind: 'Deployment', verbs: ['get', 'list'] }] }
    default:
      return undefined
  }
}
