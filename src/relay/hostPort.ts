interface Address {
  readonly host: string
  readonly port: number
}

/** Host and port, as URLs, NATS and people write them; IPv6 in brackets. */
export const hostPort = ({ host, port }: Address): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`
