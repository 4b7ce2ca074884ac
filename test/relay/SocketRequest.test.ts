import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import {
  addressOf,
  hostOf,
  isAllowedOrigin,
  isLoopback,
  mayMatchOrigin,
  networkOf,
  type RequestHead,
  roomOf
} from "../../src/relay/SocketRequest.ts"

const request = (
  headers: RequestHead["headers"],
  url = "/v1/socket/production",
  remoteAddress = "10.0.0.1"
): RequestHead => ({ url, headers, socket: { remoteAddress } })

const forwarded = (header: string, trustedProxies: number) =>
  addressOf(request({ "x-forwarded-for": header }), { trustedProxies })

/** What a header may hold: no more, Node refuses the rest before it comes here. */
const Header = Schema.String.check(Schema.isPattern(/^[\t\x20-\x7e\x80-\xff]*$/))
const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))
const Group = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 0xffff }))

describe("the address of a client", () => {
  it("is that of the socket where no proxy is trusted, whatever a header says", () => {
    assert.strictEqual(forwarded("6.6.6.6", 0), "10.0.0.1")
    const without: RequestHead = { url: "/", headers: {}, socket: {} }
    assert.strictEqual(addressOf(without, { trustedProxies: 0 }), "")
  })

  it.each<readonly [header: string, proxies: number, address: string]>([
    ["6.6.6.6, 203.0.113.7", 1, "203.0.113.7"],
    ["6.6.6.6, 7.7.7.7, 203.0.113.7, 10.0.0.9", 2, "203.0.113.7"],
    ["203.0.113.7", 3, "203.0.113.7"],
    [" , ,203.0.113.7 , ", 1, "203.0.113.7"],
    ["", 1, "10.0.0.1"],
    ["203.0.113.7:51234", 1, "203.0.113.7"],
    ["2001:db8::7", 1, "2001:db8::7"],
    ["[2001:db8::7]:443", 1, "2001:db8::7"],
    ["[2001:db8::7]", 1, "2001:db8::7"],
    ["::ffff:203.0.113.7", 1, "203.0.113.7"]
  ])("[S10] of X-Forwarded-For '%s' behind %i proxies is %s", (header, proxies, address) => {
    assert.strictEqual(forwarded(header, proxies), address)
  })

  it("[S10] of IPv4 is the same on a socket that takes both", () => {
    const on = (remote: string) => addressOf(request({}, "/", remote), { trustedProxies: 0 })
    assert.strictEqual(on("::ffff:203.0.113.7"), on("203.0.113.7"))
  })

  it.prop(
    "[S10] is nothing that a client can choose by what it writes in front",
    { spoofed: Header, bytes: Schema.Tuple([Byte, Byte, Byte, Byte]) },
    ({ bytes, spoofed }) => {
      const real = bytes.join(".")
      assert.strictEqual(forwarded(`${spoofed}, ${real}`, 1), real)
    }
  )

  it.prop("is found in any header", { header: Header }, ({ header }) => {
    for (const proxies of [0, 1, 5]) assert.isString(forwarded(header, proxies))
    assert.isString(
      hostOf(request({ host: "a", "x-forwarded-host": header }), { trustedProxies: 1 })
    )
    assert.isBoolean(isLoopback(header))
    assert.isString(networkOf(header))
  })
})

describe("what counts as one address", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8::7", "2001:db8:0:0"],
    ["2001:db8::ffff:1:2:3:4", "2001:db8:0:ffff"],
    ["2001:0DB8:0:1:2:3:4:5", "2001:db8:0:1"],
    ["2001:db8:1::", "2001:db8:1:0"],
    ["::", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["64:ff9b::203.0.113.7", "64:ff9b:0:0"],
    ["unknown", "unknown"],
    ["", ""]
  ])("[S10] of %s is %s", (address, network) => {
    assert.strictEqual(networkOf(address), network)
  })

  it.prop(
    "[S10] is the same for all addresses of a network of 64 bits, and for no other",
    {
      network: Schema.Tuple([Group, Group, Group, Group]),
      one: Schema.Tuple([Group, Group, Group, Group]),
      two: Schema.Tuple([Group, Group, Group, Group])
    },
    ({ network, one, two }) => {
      const at = (host: typeof one, first = network[0]) =>
        networkOf(
          [first, ...network.slice(1), ...host].map((group) => group.toString(16)).join(":")
        )
      assert.strictEqual(at(one), at(two))
      assert.notStrictEqual(at(one), at(one, network[0] ^ 1))
    }
  )
})

