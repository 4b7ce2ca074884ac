/** One deployment, worked out step by step as the formula says. Pure. */
import { number } from "../../table.ts"
import { batchesIn } from "./batches.ts"
import { type Deployment, type Findings, share, type Wanted } from "./deployment.ts"
import { relayTerms } from "./model.ts"

const whole = (value: number) => number(value, 0)

/** The steps, for a deployment whose rooms are together. */
export const workedExample = (
  { bytes, connections, hertz, members }: Wanted,
  { busy, nodes, roomsPerNode, traffic }: Deployment,
  { model }: Findings
): string => {
  const events = members * hertz
  const { batches } = batchesIn(events, 1)
  const costs = relayTerms
    .map(({ amount, says }, at) => {
      const price = model.relay[at] ?? 0
      return { says, amount: amount(traffic), price: price * 1_000, cost: amount(traffic) * price }
    })
    .filter(({ cost }) => cost > 0)
    .map(
      ({ amount, cost, price, says }) =>
        `   - ${says}: ${whole(amount)} × ${number(price, 1)} us = ${number(cost, 1)} ms`
    )
  return [
    `Worked out, for ${whole(members)} people in a room, ${number(hertz, 3)} events a second of each, ${whole(bytes)} bytes, together:`,
    "",
    `1. ${whole(connections)} connections are ${whole(connections / members)} rooms; on ${whole(nodes)} nodes, ${number(roomsPerNode, 1)} each.`,
    `2. A room has ${whole(members)} × ${number(hertz, 3)} = ${number(events, 1)} events a second, which go out in ${number(batches, 1)} batches.`,
    `3. A node spends, per second:`,
    ...costs,
    `4. Together ${whole(busy)} ms, of ${whole(share * 1_000)} that it may. With one node less, each of the others would have more.`
  ].join("\n")
}
