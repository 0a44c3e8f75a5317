# Every service is this one image with another command: docker build -t secondglance .
# With CUDA: docker build -t secondglance:gpu --target gpu .
#
# Images are named by their digest, so that a build takes what was tried. A newer one: docker buildx imagetools inspect IMAGE:TAG

FROM node:20-bookworm-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0 AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package runs a program of its own while it is installed. onnxruntime-node, which would fetch CUDA, has its CPU runtime inside.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY web web
RUN npm run build && npm prune --omit=dev

# CUDA 12 with cuDNN 9, as onnxruntime's provider wants them.
FROM nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04@sha256:8aef630a54bc5c5146ae5ce68e6af5caa3df0fb690bb91544175c91f307e4356 AS gpu
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg libstdc++6 \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -m 1777 /state /serve
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

FROM node:20-bookworm-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0 AS cpu
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir -m 1777 /state /serve
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
