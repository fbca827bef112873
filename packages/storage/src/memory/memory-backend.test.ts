import { backendContract } from '@coffre/testkit'
import { MemoryBackend } from './memory-backend.ts'

backendContract('memory', async () => {
  const backend = new MemoryBackend()
  return { backend, plant: async (path, bytes) => backend.plant(path, bytes) }
})
