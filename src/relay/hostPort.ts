/**
 * Where a server is, as URLs, NATS and people write it.
 */

interface Address {
  readonly host: string
  readonly port: number
}

/** Host and port; IPv6 in brackets. */
export const hostPort = ({ host, port }: Address): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`
