/** An object of the API. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Readonly<Record<string, string>> }
  readonly spec?: KubeSpec
  readonly status?: object
}

interface KubeSpec {
  readonly replicas?: number
  readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> }
  readonly template?: { readonly metadata: { readonly labels: Readonly<Record<string, string>> }; readonly spec: { readonly containers: readonly { readonly image: string }[] } }
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[]
  readonly containers?: readonly object[]
}

/** Of an object, what its path says. */
export interface ObjectPlace {
  readonly namespace: string
  readonly resource: string
}

/** The objects of a cluster, and what its controllers make of them, at once. */
export interface ClusterObjects {
  readonly keys: () => readonly string[]
  readonly find: (key: string) => KubeObject | undefined
  /** False where there is one of that name. */
  create(place: ObjectPlace, given: KubeObject): boolean
  replace(place: ObjectPlace, given: KubeObject): void
  scale(place: ObjectPlace, name: string, replicas: number): void
  /** False where there is none. */
  remove(place: ObjectPlace, name: string): boolean
  /** Those that have all of the labels `key=value,…`. */
  select(place: ObjectPlace, selector: string): readonly KubeObject[]
}

export function keyOf({ namespace, resource }: ObjectPlace, name: string): string {
  return `${namespace}/${resource}/${name}`
}

/** `podStatus` is what becomes of a pod of an image. */
export function createClusterObjects(podStatus: (image: string) => object): ClusterObjects {
  const objects = new Map<string, KubeObject>()
  const put = (place: ObjectPlace, object: KubeObject): void => {
    objects.set(keyOf(place, object.metadata.name), object)
    control(objects, place, object.metadata.name, podStatus)
  }
  return {
    keys: () => [...objects.keys()].toSorted(),
    find: (key) => objects.get(key),
    create(place, given) {
      const isNew = !objects.has(keyOf(place, given.metadata.name))
      if (isNew) put(place, given)
      return isNew
    },
    replace: put,
    scale(place, name, replicas) {
      const known = objects.get(keyOf(place, name))
      if (known !== undefined) put(place, { ...known, spec: { ...known.spec, replicas } })
    },
    remove(place, name) {
      const isThere = objects.delete(keyOf(place, name))
      control(objects, place, name, podStatus)
      return isThere
    },
    select(place, selector) {
      const wanted = selector.split(',').filter((pair) => pair !== '')
      const has = ({ metadata: { labels = {} } }: KubeObject): boolean => wanted.every((pair) => Object.entries(labels).some(([key, value]) => `${key}=${value}` === pair))
      return [...objects].flatMap(([key, object]) => (key.startsWith(keyOf(place, '')) && has(object) ? [object] : []))
    },
  }
}

/** What a deployment's or stateful set's controller does: as many pods as are wanted, claims that outlive them, and a status. */
function control(objects: Map<string, KubeObject>, place: ObjectPlace, name: string, podStatus: (image: string) => object): void {
  if (place.resource !== 'deployments' && place.resource !== 'statefulsets') return
  const isPodOfIt = (key: string): boolean => key.startsWith(keyOf({ ...place, resource: 'pods' }, `${name}-`))
  for (const key of [...objects.keys()].filter(isPodOfIt)) objects.delete(key)
  const owner = objects.get(keyOf(place, name))
  if (owner === undefined) return
  const status = podStatus(imageOf(owner))
  const replicas = owner.spec?.replicas ?? 1
  for (let number = 0; number < replicas; number++) makePod(objects, owner, { number, status })
  objects.set(keyOf(place, name), { ...owner, status: { replicas, readyReplicas: isReady(status) ? replicas : 0 } })
}

function isReady(status: object): boolean {
  return 'phase' in status && status.phase === 'Running' && 'conditions' in status
}

function imageOf({ spec }: KubeObject): string {
  return spec?.template?.spec.containers[0]?.image ?? ''
}

function makePod(objects: Map<string, KubeObject>, { metadata: { name, namespace }, spec }: KubeObject, { number, status }: { readonly number: number; readonly status: object }): void {
  const metadata = { name: `${name}-${number}`, namespace, labels: spec?.template?.metadata.labels ?? {} }
  objects.set(keyOf({ namespace, resource: 'pods' }, metadata.name), { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: spec?.template?.spec.containers ?? [] }, status })
  for (const claim of spec?.volumeClaimTemplates ?? []) {
    const own = { ...metadata, name: `${claim.metadata.name}-${metadata.name}` }
    objects.set(keyOf({ namespace, resource: 'persistentvolumeclaims' }, own.name), { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: own })
  }
}
