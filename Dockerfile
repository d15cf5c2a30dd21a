# One image for every role: `docker run matakota-vms api`, `record`, `play`, `retain`, `migrate`.
# Build: docker build -t matakota-vms .

FROM node:22-slim AS web
WORKDIR /src/vms/web
COPY vms/web/.npmrc vms/web/package.json vms/web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY vms/web ./
RUN npm run build

FROM python:3.11-slim AS python
WORKDIR /src
RUN python -m venv /opt/vms
COPY requirements.lock ./
RUN /opt/vms/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY vms vms
COPY recorder recorder
COPY player player
COPY storage storage
COPY --from=web /src/vms/web/dist vms/web/dist
RUN /opt/vms/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/vms vms \
    && install -d -o vms -g vms -m 0700 /var/lib/vms
COPY --from=python /opt/vms /opt/vms
ENV PATH=/opt/vms/bin:$PATH PYTHONUNBUFFERED=1 VMS_DATA_DIR=/var/lib/vms
USER vms
WORKDIR /var/lib/vms
VOLUME /var/lib/vms
ENTRYPOINT ["vms"]
CMD ["run"]
