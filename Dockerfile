# Chat Orchestrator in one image; the command says which process it is: api, worker, gateway, migrate, …
ARG PYTHON_IMAGE=python:3.11.15-slim-trixie

FROM ${PYTHON_IMAGE} AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY requirements.lock ./
# Every wheel is checked against its hash here; below, nothing but these wheels can be installed.
RUN pip wheel --require-hashes --wheel-dir /wheels --requirement requirements.lock
COPY . ./
RUN python -m venv /opt/chat-orchestrator \
 && /opt/chat-orchestrator/bin/pip install --no-index --find-links /wheels . \
 && /opt/chat-orchestrator/bin/pip uninstall --yes pip

FROM ${PYTHON_IMAGE}
ENV PATH=/opt/chat-orchestrator/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin orchestrator
COPY --from=builder /opt/chat-orchestrator /opt/chat-orchestrator
# Empty: a `.env` is honoured in the working directory, and none shall be found.
WORKDIR /srv
RUN install --directory --owner 10001 /srv/.media
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "-m", "commands.alive", "api"]
ENTRYPOINT ["chat-orchestrator"]
CMD ["api", "--host", "0.0.0.0"]