describe("the origins that may connect", () => {
  it.each<readonly [pattern: string, origin: string | undefined, isAllowed: boolean]>([
    ["https://studio.example.com", "https://studio.example.com", true],
    ["https://studio.example.com", "HTTPS://Studio.Example.COM", true],
    ["https://studio.example.com", "http://studio.example.com", false],
    ["https://studio.example.com", "https://studio.example.com.evil.com", false],
    ["https://studio.example.com", "https://studioxexample.com", false],
    ["https://studio.example.com", "https://studio.example.com:8443", false],
    ["https://*.example.com", "https://a-b.example.com", true],
    ["https://*.example.com", "https://example.com", false],
    ["https://*.example.com", "https://.example.com", false],
    ["https://*.example.com", "https://a.b.example.com", false],
    ["https://*.example.com", "https://evil.com/.example.com", false],
    ["https://studio-*-team.vercel.app", "https://studio-a-team-b-team.vercel.app", true],
    ["https://*-*.vercel.app", "https://studio.vercel.app", false],
    ["http://localhost:*", "http://localhost:3333", true],
    ["http://localhost:*", "http://localhost", false],
    ["https://a.example.com", "null", false],
    ["*.example.com", "null", false],
    ["null", "null", true],
    ["*", "https://studio.example.com", true],
    ["*", "null", true],
    ["https://a.example.com", undefined, true],
    ["https://a.example.com", "", false]
  ])("[S10] by %s: %s, %s", (pattern, origin, isAllowed) => {
    assert.strictEqual(isAllowedOrigin([pattern], origin), isAllowed)
    assert.strictEqual(isAllowedOrigin(["https://other.example.org", pattern], origin), isAllowed)
  })

  it("are all without a list, and none but pages' with an empty one", () => {
    assert.isTrue(isAllowedOrigin(undefined, "https://a.example.com"))
    assert.isTrue(isAllowedOrigin([], undefined))
    assert.isFalse(isAllowedOrigin([], "null"))
  })

  const Text = Schema.String.check(Schema.isPattern(/^[a./*-]{0,12}$/))

  it.prop(
    "[S10] are those that a pattern means",
    { pattern: Text, origin: Text },
    ({ origin, pattern }) => {
      const parts = pattern.split("*").map((part) => part.replaceAll(".", "\\."))
      const meant = pattern === "*" || new RegExp(`^${parts.join("[^./]+")}$`).test(origin)
      assert.strictEqual(isAllowedOrigin([pattern], origin), meant)
    }
  )

  it.prop("are told for any text", { pattern: Schema.String, origin: Schema.String }, (texts) => {
    assert.isBoolean(isAllowedOrigin([texts.pattern], texts.origin))
  })

  it("[S10] are told in no time for an origin made to take long", () => {
    const start = performance.now()
    for (const pattern of ["https://*-*-*-*.example.com", "*".repeat(20), "*a*a*a*a*a*b"]) {
      assert.isFalse(isAllowedOrigin([pattern], `https://${"-".repeat(16_000)}`))
      assert.isFalse(isAllowedOrigin([pattern], `${"a".repeat(16_000)}.`))
    }
    assert.isBelow(performance.now() - start, 500)
  })
})

describe("the room of a request", () => {
  const settings = { trustedProxies: 0, project: "demo", projectFromHost: true }
  const at = (url: string) => roomOf(request({ host: "localhost" }, url), settings)
  const dataset = (name: string) => ({ _tag: "Dataset", project: "demo", dataset: name }) as const

  it("[S3] is named by the path, decoded once", () => {
    assert.deepEqual(at("/v2022-06-30/socket/production?tag=x"), dataset("production"))
    assert.deepEqual(at("/v1/socket/a%2Fb/"), dataset("a/b"))
    assert.deepEqual(at("/v1/socket/%2525"), dataset("%25"))
    assert.deepEqual(at("/v1/socket/canvases/c%20d"), { _tag: "Canvas", canvas: "c d" })
    assert.deepEqual(at("/v1/socket/canvases%2Fc"), dataset("canvases/c"))
  })

  it.each(["", "/", "//", "/v1/socket/", "/v1/socket/%", "/v1/socket/%E0%A4%A", "/v/socket/a"])(
    "is none at '%s'",
    (url) => assert.isUndefined(at(url))
  )

  it.each<readonly [header: string, proxies: number, project: string]>([
    ["b.relay", 0, "a"],
    ["b.relay", 1, "b"],
    // A proxy that adds what it saw to what a client wrote.
    ["spoofed.relay, b.relay", 1, "b"],
    ["spoofed.relay, b.relay, c.relay", 2, "b"],
    ["b.relay", 2, "b"],
    [" , ", 1, "a"]
  ])(
    "[S3] with X-Forwarded-Host '%s' behind %i proxies is in the project %s, that the trusted proxy was asked for",
    (header, trustedProxies, project) => {
      const head = request({ host: "a.relay", "x-forwarded-host": header })
      assert.containSubset(roomOf(head, { ...settings, trustedProxies }), { project })
    }
  )

  it("is in the relay's project whatever its host is called, where hosts name none", () => {
    const head = request({ host: "a.relay" })
    const room = roomOf(head, { ...settings, projectFromHost: false })
    assert.containSubset(room, { project: "demo" })
  })

  it.prop("is told for any text", { path: Schema.String, host: Schema.String }, (texts) => {
    for (const url of [
      texts.path,
      `/v1/socket/${texts.path}`,
      `/v1/socket/canvases/${texts.path}`
    ]) {
      const room = roomOf(request({ host: texts.host }, url), settings)
      assert.include([undefined, "Dataset", "Canvas"], room?._tag)
    }
  })
})

describe("an entry of the allowed origins", () => {
  it.each([
    "*",
    "null",
    "https://example.com",
    "HTTPS://Example.com",
    "https://*.example.com",
    "http://localhost:3333",
    "http://localhost:*",
    "http://[::1]:3333",
    "http://[::1]",
    "*://example.com",
    "capacitor://localhost"
  ])("may match a page: %s", (entry) => assert.isTrue(mayMatchOrigin(entry)))

  it.each([
    "",
    "example.com",
    "*.example.com",
    "localhost:3333",
    "https://",
    "https://example.com/",
    "https://example.com/studio",
    "https://example.com?x",
    "https://example.com#x",
    "https://me@example.com",
    "https://example.com:443",
    "http://example.com:80",
    "https://bücher.example",
    "https://a b.example"
  ])("can match none: %s", (entry) => assert.isFalse(mayMatchOrigin(entry)))
})
