# Every service is this one image with another command: docker build -t secondglance .
# With CUDA: docker build -t secondglance:gpu --target gpu .

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# onnxruntime-node has its CPU runtime inside; its install step would fetch CUDA.
ENV ONNXRUNTIME_NODE_INSTALL=skip
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev

# CUDA 12 with cuDNN 9, as onnxruntime's provider wants them.
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 AS gpu
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg libstdc++6 \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -m 1777 /state
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
# The install step that was left out: the CUDA 12 providers of this very version.
RUN ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js
COPY --from=build /app/dist dist
COPY models models
COPY docker/health.mjs LICENSE ./
ENV NODE_ENV=production SECONDGLANCE_STATE_DIR=/state
USER 1000:1000
HEALTHCHECK --interval=15s --timeout=10s --retries=6 CMD ["node", "/app/health.mjs"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]

FROM node:20-bookworm-slim AS cpu
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -m 1777 /state
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY models models
COPY docker/health.mjs LICENSE ./
ENV NODE_ENV=production SECONDGLANCE_STATE_DIR=/state
USER 1000:1000
HEALTHCHECK --interval=15s --timeout=10s --retries=6 CMD ["node", "/app/health.mjs"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["--help"]
