/** The least that anyone can do: a socket that hears heartbeats, once the relay knows whose it is. */
import { Method } from "../../../src/bifur/BifurEvent.ts"
import { decodeFrame, encodeRequest } from "../../../src/bifur/JsonRpc.ts"
import type { Measure } from "../../suite.ts"
import { idle, type Input } from "./idle.ts"

export const measure: Measure<Input> = (input) =>
  idle(input, async ({ dataset, url }) => {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v2022-06-30/socket/${dataset}`)
    let isAuthorized = false
    socket.addEventListener("open", () =>
      socket.send(encodeRequest("1", Method.authorization, { authorization: "Bearer p-ada" }))
    )
    socket.addEventListener("message", ({ data }) => {
      const { _tag } = decodeFrame(String(data))
      if (_tag === "Reply") isAuthorized = true
      else if (_tag !== "Heartbeat") throw new Error(`neither an answer nor a heartbeat: ${data}`)
    })
    return {
      others: () => (isAuthorized && socket.readyState === WebSocket.OPEN ? 0 : undefined)
    }
  })
