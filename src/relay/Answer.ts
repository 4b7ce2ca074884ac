/**
 * How a request is answered. Pure.
 */
import { ErrorCode, type RpcError } from "../bifur/JsonRpc.ts"
import type { Present } from "./Member.ts"

export type Answer = { readonly result: unknown } | { readonly error: RpcError }

/** Answers a request of one who is in a room. */
export type Handler = (member: Present, params: unknown) => Answer

/** What a request that asked for nothing else is answered with. */
export const done: Answer = { result: { ok: true } }

export const refuse = (code: number, message: string): Answer => ({ error: { code, message } })

export const invalidParams = (method: string, expected: string): Answer =>
  refuse(ErrorCode.invalidParams, `${method} needs params of the form ${expected}.`)
