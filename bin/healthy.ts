// The container's health check: asks the server on this machine, and exits 0 if it is well.
const port = /^\d+$/.exec(process.env.ASSAY_PORT ?? '')?.[0] ?? '5000'
const answer = await fetch(`http://127.0.0.1:${port}${process.env.ASSAY_STATIC_PREFIX ?? ''}/health`).catch(
  () => undefined,
)
process.exitCode = answer?.ok ? 0 : 1
