# The relay as an image: docs/relay-operations.md says how to run it.
FROM node:24-alpine AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY bench/package.json bench/
# The Node of the image is the one to run on: no other is installed.
RUN npm ci --ignore-scripts
COPY src src
RUN node node_modules/rolldown/bin/cli.mjs src/cli/main.ts --platform node --format esm --dir dist/cli

FROM node:24-alpine
WORKDIR /relay
COPY --from=build /build/package.json ./
COPY --from=build /build/dist dist
ENV NODE_ENV=production SANITY_PRESENCE_RELAY_HOST=0.0.0.0
EXPOSE 4000
USER node
# It looks where the variables say that the relay listens. The certificate is not for 127.0.0.1.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s CMD ["node", "--no-warnings", "-e", "const e = process.env, p = 'SANITY_PRESENCE_RELAY_'; e.NODE_TLS_REJECT_UNAUTHORIZED = '0'; fetch(`${e[p + 'TLS_CERT'] ? 'https' : 'http'}://127.0.0.1:${e[p + 'PORT'] || 4000}/healthz/live`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/main.js", "relay"]
