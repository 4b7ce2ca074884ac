/** Host and port, as URLs, NATS and people write them; IPv6 in brackets. */
export const hostPort = ({
  host,
  port
}: {
  readonly host: string
  readonly port: number
}): string => `${host.includes(":") ? `[${host}]` : host}:${port}`
