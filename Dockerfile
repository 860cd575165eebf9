# Runs the TypeScript sources as they are: Node 24 strips the types, nothing is built.
# A digest pins it: docs/production.md, "What is run".
ARG NODE_IMAGE=node:24.21.0-slim
FROM ${NODE_IMAGE}

WORKDIR /app
ENV NODE_ENV=production

COPY package.json package-lock.json .npmrc ./
COPY clients/typescript/package.json ./clients/typescript/
RUN npm ci --omit=dev && npm cache clean --force

COPY src ./src
COPY bin ./bin
# What /guide shows.
COPY README.md ARCHITECTURE.md CHANGELOG.md ./
COPY docs ./docs

# The stores are elsewhere (EVENTSTORE_URL, DATABASE_URL); DATA_DIR is used only where one of them is embedded.
RUN mkdir /data && chown node:node /data
ENV DATA_DIR=/data
VOLUME /data
USER node
EXPOSE 3000

# node itself, not npm: it is the process that must get SIGTERM.
CMD ["node", "src/main.ts"]
