// Imported first by whatever starts a server: the official packages name no host when they listen, which would mean
// every interface of the machine. Here it means 127.0.0.1.
import dns from 'node:dns'
import net from 'node:net'

export const LOOPBACK = '127.0.0.1'

// They name each other `localhost`, which some machines resolve to ::1 first.
dns.setDefaultResultOrder('ipv4first')

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...args) {
  const callback = args.findLast((arg) => typeof arg === 'function')
  const [first] = args
  const isOptions = typeof first === 'object' && first !== null
  const isPort = typeof first === 'number' || /^\d+$/.test(first) || first === undefined || first === callback
  // A unix socket or a handle of another process has no address to narrow.
  if (!isPort && !(isOptions && 'port' in first)) return listen.apply(this, args)
  const options = isOptions ? first : { port: first === callback ? 0 : Number(first ?? 0) }
  return listen.call(this, { ...options, host: LOOPBACK }, callback)
}

/** A port that was free a moment ago. */
export async function freePort() {
  const server = net.createServer()
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, LOOPBACK, resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
