/** The least that anyone can do: a socket until it is open, and until three requests by hand are answered. */
import { Method } from "../../../src/bifur/BifurEvent.ts"
import { decodeFrame, encodeRequest } from "../../../src/bifur/JsonRpc.ts"
import type { Measure } from "../../suite.ts"
import { connecting } from "./connecting.ts"

/** How far: until it is open, or until it is subscribed and calls the roll. */
export type Input = "open" | "subscribed"

const answer = (socket: WebSocket) =>
  new Promise<void>((resolve, reject) =>
    socket.addEventListener(
      "message",
      ({ data }) => {
        const { _tag } = decodeFrame(String(data))
        if (_tag === "Reply") resolve()
        else reject(new Error(`no answer: ${data}`))
      },
      { once: true }
    )
  )

const request = (
  socket: WebSocket,
  method: string,
  params: { readonly [key: string]: unknown }
) => {
  const answered = answer(socket)
  socket.send(encodeRequest(method, method, params))
  return answered
}

export const measure: Measure<Input> = (input) =>
  connecting(
    async ({ dataset, url }) => {
      const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v2022-06-30/socket/${dataset}`)
      await new Promise((resolve) => socket.addEventListener("open", resolve))
      if (input === "open") return
      await request(socket, Method.authorization, { authorization: "Bearer p-ada" })
      await request(socket, Method.subscribe, {})
      socket.send(encodeRequest(Method.rollCall, Method.rollCall, { session: "bare" }))
    },
    { calls: input === "subscribed" }
  )
