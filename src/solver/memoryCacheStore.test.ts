import { cacheStoreSuite } from './cacheStore.suite.ts'
import { createMemoryCacheStore } from './memoryCacheStore.ts'

cacheStoreSuite('the memory cache store', createMemoryCacheStore)
