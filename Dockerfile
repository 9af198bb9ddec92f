# drover in a container: docs/container.md says how to build, run, feed and watch it.
# A tag follows the fixes of its line; for an image that is the same tomorrow, name a digest:
#   docker build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:… .
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
# The packages alone first: this layer is built again only when they change.
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM ${NODE_IMAGE}
ARG DROVER_UID=10001
ARG DROVER_GID=10001
# git: worktrees and branches. openssh-client: agents that fetch and push. tini: see ENTRYPOINT.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates git openssh-client tini \
  && rm -rf /var/lib/apt/lists/*
# A number of its own, so that a volume keeps its owner from image to image. --non-unique: 1000 is the user node already,
# and whoever mounts repositories of their own builds with their own number.
RUN groupadd --non-unique --gid "${DROVER_GID}" drover \
  && useradd --non-unique --uid "${DROVER_UID}" --gid "${DROVER_GID}" --create-home --shell /bin/bash drover \
  && install --directory --mode=0700 --owner="${DROVER_UID}" --group="${DROVER_GID}" /var/lib/drover /run/drover
COPY --from=build /src/dist /opt/drover
COPY docs/container/daemon.toml /etc/drover/daemon.toml
RUN ln -s /opt/drover/main.js /usr/local/bin/drover

LABEL org.opencontainers.image.title="drover" \
      org.opencontainers.image.description="A per-user service that runs coding agents on your repositories and never loses their work" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="0.1.0"

# Places alone: a token is a file that is mounted (docs/container.md), never a variable and never in the image.
ENV LANG=C.UTF-8 \
    DROVER_CONFIG=/etc/drover/daemon.toml \
    DROVER_STATE_ROOT=/var/lib/drover \
    DROVER_SOCKET=/run/drover/drover.sock

USER drover
WORKDIR /home/drover
VOLUME /var/lib/drover
EXPOSE 7717
STOPSIGNAL SIGTERM
# Over the socket, whose folder is the lock on its door: no token. Exits 3 when the daemon does not answer.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["drover", "daemon", "status"]
# What an agent leaves behind becomes a child of PID 1, and Node.js does not reap children that it did not start: tini does.
# It hands SIGTERM to the daemon alone, which drains and ends; then the kernel ends what is left.
ENTRYPOINT ["/usr/bin/tini", "--", "drover"]
CMD ["daemon", "start", "--foreground"]
